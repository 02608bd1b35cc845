/* Shared by all parts of the page: state, formatting, DOM helpers, charts, and requests to the collector. */
import { metrics } from "./metrics.js"; // made by the collector from its table

const ASK_MS_MAX = 5000;
export const $ = (id) => document.getElementById(id);
export const api = "/api/v1/";
export const state = {
  view: null, name: "", token: sessionStorage.getItem("headroom-token") || "", answeredAt: 0, answeredAtWall: 0,
  skew: 0, groups: [], groupsByName: new Map(), fleet: null, rate: NaN, roster: -1, metric: "cpu_percent",
  window: 600, turn: 0, resource: "", paused: false,
};
try { state.metric = localStorage.getItem("headroom-metric") || state.metric; } catch { /* private browsing */ }

/* ---- formatting ---- */

export const percent = (share) => share == null ? "–" : `${(share * 100).toFixed(share < 0.0995 ? 1 : 0)}\u00a0%`;
export const whole = (n) => n == null || Number.isNaN(n) ? "–" : Math.round(n).toLocaleString("en");
export const plural = (n, word) => `${whole(n)} ${word}${n === 1 ? "" : "s"}`;
function scaled(n, units, base, digits) {
  let i = 0;
  while (Math.abs(n) >= base && i < units.length - 1) { n /= base; i++; }
  return `${n >= 100 || (i === 0 && Number.isInteger(n)) ? n.toFixed(0) : n.toFixed(digits)}\u00a0${units[i]}`;
}
export const bytes = (n) => n == null ? "–" : scaled(n, ["B", "KiB", "MiB", "GiB", "TiB", "PiB"], 1024, 1);
export const cores = (n) => n == null ? "–" : n.toLocaleString("en", { maximumFractionDigits: n < 10 ? 2 : 1 });
export function duration(ms) {
  const s = Math.max(0, Math.round(ms / 1000));
  if (s < 90) return `${s}\u00a0s`;
  if (s < 5400) return `${Math.round(s / 60)}\u00a0min`;
  return s < 172800 ? `${Math.round(s / 3600)}\u00a0h` : `${Math.round(s / 86400)}\u00a0d`;
}
export const byName = new Intl.Collator("en", { numeric: true }).compare; // web-2 before web-10
const SECONDS = { day: "numeric", month: "short", hour: "2-digit", minute: "2-digit", second: "2-digit" };
const isToday = (ms) => new Date(ms).toDateString() === new Date().toDateString();
/* Beside a date and a zone: "02:13:07", or "24 Nov, 02:13:07". */
export const moment = (ms) => isToday(ms) ? new Date(ms).toLocaleTimeString("en-GB")
  : new Date(ms).toLocaleString("en-GB", SECONDS);
/* By itself: "24 Nov 2026, 02:13:07 CET". */
export const stamp = (ms) => new Date(ms).toLocaleString("en-GB", { ...SECONDS, year: "numeric", timeZoneName: "short" });
export function zoneAt(ms) { // "Europe/Berlin (UTC+1)"
  const { timeZone } = Intl.DateTimeFormat().resolvedOptions();
  const offset = new Date(ms).toLocaleTimeString("en-GB", { timeZoneName: "shortOffset" }).split(" ").pop()
    .replace("GMT", "UTC");
  return timeZone === "UTC" ? timeZone : `${timeZone} (${offset})`;
}
const isRate = ({ unit }) => unit.endsWith("/s");
export const METRICS = [...metrics].sort((a, b) => isRate(a) - isRate(b)).map((m) => [m.name, m.title, m.unit]);
export const metricInfo = new Map(metrics.map((m) => [m.name, m]));
if (!metricInfo.has(state.metric)) state.metric = "cpu_percent";
export const RESOURCE_OF = {
  cpu_percent: "cpu", memory_percent: "memory", disk_busy_percent: "disk", fs_percent: "fs",
};
/* What is wrong with a live node; empty if nothing. */
export function aboveText(above) {
  const resources = above.filter((resource) => resource !== "fs");
  return [resources.length > 0 && `${resources.join(" and ")} above high`,
    above.includes("fs") && "file system full, or soon"].filter(Boolean).join(", ");
}
export function metricText(name, value) {
  const { unit } = metricInfo.get(name);
  if (value == null) return "–";
  if (unit === "%") return `${value.toFixed(1)}\u00a0%`;
  if (unit === "B/s") return `${bytes(value)}/s`;
  return (value < 10000 ? value.toFixed(2) : whole(value)) + unit;
}

/* ---- DOM helpers ---- */

