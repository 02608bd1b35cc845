/* The resource that the chart of a group shows: cpu, memory, disk, the application's load, or a signal of the group. */
import { $, cores, el, percent, setText, state } from "./base.js";
import { chooseResource } from "./range.js";

/* parts: the value is a share of the capacity; past: the columns of the history, value and capacity; forecasts: those of
 * its forecasts, if the history has them. */
const OF_NODES = {
  cpu: { title: "CPU: demand and capacity, in cores", label: "CPU", unit: " cores", past: ["demand", "capacity"],
    forecasts: ["forecast", "forecast_low", "forecast_high", "horizon_s"] },
  memory: { title: "Memory: share in use", label: "Memory", parts: true, past: ["memory"] },
  disk: { title: "Disk: share of the time it is busy", label: "Disk", parts: true, past: ["disk"] },
  app: { title: "Application: demand and capacity, in its unit", label: "Application", unit: "",
    past: ["app_demand", "app_capacity"] },
};
function ofSignal({ name, kind, per_node, limit }) {
  const past = [`signal:${name}`, "live"];
  if (kind === "share") return { title: `${name}: mean utilisation`, label: name, parts: true, past };
  if (kind === "limit") return { title: `${name}: value and limit, in its unit`, label: name, unit: "", limit, past };
  return { title: `${name}: demand and capacity, in its unit`, label: name, unit: "", per_node, past };
}
const signalOf = (group, name) => group?.signals.find((signal) => signal.name === name);
const isThere = (group, name) => name === "app" ? group?.capacity.app != null : name in OF_NODES;

/* What is known of the resource; cpu, if the group has no such signal. */
export function resourceOf(group, name) {
  const signal = signalOf(group, name);
  return OF_NODES[name] ?? (signal ? ofSignal(signal) : OF_NODES.cpu);
}
/* Whether nodes report, or are known from before. */
export const hasAgents = ({ capacity, nodes, signals }) =>
  signals.length === 0 || capacity.cpu != null || nodes.missing + nodes.unreported > 0;
const isKnown = (group, name) => isThere(group, name) || !!signalOf(group, name);
/* The resource that decides how many nodes there are: the one whose vote won, or that keeps the group from a scale-in. */
export function decidingName(group) {
  const name = group?.resource ?? group?.guard_resource;
  return name != null && isKnown(group, name) ? name : null;
}
const usualName = (group) => !group || hasAgents(group) ? "cpu" : group.signals[0].name;
const opened = { group: "", name: "" }; // the group that was opened last, and what decided at its first decision
function nameAtOpening(group) {
  if (opened.group === group.name && isKnown(group, opened.name)) return opened.name;
  const name = decidingName(group) ?? usualName(group);
  if (group.action != null) Object.assign(opened, { group: group.name, name });
  return name;
}
/* The name of the resource to show: the chosen one, or the one that decided when the group was opened, or cpu, or the
 * first signal of a group without agents. */
export function resourceName(group) {
  if (isKnown(group, state.resource)) return state.resource;
  return group ? nameAtOpening(group) : usualName(group);
}
/* Another visit to a group begins anew. */
export function forgetOpened() { opened.group = ""; }
/* The number by which a value of the collector is multiplied for the chart. */
export const scaleOf = ({ parts, limit }, capacity) => parts ? 1 / capacity : limit ?? 1;
/* Demand and capacity now, as the collector counts them at a tick; null: unknown. */
export function loadNow(group, name) {
  if (name in OF_NODES) return [group.demand[name], group.capacity[name]];
  const { kind, value, per_node, limit } = signalOf(group, name) ?? {};
  if (value == null) return [null, null];
  const { live } = group.nodes;
  return kind === "share" ? [value * live, live] : kind === "limit" ? [value / limit, 1] : [value, per_node * live];
}
/* A row's capacity from what the history has of it. */
export const pastCapacity = ({ parts, limit, per_node }, found) =>
  parts ? 1 : limit ?? (per_node == null || found == null ? found : per_node * found);
export const valueText = ({ parts, unit }, value) => parts ? percent(value) : `${cores(value)}${unit}`;
export const axisText = ({ parts }, value) => parts ? `${Math.round(100 * value)}\u00a0%` : cores(value);

/* The choice above the chart. */
export function showResources(group, name) {
  const select = $("chart-resource");
  const names = [...Object.keys(OF_NODES).filter((each) => isThere(group, each)),
    ...(group?.signals ?? []).map((signal) => signal.name)];
  const key = names.join(" ");
  if (select.dataset.names !== key) {
    select.dataset.names = key;
    select.replaceChildren(...names.map((each) => {
      const option = el("option", "", resourceOf(group, each).label);
      option.value = each;
      return option;
    }));
  }
  if (select.value !== name) select.value = name;
  const resource = resourceOf(group, name);
  setText($("chart-title"), resource.title);
  setText($("legend-demand"), resource.parts ? "utilisation" : resource.limit == null ? "demand" : "value");
  setText($("legend-capacity"), resource.limit == null ? "capacity" : "limit");
  $("legend-capacity").parentNode.hidden = !!resource.parts;
  $("legend-high").hidden = resource.limit != null;
}
export function makeResources() {
  $("chart-resource").addEventListener("change", () => chooseResource($("chart-resource").value));
  $("chart-decides").addEventListener("click", () => chooseResource(decidingName(state.groupsByName.get(state.name))));
}
