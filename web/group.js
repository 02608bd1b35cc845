/* One group: its state, its chart with the forecast, and its decisions. */
import {
  $, TIME_STEPS, axis, colours, cores, duration, el, moment, niceTop, percent, saveCsv, setClass, setFacts, setText,
  state, timeFormat, whole, withoutGroup,
} from "./base.js";
import { byHand, holds, verdict } from "./fleet.js";
import { days, decisionsBefore, historyColumns, historyNote, onlyChanges } from "./history.js";
import { dragging, isPast, makePicker, onSelect, showWhen } from "./range.js";
import {
  axisText, hasAgents, loadNow, makeResources, pastCapacity, resourceName, resourceOf, scaleOf, showResources, valueText,
} from "./resource.js";

const REPEAT_MS = 300000; // a decision that stands is recorded again after this time
const LISTED_MAX = 300;
const FACT_MAX = 15; // characters that fit into one column of the facts
export const series = { name: "", resource: "cpu", rows: [], cone: [], decisions: [], before: null, last: 0, since: null,
  high: 0.8, tick: 15000 };
let groupChart = null;
const shownGroup = () => state.groupsByName.get(series.name);
const resource = () => resourceOf(shownGroup(), series.resource);
/* Returns whether the chart now shows another resource. */
export function followResource() {
  const name = resourceName(shownGroup());
  showResources(shownGroup(), name);
  if (name === series.resource) return false;
  Object.assign(series, { resource: name, rows: [], cone: [], since: null, now: null, bound: null });
  return true;
}
export function resetGroup(name) {
  Object.assign(series, { name, rows: [], cone: [], decisions: [], before: null, last: null, since: null,
    now: null, bound: null, lit: null });
  followResource();
  $("decisions").classList.remove("all");
  $("decisions").replaceChildren();
  $("decisions-empty").hidden = true;
  $("group-facts").replaceChildren();
  showConditions({});
  $("group-by-hand").hidden = true;
  setText($("group-name"), name);
  setText($("group-why"), "");
  setText($("group-verdict"), "");
  drawGroup();
}
/* What holds although it should not, or the other way round, stands out. */
const usual = { "able-to-scale": true, "data-complete": true, limited: false, "forecast-trusted": true,
  "signals-fresh": true, helping: true };
