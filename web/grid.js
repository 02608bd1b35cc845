/* The nodes of the fleet or of a group, as cells on a canvas. */
import {
  $, METRICS, RESOURCE_OF, aboveText, byName, colours, duration, el, metricInfo, metricText, niceTop, plural, setText,
  state, zoom,
} from "./base.js";
import { cellAt, cellToward, layOut } from "./layout.js";
import { hrefThen } from "./range.js";

const STEPS = 32; // colours of the scale
const MISSING = STEPS + 1, GONE = STEPS + 2, QUIET = STEPS + 3, HOT = STEPS, NOTHING = STEPS + 4;
const ALSO = 64; // added to a kind: above high in a resource that is not the one shown, or full soon
const QUIET_TEXT = { returning: "returning", leaving: "leaving" };
export const grid = {
  nodes: [], byIndex: new Map(), order: [], kinds: new Uint8Array(0), drawn: new Uint8Array(0), layout: null,
  scope: null, max: 100, cursor: -1,
  pointer: null, // position of the pointer over the cells
  across: 0, // horizontal position at which vertical movement began
};
let palette = [];
function mix(a, b, part) {
  const parse = (hex) => [1, 3, 5].map((i) => parseInt(hex.slice(i, i + 2), 16));
  const [x, y] = [parse(a), parse(b)];
  return `rgb(${x.map((v, i) => Math.round(v + (y[i] - v) * part)).join(",")})`;
}
export function makePalette() {
  palette = [];
  for (let i = 0; i < STEPS; i++) palette.push(mix(colours["cell-0"], colours["cell-1"], i / (STEPS - 1)));
  palette[HOT] = colours.hot;
  const scale = $("scale");
  const ctx = scale.getContext("2d");
  for (let x = 0; x < scale.width; x++) {
    ctx.fillStyle = palette[Math.floor(x * STEPS / scale.width)];
    ctx.fillRect(x, 0, 1, scale.height);
  }
}
export function takeRoster(answer) {
  grid.nodes = answer.nodes.map(([index, id, group]) => ({ index, id, group, state: "", value: null, age: 0, above: [] }));
  grid.byIndex = new Map(grid.nodes.map((node) => [node.index, node]));
  grid.order = [...grid.nodes].sort((a, b) => a.group === b.group ? byName(a.id, b.id) : byName(a.group, b.group));
  grid.layout = null;
  const list = $("find-list");
  const names = [...state.groupsByName.keys(), ...grid.order.map((node) => node.id)].slice(0, 500);
  list.replaceChildren(...names.map((name) => { const option = el("option"); option.value = name; return option; }));
}
function highOf(metric, group) {
  const found = state.groupsByName.get(group);
  const resource = RESOURCE_OF[metric];
  return found?.thresholds[resource] ? found.thresholds[resource].high * 100 : Infinity;
}
export function takeValues(answer) {
  let most = 0;
  for (const [index, state_, value, age, above] of answer.nodes) {
    const node = grid.byIndex.get(index);
    if (!node) continue;
    node.state = state_;
    node.value = value;
    node.age = age;
    node.above = above;
    node.seen = answer.now_ms - age;
    if (state_ === "live" && value > most) most = value;
  }
  const silent = grid.nodes.filter((node) => node.state === "missing").map((node) => node.seen).sort((a, b) => a - b);
  state.silentSince = silent.length ? silent[silent.length >> 1] : null;
  grid.max = metricInfo.get(state.metric).unit === "%" ? 100 : niceTop(most);
  setText($("scale-high"), metricInfo.get(state.metric).unit === "%" ? "100 %" : metricText(state.metric, grid.max));
  $("legend-hot").hidden = !RESOURCE_OF[state.metric];
  setText($("legend-hot-text"), state.metric === "fs_percent" ? "full, or soon" : "above high");
  drawGrid();
}
function kindOf(node) {
  if (node.state === "missing") return MISSING;
  if (node.state === "gone") return GONE;
  if (node.state !== "live") return QUIET;
  if (node.value == null) return NOTHING;
  if (node.value > highOf(state.metric, node.group)) return HOT;
  if (state.metric === "fs_percent" && node.above.includes("fs")) return HOT;
  return Math.max(0, Math.min(STEPS - 1, Math.floor(node.value / grid.max * STEPS)));
}
function isAlsoHot(node) {
  return node.above.some((resource) => resource !== RESOURCE_OF[state.metric]);
}
function shownNodes() {
  return state.view === "group" ? grid.order.filter((node) => node.group === state.name) : grid.order;
}

