/* The chart of a group: demand and capacity of a resource, what had been expected of each time, and what is expected. */
import {
  $, TIME_STEPS, axis, colours, duration, el, niceTop, percent, saveCsv, setText, stamp, state, timeFormat,
  withoutGroup, zoom,
} from "./base.js";
import {
  bandsHeight, bandsOf, bandsText, drawBands, placeBands, rowsOfDecisions, rowsOfHistory,
} from "./bands.js";
import { NAMES, columnsNow, coneEnd, linesOf } from "./columns.js";
import { shownDecisions } from "./decisions.js";
import { REPEAT_MS, days, historyColumns, historyNote, onlyChanges } from "./history.js";
import { isHeld } from "./hold.js";
import { dragging, isPast, makePicker, onSelect, showWhen } from "./range.js";
import { axisText, makeResources, valueText } from "./resource.js";
import { scaleNow, series, shownGroup as group, shownResource as resource } from "./series.js";

let chart = null, madeFor = 0; // the size of texts that it was made for
let drawn = { key: "", columns: [], placed: [], x: [0, 1], y: [0, 1], top: 1 }; // what the chart shows now

function bands() {
  const overrides = group()?.overrides ?? [];
  const nowMs = Date.now() + state.skew;
  if (!isPast()) return bandsOf({ rows: series.rows, overrides, schedules: series.schedules, nowMs, gapMs: 3 * series.tick });
  const rows = onlyChanges() ? rowsOfHistory(historyColumns(2 * REPEAT_MS)) : rowsOfDecisions(days.decisions);
  const gapMs = Math.max(2 * REPEAT_MS, onlyChanges() ? days.answer.step_ms : 0);
  return bandsOf({ rows, overrides, schedules: [], nowMs, gapMs });
}

/* ---- what is drawn on it ---- */

