/* What the collector has in memory of the resource of a group that is shown: its ticks, and what is expected. */
import { state } from "./base.js";
import { loadNow, resourceOf, scaleOf } from "./resource.js";

const ROWS_MAX = 4000;
/* rows: ticks, with the collector's columns by name, oldest first; now: what the newest samples say, between two ticks. */
export const series = { name: "", resource: "cpu", rows: [], now: null, cone: [], bound: null, forecast: null,
  schedules: [], decisions: [], before: null, last: null, since: null, lit: null, high: 0.8, tick: 15000 };
const NOTHING = { rows: [], now: null, cone: [], bound: null, forecast: null, schedules: [], since: null };

export const resetSeries = (name) =>
  Object.assign(series, NOTHING, { name, rows: [], decisions: [], before: null, last: null, lit: null });
export const resetResource = (resource) => Object.assign(series, NOTHING, { resource, rows: [] });
export const shownGroup = () => state.groupsByName.get(series.name);
export const shownResource = () => resourceOf(shownGroup(), series.resource);
const newestRow = () => series.rows[series.rows.length - 1];

export function takeSeries(answer) {
  if (answer.resource !== series.resource) return; // another one was chosen meanwhile
  const last = newestRow()?.time_ms ?? -Infinity;
  if (answer.now_ms < last) series.rows = []; // the collector's clock was set back
  for (const row of answer.rows)
    if (row[0] > last) series.rows.push(Object.fromEntries(answer.columns.map((name, i) => [name, row[i]])));
  if (series.rows.length > ROWS_MAX) series.rows.splice(0, series.rows.length - ROWS_MAX);
  series.cone = answer.cone;
  series.forecast = answer.forecast;
  series.schedules = answer.schedules;
  series.high = answer.high;
  series.tick = answer.tick_ms;
  series.since = newestRow()?.time_ms ?? null;
}
/* What the newest samples of the group say. What silent nodes carry is assumed as at the last tick. */
export function takeNow(group) {
  const [demand, capacity] = loadNow(group, series.resource);
  const last = newestRow();
  if (!last || demand == null) return;
  const assumed = last.silent > 0 && last.assumed != null ? Math.max(last.assumed, demand) : null;
  series.now = { time_ms: Date.now() + state.skew, demand, capacity, assumed, silent: last.silent };
}
/* From what the collector counts to what the chart shows, for what comes after the last row. */
export function scaleNow() {
  const last = series.now ?? newestRow();
  return scaleOf(shownResource(), last?.capacity > 0 ? last.capacity : NaN);
}