/* A live node without a value of the metric is unlike one at 0 %. */
function drawNothing(ctx, left, top, wide, tall) {
  ctx.save();
  ctx.beginPath(); ctx.rect(left, top, wide, tall); ctx.clip();
  ctx.strokeStyle = colours.edge;
  ctx.lineWidth = 1;
  ctx.strokeRect(left + 0.5, top + 0.5, wide - 1, tall - 1);
  ctx.beginPath();
  for (let d = -tall; d < wide; d += 4) { ctx.moveTo(left + d, top + tall); ctx.lineTo(left + d + tall, top); }
  ctx.stroke();
  ctx.restore();
}
function drawCell(ctx, layout, i, kind) {
  const { x, y, wide, tall, tiles } = layout;
  const [left, top] = [x[i], y[i]];
  ctx.clearRect(left, top, wide, tall);
  const small = wide < 8;
  if (kind === MISSING && !small) {
    ctx.save();
    ctx.beginPath(); ctx.rect(left, top, wide, tall); ctx.clip();
    ctx.strokeStyle = colours.missing;
    ctx.lineWidth = 2;
    ctx.globalAlpha = tiles ? 0.35 : 1;
    ctx.beginPath();
    for (let d = -tall; d < wide; d += 5) { ctx.moveTo(left + d, top + tall); ctx.lineTo(left + d + tall, top); }
    ctx.stroke();
    ctx.restore();
    ctx.strokeStyle = colours.missing;
    ctx.lineWidth = 1.5;
    ctx.strokeRect(left + 0.75, top + 0.75, wide - 1.5, tall - 1.5);
  } else if (kind === MISSING) {
    ctx.fillStyle = colours.missing;
    ctx.fillRect(left, top, wide, tall);
  } else if (kind === GONE || kind === QUIET) {
    ctx.strokeStyle = colours.muted;
    ctx.lineWidth = 1;
    ctx.setLineDash(kind === QUIET ? [2, 2] : []);
    ctx.strokeRect(left + 0.5, top + 0.5, wide - 1, tall - 1);
    ctx.setLineDash([]);
    if (kind === GONE && !small) {
      const size = tiles ? 10 : wide;
      const at = tiles ? [left + wide - 20, top + 15] : [left, top];
      ctx.beginPath();
      ctx.moveTo(at[0], at[1]); ctx.lineTo(at[0] + size, at[1] + size);
      ctx.moveTo(at[0] + size, at[1]); ctx.lineTo(at[0], at[1] + size);
      ctx.stroke();
    }
  } else if (tiles) {
    const node = layout.nodes[i];
    ctx.fillStyle = colours.soft;
    ctx.fillRect(left, top, wide, tall);
    ctx.fillStyle = kind === HOT ? colours.hot : colours.demand;
    if (kind === NOTHING) drawNothing(ctx, left, top + tall - 5, wide, 5);
    else ctx.fillRect(left, top + tall - 4, Math.max(1, wide * Math.min(1, node.value / grid.max)), 4);
  } else if (kind === NOTHING) {
    drawNothing(ctx, left, top, wide, tall);
  } else {
    ctx.fillStyle = palette[kind];
    ctx.fillRect(left, top, wide, tall);
  }
  if (tiles) drawTileText(ctx, layout, i, kind);
}
/* A frame, or of a small cell all of it. */
function drawAlsoHot(ctx, layout, i) {
  const { x, y, wide, tall } = layout;
  if (wide < 8) {
    ctx.fillStyle = colours.hot;
    ctx.fillRect(x[i], y[i], wide, tall);
    return;
  }
  ctx.strokeStyle = colours.hot;
  ctx.lineWidth = 2;
  ctx.strokeRect(x[i] + 1, y[i] + 1, wide - 2, tall - 2);
}
function fit(ctx, text, width) {
  if (ctx.measureText(text).width <= width) return text;
  let len = Math.max(1, Math.floor(text.length * width / ctx.measureText(text).width) - 1);
  return `${text.slice(0, len)}…`;
}
const VALUE_TEXTS = { [GONE]: () => "gone", [MISSING]: (node) => `missing, ${duration(node.age)}`,
  [QUIET]: (node) => QUIET_TEXT[node.state] || "no report", [NOTHING]: () => "no value" };
