/**
 * Filters the list while somebody types, and fetches it again while hints are still missing.
 * The address keeps the state, as it does without scripts.
 */
import { fetchFragment } from "./fragments.js";

const TYPING_MS = 200;

/**
 * @param {HTMLElement} root
 * @param {(part: ParentNode) => void} whenLoaded told about new content
 */
export function enableFilter(root, whenLoaded) {
  const table = root.querySelector("[data-oi-table]");
  const form = root.querySelector("[data-oi-filter]");
  if (!table || !form) return;
  let timer;
  let latest = 0;

  const load = async (address) => {
    const number = ++latest;
    const content = await fetchFragment(address);
    if (number !== latest) return;
    table.replaceChildren(content);
    whenLoaded(table);
    completeHints();
  };
  const completeHints = () => {
    if (table.querySelector("[data-oi-pending]") && !document.hidden) load(location.href);
  };

  form.addEventListener("input", () => {
    clearTimeout(timer);
    timer = setTimeout(() => {
      const address = addressOf(form);
      history.replaceState(null, "", address);
      load(address);
    }, TYPING_MS);
  });
  document.addEventListener("visibilitychange", completeHints);
  completeHints();
}

function addressOf(form) {
  const url = new URL(form.action, location.href);
  for (const [name, value] of new FormData(form)) {
    if (value.trim()) url.searchParams.set(name, value.trim());
  }
  return url.href;
}
