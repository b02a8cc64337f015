/**
 * What is new appears by itself, but not under the eyes of somebody who reads: then a button says
 * how much waits. Nothing is asked while the page is hidden.
 */
import { choose, chosen } from "./choices.js";
import { fetchFragment } from "./fragments.js";

const EVERY_MS = 2000;
const SOON_MS = 100;
const STILL_MS = 4e3;

/** @param {(part: ParentNode) => void} whenLoaded told about new content */
export function enableLive(root, whenLoaded) {
  const [part, toggle, waiting] = ["", "-toggle", "-waiting"].map((name) =>
    root.querySelector(`[data-oi-live${name}]`),
  );
  if (!part) return;
  const title = document.title;
  const rows = (tree) => [...tree.querySelectorAll("[data-oi-trace]")];
  const ids = () => new Set(rows(part).map((row) => row.id));
  let seen = ids();
  let held = null;
  let moved = 0;
  let latest = 0;
  let timer;

  const isOn = () => toggle.ariaPressed === "true";
  const isRead = () =>
    part.contains(document.activeElement) ||
    !getSelection().isCollapsed ||
    scrollY > part.offsetTop ||
    (part.matches(":hover") && Date.now() - moved < STILL_MS);
  const tell = () => {
    const count = held ? rows(held).filter((row) => !seen.has(row.id)).length : 0;
    waiting.hidden = !count;
    waiting.textContent = `${count} new: show`;
    document.title = count ? `(${count}) ${title}` : title;
  };
  const show = () => {
    part.replaceChildren(held);
    held = null;
    for (const row of rows(part)) row.classList.toggle("oi-fresh", !seen.has(row.id));
    seen = ids();
    whenLoaded(part);
    tell();
  };
  const ask = async ({ type } = {}) => {
    clearTimeout(timer);
    const isWanted = type === "oi-filtered";
    if (!isWanted && (document.hidden || !isOn())) return;
    const number = ++latest;
    const url = new URL(location.href);
    const shown = held ?? part.firstElementChild;
    if (!isWanted) url.searchParams.set("known", shown?.dataset.oiVersion ?? "");
    const content = await fetchFragment(url);
    if (number !== latest) return;
    held = content.querySelector("[data-oi-version]") ?? held;
    if (held && (isWanted || (isOn() && !isRead()))) show();
    else tell();
    wait();
  };
  const wait = () => {
    timer = setTimeout(ask, part.querySelector("[data-oi-pending]") ? SOON_MS : EVERY_MS);
  };

  toggle.hidden = false;
  toggle.ariaPressed = String(chosen("live") !== "off");
  toggle.addEventListener("click", () => {
    toggle.ariaPressed = String(!isOn());
    choose("live", isOn() ? "on" : "off");
    ask();
  });
  waiting.addEventListener("click", () => {
    show();
    scrollTo({ top: 0 });
    part.querySelector("a")?.focus({ preventScroll: true });
  });
  part.addEventListener("pointermove", () => (moved = Date.now()));
  part.addEventListener("oi-filtered", ask);
  document.addEventListener("visibilitychange", ask);
  wait();
}
