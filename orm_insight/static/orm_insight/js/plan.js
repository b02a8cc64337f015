/**
 * Arrow keys move in the tree of a plan, links open the step that they lead to, and one button
 * unfolds all; in a shadow tree too, where addresses do not lead to steps.
 */
export function enablePlans(root) {
  root.addEventListener("keydown", (event) => {
    const line = event.target.closest(`[data-oi-tree] ${LINE}`);
    const move = line && !event.altKey && !event.ctrlKey && !event.metaKey && MOVES[event.key];
    if (!move) return;
    event.preventDefault();
    move(line)?.focus();
  });
  root.addEventListener("click", (event) => {
    const link = event.target.closest("[data-oi-step]");
    const unfold = event.target.closest("[data-oi-unfold]");
    if (link) showStep(root, link, event);
    if (unfold) toggleAll(unfold);
  });
}

/** A step, or a group of steps; not what is told of a step. */
const LINE = "li > details > summary";

/** Where an arrow key leads; it may fold or unfold the step first. */
const MOVES = {
  ArrowDown: (line) => neighbour(line, 1),
  ArrowUp: (line) => neighbour(line, -1),
  ArrowRight: (line) => {
    if (line.parentElement.open) return line.parentElement.querySelector(":scope > ul summary");
    line.parentElement.open = true;
  },
  ArrowLeft: (line) => {
    if (line.parentElement.open) line.parentElement.open = false;
    else return line.parentElement.parentElement.closest("details")?.querySelector("summary");
  },
};

function neighbour(line, distance) {
  const lines = [...line.closest("[data-oi-tree]").querySelectorAll(LINE)];
  const seen = lines.filter((other) => other.checkVisibility());
  return seen[seen.indexOf(line) + distance];
}

function showStep(root, link, event) {
  const id = link.getAttribute("href").slice(1);
  const step = root.querySelector(`#${CSS.escape(id)}`);
  if (!step) return;
  event.preventDefault();
  for (let part = step; part; part = part.parentElement.closest("details")) part.open = true;
  root.querySelector(".oi-step-found")?.classList.remove("oi-step-found");
  step.classList.add("oi-step-found");
  const line = step.querySelector("summary");
  line.focus({ preventScroll: true });
  line.scrollIntoView({ block: "center" });
}

function toggleAll(button) {
  const steps = button.closest(".oi-explain").querySelectorAll(".oi-plan[data-oi-main] li > details");
  const isOpen = button.textContent.startsWith("Unfold");
  steps.forEach((step) => (step.open = isOpen));
  button.textContent = isOpen ? "Fold all" : "Unfold all";
}
