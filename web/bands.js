/* Bands at the top of the chart of a group: the times in which nodes were silent or still reported for the first time, in
 * which people had ordered by hand, and in which a schedule was in force. */
import { colours, plural, whole, zoom } from "./base.js";

const LANES_MAX = 4; // bands that overlap are below each other
const LANE = 19, BAR = 16, PAD = 5, FONT = 11.5; // pixels of a usual screen, see zoom()
const HAND_TEXT = { pause: "paused", "pause-scale-in": "scale-in paused", activate: "activated here" };
const handText = ({ kind, nodes }) => kind === "pin" ? `pinned to ${whole(nodes)}` : HAND_TEXT[kind];
/* What a row says about one kind of band; null: nothing. */
const OF_ROW = [
  ["away", ({ roll_call: is }) => is ? "roll call" : null],
  ["away", ({ roll_call: is, silent }) => !is && silent > 0 ? `${plural(silent, "node")} silent` : null],
  ["away", ({ missing }) => missing > 0 ? "nodes missing" : null],
  ["hand", ({ pin }) => pin != null ? handText({ kind: "pin", nodes: pin }) : null],
  ["hand", ({ pause }) => pause != null ? handText({ kind: pause }) : null],
];

/* The runs of rows with the same text. A run ends where the next row is, or now, or after gapMs. */
function runs(rows, kind, textOf, nowMs, gapMs) {
  const found = [];
  rows.forEach((row, i) => {
    const text = textOf(row);
    if (text == null) return;
    const last = found[found.length - 1];
    const until = Math.min(rows[i + 1]?.time_ms ?? nowMs, row.time_ms + gapMs);
    if (last?.text === text && last.to >= row.time_ms) last.to = until;
    else found.push({ kind, text, from: row.time_ms, to: until });
  });
  return found;
}
function boundsText({ name, min, max }) {
  const bounds = min == null ? `at most ${whole(max)}` : max == null ? `at least ${whole(min)}`
    : `${whole(min)} to ${whole(max)}`;
  return `${name}: ${bounds} nodes`;
}
/* Rows of the past: of recorded decisions, and of the columns of the history, which have means of a longer time. */
export const rowsOfDecisions = (decisions) => decisions.map(({ time_ms, row }) => ({
  time_ms, roll_call: row.roll_call > 0, pin: row.pin ?? null,
  silent: ["missing", "returning", "leaving", "unreported"].reduce((sum, name) => sum + (row[name] ?? 0), 0),
  pause: row.paused > 0 ? "pause" : row.paused_in > 0 ? "pause-scale-in" : null,
}));
export const rowsOfHistory = (columns) =>
  columns.get("time_ms").map((s, i) => ({ time_ms: 1000 * s, missing: columns.get("missing_max")?.[i] }));
/* What is ordered by hand now reaches to its end, which the rows do not know. */
function ofHand(overrides, found) {
  const now = overrides.map((order) => ({ kind: "hand", text: handText(order), from: order.set_ms, to: order.until_ms }));
  const known = ({ text, to }) => now.some((band) => band.text === text && to >= band.from);
  return [...found.filter((band) => !known(band)), ...now];
}
/* In the order of their lanes, the first at the top. */
export function bandsOf({ rows, overrides, schedules, nowMs, gapMs }) {
  const of = (kind) => OF_ROW.filter(([each]) => each === kind)
    .flatMap(([each, textOf]) => runs(rows, each, textOf, nowMs, gapMs));
  const planned = schedules.map((each) =>
    ({ kind: "plan", text: boundsText(each), from: each.from_ms, to: each.to_ms }));
  return [...of("away"), ...ofHand(overrides, of("hand")), ...planned];
}
/* Those between two times, each with its lane. */
export function placeBands(bands, from, to) {
  const ends = [];
  const placed = [];
  for (const kind of ["away", "hand", "plan"])
    for (const band of bands.filter((each) => each.kind === kind && each.to >= from && each.from <= to)) {
      let lane = ends.findIndex((lanes) => lanes.every((other) => other.to <= band.from || other.from >= band.to));
      if (lane < 0) lane = ends.push([]) - 1;
      ends[lane].push(band);
      if (lane < LANES_MAX) placed.push({ ...band, lane });
    }
  return placed;
}
export const bandsHeight = (placed) => placed.length ? zoom() * ((Math.max(...placed.map(({ lane }) => lane)) + 1) * LANE + 3) : 0;

const EDGE = { away: "missing", hand: "accent", plan: "muted" };
function drawBar(ctx, kind, { begin, end, y }, ratio) {
  const tall = BAR * ratio;
  ctx.fillStyle = colours.soft;
  ctx.fillRect(begin, y, end - begin, tall);
  ctx.strokeStyle = ctx.fillStyle = colours[EDGE[kind]];
  ctx.lineWidth = ratio;
  ctx.strokeRect(begin + ratio / 2, y + ratio / 2, end - begin - ratio, tall - ratio);
  ctx.fillRect(begin, y, Math.min(3 * ratio, end - begin), tall);
}
/* In the bar, or behind it if nothing else is there before `next`; else only the tip has it. */
function drawLabel(ctx, text, { begin, end, y, next }, ratio) {
  const wide = ctx.measureText(text).width + 2 * PAD * ratio;
  const inside = end - begin >= wide + 3 * ratio;
  if (!inside && next - end < wide) return;
  ctx.fillStyle = colours.text;
  ctx.fillText(text, (inside ? begin + 3 * ratio : end) + PAD * ratio, y + BAR * ratio / 2);
}
/* Draws them on a chart of uPlot. */
export function drawBands(plot, placed) {
  const { ctx } = plot;
  const { left, top, width } = plot.bbox;
  const ratio = devicePixelRatio * zoom();
  const x = (time) => Math.min(left + width, Math.max(left, plot.valToPos(time / 1000, "x", true)));
  ctx.save();
  ctx.font = `${FONT * ratio}px system-ui, sans-serif`;
  ctx.setLineDash([]);
  ctx.textAlign = "left";
  ctx.textBaseline = "middle";
  for (const { kind, text, from, to, lane } of placed) {
    const later = placed.filter((other) => other.lane === lane && other.from > from).map((other) => x(other.from));
    const place = { begin: x(from), end: Math.max(x(from) + 3 * ratio, x(to)), y: top + (lane * LANE + 2) * ratio,
      next: Math.min(left + width, ...later) };
    drawBar(ctx, kind, place, ratio);
    drawLabel(ctx, text, place, ratio);
  }
  ctx.restore();
}
/* What they say about a time, each once. */
export const bandsText = (placed, time) =>
  [...new Set(placed.filter(({ from, to }) => time >= from && time <= to).map(({ text }) => text))].join(", ");
