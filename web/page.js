/* The page: asks the collector each second, and shows the fleet, a group or a node, as the part of the address behind #
 * says: #/  #/group/NAME  #/node/ID. No framework; uPlot draws the charts, a canvas the nodes. */
import {
  $, Refused, Unreachable, api, ask, clock, href, readColours, setClass, setText, state, wait,
} from "./base.js";
import { showFleet, showGroups } from "./fleet.js";
import {
  drawGroup, makeWindows, redrawGroup, resetGroup, resizeGroup, series, showGroup, takeDecisions, takeSeries,
} from "./group.js";
import { drawGrid, grid, makePalette, takeRoster, takeValues, watchGrid } from "./grid.js";
import { past, redrawNode, resetNode, resizeNode, showNode, takePast } from "./node.js";

const POLL_MS = 1000;
const LOST_MS = 3000; // without an answer for so long, the collector is not there

function showLink() {
  const silent = performance.now() - state.answeredAt;
  const lost = state.answeredAt === 0 ? state.failed : state.failed && silent > LOST_MS;
  document.body.classList.toggle("lost", lost && state.answeredAt > 0);
  $("link").dataset.state = lost ? "lost" : state.answeredAt ? "live" : "wait";
  setText($("link-text"), lost ? "not reachable" : state.answeredAt ? "live" : "connecting");
  $("banner").hidden = !lost && !state.notice;
  $("banner").classList.toggle("calm", !lost);
  const since = state.answeredAt
    ? `No answer since ${clock(state.answeredAtWall)}: this is what was last known. ` : "";
  setText($("banner"), lost ? `The collector can't be reached. ${since}The page tries again each second.`
    : state.notice || "");
}

/* ---- what is shown ---- */

function readHash(event) {
  const [, kind, name] = location.hash.slice(1).split("/");
  let text = "";
  try { text = decodeURIComponent(name || ""); } catch { /* no name */ }
  const view = (kind === "group" || kind === "node") && text ? kind : "groups";
  if (view === state.view && text === state.name) return;
  state.view = view;
  state.name = text;
  state.missing = null;
  showViews();
  if (view === "group") resetGroup(text);
  if (view === "node") resetNode(text);
  if (view === "group" && state.groupsByName.has(text)) showGroup(state.groupsByName.get(text));
  document.title = view === "groups" ? "Headroom" : `${text} · Headroom`;
  scrollTo(0, 0);
  if (event) $("main").focus({ preventScroll: true }); // the keyboard goes on from there
  grid.layout = null;
  drawGrid();
  poll();
}
const showsNodes = () => state.view !== "node" && !state.missing && !state.empty;
function showViews() {
  const { view, missing } = state;
  $("view-groups").hidden = view !== "groups";
  $("view-group").hidden = view !== "group" || !!missing;
  $("view-nodes").hidden = !showsNodes();
  $("view-node").hidden = view !== "node" || !!missing;
  $("view-missing").hidden = !missing;
  $("view-account").hidden = view !== "groups";
  if (missing) {
    setText($("missing-title"), `No ${view} ${state.name}`);
    setText($("missing-text"), view === "node" ? "No node of that name is known to this collector."
      : "No node has reported for a group of that name.");
  }
}
function setMissing(missing) {
  if (state.missing === missing) return;
  state.missing = missing;
  showViews();
}

