/* The fleet status at the top, the delivery account, and what a group does. */
import { $, duration, el, stamp, plural, setClass, setText, state, whole } from "./base.js";

/* ---- fleet status and delivery account ---- */

let before = null;
export function showFleet(fleet) {
  if (before && fleet.started_ms === before.started_ms && fleet.now_ms > before.now_ms) {
    const rate = 1000 * (fleet.collector.received - before.collector.received) / (fleet.now_ms - before.now_ms);
    state.rate = Number.isNaN(state.rate) ? rate : state.rate + 0.3 * (rate - state.rate);
  } else if (before && fleet.started_ms !== before.started_ms) {
    state.rate = NaN;
    state.restarted = true;
  }
  before = fleet;
  state.fleet = fleet;
  state.skew = fleet.now_ms - Date.now();
  const { nodes } = fleet;
  setText($("fleet-live"), whole(nodes.live));
  setText($("fleet-missing"), whole(nodes.missing + nodes.unreported));
  setText($("fleet-gone"), whole(nodes.gone));
  setClass($("fleet-missing"), nodes.missing > 0 ? "alarm" : "");
  setText($("fleet-rate"), Number.isNaN(state.rate) ? "–" : whole(state.rate));
  showAccount(fleet);
}
export function notice() { // the text of the banner, while it applies
  const { held, nodes } = state.fleet || { nodes: {} };
  if (held) return "The collector can't write to its disk. Nothing is lost: agents retain their samples until it can.";
  if (nodes.unreported > 0)
    return `The collector has just started and is waiting for ${plural(nodes.unreported, "known node")} to report.`;
  if (nodes.missing < 2 || !(nodes.missing > nodes.live)) return "";
  const silent = state.silentSince ? `have been silent since ${stamp(state.silentSince)}` : "are silent";
  return `Most nodes ${silent}: ${whole(nodes.missing)} of ${whole(nodes.missing + nodes.live)}. ` +
    "They count as busy; each node's page shows its last samples.";
}
function engine({ name, condition, behind_ms, lost_files, problem }) { // a database to which a forwarder sends
  const lost = lost_files > 0 ? `, ${plural(lost_files, "file")} deleted unsent` : "";
  if (condition === "silent") return `engine ${name}: no report, at least ${duration(behind_ms)} behind${lost}`;
  return `engine ${name}: ${duration(behind_ms)} behind${problem ? ` (${problem})` : ""}${lost}`;
}
function showAccount({ agents, collector, clocks_off, started_ms, version, connected, limits, forwarders, now_ms }) {
  const { dropped } = agents;
  const lost = dropped.outbox_full + dropped.rejected + dropped.spool_damaged;
  const terms = [["produced by agents", agents.produced], ["acknowledged", agents.acknowledged],
    ["waiting", agents.waiting], ["dropped", lost, lost > 0],
    ["lost with killed agents", agents.gone_with_killed_agents, agents.gone_with_killed_agents > 0]];
  const list = $("account");
  if (list.children.length === 0)
    terms.forEach(() => {
      const pair = el("div");
      pair.append(el("dt"), el("dd"));
      list.append(pair);
    });
  terms.forEach(([name, value, alarm], i) => {
    const pair = list.querySelectorAll("div")[i];
    setText(pair.firstChild, name);
    setText(pair.lastChild, whole(value));
    setClass(pair, alarm ? "alarm" : "");
  });
  const posted = collector.posted > 0;
  list.hidden = posted && agents.produced === 0;
  setText($("account-posted"), !posted ? ""
    : `${list.hidden ? "All samples" : `Another ${plural(collector.posted, "sample")}`} were posted over HTTP. ` +
      "They have no sequence numbers, so the collector can't detect losses in transit.");
  const more = [`${whole(collector.stored)} samples stored since ${stamp(started_ms)}`,
    `${whole(collector.waiting)} waiting for the disk`, `${whole(collector.duplicates)} duplicates discarded`];
  if (collector.impossible_values > 0) more.push(`${whole(collector.impossible_values)} impossible values`);
  if (lost > 0) more.push(`dropped: ${whole(dropped.outbox_full)} outbox full, ${whole(dropped.rejected)} rejected, ` +
    `${whole(dropped.spool_damaged)} spool damaged`);
  if (clocks_off > 0) more.push(`${plural(clocks_off, "node")} with a wrong clock`);
  if (limits.slowed > 0)
    more.push(`${plural(limits.slowed, "agent")} slowed down: more samples than their interval allows`);
  const reached = Object.entries(limits.reached).filter(([name, count]) => name !== "interval" && count > 0)
    .map(([name, count]) => `${name.replace("_", " ")} ${whole(count)}`);
  if (reached.length > 0) more.push(`rejected by limits: ${reached.join(", ")}`);
  more.push(`${plural(connected, "agent")} connected`, `version ${version}`, `up ${duration(now_ms - started_ms)}`);
  setText($("account-more"), more.join(" · "));
  setText($("account-engines"), forwarders.map(engine).join(" · "));
  setClass($("account-engines"), forwarders.some(({ condition }) => condition !== "ok") ? "alarm" : "quiet");
}

/* ---- what a group does, in a few words ---- */

export const holds = (current, desired) => `holds\u00a0${whole(current)}` +
  (current === desired ? "" : ` (desired\u00a0${whole(desired)})`); // differs while nodes start or stop
/* The number of nodes that a decision adds to or removes from, as its sentence has it: those that exist, unless they are
 * enough already and do not carry load. */
export const nodesBefore = ({ action, current, desired }, existing) =>
  existing == null || (action === "up" && existing >= desired) ? current : existing;
/* A decision whose number nobody may take: it is not known how many nodes there are, or another collector orders. */
const unnumbered = { up: ["up", "▲ scale up"], down: ["down", "▼ scale down"] };
export function verdict(group) {
  if (group.action == null) return ["hold", "no decision since start"];
  const current = group.current ?? group.nodes.live + group.nodes.missing;
  if (group.desired == null) return unnumbered[group.action] ?? ["hold", holds(current, current)];
  const before = nodesBefore({ ...group, current }, group.existing);
  if (group.action === "up") return ["up", `▲ ${whole(before)} → ${whole(group.desired)}`];
  if (group.action === "down") return ["down", `▼ ${whole(before)} → ${whole(group.desired)}`];
  return ["hold", holds(current, group.guard === "no-data" ? current : group.desired)];
}
/* What people have ordered, as a sentence; empty if nothing. */
export const byHand = (group) => group.overrides.map(({ text }) => `By hand: ${text}.`).join(" ");
