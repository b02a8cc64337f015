/**
 * Tells times in the browser's zone and way; the day only where it is not today.
 * @param {ParentNode} part
 */
export function localizeTimes(part) {
  const today = new Date().toDateString();
  for (const element of part.querySelectorAll("time[data-oi-time]")) {
    const moment = new Date(element.dateTime);
    if (Number.isNaN(moment.valueOf())) continue;
    const isToday = moment.toDateString() === today;
    element.textContent = isToday ? moment.toLocaleTimeString() : moment.toLocaleString();
    element.title = moment.toLocaleString();
  }
}
