/** Filters a list while somebody types. The address keeps the state, as it does without scripts. */
const TYPING_MS = 200;

export function enableFilter(root) {
  const form = root.querySelector("[data-oi-filter]");
  const list = root.querySelector("[data-oi-live]");
  if (!form || !list) return;
  let timer;
  form.addEventListener("input", () => {
    clearTimeout(timer);
    timer = setTimeout(() => {
      const url = new URL(form.action, location.href);
      for (const [name, value] of new FormData(form)) {
        if (value.trim()) url.searchParams.set(name, value.trim());
      }
      history.replaceState(null, "", url);
      list.dispatchEvent(new Event("oi-filtered"));
    }, TYPING_MS);
  });
}
