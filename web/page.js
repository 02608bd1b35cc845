/* The page: polls the collector every second and shows the fleet, a group or a node, depending on the fragment of the
 * URL: #/  #/group/NAME  #/node/ID; what follows is in listing.js and range.js. It uses no framework. uPlot draws the charts, and a canvas shows the nodes. */
import {
  $, Refused, Unreachable, api, ask, readColours, setClass, setText, stamp, state, wait,
} from "./base.js";
import { notice, showFleet } from "./fleet.js";
import {
  drawGroup, followResource, makeGroupTools, redrawGroup, resetGroup, resizeGroup, series, showGroup, takeDecisions,
  takeSeries,
} from "./group.js";
import { drawGrid, grid, makePalette, takeRoster, takeValues, watchGrid } from "./grid.js";
import { fitGroups, makeGroupsTools, pollSparks, showGroups } from "./groups.js";
import { followHistory, resetHistory } from "./history.js";
import { listingHref, readListing } from "./listing.js";
import { drawNode, makeNodeTools, past, redrawNode, resetNode, resizeNode, showNode, takePast } from "./node.js";
import { makeProblemTools, showProblems, takeProblems } from "./problems.js";
import { hrefThen, readRange, showRange } from "./range.js";

const POLL_MS = 1000;
const LOST_MS = 3000; // without a response for this long, the collector counts as unreachable

function linkNow() {
  const silent = performance.now() - state.answeredAt;
  if (state.failed && (state.answeredAt === 0 || silent > LOST_MS)) return ["lost", "unreachable"];
  if (state.locked) return ["wait", "locked"];
  if (state.paused) return ["paused", "paused"];
  return state.fleet ? ["live", "live"] : ["wait", "connecting"];
}
function bannerText(link) {
  const last = state.answeredAt ? stamp(state.answeredAtWall) : "";
  if (link === "lost")
    return `The collector can't be reached. ${last && `No response since ${last}; the page shows the last known state. `}` +
      "Retrying every second.";
  if (link === "paused") return `Paused: the page shows the state of ${last}. Press p to resume.`;
  return state.locked ? "" : notice();
}
function showLink() {
  const [link, text] = linkNow();
  const message = bannerText(link);
  document.body.classList.toggle("lost", link === "lost");
  $("link").dataset.state = link;
  setText($("link-text"), text);
  setText($("clock"), stamp(state.answeredAt ? state.answeredAtWall : Date.now()));
  $("banner").hidden = !message;
  $("banner").classList.toggle("calm", link !== "lost");
  setText($("banner"), message);
}
function setPaused(paused) {
  state.paused = paused;
  $("pause").setAttribute("aria-pressed", String(paused));
  showLink();
  if (!paused) poll();
}

/* ---- views ---- */

function readHash(event) {
  const [path, query] = location.hash.slice(1).split("?");
  const [, kind, name] = path.split("/");
  let text = "";
  try { text = decodeURIComponent(name || ""); } catch { /* no name */ }
  const view = (kind === "group" || kind === "node") && text ? kind : "groups";
  const changed = readRange(query);
  showRange();
  if (view === "groups") readListing(query);
  if (view === state.view && text === state.name) {
    if (view === "groups" && state.fleet) showGroups(state.groups, true);
    else if (changed) changeRange();
    return;
  }
  resetHistory();
  state.view = view;
  state.name = text;
  state.missing = null;
  setWaiting(true);
  showViews();
  if (state.fleet) showProblems(true);
  if (view === "group") resetGroup(text);
  if (view === "node") resetNode(text);
  if (view === "group" && state.groupsByName.has(text)) showGroup(state.groupsByName.get(text));
  if (view === "groups" && state.fleet) showGroups(state.groups, true);
  for (const link of document.querySelectorAll(".to-groups")) link.href = listingHref();
  document.title = view === "groups" ? "Headroom" : `${text} · Headroom`;
  scrollTo(0, 0);
  if (event) $("main").focus({ preventScroll: true }); // keyboard navigation continues from there
  grid.layout = null;
  drawGrid();
  poll();
}
const drawView = () => state.view === "node" ? drawNode() : drawGroup();
function changeRange() {
  resetHistory();
  if (state.view === "group" && followResource()) poll();
  drawView();
  followHistory(drawView);
}
/* Placeholders reserve the layout before the data arrives, so that nothing moves. */
function setWaiting(waiting) {
  document.body.classList.toggle("waiting", waiting);
  $("view-nodes").classList.toggle("unknown", state.roster < 0);
}
function showViews() {
  const { locked, missing } = state;
  const view = locked || missing ? "" : state.view;
  $("main").dataset.view = view;
  $("view-groups").hidden = view !== "groups";
  $("view-problems").hidden = view !== "groups" || !state.fleet || state.empty;
  $("view-group").hidden = view !== "group";
  $("view-nodes").hidden = view !== "groups" && view !== "group" || state.empty;
  $("view-node").hidden = view !== "node";
  $("view-missing").hidden = locked || !missing;
  $("view-account").hidden = view !== "groups";
  $("view-locked").hidden = !locked;
  if (missing) {
    setText($("missing-title"), `No ${state.view} ${state.name}`);
    setText($("missing-text"), state.view === "node" ? "The collector does not know a node with this name."
      : "The collector does not know a group with this name.");
  }
}
function setMissing(missing) {
  if (state.missing === missing) return;
  state.missing = missing;
  showViews();
}

