/** The dashboard's scripts. Without them links lead to whole pages, and forms are sent. */
import { enableCopying } from "./copy.js";
import { enableFragments } from "./fragments.js";
import { enableFilter } from "./filter.js";
import { enableKeys } from "./keys.js";
import { enableLive } from "./live.js";
import { enablePlans } from "./plan.js";
import { enableThemes } from "./themes.js";
import { localize } from "./locale.js";

const root = document.documentElement;
root.classList.add("oi-js");
enableCopying(root);
enableFragments(root, localize);
enableFilter(root);
enableKeys(root);
enableLive(root, localize);
enablePlans(root);
enableThemes(root);
localize(root);

// A menu closes when something else is done.
root.onclick = root.onkeydown = ({ key, target }) => {
  const menu = root.querySelector(".oi-menu[open]");
  if (!menu || (menu.contains(target) && key !== "Escape")) return;
  menu.open = false;
  if (key === "Escape") menu.firstElementChild.focus();
};
