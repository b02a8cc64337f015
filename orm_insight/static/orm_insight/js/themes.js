/** A button that goes through the themes: as the system says, light, dark. */
import { choose } from "./choices.js";

export function enableThemes(root) {
  const button = root.querySelector("[data-oi-theme]:is(button)");
  if (!button) return;
  const themes = ["auto", "light", "dark"];
  const show = () => (button.textContent = `Theme: ${root.dataset.oiTheme ?? "auto"}`);
  button.hidden = false;
  show();
  button.addEventListener("click", () => {
    const next = themes[(themes.indexOf(root.dataset.oiTheme ?? "auto") + 1) % themes.length];
    if (next === "auto") delete root.dataset.oiTheme;
    else root.dataset.oiTheme = next;
    choose("theme", next);
    show();
  });
}