async function pollNodes() {
  const scope = state.view === "group" ? `&group=${encodeURIComponent(state.name)}` : "";
  const askRoster = () => ask(`${api}nodes?columns=index,id,group`);
  const [values, first] = await Promise.all([ask(`${api}nodes?columns=index,state,${state.metric},age_ms${scope}`),
    state.roster < 0 ? askRoster() : null]);
  if (values.roster !== state.roster) {
    const roster = first && first.roster === values.roster ? first : await askRoster();
    takeRoster(roster);
    state.roster = roster.roster;
  }
  takeValues(values);
}
async function pollView() {
  const { view, name } = state;
  const path = encodeURIComponent(name);
  const current = () => state.view === view && state.name === name;
  try {
    if (view === "group") {
      const since = series.since == null ? "" : `?since=${series.since}`;
      const [points, said] = await Promise.all([ask(`${api}groups/${path}/series${since}`),
        ask(`${api}decisions?group=${path}${series.last == null ? "&limit=200" : `&since=${series.last}`}`)]);
      if (!current()) return;
      setMissing(false);
      takeSeries(points);
      takeDecisions(said);
      const group = state.groupsByName.get(name);
      if (group) showGroup(group);
      drawGroup();
    } else if (view === "node") {
      const since = past.since == null ? "" : `?since=${past.since}`;
      const [node, rows] = await Promise.all([ask(`${api}nodes/${path}`), ask(`${api}nodes/${path}/series${since}`)]);
      if (!current()) return;
      setMissing(false);
      takePast(rows);
      showNode(node);
    }
  } catch (error) {
    if (!(error instanceof Refused) || error.status !== 404 || !current()) throw error;
    setMissing(true);
  }
  if (view !== "node" && !state.missing) await pollNodes();
}
async function pollAll() {
  const [fleet, { groups }] = await Promise.all([ask(`${api}fleet`), ask(`${api}groups`)]);
  showFleet(fleet);
  state.groups = groups;
  state.groupsByName = new Map(groups.map((group) => [group.name, group]));
  if (state.restarted) { // another run of the collector: begin anew
    state.restarted = false;
    state.roster = -1;
    if (state.view === "group") resetGroup(state.name);
    if (state.view === "node") resetNode(state.name);
  }
  showGroups(groups);
  showViews();
  await pollView();
}

let polling = false, again = false;
async function poll() {
  if (polling) { again = true; return; }
  polling = true;
  try {
    await pollAll();
    state.failed = false;
  } catch (error) {
    if (error instanceof Refused && error.status === 401 && error.token === state.token) askToken();
    else if (error instanceof Unreachable) state.failed = true;
    else if (!(error instanceof Refused)) console.error(error);
  }
  polling = false;
  showLink();
  if (again) { again = false; poll(); }
}
async function run() {
  for (;;) {
    const begun = performance.now();
    if (!document.hidden) await poll();
    await wait(Math.max(100, POLL_MS - (performance.now() - begun)));
  }
}

function askToken() {
  const dialog = $("token-dialog");
  if (dialog.open) return;
  const text = $("token-text");
  if (state.token) { setText(text, "That token is not the right one."); setClass(text, "alarm"); }
  dialog.showModal();
}

function start() {
  readColours();
  makePalette();
  makeWindows();
  watchGrid(poll);
  addEventListener("hashchange", readHash);
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => {
    readColours();
    makePalette();
    grid.repaint = true;
    drawGrid();
    redrawGroup();
    redrawNode();
  });
  new ResizeObserver(() => {
    drawGrid();
    resizeGroup();
    resizeNode();
  }).observe($("main"));
  document.addEventListener("visibilitychange", () => { if (!document.hidden) poll(); });
  document.addEventListener("keydown", (event) => {
    const typing = /^(INPUT|SELECT|TEXTAREA)$/.test(document.activeElement.tagName);
    if (event.key === "/" && !typing) { $("find").focus(); event.preventDefault(); }
    else if (event.key === "Escape" && document.activeElement === $("find")) $("find").blur();
    else if (event.key === "Escape" && !$("token-dialog").open && state.view !== "groups") {
      location.hash = state.view === "node" && !state.missing ? $("node-group").getAttribute("href") : "#/";
    }
  });
  $("find-form").addEventListener("submit", (event) => {
    event.preventDefault();
    const wanted = $("find").value.trim();
    if (!wanted) return;
    const node = grid.order.find((n) => n.id === wanted);
    const group = state.groupsByName.has(wanted) ? wanted : null;
    const like = grid.order.find((n) => n.id.includes(wanted));
    location.hash = node ? href("node", node.id) : group ? href("group", group) : href("node", like ? like.id : wanted);
    $("find").value = "";
    $("find").blur();
  });
  $("token-form").addEventListener("submit", () => {
    state.token = $("token").value;
    sessionStorage.setItem("headroom-token", state.token);
    $("token").value = "";
    setTimeout(poll, 0);
  });
  setInterval(showLink, 500);
  readHash();
  run();
}
start();
