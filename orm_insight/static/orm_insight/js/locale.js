/**
 * Tells times and numbers in the browser's zone and way; the day where it is not today.
 * @param {ParentNode} part
 */
export function localize(part) {
  const today = new Date().toDateString();
  for (const element of part.querySelectorAll("time[data-oi-time]")) {
    const moment = new Date(element.dateTime);
    if (isNaN(moment)) continue;
    const isToday = moment.toDateString() === today;
    element.textContent = isToday ? moment.toLocaleTimeString() : moment.toLocaleString();
    element.title = moment.toLocaleString();
  }
  if ((1234.5).toLocaleString() === "1,234.5") return;
  for (const element of part.querySelectorAll(".oi-number, .oi-fact dd, .oi-saving, .oi-note")) {
    const texts = [...element.childNodes].filter((node) => node.nodeType === Node.TEXT_NODE);
    for (const text of texts) text.data = text.data.replace(NUMBER, inItsWay);
  }
}

const NUMBER = /\d{1,3}(,\d{3})+(\.\d+)?|\d+\.\d+/g;

function inItsWay(number) {
  const digits = number.split(".")[1]?.length ?? 0;
  return Number(number.replaceAll(",", "")).toLocaleString(undefined, {
    minimumFractionDigits: digits,
  });
}
