/* One node: its state, and all its metrics over time. */
import { days, historyColumns, historyNote } from "./history.js";
import { isHeld } from "./hold.js";
import { dragging, hrefThen, isPast, makePicker, onSelect, showWhen, span } from "./range.js";
import {
  $, METRICS, POWERS, RESOURCE_OF, TIME_STEPS, aboveText, axis, bytes, colours, cores, duration, el, href, metricInfo,
  metricText, moment, niceTop, saveCsv, setClass, setFacts, setText, stamp, state, timeFormat, whole, withoutGroup, zoom,
} from "./base.js";

const GAP_SAMPLES = 3; // a line is drawn across two samples that are missing, but not across more
const WINDOW_S = 600; // what the collector has in memory
export const past = { name: "", times: [], columns: new Map(), since: null, group: "", interval: 1000 };
const nodeCharts = new Map();
export function resetNode(name) {
  Object.assign(past, { name, times: [], columns: new Map(METRICS.map((m) => [m[0], []])), since: null, group: "" });
  for (const { chart } of nodeCharts.values()) if (chart) chart.destroy();
  nodeCharts.clear();
  $("node-metrics").replaceChildren();
  $("node-facts").replaceChildren();
  setText($("node-name"), name);
  setText($("node-why"), "");
  showWarnings([]);
  setText($("node-state"), "");
  $("node-unmeasured").hidden = true;
  for (const [metric, title] of METRICS) {
    const panel = el("div", "panel");
    const head = el("div", "panel-head");
    head.append(el("h2", "", title), el("b", "", "–"), el("span", "soon"));
    const plot = el("div", "plot");
    panel.append(head, plot);
    $("node-metrics").append(panel);
    nodeCharts.set(metric, { metric, panel, number: head.children[1], soon: head.lastChild, plot, chart: null,
      newest: null, high: null });
  }
}
/* Shows the value at the cursor, or the newest. */
function showNumber({ metric, number, chart, newest }) {
  const i = chart?.cursor.idx;
  setText(number, i == null || chart.data[0][i] == null ? metricText(metric, newest)
    : `${moment(chart.data[0][i] * 1000)}  ${metricText(metric, chart.data[1][i])}`);
}
/* What is full at 100 % cannot go above it; of the others `high` is the limit. */
const isFilled = (metric) => metric === "memory_percent" || metric === "fs_percent";
const limitsOf = ({ metric, high }) =>
  [[high, "high"], [isFilled(metric) ? 100 : null, "full"]].filter(([value]) => value != null);
function drawLimit(plot, value, text) {
  const { ctx } = plot;
  const { left, width } = plot.bbox;
  const right = value >= 100; // the top of the chart, where no other text is
  const ratio = devicePixelRatio;
  const y = Math.round(plot.valToPos(value, "y", true)) + 0.5;
  ctx.strokeStyle = ctx.fillStyle = colours.hot;
  ctx.lineWidth = ratio;
  ctx.setLineDash([5 * ratio, 4 * ratio]);
  ctx.beginPath(); ctx.moveTo(left, y); ctx.lineTo(left + width, y); ctx.stroke();
  ctx.font = `${11 * zoom() * ratio}px system-ui, sans-serif`;
  ctx.textAlign = right ? "right" : "left";
  ctx.textBaseline = right ? "top" : "bottom";
  ctx.fillText(text, right ? left + width - 3 * ratio : left + 3 * ratio, right ? y + 3 * ratio : y - 2 * ratio);
}
function drawLimits(plot, entry) {
  plot.ctx.save();
  for (const [value, text] of limitsOf(entry)) drawLimit(plot, value, text);
  plot.ctx.restore();
}
const STATES = { live: "live", gone: "gone", new: "has not sent a sample yet", returning: "restarts, expected back",
  leaving: "has left" };