function drawTileText(ctx, layout, i, kind) {
  const node = layout.nodes[i];
  const { wide, zoom: large } = layout;
  const [left, middle] = [layout.x[i], layout.y[i] + 20 * large];
  const cross = kind === GONE ? 19 : 0;
  ctx.textBaseline = "middle";
  const value = VALUE_TEXTS[kind]?.(node) ?? metricText(state.metric, node.value);
  ctx.font = `600 ${13 * large}px system-ui, sans-serif`;
  const room = ctx.measureText(value).width + cross;
  ctx.textAlign = "right";
  ctx.fillStyle = kind === MISSING ? colours.missing : kind === HOT ? colours.hot
    : kind >= GONE ? colours.muted : colours.text;
  ctx.fillText(value, left + wide - 9 - cross, middle);
  ctx.textAlign = "left";
  ctx.font = `${13 * large}px system-ui, sans-serif`;
  ctx.fillStyle = kind === GONE || kind === QUIET ? colours.muted : colours.text;
  ctx.fillText(fit(ctx, node.id, wide - room - 28), left + 9, middle);
}
/* Keeps the selection: with the pointer, the cell that is now below it; with the keyboard, the same node. */
function newLayout(width, scope) {
  const at = grid.scope === scope ? grid.cursor : -1;
  const nodes = shownNodes();
  grid.layout = layOut(nodes, width, Math.max(300, innerHeight * 0.75), zoom());
  grid.scope = scope;
  grid.ratio = devicePixelRatio;
  const same = nodes.findIndex((node) => node.id === grid.id);
  setCursor(at < 0 ? -1 : grid.pointer ? cellAt(grid.layout, ...grid.pointer)
    : same >= 0 ? same : Math.min(at, nodes.length - 1));
}
function emptyText() {
  const live = state.view === "group" ? state.groupsByName.get(state.name)?.nodes.live : 0;
  return live > 0 ? `A signal counts ${plural(live, "node")}; no agents run on them.` : "No nodes.";
}
export function drawGrid() {
  const canvas = $("grid");
  const width = canvas.parentElement.clientWidth;
  const scope = `${state.view}/${state.view === "group" ? state.name : ""}`;
  if (state.view !== "groups" && state.view !== "group") return;
  let whole_ = false;
  if (!grid.layout || grid.layout.width !== width || grid.scope !== scope || grid.ratio !== devicePixelRatio ||
    grid.layout.zoom !== zoom()) {
    newLayout(width, scope);
    const { height } = grid.layout;
    canvas.style.height = `${height}px`;
    canvas.width = Math.round(width * devicePixelRatio);
    canvas.height = Math.max(1, Math.round(height * devicePixelRatio));
    grid.drawn = new Uint8Array(grid.layout.nodes.length).fill(255);
    whole_ = true;
  }
  const { layout } = grid;
  const ctx = canvas.getContext("2d");
  ctx.setTransform(devicePixelRatio, 0, 0, devicePixelRatio, 0, 0);
  if (whole_ || grid.repaint) {
    ctx.clearRect(0, 0, width, layout.height);
    ctx.fillStyle = colours.muted;
    ctx.font = `${12.5 * layout.zoom}px system-ui, sans-serif`;
    ctx.textAlign = "left";
    ctx.textBaseline = "alphabetic";
    if (layout.label)
      for (const { group, left, top, room } of layout.blocks) ctx.fillText(fit(ctx, group, room), left, top - 7);
    grid.drawn.fill(255);
    grid.repaint = false;
  }
  layout.nodes.forEach((node, i) => { // only the cells that have changed
    const kind = kindOf(node);
    const also = isAlsoHot(node);
    const drawn = also ? kind + ALSO : kind;
    if (!layout.tiles && grid.drawn[i] === drawn) return;
    grid.drawn[i] = drawn;
    drawCell(ctx, layout, i, kind);
    if (also) drawAlsoHot(ctx, layout, i);
  });
  const count = layout.nodes.length;
  setText($("grid-title"), state.roster < 0 || count === 0 ? "Nodes" : plural(count, "node"));
  $("grid-empty").hidden = count > 0 || state.roster < 0;
  setText($("grid-empty"), emptyText());
  $("view-nodes").classList.toggle("bare", count === 0 && state.roster >= 0);
  $("grid-legend").hidden = count === 0;
  canvas.setAttribute("aria-label", `${count} nodes as cells, coloured by ${metricInfo.get(state.metric).title}. ` +
    "Arrow keys select a node, Enter opens it.");
  if (grid.cursor >= 0) showTip(grid.cursor);
}
function showTip(i) {
  const tip = $("grid-tip"), ring = $("grid-ring");
  const { layout } = grid;
  ring.hidden = tip.hidden = i < 0 || !layout || !layout.nodes[i];
  if (tip.hidden) return;
  const node = layout.nodes[i];
  const { title } = metricInfo.get(state.metric);
  const above = node.above.length ? ` · ${aboveText(node.above)}` : "";
  const what = node.state === "live" ? `${title} ${metricText(state.metric, node.value)}${above}`
    : node.state === "missing" ? `silent for ${duration(node.age)}`
      : node.state === "new" || node.state === "unreported" ? "no report yet" : node.state;
  setText(tip, `${node.id}\n${node.group} · ${what}`);
  Object.assign(ring.style, { left: `${layout.x[i] - 3}px`, top: `${layout.y[i] - 3}px`, width: `${layout.wide + 6}px`,
    height: `${layout.tall + 6}px` });
  const right = layout.x[i] > layout.width / 2;
  tip.style.left = right ? "" : `${layout.x[i]}px`;
  tip.style.right = right ? `${layout.width - layout.x[i] - layout.wide}px` : "";
  const below = layout.y[i] < 60;
  tip.style.top = below ? `${layout.y[i] + layout.tall + 6}px` : "";
  tip.style.bottom = below ? "" : `${layout.height - layout.y[i] + 6}px`;
}
function setCursor(i) {
  grid.cursor = i;
  grid.id = grid.layout?.nodes[i]?.id;
  showTip(i);
}
export function watchGrid(poll) {
  const canvas = $("grid");
  const place = (event) => {
    const box = canvas.getBoundingClientRect();
    grid.pointer = [event.clientX - box.left, event.clientY - box.top];
    return grid.layout ? cellAt(grid.layout, ...grid.pointer) : -1;
  };
  const leave = () => { grid.pointer = null; setCursor(-1); };
  canvas.addEventListener("pointermove", (event) => { const i = place(event); if (i !== grid.cursor) setCursor(i); });
  canvas.addEventListener("pointerleave", leave);
  canvas.addEventListener("blur", leave);
  canvas.addEventListener("click", (event) => {
    const i = place(event);
    if (i >= 0) location.hash = hrefThen("node", grid.layout.nodes[i].id);
  });
  canvas.addEventListener("keydown", (event) => {
    if (!grid.layout || grid.layout.nodes.length === 0) return;
    const { key } = event;
    const at = Math.max(0, grid.cursor);
    if (key.startsWith("Arrow")) {
      const upright = key === "ArrowUp" || key === "ArrowDown";
      if (!upright || !grid.upright) grid.across = grid.layout.x[at];
      grid.upright = upright;
      setCursor(grid.cursor < 0 ? 0 : cellToward(grid.layout, at, key, grid.across));
    } else if (key === "Home" || key === "End") {
      grid.upright = false;
      setCursor(key === "Home" ? 0 : grid.layout.nodes.length - 1);
    } else if (key === "Enter" && grid.cursor >= 0) {
      location.hash = hrefThen("node", grid.layout.nodes[grid.cursor].id);
    } else return;
    grid.pointer = null;
    event.preventDefault();
    const row = canvas.getBoundingClientRect().top + grid.layout.y[Math.max(0, grid.cursor)];
    if (row < 60 || row > innerHeight - 40) scrollBy({ top: row - innerHeight / 2 });
  });
  const select = $("grid-metric");
  for (const [name, title] of METRICS) {
    const option = el("option", "", title);
    option.value = name;
    select.append(option);
  }
  select.value = state.metric;
  select.addEventListener("change", () => {
    state.metric = select.value;
    try { localStorage.setItem("headroom-metric", state.metric); } catch { /* private browsing */ }
    for (const node of grid.nodes) node.value = null;
    grid.repaint = true;
    poll();
  });
}