export function el(tag, className, text) {
  const node = document.createElement(tag);
  if (className) node.className = className;
  if (text != null) node.textContent = text;
  return node;
}
export function setText(node, text) { if (node.textContent !== text) node.textContent = text; }
export function setClass(node, name) { if (node.className !== name) node.className = name; }
export function setFacts(list, facts) { // [[name, value, "alarm" or "missing", long]]; elements are reused
  while (list.children.length > facts.length) list.lastChild.remove();
  facts.forEach(([name, value, alarm, long], i) => {
    let pair = list.children[i];
    if (!pair) {
      pair = el("div");
      pair.append(el("dt"), el("dd"));
      list.append(pair);
    }
    setClass(pair, long ? "long" : "");
    setText(pair.firstChild, name);
    setText(pair.lastChild, value);
    setClass(pair.lastChild, alarm || "");
  });
}
const css = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();
export const colours = {};
export function readColours() {
  for (const name of ["bg", "surface", "text", "muted", "line", "soft", "edge", "accent", "demand", "capacity", "hot", "missing",
    "bound", "cone", "down", "cell-0", "cell-1", "focus"]) colours[name] = css(`--${name}`);
}
export const href = (kind, name) => `#/${kind}/${encodeURIComponent(name)}`;
export const withoutGroup = (why, group) =>
  (why && why.startsWith(`${group}: `) ? why.slice(group.length + 2) : why || "").replaceAll("->", "→");

/* ---- charts ---- */

/* How large texts are, against those of a usual screen: the style sheet makes them larger on a very wide one. */
export const zoom = () => parseFloat(getComputedStyle(document.documentElement).fontSize) / 14;
export const axis = (extra) => ({
  stroke: () => colours.muted, font: `${12 * zoom()}px system-ui, sans-serif`,
  grid: { stroke: () => colours.line, width: 1 }, ticks: { show: false }, ...extra, size: extra.size * zoom(),
});
const tickText = (at, step) => step >= 3600 && at.getHours() === 0 && at.getMinutes() === 0
  ? at.toLocaleDateString("en-GB", { day: "numeric", month: "short" })
  : at.toLocaleTimeString("en-GB", step < 60 ? {} : { hour: "2-digit", minute: "2-digit" });
export const timeFormat = (u, ticks, axisIndex, space, step) => ticks.map((t) => tickText(new Date(t * 1000), step));
/* Seconds between ticks of the time axis: at least one, since the texts have no smaller unit. */
export const TIME_STEPS = [1, 2, 5, 10, 15, 30, ...[1, 2, 5, 10, 15, 30].map((n) => n * 60),
  ...[1, 2, 3, 4, 6, 8, 12].map((n) => n * 3600), ...[1, 2, 3, 5, 7, 10, 14, 30, 60, 90, 180, 365].map((n) => n * 86400)];
/* Saves rows as a file. The first column is a time in seconds. */
export function csvText(names, columns) {
  const rows = columns[0].map((at, i) => [new Date(at * 1000).toISOString(), ...columns.slice(1).map((c) => c[i] ?? "")]);
  return `${[names, ...rows].map((row) => row.join(",")).join("\n")}\n`;
}
export function saveCsv(name, names, columns) {
  const link = el("a");
  link.href = URL.createObjectURL(new Blob([csvText(names, columns)], { type: "text/csv" }));
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 1000);
}
export function niceTop(top, base = 10) { // the next round number, so that the scale changes rarely
  if (!(top > 0)) return 1;
  const step = base ** Math.floor(Math.log(top) / Math.log(base)) / 2;
  return Math.ceil(top / step) * step;
}
export const POWERS = Array.from({ length: 50 }, (_, i) => 2 ** i);

/* ---- requests ---- */

export class Refused extends Error {
  constructor(status, body) { super(body && body.error || `status ${status}`); this.status = status; }
}
export class Unreachable extends Error {}
export async function ask(path, { ms = ASK_MS_MAX, signal } = {}) {
  const { token } = state;
  const bytes = String.fromCharCode(...new TextEncoder().encode(token || "")); // headers hold only bytes
  const headers = token ? { Authorization: `Bearer ${bytes}` } : {};
  let answer, body;
  try {
    const late = AbortSignal.timeout(ms);
    answer = await fetch(path, { headers, cache: "no-store", signal: signal ? AbortSignal.any([late, signal]) : late });
    body = await answer.json();
  } catch (error) {
    throw new Unreachable(error);
  }
  state.answeredAt = performance.now();
  state.answeredAtWall = Date.now();
  if (!answer.ok) throw Object.assign(new Refused(answer.status, body), { token });
  return body;
}
export const wait = (ms) => new Promise((done) => setTimeout(done, ms));