function expiryText(at_ms) {
  const left_ms = at_ms - Date.now() - state.skew;
  return left_ms > 0 ? `expires in ${duration(left_ms)}` : `expired ${duration(-left_ms)} ago`;
}
/* What will soon be too much, or is, as the collector's log has it. */
function showWarnings(texts) {
  const list = $("node-warnings");
  list.hidden = texts.length === 0;
  while (list.children.length > texts.length) list.lastChild.remove();
  texts.forEach((text, i) => setText(list.children[i] ?? list.appendChild(el("li")), text));
}
function soonText(metric, outlook) {
  if (outlook?.soon == null || outlook.limit_in_s == null) return "";
  const inTime = `in ${duration(1000 * outlook.limit_in_s)}`;
  if (isFilled(metric)) return outlook.limit_in_s > 0 ? `full ${inTime}` : "full";
  return outlook.limit_in_s > 0 ? `high ${inTime}` : "";
}
export function showNode(node) {
  setText($("node-name"), node.id);
  setText($("node-group"), node.group || "");
  past.group = node.group;
  past.interval = node.interval_ms;
  showGroupLink();
  const above = node.above.length ? `live, ${aboveText(node.above)}` : "live";
  const silent = node.state === "missing" || node.state === "unreported";
  setClass($("node-state"), `verdict ${silent ? "missing" : node.above.length ? "hot" : node.state}`);
  setText($("node-state"), node.state === "live" ? above : STATES[node.state] || `silent for ${duration(node.age_ms)}`);
  showWarnings(silent ? [] : Object.values(node.outlook).map((outlook) => outlook && withoutGroup(outlook.soon, node.id))
    .filter(Boolean));
  setText($("node-why"), silent ? `Silent since ${stamp(node.seen_ms)}. It counts as busy until it reports or is gone.` : "");
  const run = node.instances.filter((instance) => instance.heard).pop() || node.instances[node.instances.length - 1];
  const posted = run && run.instance.startsWith("h");
  setFacts($("node-facts"), [
    ["cores", cores(node.cores)], ["memory", bytes(node.memory_bytes)],
    ["sample interval", node.interval_ms < 1000 ? `${node.interval_ms} ms` : duration(node.interval_ms)],
    ["last sample", node.age_ms < 1000 ? "just now" : `${duration(node.age_ms)} ago`, silent && "missing"],
    ["connection", node.connected ? "open" : posted ? "none (posts by HTTP)" : "none",
      !node.connected && !posted && node.state === "live" && "alarm"],
    ...(node.protected ? [["protected", "no scale-in removes it"]] : []),
    ...(node.certificate ? [["certificate", expiryText(node.certificate.expires_ms), node.certificate.soon && "alarm"]]
      : []),
    ["clock", node.clock_off ? `off by ${duration(Math.abs(node.clock_skew_ms))}` : "in sync",
      node.clock_off && "alarm"],
    ["stored up to", run ? `seq ${whole(run.stored_seq)}` : "–"],
    ["waiting", run ? whole(run.waiting) : "–"],
    ["dropped", run ? whole(run.dropped) : "–", run && run.dropped > 0 && "alarm"],
    ["run", run ? run.instance : "–", false, true],
  ]);
  const thresholds = state.groupsByName.get(node.group)?.thresholds;
  for (const [metric, entry] of nodeCharts) {
    entry.newest = node.metrics[metric];
    const limits = thresholds?.[RESOURCE_OF[metric]];
    entry.high = limits ? 100 * limits.high : null;
    setClass(entry.number, node.above.includes(RESOURCE_OF[metric]) ? "hot" : "");
    setText(entry.soon, silent ? "" : soonText(metric, node.outlook[RESOURCE_OF[metric]]));
    showNumber(entry);
  }
}
export function takePast(answer) {
  const names = answer.columns.slice(1);
  let last = past.times.length ? past.times[past.times.length - 1] : -Infinity;
  if (answer.now_ms / 1000 < last) resetNode(past.name);
  for (const row of answer.rows) {
    if (row[0] / 1000 <= last) continue;
    last = row[0] / 1000;
    past.times.push(last);
    names.forEach((name, i) => past.columns.get(name)?.push(row[i + 1]));
    past.since = row[0];
  }
  const drop = past.times.length - 3600;
  if (drop > 0) { past.times.splice(0, drop); for (const column of past.columns.values()) column.splice(0, drop); }
  drawNode();
}
/* The times, and a function from a metric to its values, and in the past their lowest and highest. */
function shownRows() {
  if (!isPast()) return liveRows();
  if (!days.answer) return [[], () => [[]]];
  const found = historyColumns(3 * 60000);
  return [found.get("time_ms"), (metric) => ["", "_min", "_max"].map((name) => found.get(`${metric}${name}`) || [])];
}
/* A gap follows a sample that has no successor in time, by the interval of the node or what is usual of it. */
function liveRows() {
  const steps = past.times.slice(1).map((time, i) => time - past.times[i]).sort((a, b) => a - b);
  const gap = GAP_SAMPLES * Math.max(past.interval / 1000, steps[steps.length >> 1] ?? 0);
  const before = past.times.map((time, i) => i > 0 && time - past.times[i - 1] > gap);
  const spread = (values, between) => values.flatMap((value, i) => before[i] ? [between(i), value] : [value]);
  return [spread(past.times, (i) => past.times[i - 1] + 0.001),
    (metric) => [spread(past.columns.get(metric) || [], () => null)]];
}
/* They end now, unless the last sample is so old that they would be empty. */
function timeRange(times) {
  if (isPast()) return days.answer ? [days.from / 1000, days.to / 1000] : span().map((ms) => ms / 1000);
  const now = (Date.now() + state.skew) / 1000;
  const last = times[times.length - 1];
  const end = now - last < WINDOW_S ? Math.max(now, last) : last;
  return [Math.min(Math.max(times[0], end - WINDOW_S), end - 60), end];
}
/* Where a time is, as a share of the charts' width. */
export function shareOf(ms) {
  const [from, to] = [...nodeCharts.values()].find(({ chart }) => chart).range;
  return (ms / 1000 - from) / (to - from);
}
function noteText(times) {
  if (isPast()) return historyNote();
  const last = times[times.length - 1];
  const old = (Date.now() + state.skew) / 1000 - last;
  return old >= WINDOW_S ? `The charts end ${duration(1000 * old)} ago, with the last sample.` : "";
}
/* Charts of another kind of time, and with texts of another size, are made anew. */
const isLikeBefore = () => past.isPast === isPast() && past.zoom === zoom();
function dropCharts() {
  past.isPast = isPast();
  past.zoom = zoom();
  for (const entry of nodeCharts.values()) {
    entry.chart?.destroy();
    entry.chart = null;
  }
}
function showGroupLink() { $("node-group").href = past.group ? hrefThen("group", past.group) : "#/"; }
export function drawNode() {
  if (!window.uPlot || state.view !== "node") return;
  showGroupLink();
  showWhen($("node-when"));
  if (isLikeBefore() && !isPast() && isHeld($("node-metrics"))) return;
  if (!isLikeBefore()) dropCharts();
  const [times, columnsOf] = shownRows();
  setText($("node-note"), noteText(times));
  const least = isPast() ? 1 : 2;
  $("node-csv").disabled = times.length === 0;
  for (const [metric, entry] of nodeCharts) {
    const [values, ...limits] = columnsOf(metric);
    entry.there = values.some((value) => value != null);
    entry.panel.hidden = !entry.there && times.length >= least;
    if (!entry.there || times.length < least) {
      entry.chart?.destroy();
      entry.chart = null;
      continue;
    }
    if (!entry.chart) entry.plot.replaceChildren();
    entry.range = timeRange(times);
    let most = 0;
    for (const v of limits[1] ?? values) if (v > most) most = v;
    const { unit } = metricInfo.get(metric);
    const inBytes = unit === "B/s";
    entry.top = unit === "%" ? 100 : niceTop(most * 1.05, inBytes ? 2 : 10);
    if (!entry.chart) {
      entry.chart = new uPlot({
        width: entry.plot.clientWidth, height: entry.plot.clientHeight, legend: { show: false },
        cursor: { sync: { key: "node" }, drag: dragging, points: { size: 6 } },
        scales: { x: { range: () => entry.range }, y: { range: () => [0, entry.top] } },
        axes: [axis({ values: timeFormat, incrs: TIME_STEPS, space: 90, size: 24, grid: { show: false } }),
          axis({ space: 32, ...(inBytes ? { size: 66, incrs: POWERS } : { size: 42 }),
            values: (u, ticks) => ticks.map((v) => inBytes ? bytes(v) : `${v}`) })],
        series: [{}, { stroke: () => colours.demand, width: 1.5, points: { show: false },
          ...(limits.length ? {} : { fill: () => colours.cone }) }, ...limits.map(() => ({ points: { show: false } }))],
        bands: limits.length ? [{ series: [3, 2], fill: () => colours.cone }] : [],
        hooks: {
          setCursor: [() => showNumber(entry)], draw: [(plot) => drawLimits(plot, entry)], setSelect: [onSelect],
        },
      }, [[], [], ...limits.map(() => [])], entry.plot);
    }
    entry.chart.setData([times, values, ...limits]);
  }
  const without = METRICS.filter(([metric]) => nodeCharts.get(metric).panel.hidden).map(([, title]) => title);
  $("node-unmeasured").hidden = without.length === 0;
  setText($("node-unmeasured"), `Not available on this node: ${without.join(" · ")}`);
}
function saveNode() {
  const [times, columnsOf] = shownRows();
  const columns = METRICS.flatMap(([metric]) => columnsOf(metric).map((values, i) =>
    [`${metric}${["", "_min", "_max"][i]}`, values])).filter(([, values]) => values.some((value) => value != null));
  saveCsv(`${past.name}.csv`, ["time", ...columns.map(([name]) => name)], [times, ...columns.map(([, each]) => each)]);
}
export function makeNodeTools() {
  makePicker($("node-window"));
  $("node-csv").addEventListener("click", saveNode);
}
export function redrawNode() { for (const { chart } of nodeCharts.values()) if (chart) chart.redraw(false); }
export function resizeNode() {
  if (past.zoom !== zoom()) drawNode();
  for (const { chart, plot } of nodeCharts.values())
    if (chart && plot.clientWidth) chart.setSize({ width: plot.clientWidth, height: plot.clientHeight });
}
