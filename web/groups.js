/* The table of groups: what each one does and why, what is wrong with it, and its last half hour. */
import {
  $, ask, api, el, href, percent, plural, setClass, setText, state, whole, withoutGroup, zoom,
} from "./base.js";
import { byHand, verdict } from "./fleet.js";
import { isHeld } from "./hold.js";
import { ROWS_MAX, SHOWS, SORTS, heldInPlace, isNarrowed, listed, listing, listingHref, sortBy } from "./listing.js";
import { labelOf, worstOf } from "./problems.js";
import { makeSpark, setSpark } from "./spark.js";

const MANY = 8; // above this number of groups, one line for each, so that the nodes stay near the top
const SPARK_MS = 10000;
const METERS = [["cpu", "CPU", ""], ["memory", "Mem", ""], ["disk", "Disk", ""], ["app", "App", " app"],
  ["fs", "Files", " fs"]];

/* ---- cells ---- */

function makeMeter() {
  const cell = el("div", "meter");
  const bar = el("div", "bar");
  bar.append(el("div", "fill"), el("div", "limit"));
  cell.append(bar, el("b"));
  return cell;
}
function setMeter(cell, share, high) {
  const [bar, number] = cell.children;
  setClass(cell, `meter${share == null ? " none" : share > high ? " hot" : ""}`);
  bar.firstChild.style.width = `${Math.min(100, (share || 0) * 100).toFixed(1)}%`;
  bar.lastChild.style.left = `${high * 100}%`;
  bar.title = share == null ? "no value" : `high: ${percent(high)}`;
  setText(number, percent(share));
}
/* How full the fullest file system is; it has no limit, but may be about to be full. */
function setFiles(cell, fs) {
  setMeter(cell, fs?.fullest, fs?.filling > 0 ? 0 : 1);
  cell.firstChild.lastChild.hidden = true;
  cell.firstChild.title = fs?.filling > 0 ? `${plural(fs.filling, "node")} full, or soon` : "";
}
function setNodes(cell, { live, returning, missing, leaving, gone, unreported }) {
  const key = `${live}/${returning}/${missing}/${leaving}/${gone}/${unreported}`;
  if (cell.dataset.key === key) return;
  cell.dataset.key = key;
  const counts = el("div", "counts"), badges = el("span", "badges");
  if (missing + unreported > 0) badges.append(el("span", "badge", `${whole(missing + unreported)} missing`));
  if (gone > 0) badges.append(el("span", "badge gone", `${whole(gone)} gone`));
  counts.append(el("span", "", `${whole(live)} live`));
  if (returning > 0) counts.append(el("span", "away", `${whole(returning)} returning`));
  if (leaving > 0) counts.append(el("span", "away", `${whole(leaving)} leaving`));
  counts.append(badges);
  cell.replaceChildren(counts);
  cell.title = [...counts.querySelectorAll("span:not(.badges)")].map((count) => count.textContent).join(", ");
}
function setVerdict(cell, group) {
  const [kind, text] = verdict(group);
  setClass(cell.firstChild, kind);
  setText(cell.firstChild, text);
}
function statusOf({ name, nodes, action }) {
  const problem = worstOf(name);
  if (problem) return [problem.severity, labelOf(problem)];
  if (nodes.unreported > 0) return ["info", "awaits nodes"];
  return ["fine", action == null ? "no decision yet" : "fine"];
}
function setStatus(cell, group) {
  const [severity, text] = statusOf(group);
  setClass(cell.firstChild, `severity ${severity}`);
  setText(cell.firstChild, text);
  cell.title = worstOf(group.name)?.text ?? "";
}

/* ---- rows ---- */

const rows = new Map(); // by the name of the group
function addCell(row, name, className, ...content) {
  const cell = el("td", className);
  cell.role = "cell"; // also where rows are not laid out as those of a table
  cell.append(...content);
  row.append(cell);
  row.parts[name] = cell;
  return cell;
}
function makeRow(name) {
  const row = el("tr", "row");
  row.role = "row";
  row.parts = {};
  const link = el("a", "", name);
  link.href = href("group", name);
  addCell(row, "name", "name", link, el("span", "mode")).title = name;
  addCell(row, "status", "status", el("span"));
  addCell(row, "nodes", "nodes");
  for (const [resource, label, kind] of METERS) {
    addCell(row, resource, `m ${resource}${kind}`, makeMeter()).dataset.label = label;
    if (resource === "cpu") addCell(row, "trend", "trend", makeSpark()).dataset.label = "30 min";
  }
  addCell(row, "desired", "desired", el("span"));
  addCell(row, "why", "why-cell", el("span"));
  row.addEventListener("click", (event) => { if (!event.target.closest("a")) location.hash = link.hash; });
  return row;
}
function setRow({ parts }, group) {
  setText(parts.name.lastChild, group.mode ?? "");
  setStatus(parts.status, group);
  setNodes(parts.nodes, group.nodes);
  for (const resource of ["cpu", "memory", "disk", "app"])
    setMeter(parts[resource].firstChild, group.utilisation[resource], group.thresholds[resource].high);
  setFiles(parts.fs.firstChild, group.fs);
  setVerdict(parts.desired, group);
  const why = [byHand(group), withoutGroup(group.why, group.name)].filter(Boolean).join(" ");
  setText(parts.why.firstChild, why);
  parts.why.title = why;
}
/* force: someone has just chosen another order. */
function setRows(found, force) {
  const body = $("groups-body");
  const kept = force || !isHeld(body) ? []
    : [...body.children].map((row) => state.groupsByName.get(row.parts.name.title)).filter(Boolean);
  const most = listing.all ? Infinity : Math.max(ROWS_MAX, kept.length);
  const shown = heldInPlace(found, kept).slice(0, most);
  shown.forEach((group, i) => {
    let row = rows.get(group.name);
    if (!row) rows.set(group.name, row = makeRow(group.name));
    if (body.children[i] !== row) body.insertBefore(row, body.children[i] || null);
    setRow(row, group);
  });
  while (body.children.length > shown.length) {
    rows.delete(body.lastChild.parts.name.title);
    body.lastChild.remove();
  }
}

