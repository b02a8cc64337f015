/**
 * The dashboard's scripts. Every page works without them: links lead to whole pages, forms are
 * sent. Here parts of pages are loaded in place, texts copied, and times told in the browser's
 * own way.
 */
import { enableCopying } from "./copy.js";
import { enableFragments } from "./fragments.js";
import { enableFilter } from "./filter.js";
import { enablePlans } from "./plan.js";
import { enableThemes } from "./themes.js";
import { localizeTimes } from "./times.js";

const root = document.documentElement;
root.classList.add("oi-js");
enableCopying(root);
enableFragments(root, localizeTimes);
enableFilter(root, localizeTimes);
enablePlans(root);
enableThemes(root);
localizeTimes(root);
