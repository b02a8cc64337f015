/**
 * Buttons that copy the text beside them. Works in any root, a shadow tree too.
 * @param {HTMLElement|ShadowRoot} root
 */
export function enableCopying(root) {
  root.addEventListener("click", async (event) => {
    const button = event.target.closest("[data-oi-copy]");
    if (!button) return;
    const source = button.parentElement.querySelector("[data-oi-copyable]");
    const succeeded = await copy(source);
    const label = button.dataset.oiLabel ?? button.textContent;
    button.dataset.oiLabel = label;
    button.textContent = succeeded ? "Copied" : "Press Ctrl+C";
    setTimeout(() => (button.textContent = label), 2000);
  });
}

/** Without the clipboard's interface, on plain HTTP, the old command still copies a selection. */
async function copy(source) {
  try {
    await navigator.clipboard.writeText(source.textContent);
    return true;
  } catch {
    getSelection().selectAllChildren(source);
    return document.execCommand("copy");
  }
}
