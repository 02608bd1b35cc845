/* One group: its state, its chart, and its decisions. */
import { $, cores, duration, el, percent, plural, setClass, setFacts, setText, state, whole, withoutGroup } from "./base.js";
import { drawChart, makeChartTools, redrawChart, resizeChart } from "./chart.js";
import { resetDecisions, showDecisions, watchDecisions } from "./decisions.js";
import { byHand, verdict } from "./fleet.js";
import { qualityText } from "./forecasts.js";
import { isPast } from "./range.js";
import { decidingName, forgetOpened, hasAgents, resourceName, resourceOf, showResources, valueText } from "./resource.js";
import { resetResource, resetSeries, scaleNow, series, shownGroup, shownResource, takeNow } from "./series.js";

export { takeDecisions } from "./decisions.js";
export { series, takeSeries } from "./series.js";
const FACT_MAX = 15; // characters that fit into one column of the facts
/* Returns whether the chart now shows another resource. */
export function followResource() {
  const name = resourceName(shownGroup());
  showResources(shownGroup(), name);
  if (name === series.resource) return false;
  resetResource(name);
  return true;
}
export function resetGroup(name) {
  forgetOpened();
  resetSeries(name);
  followResource();
  resetDecisions();
  $("group-facts").replaceChildren();
  showConditions({});
  for (const id of ["group-by-hand", "group-roll-call", "chart-decides"]) $(id).hidden = true;
  for (const id of ["group-why", "group-verdict", "chart-quality"]) setText($(id), "");
  setText($("group-name"), name);
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
/* The forecast of the resource that is shown. */
function forecastNow(group) {
  return series.forecast ?? (series.resource === "cpu" && series.rows.length === 0 ? group.forecast : null);
}
function forecastFacts(forecast) {
  if (!forecast) return [["forecast", "–"], ["sized for", "–"], ["forecaster", "–"]];
  const plain = (value) => valueText({ ...shownResource(), unit: "" }, value * scaleNow());
  const { unit = "" } = shownResource();
  return [[`forecast, ${duration(forecast.within_ms)} ahead`,
    `${plain(forecast.expected)} (${plain(forecast.low)} to ${plain(forecast.high)})${unit}`, "", true],
  ["sized for", plain(forecast.bound) + unit], ["forecaster", forecast.forecaster]];
}
export function showGroup(group) {
  setText($("group-name"), group.name);
  const [kind, text] = verdict(group);
  setClass($("group-verdict"), `verdict ${kind}`);
  setText($("group-verdict"), text);
  setText($("group-why"), withoutGroup(group.why, group.name) ||
    "No sample of this group has arrived since the collector started.");
  setText($("group-by-hand"), byHand(group));
  $("group-by-hand").hidden = group.overrides.length === 0;
  showRollCall(group);
  showConditions(group.conditions);
  const { nodes } = group;
  const limit = group.thresholds[series.resource] ?? group.thresholds.cpu;
  takeNow(group);
  const forecast = forecastNow(group);
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
    ["high / target", `${percent(limit.high)} / ${percent(limit.target)}`],
    ...(hasAgents(group) ? forecastFacts(forecast) : []),
    ...(group.app_forecast ? [["application forecast", `${cores(group.app_forecast.expected)} ` +
      `(${cores(group.app_forecast.low)} to ${cores(group.app_forecast.high)})`, "", true]] : []),
    ["node limits", limits(group), group.conditions.limited?.status && "alarm"],
    ["lead time", group.lead_time_ms == null ? "–" : duration(group.lead_time_ms)],
    ["mode", group.mode || "–"],
    ["guard", group.guard || "–"],
  ];
  setFacts($("group-facts"), facts);
  showBound(forecast?.bound);
  setText($("chart-quality"), isPast() ? "" : qualityText(series.forecast));
  showDeciding(group);
}
/* The resource that decides is shown when the group is opened; later another one is offered, since a chart that changes
 * by itself misleads who looks at it. */
function showDeciding(group) {
  const name = decidingName(group);
  $("chart-decides").hidden = name == null || name === series.resource;
  if (name != null) setText($("chart-decides"), `${resourceOf(group, name).label} decides now: show it`);
}
/* A collector that has just started waits for the nodes that it knows. */
function showRollCall({ roll_call: isRollCall, nodes }) {
  $("group-roll-call").hidden = !isRollCall;
  if (!isRollCall) return;
  const all = nodes.live + nodes.unreported;
  const found = nodes.unreported > 0 ? `${whole(nodes.live)} of ${plural(all, "known node")} have reported`
    : `${plural(nodes.live, "node")} reported so far`;
  setText($("group-roll-call"), `Roll call: ${found} since the collector's start. Until it ends, the group is not scaled in.`);
}
/* The demand at the horizon for which the group is sized, as the collector counts it. */
function showBound(bound) {
  series.bound = bound ?? null;
  $("legend-bound").parentNode.hidden = series.bound == null;
  setText($("legend-bound"),
    series.bound == null ? "" : valueText({ ...shownResource(), unit: "" }, series.bound * scaleNow()));
}
export function drawGroup() {
  if (state.view !== "group") return;
  $("view-group").classList.toggle("past", isPast());
  showDecisions();
  drawChart();
}
export function makeGroupTools() {
  makeChartTools();
  watchDecisions(redrawChart);
}
export { redrawChart as redrawGroup, resizeChart as resizeGroup };
