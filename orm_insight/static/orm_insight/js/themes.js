/** A button for the themes: as the system says, light, dark. */
import { choose } from "./choices.js";

export function enableThemes(root) {
  const button = root.querySelector("[data-oi-theme]:is(button)");
  if (!button) return;
  const themes = ["auto", "light", "dark"];
  const show = () => (button.textContent = `Theme: ${root.dataset.oiTheme ?? "auto"}`);
  button.hidden = false;
  show();
  button.addEventListener("click", () => {
    root.dataset.oiTheme = themes[(themes.indexOf(root.dataset.oiTheme) + 1 || 1) % 3];
    choose("theme", root.dataset.oiTheme);
    show();
  });
}