/* ---- the table ---- */

function showHead() {
  for (const head of document.querySelectorAll("#groups th[data-sort]")) {
    const sorted = head.dataset.sort === listing.sort;
    if (sorted) head.setAttribute("aria-sort", listing.down ? "descending" : "ascending");
    else head.removeAttribute("aria-sort");
  }
  if (document.activeElement !== $("groups-filter")) $("groups-filter").value = listing.filter;
  $("groups-show").value = listing.show;
  $("groups-sort").value = listing.sort;
}
function showEmpty(groups) {
  const { agent_port: port, agent_token: token } = state.fleet;
  state.empty = groups.length === 0;
  $("groups-empty").hidden = !state.empty;
  setText($("empty-command"), `headroom-agent --collector ${location.hostname}:${port} --group web` +
    (token ? " --token-file FILE" : ""));
  $("empty-token").hidden = !token;
}
/* Rows have a second line for the reason where the columns need the width. */
export function fitGroups() {
  const table = $("groups");
  const width = $("view-groups").clientWidth;
  const columns = ["has-disk", "has-app", "has-fs"].filter((name) => table.classList.contains(name)).length;
  table.classList.toggle("stacked", width > 0 && width < (72 + 8 * columns) * 14 * zoom());
}
export function showGroups(groups, force) {
  const table = $("groups");
  const shown = listed(groups);
  const many = groups.length > MANY;
  table.querySelectorAll(".ghost").forEach((ghost) => ghost.remove());
  showEmpty(groups);
  table.classList.toggle("many", many);
  table.classList.toggle("has-disk", groups.some((group) => group.utilisation.disk != null));
  table.classList.toggle("has-app", groups.some((group) => group.utilisation.app != null));
  table.classList.toggle("has-fs", groups.some((group) => group.fs));
  fitGroups();
  showHead();
  table.hidden = shown.length === 0;
  $("groups-tools").hidden = !many && !isNarrowed();
  setText($("groups-count"), isNarrowed() ? `${whole(shown.length)} of ${plural(groups.length, "group")}`
    : many ? plural(groups.length, "group") : "");
  $("groups-none").hidden = shown.length > 0 || state.empty;
  $("groups-all").hidden = listing.all || shown.length <= ROWS_MAX;
  setText($("groups-all"), `Show all ${whole(shown.length)} groups`);
  setRows(shown, force);
  showSparks();
}

/* ---- sparklines ---- */

let sparks = { groups: {} }, askedAt = -Infinity;
function showSparks() {
  for (const [name, { parts }] of rows) {
    const values = sparks.groups[name], group = state.groupsByName.get(name);
    if (values && group && parts.values !== values) {
      parts.values = values;
      setSpark(parts.trend.firstChild, values, group.thresholds.cpu.high, sparks.step_ms);
    }
  }
}
export async function pollSparks() {
  if (performance.now() - askedAt < SPARK_MS) return;
  sparks = await ask(`${api}sparklines?resource=cpu`);
  askedAt = performance.now();
  showSparks();
}

/* ---- what people choose ---- */

function choose(change) {
  change();
  history.replaceState(null, "", listingHref());
  showGroups(state.groups, true);
}
function addOptions(select, options) {
  for (const [value, text] of options) {
    const option = el("option", "", text);
    option.value = value;
    select.append(option);
  }
}
function makeHead() {
  for (const head of document.querySelectorAll("#groups th[data-sort]")) {
    const button = el("button", "", SORTS[head.dataset.sort][0]);
    button.type = "button";
    button.addEventListener("click", () => choose(() => sortBy(head.dataset.sort)));
    head.replaceChildren(button);
  }
}
export function makeGroupsTools() {
  makeHead();
  addOptions($("groups-show"), Object.entries(SHOWS).map(([name, [text]]) => [name, text]));
  addOptions($("groups-sort"), Object.entries(SORTS).map(([name, [text]]) => [name, text]));
  $("groups-filter").addEventListener("input", () => choose(() => { listing.filter = $("groups-filter").value.trim(); }));
  $("groups-show").addEventListener("change", () => choose(() => { listing.show = $("groups-show").value; }));
  $("groups-sort").addEventListener("change", () => choose(() => sortBy($("groups-sort").value)));
  $("groups-all").addEventListener("click", () => choose(() => { listing.all = true; }));
  $("groups-tools").addEventListener("submit", (event) => event.preventDefault());
}
