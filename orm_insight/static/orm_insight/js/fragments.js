/**
 * Loads parts of pages in place, by delegation, so that what was loaded works too.
 * @param {(part: ParentNode) => void} [whenLoaded] told about new content
 */
export function enableFragments(root, whenLoaded = () => {}) {
  // toggle does not bubble, but it is captured.
  root.addEventListener("toggle", (event) => openRow(event.target, whenLoaded), true);
  root.addEventListener("click", (event) => {
    const link = event.target.closest("[data-oi-more]");
    if (!link || event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    loadMore(link, whenLoaded);
  });
  root.addEventListener("submit", (event) => {
    const form = event.target.closest("[data-oi-explain]");
    const slot = form && resultOf(form);
    if (!slot) return;
    event.preventDefault();
    explain(form, slot, event.submitter, whenLoaded);
  });
}

const CANCEL_AFTER_MS = 500;

export function fragmentUrl(address) {
  const url = new URL(address, location.href);
  url.searchParams.set("fragment", "1");
  return url;
}

/** Content of a response of ours, also of one that says what went wrong. */
export async function fetchFragment(address, options = {}) {
  const template = document.createElement("template");
  try {
    const response = await fetch(fragmentUrl(address), options);
    if (response.status === 204) return template.content;
    const isHtml = response.headers.get("Content-Type")?.startsWith("text/html");
    if (!isHtml || (!response.ok && !response.headers.has("Referrer-Policy"))) {
      throw new Error(`The server answered ${response.status}.`);
    }
    template.innerHTML = await response.text();
  } catch (error) {
    const textContent = `This could not be loaded. ${error.message}`;
    template.content.append(make("p", { className: "oi-notice oi-notice-error", textContent }));
  }
  return template.content;
}

const make = (tag, facts) => Object.assign(document.createElement(tag), facts);

async function openRow(row, whenLoaded) {
  if (!row.open || !row.dataset?.oiLoad) return;
  const address = row.dataset.oiLoad;
  delete row.dataset.oiLoad;
  const slot = row.querySelector("[data-oi-content]");
  slot.textContent = "Loading …";
  slot.replaceChildren(await fetchFragment(address));
  whenLoaded(slot);
}

async function loadMore(link, whenLoaded) {
  const row = link.closest("tr");
  if (row.ariaBusy === "true") return;
  row.ariaBusy = "true";
  link.textContent = "Loading …";
  const content = await fetchFragment(link.href);
  if (!content.querySelector("tr")) {
    row.ariaBusy = "false";
    row.firstElementChild.replaceChildren(content);
    return;
  }
  const first = content.querySelector("summary");
  const parent = row.parentNode;
  row.replaceWith(content);
  first?.focus({ preventScroll: true });
  whenLoaded(parent);
}

/** Around a form that came with an answer, else beside the form. */
function resultOf(form) {
  return form.closest("[data-oi-result]") ?? form.parentElement.querySelector("[data-oi-result]");
}

/** The answer that is waited for then says so. */
function cancelButton(form) {
  const look = { type: "button", className: "oi-button", textContent: "Cancel" };
  const button = make("button", look);
  button.addEventListener("click", () => {
    button.disabled = true;
    const body = new FormData(form);
    body.set("cancel", "1");
    fetch(fragmentUrl(form.action), { method: "POST", body });
  });
  return button;
}

async function explain(form, slot, submitter, whenLoaded) {
  const buttons = form.querySelectorAll("button");
  const body = new FormData(form, submitter);
  buttons.forEach((button) => (button.disabled = true));
  const status = slot.parentElement.querySelector("[data-oi-status]");
  slot.replaceChildren();
  status.textContent = "Waiting for the database …";
  const waiting = setTimeout(() => slot.replaceChildren(cancelButton(form)), CANCEL_AFTER_MS);
  const answer = await fetchFragment(form.action, { method: "POST", body });
  clearTimeout(waiting);
  slot.replaceChildren(answer);
  slot.scrollIntoView({ block: "nearest" });
  buttons.forEach((button) => (button.disabled = false));
  if (submitter?.isConnected) submitter.focus({ preventScroll: true });
  else slot.querySelector(`[data-oi-advice="${submitter?.value}"]`)?.focus();
  // The plan itself would be too long to be read out.
  status.textContent = slot.querySelector(".oi-summary, .oi-notice")?.textContent ?? "";
  whenLoaded(slot);
}
