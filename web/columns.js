/* The columns of a group's chart: of the ticks in memory, or of the history. */
import { state } from "./base.js";
import { rowsExpecting } from "./forecasts.js";
import { REPEAT_MS, days, historyColumns } from "./history.js";
import { isPast } from "./range.js";
import { pastCapacity, scaleOf } from "./resource.js";
import { series, shownResource as resource } from "./series.js";

const NOTICEABLE = 0.005; // of the capacity: what is assumed beyond it differs from what is reported
/* The columns, as a saved file has them. `demand` is what nodes report; `assumed` is the whole, where that differs. The
 * forecasts are those that were for the time of the row. Only the past has demand_min and demand_max. */
export const NAMES = ["time", "demand", "capacity", "high", "demand_min", "demand_max", "assumed", "forecast", "forecast_low",
  "forecast_high"];
const highOf = (capacity) => capacity == null || resource().limit != null ? null : capacity * series.high;
const finite = (value) => Number.isFinite(value) ? value : null;

export function columnsNow() {
  const columns = isPast() ? pastColumns() : liveColumns();
  if (resource().parts) columns[2] = columns[2].map(() => null); // of a share, all is 100 %
  return columns;
}
function pastColumns() {
  if (!days.answer) return NAMES.map(() => []);
  const found = historyColumns(2 * REPEAT_MS);
  const [value, of] = resource().past;
  const times = found.get("time_ms");
  const demand = found.get(value) ?? [];
  const capacity = demand.map((known, i) => known == null ? null : pastCapacity(resource(), found.get(of)?.[i]));
  return [times, demand, capacity, capacity.map(highOf), found.get(`${value}_min`) ?? [], found.get(`${value}_max`) ?? [],
    times.map(() => null), ...expectedColumns(times, pastRows(found), Math.max(days.answer.step_ms, REPEAT_MS))];
}
/* The history has forecasts of cpu. */
function pastRows(found) {
  const [time, at, low, high, ahead] = ["time_ms", "forecast", "forecast_low", "forecast_high", "horizon_s"]
    .map((name) => found.get(name));
  if (!ahead || series.resource !== "cpu") return [];
  return time.map((s, i) => ({ time_ms: s * 1000, horizon_ms: 1000 * ahead[i], forecast: at?.[i], forecast_low: low?.[i],
    forecast_high: high?.[i], scale: 1 }));
}
function expectedColumns(times, rows, slackMs) {
  const made = rowsExpecting(times.map((s) => s * 1000), rows, slackMs);
  return ["forecast", "forecast_low", "forecast_high"].map((name) =>
    made.map((row) => row?.[name] == null ? null : row[name] * row.scale));
}
/* The rows within the time that is shown, with what the newest samples say, and a gap where there was no tick: the
 * collector was down, or no node reported. */
function liveRows() {
  const from = Date.now() + state.skew - state.window * 1000;
  const rows = [];
  for (const row of series.now ? [...series.rows, series.now] : series.rows) {
    const before = rows[rows.length - 1];
    if (row.time_ms < from || before && row.time_ms <= before.time_ms) continue;
    if (before && row.time_ms - before.time_ms > 3 * series.tick) rows.push({ time_ms: before.time_ms + 1 });
    rows.push(row);
  }
  return rows;
}
/* After the newest row, only the end of the forecast follows. */
function liveColumns() {
  const rows = liveRows();
  const scales = rows.map(({ capacity }) => scaleOf(resource(), capacity));
  const scaled = (name) => rows.map((row, i) => row[name] == null ? null : finite(row[name] * scales[i]));
  const times = rows.map(({ time_ms }) => time_ms / 1000);
  const capacity = rows.map((row, i) => row.demand === undefined || row.capacity == null ? null
    : finite(row.capacity * scales[i]));
  const assumed = scaled("assumed").map((value, i) => rows[i].assumed - rows[i].demand >
    NOTICEABLE * rows[i].capacity ? value : null);
  const expecting = series.rows.map((row) => ({ ...row, scale: scaleOf(resource(), row.capacity) }));
  const columns = [times, scaled("demand"), capacity, capacity.map(highOf), times.map(() => null), times.map(() => null),
    assumed, ...expectedColumns(times, expecting, 2 * series.tick)];
  series.newest = rows.length ? rows[rows.length - 1].time_ms : null;
  const end = coneEnd();
  if (rows.length && end > series.newest) // capacity stays the same without an action
    columns.forEach((column, k) => column.push(k === 0 ? end / 1000 : k === 2 || k === 3 ? column[column.length - 1] : null));
  return columns;
}
export const coneEnd = () => series.cone.length > 1 ? series.cone[series.cone.length - 1][0] : 0;

/* What uPlot draws: where more than what is reported is assumed, a line of its own begins and ends at the line of demand,
 * so that silence does not look like a fall. */
export function linesOf([times, demand, capacity, high, low, most, assumed, ...expected]) {
  const near = (i) => assumed[i] != null || demand[i] != null && (assumed[i - 1] != null || assumed[i + 1] != null);
  const solid = demand.map((value, i) => assumed[i] == null ? value : null);
  const whole = demand.map((value, i) => assumed[i] ?? (near(i) ? value : null));
  const reported = demand.map((value, i) => near(i) ? value : null);
  return [times, solid, capacity, high, low, most, whole, reported, ...expected];
}