function showConditions(conditions) {
  const table = $("group-conditions");
  const rows = Object.entries(conditions);
  $("condition-panel").hidden = rows.length === 0;
  while (table.rows.length > rows.length) table.deleteRow(-1);
  rows.forEach(([name, { status, since_ms, why }], i) => {
    const row = table.rows[i] || table.insertRow();
    if (row.cells.length === 0) row.append(el("th"), el("td"), el("td"), el("td"));
    setClass(row, status === usual[name] ? "" : "unusual");
    [name, String(status), `for ${duration(Date.now() + state.skew - since_ms)}`, why]
      .forEach((text, k) => setText(row.cells[k], text));
  });
}
function limits({ min, max, schedules }) {
  const range = max == null ? `${whole(min)} or more` : `${whole(min)} to ${whole(max)}`;
  return schedules.length > 0 ? `${range} (${schedules.join(", ")})` : range;
}
/* A signal and what it is measured by: what the live nodes carry, the whole, or its limit. */
function signalFact({ name, kind, state: found, value, age_ms, per_node, limit }, live) {
  if (found !== "present") return [name, found, "missing"];
  const text = kind === "share" ? percent(value)
    : `${cores(value)} of ${kind === "limit" ? cores(limit) : whole(per_node * live)}`;
  const old = age_ms >= 1000 ? `, ${duration(age_ms)} old` : "";
  return [name, text + old, kind === "limit" && value > limit && "alarm", text.length + old.length > FACT_MAX];
}
const FACT_NAMES = { cpu: "CPU", memory: "memory", disk: "disk", app: "application" };
const forecastFacts = (forecast) => [
  [forecast ? `forecast, ${duration(forecast.within_ms)} ahead` : "forecast", forecast
    ? `${cores(forecast.expected)} (${cores(forecast.low)} to ${cores(forecast.high)}) cores` : "–", "", !!forecast],
  ["sized for", forecast ? `${cores(forecast.bound)} cores` : "–"],
  ["forecaster", forecast ? forecast.forecaster : "–"],
];
export function showGroup(group) {
  setText($("group-name"), group.name);
  const [kind, text] = verdict(group);
  setClass($("group-verdict"), `verdict ${kind}`);
  setText($("group-verdict"), text);
  setText($("group-why"), withoutGroup(group.why, group.name) ||
    "No sample of this group has arrived since the collector started.");
  setText($("group-by-hand"), byHand(group));
  $("group-by-hand").hidden = group.overrides.length === 0;
  showConditions(group.conditions);
  const cpu = group.thresholds.cpu;
  const { nodes, forecast } = group;
  const facts = [
    ["live", whole(nodes.live)],
    ["missing", whole(nodes.missing + nodes.unreported), nodes.missing > 0 && "missing"],
    ...(nodes.returning > 0 ? [["returning", whole(nodes.returning)]] : []),
    ...(nodes.leaving > 0 ? [["leaving", whole(nodes.leaving)]] : []),
    ["gone", whole(nodes.gone)],
    ["pending", whole(group.pending ?? 0)],
    ...["cpu", "memory", "disk", "app"].filter((each) => each === "app" ? group.utilisation.app != null : hasAgents(group))
      .map((each) => [FACT_NAMES[each], percent(group.utilisation[each]),
        group.utilisation[each] > group.thresholds[each].high && "alarm"]),
    ...group.signals.map((signal) => signalFact(signal, nodes.live)),
    ["high / target", `${percent(cpu.high)} / ${percent(cpu.target)}`],
    ...(hasAgents(group) ? forecastFacts(forecast) : []),
    ...(group.app_forecast ? [["application forecast", `${cores(group.app_forecast.expected)} ` +
      `(${cores(group.app_forecast.low)} to ${cores(group.app_forecast.high)})`, "", true]] : []),
    ["node limits", limits(group)],
    ["lead time", group.lead_time_ms == null ? "–" : duration(group.lead_time_ms)],
    ["mode", group.mode || "–"],
    ["guard", group.guard || "–"],
  ];
  setFacts($("group-facts"), facts);
  const [demand, capacity] = loadNow(group, series.resource);
  if (series.rows.length > 0 && demand != null) series.now = [Date.now() + state.skew, demand, capacity];
  showBound(series.resource === "cpu" ? forecast?.bound : series.rows[series.rows.length - 1]?.[4]);
}
/* The demand at the horizon for which the group is sized, as the collector counts it. */
function showBound(bound) {
  series.bound = bound ?? null;
  $("legend-bound").parentNode.hidden = series.bound == null;
  setText($("legend-bound"), series.bound == null ? "" : valueText({ ...resource(), unit: "" }, series.bound * scaleNow()));
}
export function takeSeries(answer) {
  if (answer.resource !== series.resource) return; // another one was chosen meanwhile
  const last = series.rows.length ? series.rows[series.rows.length - 1][0] : -Infinity;
  if (answer.now_ms < last) series.rows = []; // the collector's clock was set back
  for (const row of answer.rows) if (row[0] > last) series.rows.push(row);
  if (series.rows.length > 4000) series.rows.splice(0, series.rows.length - 4000);
  series.cone = answer.cone;
  series.high = answer.high;
  series.tick = answer.tick_ms;
  series.since = series.rows.length ? series.rows[series.rows.length - 1][0] : null;
}
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
const shownDecisions = () => isPast() ? days.decisions : [...series.before ?? [], ...series.decisions];
const items = new WeakMap();
function itemOf(decision) {
  if (items.has(decision)) return items.get(decision);
  const item = el("li");
  const time = el("time", "", moment(decision.time_ms));
  time.dateTime = new Date(decision.time_ms).toISOString();
  const arrow = decision.action === "up" ? "▲" : decision.action === "down" ? "▼" : "•";
  const change = decision.action === "hold" ? holds(decision.current, decision.desired)
    : `${whole(decision.current)} → ${whole(decision.desired)}`;
  item.append(time, el("span", `act ${decision.action}`, `${arrow} ${change}`),
    el("span", "", withoutGroup(decision.why, decision.group)));
  item.addEventListener("mouseenter", () => { series.lit = decision; redrawGroup(); });
  item.addEventListener("mouseleave", () => { series.lit = null; redrawGroup(); });
  items.set(decision, item);
  return item;
}
function showDecisions() {
  const list = $("decisions");
  const wanted = shownDecisions().slice(-LISTED_MAX).reverse().map(itemOf);
  if (wanted.length !== list.children.length || wanted.some((item, i) => item !== list.children[i]))
    list.replaceChildren(...wanted);
  setText($("decisions-title"), isPast() && onlyChanges() ? "Decisions to add or remove nodes" : "Decisions");
  setText($("decisions-empty"), isPast() ? "None in this time." : "None in the last day.");
  $("decisions-empty").hidden = wanted.length > 0 || (isPast() && !days.answer);
  $("decisions-all").hidden = wanted.length <= 6;
  setText($("decisions-all"), `Show all ${wanted.length} decisions`);
}

