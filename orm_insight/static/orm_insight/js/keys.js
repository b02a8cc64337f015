/** Keys move the focus to links and rows. They can be switched off: WCAG 2.1.4. */
import { choose, chosen } from "./choices.js";
import { fetchFragment } from "./fragments.js";

export function enableKeys(root) {
  const help = root.querySelector("dialog[data-oi-keys]");
  let isGoing = false;
  const tell = () => {
    const input = root.querySelector("[data-oi-keys] input");
    if (input) input.checked = chosen("keys") !== "off";
  };
  root.querySelector("[data-oi-help]").addEventListener("click", async (event) => {
    event.preventDefault();
    help.replaceChildren(await fetchFragment(event.currentTarget.href));
    tell();
    help.showModal();
  });
  root.addEventListener("change", ({ target }) => {
    if (target.closest("[data-oi-keys]")) choose("keys", target.checked ? "on" : "off");
  });
  tell();
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || help.open) return;
    if (event.target.closest("input, textarea, select")) {
      if (event.key === "Escape") event.target.blur();
    } else if (chosen("keys") !== "off") {
      const act = isGoing ? click(`[data-oi-key="${CSS.escape(event.key)}"]`) : KEYS[event.key];
      isGoing = !isGoing && event.key === "g";
      if (act) event.preventDefault();
      act?.(root);
    }
  });
}

const click = (selector) => (root) => root.querySelector(selector)?.click();
const KEYS = {
  "?": click("[data-oi-help]"),
  l: click("[data-oi-live-toggle]"),
  u: click("[data-oi-up]"),
  x: click("[data-oi-compare]"),
  "/": (root) => root.querySelector("input[type=search]")?.focus(),
  j: (root) => move(root, 1),
  k: (root) => move(root, -1),
  c: (root) => near(root, "[data-oi-copy], [data-oi-copy-url]")?.click(),
  e: (root) => {
    // A folded row brings its form when it opens.
    const row = document.activeElement.closest("details.oi-row:not([open])");
    if (row) row.open = true;
    else near(root, "[data-oi-explain] button")?.click();
  },
};

/** From the item in focus, or around the focus, to the next that is to be seen. */
function move(root, distance) {
  const items = [...root.querySelectorAll("[data-oi-item]")].filter((item) => item.checkVisibility());
  const row = document.activeElement.closest("tr, li, details, .oi-headline");
  const at = items.indexOf(row?.querySelector("[data-oi-item]"));
  items[Math.max(at + distance, 0)]?.focus();
}

/** What belongs to the item in focus, else the page's first. */
function near(root, selector) {
  const around = document.activeElement.closest("details, li, tr");
  return (around ?? root).querySelector(selector) ?? root.querySelector(selector);
}