function shownCone() {
  const scale = isPast() ? NaN : scaleNow();
  return Number.isFinite(scale) ? series.cone.map(([at, ...values]) => [at, ...values.map((v) => v * scale)]) : [];
}
function drawCone(plot) {
  const cone = shownCone();
  if (cone.length < 2) return;
  const { ctx } = plot;
  const x = (time) => plot.valToPos(time / 1000, "x", true);
  const y = (value) => plot.valToPos(value, "y", true);
  const draw = (points, k) => points.forEach((point) => ctx.lineTo(x(point[0]), y(point[k])));
  ctx.save();
  ctx.beginPath();
  ctx.rect(plot.bbox.left, plot.bbox.top, plot.bbox.width, plot.bbox.height);
  ctx.clip();
  ctx.beginPath();
  draw(cone, 2);
  draw([...cone].reverse(), 3);
  ctx.closePath();
  ctx.fillStyle = colours.cone;
  ctx.fill();
  ctx.beginPath();
  draw(cone, 1);
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
function drawMark(ctx, { action }, isLit, x, { top, height }) {
  const ratio = devicePixelRatio;
  const bottom = top + height;
  const size = (isLit ? 7 : 5) * ratio;
  ctx.strokeStyle = ctx.fillStyle = action === "up" ? colours.accent : colours.down;
  if (isLit) {
    ctx.lineWidth = ratio;
    ctx.beginPath(); ctx.moveTo(x, top); ctx.lineTo(x, bottom); ctx.stroke();
  }
  ctx.beginPath();
  if (action === "hold") {
    ctx.arc(x, bottom - size, size / 1.6, 0, 7);
  } else {
    const [tip, base] = action === "up" ? [bottom - 2 * size, bottom - 2] : [bottom - 2, bottom - 2 * size];
    ctx.moveTo(x, tip); ctx.lineTo(x - size, base); ctx.lineTo(x + size, base);
  }
  ctx.fill();
}
function drawMarks(plot) {
  const { left, width } = plot.bbox;
  plot.ctx.save();
  plot.ctx.setLineDash([]);
  for (const decision of shownDecisions()) {
    const x = plot.valToPos(decision.time_ms / 1000, "x", true);
    const isLit = series.lit === decision;
    if (x >= left && x <= left + width && (isLit || decision.action !== "hold"))
      drawMark(plot.ctx, decision, isLit, x, plot.bbox);
  }
  plot.ctx.restore();
}
/* Stripes that are unlike any other area of the chart. */
function stripes(plot) {
  const size = 6 * devicePixelRatio;
  const tile = document.createElement("canvas");
  tile.width = tile.height = size;
  const ctx = tile.getContext("2d");
  ctx.strokeStyle = colours.missing;
  ctx.lineWidth = devicePixelRatio;
  for (const shift of [-size, 0, size]) { ctx.moveTo(shift, size); ctx.lineTo(shift + size, 0); }
  ctx.stroke();
  return plot.ctx.createPattern(tile, "repeat");
}

/* ---- the tip ---- */

function chartTip(plot) {
  const tip = el("div", "chart-tip");
  tip.hidden = true;
  plot.over.append(tip);
}
const textOf = (value) => valueText(resource(), value);
const plain = (value) => valueText({ ...resource(), unit: "" }, value);
const between = (low, high) => `${plain(low)} to ${plain(high)}`;
function aheadText(time, cone) {
  const [a, b] = [cone[0], cone[cone.length - 1]];
  const part = Math.min(1, (time - a[0]) / (b[0] - a[0]));
  const at = (i) => a[i] + part * (b[i] - a[i]);
  const sized = series.bound == null ? "" : `\nsized for ${textOf(a[1] + part * (series.bound * scaleNow() - a[1]))}`;
  return `${stamp(time)}\nforecast ${textOf(at(1))} (${between(at(2), at(3))})${sized}`;
}
function valuesText(columns, idx) {
  const [at, demand, capacity, , low, high, assumed, forecast, from, to] = columns.map((column) => column[idx]);
  const lines = [stamp(at * 1000)];
  const share = capacity > 0 && !resource().parts;
  const name = $("legend-demand").textContent;
  if (demand != null) lines.push(`${name} ` + (share
    ? `${plain(demand)} of ${textOf(capacity)} (${percent(demand / capacity)})` : textOf(demand)));
  if (assumed != null) lines.push(`with silent or new nodes ${textOf(assumed)}, assumed`);
  if (low != null && low !== high) lines.push(`${between(low, high)} within ${duration(days.answer.step_ms)}`);
  if (forecast != null) lines.push(`had been forecast as ${plain(forecast)} (${between(from, to)})`);
  return lines.join("\n");
}
function tipText(plot) {
  const { left, idx } = plot.cursor;
  const near = shownDecisions().find((d) => d.action !== "hold" &&
    Math.abs(plot.valToPos(d.time_ms / 1000, "x") - left) < 6);
  if (near) return `${stamp(near.time_ms)}\n${withoutGroup(near.why, near.group)}`;
  const time = plot.posToVal(left, "x") * 1000;
  const cone = shownCone();
  const more = bandsText(drawn.placed, time);
  if (cone.length > 1 && time > series.newest) return [aheadText(time, cone), more].filter(Boolean).join("\n");
  const has = idx != null && [1, 6].some((k) => drawn.columns[k][idx] != null);
  return [has ? valuesText(drawn.columns, idx) : more && stamp(time), more].filter(Boolean).join("\n");
}
function moveTip(plot) {
  const tip = plot.over.querySelector(".chart-tip");
  if (!tip) return;
  const { left } = plot.cursor;
  const text = left == null || left < 0 ? "" : tipText(plot);
  tip.hidden = text === "";
  setText(tip, text);
  const right = left > plot.over.clientWidth / 2;
  tip.style.left = right ? "" : `${left + 12}px`;
  tip.style.right = right ? `${plot.over.clientWidth - left + 12}px` : "";
  tip.style.top = "8px";
  tip.style.width = "max-content";
}

/* ---- the chart ---- */

function liveRange(times) {
  const now = (Date.now() + state.skew) / 1000;
  const first = Math.max(times[0], now - state.window);
  return [Math.min(first, now - 3 * series.tick / 1000), Math.max(coneEnd() / 1000, series.newest / 1000)];
}
/* The interval of a forecast may be large: what is there, and what the group is sized for, decide the scale. */
function topOf(columns) {
  let top = 0;
  for (const k of [1, 2, 5, 6, 7]) for (const v of columns[k]) if (v > top) top = v;
  const ahead = isPast() ? [] : [series.bound * scaleNow(), ...shownCone().map((point) => point[3])];
  for (const value of ahead) if (value > top) top = value;
  return resource().parts ? Math.max(1, Math.ceil(10 * top) / 10) : niceTop(top * 1.06);
}
function dropChart() {
  chart?.destroy();
  chart = null;
}
function drawNothing(box) {
  setText($("chart-note"), "");
  dropChart();
  if (!box.querySelector(".quiet")) box.replaceChildren(el("p", "quiet"));
  const missing = group()?.signals.some(({ name, state: found }) => name === series.resource && found !== "present");
  setText(box.querySelector(".quiet"), isPast() ? historyNote()
    : missing ? "The signal is missing." : series.rows.length > 0 ? "No values in this time." : "Waiting for the first ticks.");
}
/* Without a text at the left end, where that of 0 is. */
const timesText = (plot, ticks, ...more) => timeFormat(plot, ticks, ...more).map((text, i) =>
  plot.valToPos(ticks[i], "x") < 30 ? "" : text);
function makeChart(box) {
  const paths = uPlot.paths.stepped({ align: 1 });
  const quiet = { points: { show: false } };
  box.replaceChildren();
  madeFor = zoom();
  chart = new uPlot({
    width: box.clientWidth, height: box.clientHeight, legend: { show: false },
    cursor: { points: { show: false }, drag: dragging },
    scales: { x: { range: () => drawn.x }, y: { range: () => drawn.y } },
    axes: [axis({ values: timesText, incrs: TIME_STEPS, space: 90, size: 28 }),
      axis({ size: 52, values: (u, ticks) => ticks.map((v) => v > drawn.top * 1.001 ? "" : axisText(resource(), v)) })],
    series: [{}, { stroke: () => colours.demand, width: 2,
      points: { show: (plot) => plot.data[0].length < 3, size: 6, fill: () => colours.demand } },
      { ...quiet, stroke: () => colours.capacity, width: 1.5, paths },
      { ...quiet, stroke: () => colours.hot, width: 1.5, dash: [6, 5], paths }, quiet, quiet,
      { ...quiet, stroke: () => colours.missing, width: 2, dash: [3, 3] },
      { ...quiet, stroke: () => colours.missing, width: 1 },
      { ...quiet, stroke: () => colours.demand, width: 1, dash: [4, 3] },
      ...[0, 1].map(() => ({ ...quiet, stroke: () => colours.demand, width: 1, dash: [1, 4] }))],
    bands: [{ series: [5, 4], fill: () => colours.cone }, { series: [10, 9], fill: () => colours.cone },
      { series: [6, 7], fill: (plot) => stripes(plot) }],
    hooks: { draw: [drawCone, drawNow, drawMarks, (plot) => drawBands(plot, drawn.placed)], setCursor: [moveTip],
      ready: [chartTip], setSelect: [onSelect] },
  }, NAMES.map(() => []).concat([[]]));
  box.append(chart.root);
}
function showLegend(columns) {
  const has = (k) => columns[k].some((value) => value != null);
  $("legend-forecast").hidden = isPast() || series.cone.length < 2;
  $("legend-expected").hidden = !has(7);
  $("legend-assumed").hidden = !has(6);
}
/* Its time, and its scale, which leaves room for the bands. */
function arrange(box, columns, key) {
  const x = isPast() ? [days.from / 1000, days.to / 1000] : liveRange(columns[0]);
  const placed = placeBands(bands(), x[0] * 1000, x[1] * 1000);
  const top = topOf(columns);
  const room = Math.max(60, box.clientHeight - 40);
  drawn = { key, columns, placed, x, top, y: [0, top / (1 - Math.min(0.5, bandsHeight(placed) / room))] };
}
/* What is to be seen, for those who do not see it. */
function labelOf(columns) {
  const last = columns[1].findLastIndex((value) => value != null);
  const text = last < 0 ? "" : valuesText(columns, last).replaceAll("\n", "; ");
  const more = [...new Set(drawn.placed.map((band) => band.text))].join(", ");
  return [$("chart-title").textContent, text, more].filter(Boolean).join(". ");
}
/* Where a time is, as a share of the chart's width. */
export const shareOf = (ms) => (ms / 1000 - drawn.x[0]) / (drawn.x[1] - drawn.x[0]);
/* While a person points at the chart, what is there stays. */
const isStill = (box, key) => chart && drawn.key === key && !isPast() && isHeld(box);
export function drawChart() {
  const box = $("group-chart");
  const key = [series.name, series.resource, state.window, isPast(), zoom()].join("/");
  showWhen($("chart-when"));
  if (isStill(box, key)) {
    setText($("chart-note"), "The chart waits while you point at it.");
    return;
  }
  const columns = columnsNow();
  const least = isPast() ? 1 : 2;
  $("chart-csv").disabled = columns[0].length === 0;
  showLegend(columns);
  if (columns[0].length < least || !window.uPlot || ![1, 6].some((k) => columns[k].some((value) => value != null))) {
    drawNothing(box);
    return;
  }
  setText($("chart-note"), historyNote());
  arrange(box, columns, key);
  if (chart && madeFor !== zoom()) dropChart();
  if (!chart) makeChart(box);
  chart.setData(linesOf(columns));
  box.setAttribute("aria-label", labelOf(columns));
}
export function makeChartTools() {
  makePicker($("chart-window"));
  makeResources();
  $("chart-csv").addEventListener("click", () => saveCsv(`${series.name}-${series.resource}.csv`, NAMES, columnsNow()));
}
export function redrawChart() { if (chart) chart.redraw(false); }
export function resizeChart() {
  const box = $("group-chart");
  if (!chart || !box.clientWidth) return;
  if (madeFor !== zoom()) drawChart();
  else chart.setSize({ width: box.clientWidth, height: box.clientHeight });
}