const askRoster = () => ask(`${api}nodes?columns=index,id,group`);
function setRoster(roster) {
  takeRoster(roster);
  state.roster = roster.roster;
}
async function pollNodes() {
  const scope = state.view === "group" ? `&group=${encodeURIComponent(state.name)}` : "";
  const [values, first] = await Promise.all([ask(`${api}nodes?columns=index,state,${state.metric},age_ms,above${scope}`),
    state.roster < 0 ? askRoster() : null]);
  if (values.roster !== state.roster) {
    setRoster(first && first.roster === values.roster ? first : await askRoster());
  }
  takeValues(values);
}
async function pollView() {
  const { view, name } = state;
  const path = encodeURIComponent(name);
  const current = () => state.view === view && state.name === name;
  try {
    if (view === "group") {
      followResource();
      const since = series.since == null ? "" : `&since=${series.since}`;
      const resource = encodeURIComponent(series.resource);
      const [points, decisions] = await Promise.all([ask(`${api}groups/${path}/series?resource=${resource}${since}`),
        ask(`${api}decisions?group=${path}${series.last == null ? "&limit=200" : `&since=${series.last}`}`)]);
      if (!current()) return;
      setMissing(false);
      takeSeries(points);
      takeDecisions(decisions);
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
  if (!state.missing) followHistory(drawView); // nothing waits for it
  if (view !== "node" && !state.missing) await pollNodes();
  if (current()) setWaiting(false);
}
async function pollAll() {
  const [fleet, { groups }, problems] = await Promise.all([ask(`${api}fleet`), ask(`${api}groups`), ask(`${api}problems`)]);
  state.locked = false;
  showFleet(fleet);
  state.groups = groups;
  state.groupsByName = new Map(groups.map((group) => [group.name, group]));
  if (state.restarted) { // the collector was restarted: start from scratch
    state.restarted = false;
    state.roster = -1;
    if (state.view === "group") resetGroup(state.name);
    if (state.view === "node") resetNode(state.name);
  }
  takeProblems(problems);
  showGroups(groups);
  showViews();
  await Promise.all([pollView(), state.view === "groups" && pollSparks()]);
}

let polling = false, again = false;
async function poll() {
  if (polling) { again = true; return; }
  polling = true;
  try {
    await pollAll();
    state.failed = false;
  } catch (error) {
    if (error instanceof Refused && error.status === 401 && error.token === state.token) lock();
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
    if (!document.hidden && !state.paused) await poll();
    await wait(Math.max(100, POLL_MS - (performance.now() - begun)));
  }
}

function lock() {
  setText($("token-text"), state.token ? "This token is wrong."
    : "Enter the token to see the fleet. It is stored in this browser tab only.");
  setClass($("token-text"), state.token ? "alarm" : "");
  if (state.locked) return;
  state.locked = true;
  showViews();
  $("token").focus();
}
async function find(wanted) {
  const exact = () => grid.order.some((n) => n.id === wanted) ? hrefThen("node", wanted)
    : state.groupsByName.has(wanted) ? hrefThen("group", wanted) : null;
  const like = () => grid.order.find((n) => n.id.toLowerCase().includes(wanted.toLowerCase()));
  if (!exact() && (state.view === "node" || !like())) // the node view does not load names, or they are out of date
    try { setRoster(await askRoster()); } catch { /* use the known names */ }
  location.hash = exact() || hrefThen("node", like()?.id ?? wanted);
}

function start() {
  readColours();
  makePalette();
  makeGroupsTools();
  makeProblemTools();
  makeGroupTools();
  makeNodeTools();
  watchGrid(poll);
  addEventListener("hashchange", readHash);
  addEventListener("themechange", () => {
    readColours();
    makePalette();
    grid.repaint = true;
    drawGrid();
    redrawGroup();
    redrawNode();
  });
  new ResizeObserver(() => {
    fitGroups();
    drawGrid();
    resizeGroup();
    resizeNode();
  }).observe($("main"));
  document.addEventListener("visibilitychange", () => { if (!document.hidden && !state.paused) poll(); });
  document.addEventListener("keydown", (event) => {
    const typing = /^(INPUT|SELECT|TEXTAREA)$/.test(document.activeElement.tagName);
    const plain = !typing && !event.ctrlKey && !event.metaKey && !event.altKey;
    if (event.key === "/" && plain) { $("find").focus(); event.preventDefault(); }
    else if (event.key === "p" && plain) setPaused(!state.paused);
    else if (event.key === "Escape" && document.activeElement === $("find")) $("find").blur();
    else if (event.key === "Escape" && state.view !== "groups") {
      location.hash = state.view === "node" && !state.missing ? $("node-group").getAttribute("href") : listingHref();
    }
  });
  $("find-form").addEventListener("submit", (event) => {
    event.preventDefault();
    const wanted = $("find").value.trim();
    if (wanted) find(wanted);
    $("find").value = "";
    $("find").blur();
  });
  document.querySelector(".skip").addEventListener("click", (event) => {
    event.preventDefault(); // the fragment selects the view
    $("main").focus();
  });
  $("pause").addEventListener("click", () => setPaused(!state.paused));
  $("decisions-all").addEventListener("click", () => $("decisions").classList.add("all"));
  $("token-form").addEventListener("submit", (event) => {
    event.preventDefault();
    state.token = $("token").value;
    sessionStorage.setItem("headroom-token", state.token);
    $("token").value = "";
    poll();
  });
  setInterval(showLink, 500);
  readHash();
  run();
}
start();
