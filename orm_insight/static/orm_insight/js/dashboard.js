/** The dashboard's scripts. Without them links lead to whole pages, and forms are sent. */
import { enableCopying } from "./copy.js";
import { enableFragments } from "./fragments.js";
import { enableFilter } from "./filter.js";
import { enableKeys } from "./keys.js";
import { enableLive } from "./live.js";
import { enablePlans } from "./plan.js";
import { enableThemes } from "./themes.js";
import { localizeTimes } from "./times.js";

const root = document.documentElement;
root.classList.add("oi-js");
enableCopying(root);
enableFragments(root, localizeTimes);
enableFilter(root);
enableKeys(root);
enableLive(root, localizeTimes);
enablePlans(root);
enableThemes(root);
localizeTimes(root);
