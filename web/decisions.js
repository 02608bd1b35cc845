/* The list of a group's decisions. */
import { $, el, moment, setText, stamp, whole, withoutGroup } from "./base.js";
import { holds, nodesBefore } from "./fleet.js";
import { days, decisionsBefore, onlyChanges } from "./history.js";
import { isHeld } from "./hold.js";
import { isPast } from "./range.js";
import { series } from "./series.js";

const LISTED_MAX = 300;
export const shownDecisions = () => isPast() ? days.decisions : [...series.before ?? [], ...series.decisions];

export function takeDecisions(answer) {
  for (const decision of answer.decisions)
    if (!series.decisions.some((known) => known.id === decision.id)) series.decisions.push(decision);
  series.last = answer.last;
  if (series.before == null) takeBefore(series.name, series.decisions[0]?.time_ms ?? answer.now_ms);
  showDecisions();
}
async function takeBefore(name, to) {
  series.before = [];
  try {
    const before = await decisionsBefore(name, to);
    if (series.name === name) series.before = before;
    showDecisions();
  } catch { /* the list begins with the collector's start */ }
}

let onLight = () => {};
/* lit(): the decision below the pointer is another one. */
export function watchDecisions(lit) { onLight = lit; }
function light(decision) {
  series.lit = decision;
  onLight();
}
const items = new WeakMap();
function itemOf(decision) {
  if (items.has(decision)) return items.get(decision);
  const item = el("li");
  const time = el("time", "", moment(decision.time_ms));
  time.dateTime = new Date(decision.time_ms).toISOString();
  time.title = stamp(decision.time_ms);
  const arrow = decision.action === "up" ? "▲" : decision.action === "down" ? "▼" : "•";
  const change = decision.action === "hold" ? holds(decision.current, decision.desired)
    : `${whole(nodesBefore(decision, decision.record?.existing))} → ${whole(decision.desired)}`;
  item.append(time, el("span", `act ${decision.action}`, `${arrow} ${change}`),
    el("span", "", withoutGroup(decision.why, decision.group)));
  item.addEventListener("mouseenter", () => light(decision));
  item.addEventListener("mouseleave", () => light(null));
  items.set(decision, item);
  return item;
}
export function resetDecisions() {
  $("decisions").classList.remove("all");
  $("decisions").replaceChildren();
  $("decisions-empty").hidden = true;
}
/* What a person reads stays where it is. */
export function showDecisions() {
  const list = $("decisions");
  if (list.children.length > 0 && list.dataset.of === `${series.name}/${isPast()}` && !isPast() && isHeld(list)) return;
  list.dataset.of = `${series.name}/${isPast()}`;
  const wanted = shownDecisions().slice(-LISTED_MAX).reverse().map(itemOf);
  if (wanted.length !== list.children.length || wanted.some((item, i) => item !== list.children[i]))
    list.replaceChildren(...wanted);
  setText($("decisions-title"), isPast() && onlyChanges() ? "Decisions to add or remove nodes" : "Decisions");
  setText($("decisions-empty"), isPast() ? "None in this time." : "None in the last day.");
  $("decisions-empty").hidden = wanted.length > 0 || (isPast() && !days.answer);
  $("decisions-all").hidden = wanted.length <= 6;
  setText($("decisions-all"), `Show all ${wanted.length} decisions`);
}
