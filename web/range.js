/* The time that the charts of a group or a node show, its picker, and its place in the fragment of the URL:
 * #/group/web  #/group/web?last=86400  #/group/web?from=MS&to=MS  A resource may follow: #/group/web?resource=memory */
import { $, el, href, setText, state, zoneAt } from "./base.js";

const LAST = [[600, "10 min"], [3600, "1 h"], [21600, "6 h"], [86400, "24 h"], [604800, "7 d"]];
const LIVE_MAX = { group: 3600, node: 600 }; // seconds that the collector has in memory
const SPAN_MIN = 1000;
export const range = { last: 600, from: null, to: null }; // the last seconds, or from and to in ms

/* A time in a link may also be written as 2026-11-24T02:13Z. */
const timeOf = (text) => /^\d+$/.test(text ?? "") ? Number(text) : Date.parse(text ?? "");

/* Reads what follows the "?" of the fragment. Returns whether the time or the resource is another one. */
export function readRange(query) {
  const values = new URLSearchParams(query || "");
  const [from, to] = [timeOf(values.get("from")), timeOf(values.get("to"))];
  const last = LAST.map(([seconds]) => seconds).find((seconds) => String(seconds) === values.get("last")) ?? 600;
  const next = from < to ? { last: null, from, to } : { last, from: null, to: null };
  const resource = values.get("resource") ?? "";
  const changed = next.last !== range.last || next.from !== range.from || next.to !== range.to ||
    resource !== state.resource;
  Object.assign(range, next);
  state.resource = resource;
  if (range.last) state.window = range.last;
  return changed;
}
export const isPast = () => range.last == null || range.last > LIVE_MAX[state.view];
export function span() {
  const now = Date.now() + state.skew;
  return range.last ? [now - range.last * 1000, now] : [range.from, range.to];
}
const timeText = ({ last, from, to }) =>
  last === 600 ? "" : last ? `last=${last}` : `from=${Math.floor(from)}&to=${Math.ceil(to)}`;
function link(kind, name, time, resource) {
  const query = [timeText(time), resource && `resource=${encodeURIComponent(resource)}`].filter(Boolean).join("&");
  return href(kind, name) + (query && `?${query}`);
}
/* A link that keeps the time, and the resource for the way back. */
export const hrefThen = (kind, name) => link(kind, name, range, state.resource);
const go = (time) => { location.hash = link(state.view, state.name, time, state.resource); };
export const chooseResource = (name) => { location.hash = link(state.view, state.name, range, name); };
export function goTo(from, to) {
  if (to - from >= SPAN_MIN) go({ from, to });
}

/* ---- the picker ---- */

const pad = (n) => String(n).padStart(2, "0");
function localText(ms) { // as an input of type datetime-local has it
  const at = new Date(ms);
  return `${at.getFullYear()}-${pad(at.getMonth() + 1)}-${pad(at.getDate())}` +
    `T${pad(at.getHours())}:${pad(at.getMinutes())}:${pad(at.getSeconds())}`;
}
function makeForm() {
  const form = el("form", "custom");
  const inputs = ["From", "To"].map((name) => {
    const label = el("label", "", `${name} `);
    const input = el("input");
    input.type = "datetime-local";
    input.step = 1;
    input.required = true;
    label.append(input);
    form.append(label);
    return input;
  });
  form.append(el("button", "", "Show"));
  form.hidden = true;
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    const [from, to] = inputs.map((input) => new Date(input.value).getTime());
    inputs[1].setCustomValidity(from < to ? "" : "The end must be later than the beginning.");
    if (!form.reportValidity()) return;
    form.hidden = true;
    goTo(from, to);
  });
  inputs[1].addEventListener("input", () => inputs[1].setCustomValidity(""));
  return { form, inputs };
}
const pickers = [];
export function makePicker(box) {
  const { form, inputs } = makeForm();
  const buttons = LAST.map(([seconds, text]) => {
    const button = el("button", "", text);
    button.addEventListener("click", () => go({ last: seconds }));
    return [seconds, button];
  });
  const custom = el("button", "", "Custom");
  custom.setAttribute("aria-expanded", "false");
  custom.addEventListener("click", () => {
    form.hidden = !form.hidden;
    span().forEach((ms, i) => { inputs[i].value = localText(ms); });
    custom.setAttribute("aria-expanded", String(!form.hidden));
    if (!form.hidden) inputs[0].focus();
  });
  for (const button of [...buttons.map(([, each]) => each), custom]) {
    button.type = "button";
    box.append(button);
  }
  box.closest(".panel-head").after(form);
  pickers.push({ buttons, custom, form });
}
export function showRange() {
  for (const { buttons, custom, form } of pickers) {
    for (const [seconds, button] of buttons) button.setAttribute("aria-pressed", String(seconds === range.last));
    custom.setAttribute("aria-pressed", String(range.last == null));
    custom.setAttribute("aria-expanded", "false");
    form.hidden = true;
  }
}

/* ---- what the time is called ---- */

const DATE = { weekday: "short", day: "numeric", month: "short", year: "numeric" };
const day = (ms) => new Date(ms).toLocaleDateString("en-GB", DATE);
const minute = (ms) => new Date(ms).toLocaleTimeString("en-GB", { hour: "2-digit", minute: "2-digit" });
/* "Tue, 24 Nov 2026, 02:00 to 03:00, Europe/Berlin (UTC+1)". What goes on now has its times at the axis. */
export function showWhen(node) {
  const [from, to] = span();
  const [first, last] = [day(from), day(to)];
  if (!isPast()) return setText(node, `${last}, ${zoneAt(to)}`);
  const end = first === last ? minute(to) : `${last}, ${minute(to)}`;
  return setText(node, `${first}, ${minute(from)} to ${end}, ${zoneAt(to)}`);
}

/* A chart in which a part of the time can be chosen by dragging. */
export const dragging = { x: true, y: false, setScale: false };
export function onSelect(plot) {
  const { left, width } = plot.select;
  if (width < 4) return;
  plot.setSelect({ left: 0, top: 0, width: 0, height: 0 }, false);
  goTo(plot.posToVal(left, "x") * 1000, plot.posToVal(left + width, "x") * 1000);
}
