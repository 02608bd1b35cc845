/* The past that the collector no longer has in memory: it reads its files for it, which may take some seconds. So this
 * does not delay the page's other requests. */
import { Refused, api, ask, state, wait } from "./base.js";
import { isPast, range, span } from "./range.js";
import { resourceName, resourceOf } from "./resource.js";

const ASK_MS_MAX = 40000; // the collector answers one request at a time
export const REPEAT_MS = 300000; // a decision that stands is recorded again after this time
const AGAIN_MS_MIN = 60000; // a time that ends now is asked for again
const CHANGES_MS = 6 * 3600000; // a longer time shows only decisions that act
const DAY_MS = 24 * 3600000;
/* A group without agents may get some: then its chart shows cpu. */
const shownResource = () => resourceName(state.groupsByName.get(state.name));
const key = () => [state.view, state.name, range.last, range.from, range.to, shownResource()].join("/");

export const days = { key: "", answer: null, decisions: [], from: 0, to: 0, failed: "", asking: null, askedAt: 0 };

/* What was asked for something else is given up. */
export function resetHistory() {
  days.asking?.abort();
  Object.assign(days, { key: "", answer: null, decisions: [], failed: "", asking: null, askedAt: 0 });
}
export const onlyChanges = () => days.to - days.from > CHANGES_MS;

function paths(from, to) {
  const name = encodeURIComponent(state.name);
  const times = `from=${Math.floor(from)}&to=${Math.ceil(to)}`;
  if (state.view === "node") return [`history?node=${name}&${times}`];
  const { past, forecasts = [] } = resourceOf(state.groupsByName.get(state.name), shownResource());
  const columns = [...new Set([...past, ...forecasts, "missing"])].map(encodeURIComponent).join(",");
  const acting = to - from > CHANGES_MS ? "&action=up,down" : "";
  return [`history?group=${name}&${times}&metric=${columns}`,
    `decisions?group=${name}&${times}&limit=1000${acting}`];
}
/* Several pages may ask at the same time: the collector refuses what it can't do yet. */
async function askPatiently(path, signal) {
  for (;;) {
    try {
      return await ask(`${api}${path}`, { ms: ASK_MS_MAX, signal });
    } catch (error) {
      if (!(error instanceof Refused) || error.status !== 503) throw error;
    }
    await wait(1000);
    signal.throwIfAborted();
  }
}
/* Each is one order or decision; what became of an order is said in the rows that follow. */
const isDecision = ({ order }) => [null, "intent", "published"].includes(order);

function isFresh(now) {
  if (days.key !== key()) return false;
  const again = Math.max(AGAIN_MS_MIN, days.answer?.step_ms ?? 0);
  return range.last == null ? days.answer || days.failed : now - days.askedAt < again;
}
/* Asks if there is something to ask for. Calls draw when there is something new to draw. */
export async function followHistory(draw) {
  const now = performance.now();
  if (!isPast() || (state.view !== "group" && state.view !== "node") || isFresh(now)) return;
  if (days.key !== key()) resetHistory();
  const [from, to] = span();
  const asking = new AbortController();
  Object.assign(days, { key: key(), asking, askedAt: now });
  draw();
  try {
    const [past, decided] = await Promise.all(paths(from, to).map((path) => askPatiently(path, asking.signal)));
    if (days.asking !== asking) return;
    Object.assign(days, { answer: past, decisions: (decided?.decisions ?? []).filter(isDecision), from, to, failed: "" });
  } catch (error) {
    if (days.asking !== asking) return;
    days.failed = error instanceof Refused ? error.message : "The collector has not answered.";
  }
  days.asking = null;
  draw();
}

/* Decisions of the last day from before those in memory, of which `to` is the first one: a restart has forgotten them. */
export async function decisionsBefore(name, to) {
  const times = `from=${Math.floor(Date.now() + state.skew - DAY_MS)}&to=${Math.ceil(to)}`;
  const answer = await ask(`${api}decisions?group=${encodeURIComponent(name)}&${times}&limit=200`, { ms: ASK_MS_MAX });
  return answer.decisions.filter(isDecision);
}

/* A sentence below the chart: what is missing, and why; empty if nothing is. */
export function historyNote() {
  const { answer, asking, failed } = days;
  if (!isPast()) return "";
  if (asking && !answer) return "Reading the history …";
  if (failed) return `No history: ${failed}`;
  if (answer && !answer.complete)
    return `The time limit for reading was reached: values from before ${new Date(answer.complete_from_ms)
      .toLocaleString("en-GB")} are not shown. A shorter time takes less.`;
  if (answer && answer.rows.length === 0)
    return `The ${answer.source === "engine" ? "engine has" : "files have"} no values of this time.`;
  return "";
}

/* The columns of the answer by name. A gap follows a value that has no successor for several steps. */
export function historyColumns(gapMs) {
  const { columns, rows, step_ms } = days.answer;
  const found = new Map(columns.map((name) => [name, []]));
  const gap = Math.max(3 * step_ms, gapMs);
  rows.forEach((row, i) => {
    if (i > 0 && row[0] - rows[i - 1][0] > gap)
      columns.forEach((name, k) => found.get(name).push(k === 0 ? (rows[i - 1][0] + 1) / 1000 : null));
    columns.forEach((name, k) => found.get(name).push(k === 0 ? row[0] / 1000 : row[k]));
  });
  return found;
}
