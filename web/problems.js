/* What is wrong, worst first: the list above the groups, and the number at the top of every view. */
import { $, duration, el, plural, setClass, setText, stamp, state } from "./base.js";
import { isHeld } from "./hold.js";

const SHOWN_MAX = 8;
const SEVERITIES = ["critical", "warning", "info"];
/* Shorter than the names of the alerts, which say of conditions what should hold. */
const LABELS = {
  "able-to-scale": "can't scale", "data-complete": "data incomplete", limited: "at a limit",
  "forecast-trusted": "forecast not trusted", "signals-fresh": "signal missing", helping: "scaling doesn't help",
  "config-in-force": "configuration not in force", "nodes-above-high": "nodes above high",
};
let problems = [], more = 0, now = 0, all = false;
let worst = new Map(); // of each group

export const labelOf = ({ name }) => LABELS[name] ?? name.replaceAll("-", " ");
/* The worst problem of a group: {severity, name, text}; undefined: it has none. */
export const worstOf = (group) => worst.get(group);
export const rankOf = (problem) => problem ? SEVERITIES.indexOf(problem.severity) : SEVERITIES.length;
const isWrong = ({ severity }) => severity !== "info";

export function takeProblems(answer) {
  ({ problems, more, now_ms: now } = answer);
  worst = new Map();
  for (const problem of problems) // sorted, worst first
    if (problem.group != null && !worst.has(problem.group)) worst.set(problem.group, problem);
  showProblems();
}
function makeItem() {
  const item = el("li");
  const time = el("time");
  item.append(el("span", "severity"), el("a", "what"), el("b", "long"), time);
  return item;
}
function setItem(item, { severity, text, link, since_ms }) {
  const [mark, what, long, time] = item.children;
  setClass(item, severity);
  setText(mark, severity);
  setText(what, text);
  if (link?.startsWith("#/") && link !== location.hash) what.setAttribute("href", link);
  else what.removeAttribute("href");
  setText(long, duration(now - since_ms));
  setText(time, `since ${stamp(since_ms)}`);
  time.dateTime = new Date(since_ms).toISOString();
}
function setList(shown) {
  const list = $("problems");
  while (list.children.length > shown.length) list.lastChild.remove();
  while (list.children.length < shown.length) list.append(makeItem());
  shown.forEach((problem, i) => setItem(list.children[i], problem));
}
const titleOf = (wrong, count) => [
  wrong > 0 && plural(wrong, "problem"), count > wrong && `${count - wrong} info`].filter(Boolean).join(" · ");
/* What is at one place on the page may be about to be clicked; then the list waits, and only the numbers change. */
export function showProblems(force) {
  const any = problems.length > 0;
  showCount();
  if (any) setText($("problems-title"), titleOf(problems.filter(isWrong).length, problems.length));
  if (!force && isHeld($("main"))) return;
  $("problems-head").hidden = !any;
  const { unreported } = state.fleet.nodes; // they are not missing yet
  $("problems-none").hidden = any || unreported > 0;
  $("problems-awaited").hidden = any || unreported === 0;
  setText($("problems-awaited"), `No problems so far; ${plural(unreported, "known node")} may yet report.`);
  setList(all ? problems : problems.slice(0, SHOWN_MAX));
  $("problems-all").hidden = all || problems.length <= SHOWN_MAX;
  setText($("problems-all"), `Show all ${problems.length}`);
  setText($("problems-more"), more > 0 ? `The collector left out ${plural(more, "problem")} that are less severe.` : "");
}
function showCount() {
  const wrong = problems.filter(isWrong).length;
  setText($("fleet-problems"), String(wrong));
  setClass($("fleet-problems"), wrong > 0 ? problems[0].severity : "");
}
export function makeProblemTools() {
  $("problems-all").addEventListener("click", () => {
    all = true;
    showProblems(true);
    $("problems").querySelectorAll("a")[SHOWN_MAX]?.focus();
  });
}
