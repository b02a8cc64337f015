/**
 * `data-oi-copy` copies the text beside the button, or the one named by its value within
 * `data-oi-copies`; `data-oi-copy-url` what a link's address answers.
 */
export function enableCopying(root) {
  root.addEventListener("click", async (event) => {
    const button = event.target.closest("[data-oi-copy], [data-oi-copy-url]");
    if (!button || event.ctrlKey || event.metaKey || event.shiftKey) return;
    const isLink = button.matches("[data-oi-copy-url]");
    if (isLink) event.preventDefault();
    const succeeded = await (isLink ? copyAnswer(button.href) : copyElement(sourceOf(button)));
    // Without a clipboard the link leads to the text, which can be copied there.
    if (isLink && !succeeded) location.assign(button.href);
    else tell(button, succeeded ? "Copied" : "Press Ctrl+C");
  });
}

function sourceOf(button) {
  const name = button.dataset.oiCopy;
  const part = name ? button.closest("[data-oi-copies]") : button.parentElement;
  return part.querySelector(name ? `[data-oi-copyable="${name}"]` : "[data-oi-copyable]");
}

function tell(button, text) {
  const label = (button.dataset.oiLabel ??= button.textContent);
  button.textContent = text;
  setTimeout(() => (button.textContent = label), 2000);
}

/** On plain HTTP there is no clipboard; the old command copies a selection. */
async function copyElement(source) {
  try {
    await navigator.clipboard.writeText(source.textContent);
    return true;
  } catch {
    const folded = source.closest("details:not([open])");
    if (folded) folded.open = true;
    getSelection().selectAllChildren(source);
    return document.execCommand("copy");
  }
}

/** Asked while the click counts: some browsers forbid it after a response. */
async function copyAnswer(address) {
  const answer = fetch(address).then((response) => {
    if (!response.ok) throw new Error(`The server answered ${response.status}.`);
    return response.text();
  });
  try {
    const blob = answer.then((text) => new Blob([text], { type: "text/plain" }));
    await navigator.clipboard.write([new ClipboardItem({ "text/plain": blob })]);
    return true;
  } catch {
    return answer.then((text) => navigator.clipboard.writeText(text)).then(() => true, () => false);
  }
}