/* Columns: time, demand, capacity, high, lowest and highest demand. */
const NAMES = ["time", "demand", "capacity", "high", "demand_min", "demand_max"];
const highOf = (capacity) => capacity == null || resource().limit != null ? null : capacity * series.high;
/* From what the collector counts to what the chart shows, for what comes after the last row. */
function scaleNow() {
  const last = series.now ?? series.rows[series.rows.length - 1];
  return last?.[2] > 0 ? scaleOf(resource(), last[2]) : scaleOf(resource(), NaN);
}
function chartData() {
  const data = isPast() ? pastData() : liveData();
  if (resource().parts) data[2] = data[2].map(() => null); // of a share, all is 100 %
  return data;
}
function pastData() {
  if (!days.answer) return NAMES.map(() => []);
  const found = historyColumns(2 * REPEAT_MS);
  const [value, of] = resource().past;
  const demand = found.get(value) ?? [];
  const capacity = demand.map((known, i) => known == null ? null : pastCapacity(resource(), found.get(of)?.[i]));
  return [found.get("time_ms"), demand, capacity, capacity.map(highOf), found.get(`${value}_min`) ?? [],
    found.get(`${value}_max`) ?? []];
}
/* After the newest row, only the end of the forecast follows. */
function liveData() {
  const from = Date.now() + state.skew - state.window * 1000;
  let rows = series.rows.filter((row) => row[0] >= from);
  if (series.now && rows.length && series.now[0] > rows[rows.length - 1][0]) rows = [...rows, series.now];
  const gap = series.tick * 3;
  const data = [[], [], [], []];
  rows.forEach((row, i) => {
    if (i > 0 && row[0] - rows[i - 1][0] > gap) { // the collector was down, or no node reported
      data[0].push((rows[i - 1][0] + 1) / 1000);
      data[1].push(null); data[2].push(null); data[3].push(null);
    }
    data[0].push(row[0] / 1000);
    const scale = scaleOf(resource(), row[2]);
    const capacity = row[1] == null || row[2] == null ? null : row[2] * scale; // null: from before the collector's start
    data[1].push(row[1] == null || !Number.isFinite(scale) ? null : row[1] * scale);
    data[2].push(Number.isFinite(capacity) ? capacity : null);
    data[3].push(Number.isFinite(capacity) ? highOf(capacity) : null);
  });
  series.newest = rows.length ? rows[rows.length - 1][0] : null;
  const end = series.cone.length > 1 ? series.cone[series.cone.length - 1][0] : 0;
  if (rows.length && end > series.newest) { // capacity stays the same without an action
    data[0].push(end / 1000);
    data[1].push(null);
    for (const column of [data[2], data[3]]) column.push(column[column.length - 1]);
  }
  return [...data, data[0].map(() => null), data[0].map(() => null)];
}
function shownCone() {
  const scale = isPast() ? NaN : scaleNow();
  return Number.isFinite(scale) ? series.cone.map(([at, ...values]) => [at, ...values.map((v) => v * scale)]) : [];
}
function drawCone(plot) {
  const cone = shownCone();
  if (cone.length < 2) return;
  const { ctx } = plot;
  const x = (t) => plot.valToPos(t / 1000, "x", true);
  const y = (v) => plot.valToPos(v, "y", true);
  ctx.save();
  ctx.beginPath();
  ctx.rect(plot.bbox.left, plot.bbox.top, plot.bbox.width, plot.bbox.height);
  ctx.clip();
  ctx.beginPath();
  cone.forEach(([t, , , high], i) => i ? ctx.lineTo(x(t), y(high)) : ctx.moveTo(x(t), y(high)));
  [...cone].reverse().forEach(([t, , low]) => ctx.lineTo(x(t), y(low)));
  ctx.closePath();
  ctx.fillStyle = colours.cone;
  ctx.fill();
  ctx.beginPath();
  cone.forEach(([t, expected], i) => i ? ctx.lineTo(x(t), y(expected)) : ctx.moveTo(x(t), y(expected)));
  ctx.strokeStyle = colours.demand;
  ctx.lineWidth = 2 * devicePixelRatio;
  ctx.setLineDash([5 * devicePixelRatio, 4 * devicePixelRatio]);
  ctx.stroke();
  if (series.bound != null) {
    ctx.beginPath();
    ctx.moveTo(x(cone[0][0]), y(cone[0][1]));
    ctx.lineTo(x(cone[cone.length - 1][0]), y(series.bound * scaleNow()));
    ctx.strokeStyle = colours.bound;
    ctx.setLineDash([]);
    ctx.stroke();
  }
  ctx.restore();
}
function drawNow(plot) {
  if (isPast()) return;
  const { ctx } = plot;
  const x = Math.round(plot.valToPos(series.newest / 1000, "x", true)) + 0.5;
  ctx.save();
  ctx.beginPath();
  ctx.moveTo(x, plot.bbox.top);
  ctx.lineTo(x, plot.bbox.top + plot.bbox.height);
  ctx.strokeStyle = colours.muted;
  ctx.lineWidth = devicePixelRatio;
  ctx.setLineDash([2 * devicePixelRatio, 3 * devicePixelRatio]);
  ctx.stroke();
  ctx.restore();
}
function drawMarks(plot) {
  const { ctx } = plot;
  const ratio = devicePixelRatio;
  const bottom = plot.bbox.top + plot.bbox.height;
  ctx.save();
  for (const decision of shownDecisions()) {
    const x = plot.valToPos(decision.time_ms / 1000, "x", true);
    if (x < plot.bbox.left || x > plot.bbox.left + plot.bbox.width) continue;
    const lit = series.lit === decision;
    if (decision.action === "hold" && !lit) continue;
    ctx.strokeStyle = ctx.fillStyle = decision.action === "up" ? colours.accent : colours.down;
    const size = (lit ? 7 : 5) * ratio;
    if (lit) {
      ctx.lineWidth = ratio;
      ctx.beginPath(); ctx.moveTo(x, plot.bbox.top); ctx.lineTo(x, bottom); ctx.stroke();
    }
    ctx.beginPath();
    if (decision.action === "hold") {
      ctx.arc(x, bottom - size, size / 1.6, 0, 7);
    } else {
      const [tip, base] = decision.action === "up" ? [bottom - 2 * size, bottom - 2] : [bottom - 2, bottom - 2 * size];
      ctx.moveTo(x, tip); ctx.lineTo(x - size, base); ctx.lineTo(x + size, base);
    }
    ctx.fill();
  }
  ctx.restore();
}
function chartTip(plot) {
  const tip = el("div", "chart-tip");
  tip.hidden = true;
  plot.over.append(tip);
  return tip;
}
function moveTip(plot) {
  const tip = plot.over.querySelector(".chart-tip");
  if (!tip) return;
  const { left, idx } = plot.cursor;
  if (left == null || left < 0) { tip.hidden = true; return; }
  const near = shownDecisions().find((d) => d.action !== "hold" &&
    Math.abs(plot.valToPos(d.time_ms / 1000, "x") - left) < 6);
  const time = plot.posToVal(left, "x");
  const cone = shownCone().length > 1 && time * 1000 > series.newest ? shownCone() : null;
  const textOf = (value) => valueText(resource(), value);
  const plain = (value) => valueText({ ...resource(), unit: "" }, value);
  let text = "";
  if (near) text = `${moment(near.time_ms)}\n${withoutGroup(near.why, near.group)}`;
  else if (cone) {
    const [a, b] = [cone[0], cone[cone.length - 1]];
    const part = Math.min(1, (time * 1000 - a[0]) / (b[0] - a[0]));
    const at = (i) => a[i] + part * (b[i] - a[i]);
    text = `${moment(time * 1000)}\nforecast ${textOf(at(1))} (${plain(at(2))} to ${plain(at(3))})` +
      (series.bound == null ? "" : `\nsized for ${textOf(a[1] + part * (series.bound * scaleNow() - a[1]))}`);
  } else if (idx != null && plot.data[1][idx] != null) {
    const [at, demand, capacity, , low, high] = plot.data.map((column) => column[idx]);
    const share = capacity > 0 && !resource().parts;
    text = `${moment(at * 1000)}\n${$("legend-demand").textContent} ` +
      (share ? `${plain(demand)} of ${textOf(capacity)} (${percent(demand / capacity)})` : textOf(demand)) +
      (low == null || low === high ? "" : `\n${plain(low)} to ${textOf(high)} within ${duration(days.answer.step_ms)}`);
  }
  tip.hidden = text === "";
  setText(tip, text);
  const right = left > plot.over.clientWidth / 2;
  tip.style.left = right ? "" : `${left + 12}px`;
  tip.style.right = right ? `${plot.over.clientWidth - left + 12}px` : "";
  tip.style.top = "8px";
  tip.style.width = "max-content";
}
/* The ends of the axes. */
function liveRange(data) {
  const now = (Date.now() + state.skew) / 1000;
  const end = series.cone.length ? series.cone[series.cone.length - 1][0] / 1000 : 0;
  const first = Math.max(data[0][0], now - state.window);
  return [Math.min(first, now - 3 * series.tick / 1000), Math.max(end, series.newest / 1000)];
}
function topOf(data) {
  let top = 0;
  for (const column of [data[1], data[2], data[5]]) for (const v of column) if (v > top) top = v;
  const ahead = isPast() ? [] : [series.bound * scaleNow(), ...shownCone().map((point) => point[3])];
  for (const value of ahead) if (value > top) top = value;
  return resource().parts ? Math.max(1, niceTop(top)) : niceTop(top * 1.06);
}
function drawNothing(box) {
  setText($("chart-note"), "");
  if (groupChart) { groupChart.destroy(); groupChart = null; }
  if (!box.querySelector(".quiet")) box.replaceChildren(el("p", "quiet"));
  const missing = shownGroup()?.signals.some(({ name, state: found }) => name === series.resource && found !== "present");
  setText(box.querySelector(".quiet"), isPast() ? historyNote()
    : missing ? "The signal is missing." : series.rows.length > 0 ? "No values in this time." : "Waiting for the first ticks.");
}
export function drawGroup() {
  const box = $("group-chart");
  if (state.view !== "group") return;
  $("view-group").classList.toggle("past", isPast());
  showWhen($("chart-when"));
  showDecisions();
  $("legend-forecast").hidden = isPast() || series.cone.length < 2;
  const data = chartData();
  $("chart-csv").disabled = data[0].length === 0;
  if (data[0].length < (isPast() ? 1 : 2) || !window.uPlot || !data[1].some((value) => value != null)) {
    drawNothing(box);
    return;
  }
  setText($("chart-note"), historyNote());
  series.range = { x: isPast() ? [days.from / 1000, days.to / 1000] : liveRange(data), y: [0, topOf(data)] };
  if (!groupChart) {
    const paths = uPlot.paths.stepped({ align: 1 });
    box.replaceChildren();
    groupChart = new uPlot({
      width: box.clientWidth, height: box.clientHeight, legend: { show: false },
      cursor: { points: { size: 7 }, drag: dragging },
      scales: { x: { range: () => series.range.x }, y: { range: () => series.range.y } },
      axes: [axis({ values: timeFormat, incrs: TIME_STEPS, space: 90, size: 28 }),
        axis({ size: 52, values: (u, ticks) => ticks.map((v) => axisText(resource(), v)) })],
      series: [{}, { stroke: () => colours.demand, width: 2,
        points: { show: (plot) => plot.data[0].length < 3, size: 6, fill: () => colours.demand } },
        { stroke: () => colours.capacity, width: 1.5, points: { show: false }, paths },
        { stroke: () => colours.hot, width: 1.5, dash: [6, 5], points: { show: false }, paths },
        { points: { show: false } }, { points: { show: false } }],
      bands: [{ series: [5, 4], fill: () => colours.cone }],
      hooks: { draw: [drawCone, drawNow, drawMarks], setCursor: [moveTip], ready: [chartTip], setSelect: [onSelect] },
    }, NAMES.map(() => []));
    box.append(groupChart.root);
  }
  groupChart.setData(data);
}
export function makeGroupTools() {
  makePicker($("chart-window"));
  makeResources();
  $("chart-csv").addEventListener("click", () => saveCsv(`${series.name}-${series.resource}.csv`, NAMES, chartData()));
}
export function redrawGroup() { if (groupChart) groupChart.redraw(false); }
export function resizeGroup() {
  const box = $("group-chart");
  if (groupChart && box.clientWidth) groupChart.setSize({ width: box.clientWidth, height: box.clientHeight });
}
