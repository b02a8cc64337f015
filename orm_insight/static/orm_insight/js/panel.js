/** The panel works without this. Texts are copied, and the focus goes to a plan when it comes. */
import { enableCopying } from "./copy.js";
import { enablePlans } from "./plan.js";

const enabled = new WeakSet();

/** It may live in a shadow tree, and may be replaced together with the page. */
function findToolbar() {
  const root = document.getElementById("djDebugRoot");
  return (root?.shadowRoot ?? document).querySelector("#djDebug");
}

function enable() {
  const toolbar = findToolbar();
  if (!toolbar || enabled.has(toolbar)) return;
  enabled.add(toolbar);
  toolbar.classList.add("oi-js");
  enableCopying(toolbar);
  enablePlans(toolbar);
  toolbar.addEventListener("click", (event) => {
    const button = event.target.closest(".oi-panel .remoteCall");
    if (button) waitForPlan(button, toolbar.querySelector("#djDebugWindow"));
  });
}

/** ``plan`` is the toolbar's window, which is filled when the answer is there. */
function waitForPlan(button, plan) {
  button.ariaBusy = "true";
  const observer = new MutationObserver(() => {
    observer.disconnect();
    button.ariaBusy = null;
    plan.querySelector(".djdt-scroll")?.focus();
  });
  observer.observe(plan, { childList: true });
}

enable();
document.addEventListener("click", enable, { capture: true });
