/* All nodes, or those of a group, as cells on a canvas. */
import {
  $, METRICS, byName, colours, duration, el, href, metricInfo, metricText, niceTop, setText, state, whole,
} from "./base.js";

const STEPS = 32; // colours of the scale
const STALE = STEPS + 1, GONE = STEPS + 2, QUIET = STEPS + 3, HOT = STEPS, NOTHING = STEPS + 4;
export const grid = { nodes: [], byIndex: new Map(), order: [], kinds: new Uint8Array(0), drawn: new Uint8Array(0), layout: null, cursor: -1, scope: null, max: 100, key: "" };
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
  grid.nodes = answer.nodes.map(([index, id, group]) => ({ index, id, group, state: "", value: null, age: 0 }));
  grid.byIndex = new Map(grid.nodes.map((node) => [node.index, node]));
  grid.order = [...grid.nodes].sort((a, b) => a.group === b.group ? byName(a.id, b.id) : byName(a.group, b.group));
  grid.layout = null;
  const list = $("find-list");
  const names = [...state.groupsByName.keys(), ...grid.order.map((node) => node.id)].slice(0, 500);
  list.replaceChildren(...names.map((name) => { const option = el("option"); option.value = name; return option; }));
}
function highOf(metric, group) {
  const found = state.groupsByName.get(group);
  const resource = { cpu_percent: "cpu", memory_percent: "memory", disk_busy_percent: "disk" }[metric];
  return found && resource ? found.thresholds[resource].high * 100 : Infinity;
}
export function takeValues(answer) {
  let most = 0;
  for (const [index, state_, value, age] of answer.nodes) {
    const node = grid.byIndex.get(index);
    if (!node) continue;
    node.state = state_;
    node.value = value;
    node.age = age;
    if (state_ === "live" && value > most) most = value;
  }
  grid.max = metricInfo.get(state.metric).unit === "%" ? 100 : niceTop(most);
  setText($("scale-high"), metricInfo.get(state.metric).unit === "%" ? "100 %" : metricText(state.metric, grid.max));
  $("legend-hot").hidden = !["cpu_percent", "memory_percent", "disk_busy_percent"].includes(state.metric);
  drawGrid();
}
function kindOf(node) {
  if (node.state === "stale") return STALE;
  if (node.state === "gone") return GONE;
  if (node.state !== "live") return QUIET;
  if (node.value == null) return NOTHING;
  if (node.value > highOf(state.metric, node.group)) return HOT;
  return Math.max(0, Math.min(STEPS - 1, Math.floor(node.value / grid.max * STEPS)));
}
function shownNodes() {
  return state.view === "group" ? grid.order.filter((node) => node.group === state.name) : grid.order;
}

/* Where each cell goes: as large as fits into about half a screen; with names in it while there is room. */
function layOut(nodes, width) {
  const groups = new Set(nodes.map((node) => node.group));
  const labels = groups.size > 1 && groups.size <= 40 ? 20 : 0;
  const across = Math.max(1, Math.floor(width / 190));
  const tiles = nodes.length <= 12 * across && nodes.length <= 80;
  const height = Math.max(300, Math.min(720, innerHeight * 0.75));
  let cell = 30, gap = 3;
  if (!tiles) {
    cell = Math.floor(Math.sqrt(width * height / Math.max(nodes.length, 1)));
    cell = Math.max(4, Math.min(26, cell));
    gap = cell >= 14 ? 3 : cell >= 8 ? 2 : 1;
  }
  const wide = tiles ? width / across - 0.01 : cell;
  const tall = tiles ? 46 : cell;
  const columns = Math.max(1, Math.floor((width + gap) / wide));
  const x = new Float32Array(nodes.length), y = new Float32Array(nodes.length);
  const names = [];
  let top = 0, column = 0, group = null;
  nodes.forEach((node, i) => {
    if (node.group !== group && (labels || group === null)) {
      if (group !== null) top += tall + (labels ? 6 : 0);
      if (labels) { names.push([node.group, top]); top += labels; }
      group = node.group;
      column = 0;
    } else if (column === columns) { column = 0; top += tall; }
    x[i] = column * wide;
    y[i] = top;
    column++;
  });
  return { nodes, x, y, wide: wide - gap, tall: tall - gap, tiles, names, columns, width, height: nodes.length ? top + tall : 0 };
}
function drawCell(ctx, layout, i, kind) {
  const { x, y, wide, tall, tiles } = layout;
  const [left, top] = [x[i], y[i]];
  ctx.clearRect(left - 0.5, top - 0.5, wide + 1, tall + 1);
  const small = wide < 8;
  if (kind === STALE && !small) {
    ctx.save();
    ctx.beginPath(); ctx.rect(left, top, wide, tall); ctx.clip();
    ctx.strokeStyle = colours.stale;
    ctx.lineWidth = 2;
    ctx.globalAlpha = tiles ? 0.35 : 1;
    ctx.beginPath();
    for (let d = -tall; d < wide; d += 5) { ctx.moveTo(left + d, top + tall); ctx.lineTo(left + d + tall, top); }
    ctx.stroke();
    ctx.restore();
    ctx.strokeStyle = colours.stale;
    ctx.lineWidth = 1.5;
    ctx.strokeRect(left + 0.75, top + 0.75, wide - 1.5, tall - 1.5);
  } else if (kind === STALE) {
    ctx.fillStyle = colours.stale;
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
    ctx.fillStyle = kind === NOTHING ? colours.line : kind === HOT ? colours.hot : colours.demand;
    ctx.fillRect(left, top + tall - 4, kind === NOTHING ? 0 : Math.max(1, wide * Math.min(1, node.value / grid.max)), 4);
  } else {
    ctx.fillStyle = kind === NOTHING ? colours.line : palette[kind];
    ctx.fillRect(left, top, wide, tall);
  }
  if (tiles) drawTileText(ctx, layout, i, kind);
  if (i === grid.cursor) {
    ctx.strokeStyle = colours.focus;
    ctx.lineWidth = 2;
    ctx.strokeRect(left + 0.5, top + 0.5, wide - 1, tall - 1);
  }
}
function fit(ctx, text, width) {
  if (ctx.measureText(text).width <= width) return text;
  let len = Math.max(1, Math.floor(text.length * width / ctx.measureText(text).width) - 1);
  return `${text.slice(0, len)}…`;
}
function drawTileText(ctx, layout, i, kind) {
  const node = layout.nodes[i];
  const [left, top, wide] = [layout.x[i], layout.y[i], layout.wide];
  ctx.textBaseline = "middle";
  const value = kind === STALE ? `stale, ${duration(node.age)}` : kind === GONE ? "gone" : kind === QUIET ? "not heard of"
    : metricText(state.metric, node.value);
  ctx.font = "600 13px system-ui, sans-serif";
  const room = ctx.measureText(value).width + (kind === GONE ? 20 : 0);
  ctx.textAlign = "right";
  ctx.fillStyle = kind === STALE ? colours.stale : kind === HOT ? colours.hot : kind >= GONE ? colours.muted : colours.text;
  ctx.fillText(value, left + wide - (kind === GONE ? 28 : 9), top + 20);
  ctx.textAlign = "left";
  ctx.font = "13px system-ui, sans-serif";
  ctx.fillStyle = kind === GONE || kind === QUIET ? colours.muted : colours.text;
  ctx.fillText(fit(ctx, node.id, wide - room - 28), left + 9, top + 20);
}
export function drawGrid() {
  const canvas = $("grid");
  const width = canvas.parentElement.clientWidth;
  const scope = `${state.view}/${state.view === "group" ? state.name : ""}`;
  if (state.view !== "groups" && state.view !== "group") return;
  let whole_ = false;
  if (!grid.layout || grid.layout.width !== width || grid.scope !== scope || grid.ratio !== devicePixelRatio) {
    grid.layout = layOut(shownNodes(), width);
    grid.scope = scope;
    grid.ratio = devicePixelRatio;
    grid.cursor = -1;
    showTip(-1);
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
    ctx.font = "12.5px system-ui, sans-serif";
    ctx.textAlign = "left";
    ctx.textBaseline = "alphabetic";
    for (const [name, top] of layout.names) ctx.fillText(name, 0, top + 13);
    grid.drawn.fill(255);
    grid.repaint = false;
  }
  layout.nodes.forEach((node, i) => { // only what has changed
    const kind = kindOf(node);
    if (!layout.tiles && grid.drawn[i] === kind) return;
    grid.drawn[i] = kind;
    drawCell(ctx, layout, i, kind);
  });
  const count = layout.nodes.length;
  setText($("grid-title"), state.roster < 0 ? "Nodes" : count === 1 ? "1 node" : `${whole(count)} nodes`);
  $("grid-empty").hidden = count > 0 || state.roster < 0;
  $("grid-legend").hidden = count === 0;
  canvas.setAttribute("aria-label", `${count} nodes as cells, coloured by ${metricInfo.get(state.metric).title}. ` +
    "Arrow keys move, Enter opens a node.");
  if (grid.cursor >= 0) showTip(grid.cursor);
}
function cellAt(left, top) {
  const { layout } = grid;
  if (!layout) return -1;
  let low = 0, high = layout.nodes.length - 1, found = -1; // the last cell whose row begins at or above, by halves
  while (low <= high) {
    const middle = (low + high) >> 1;
    if (layout.y[middle] <= top) { found = middle; low = middle + 1; } else high = middle - 1;
  }
  for (let i = found; i >= 0 && layout.y[i] === layout.y[found]; i--)
    if (layout.x[i] <= left) return left <= layout.x[i] + layout.wide && top <= layout.y[i] + layout.tall ? i : -1;
  return -1;
}
function showTip(i) {
  const tip = $("grid-tip");
  const { layout } = grid;
  if (i < 0 || !layout || !layout.nodes[i]) { tip.hidden = true; return; }
  const node = layout.nodes[i];
  const { title } = metricInfo.get(state.metric);
  const what = node.state === "live" ? `${title} ${metricText(state.metric, node.value)}`
    : node.state === "stale" ? `silent for ${duration(node.age)}` : node.state === "gone" ? "gone" : "not heard of yet";
  setText(tip, `${node.id}\n${node.group} · ${what}`);
  tip.hidden = false;
  const right = layout.x[i] > layout.width / 2;
  tip.style.left = right ? "" : `${layout.x[i]}px`;
  tip.style.right = right ? `${layout.width - layout.x[i] - layout.wide}px` : "";
  const below = layout.y[i] < 60;
  tip.style.top = below ? `${layout.y[i] + layout.tall + 6}px` : "";
  tip.style.bottom = below ? "" : `${layout.height - layout.y[i] + 6}px`;
}
function setCursor(i) {
  const old = grid.cursor;
  grid.cursor = i;
  if (!grid.layout) return;
  const ctx = $("grid").getContext("2d");
  for (const at of [old, i]) if (at >= 0 && grid.layout.nodes[at]) drawCell(ctx, grid.layout, at, kindOf(grid.layout.nodes[at]));
  showTip(i);
}
export function watchGrid(poll) {
  const canvas = $("grid");
  const place = (event) => {
    const box = canvas.getBoundingClientRect();
    return cellAt(event.clientX - box.left, event.clientY - box.top);
  };
  canvas.addEventListener("pointermove", (event) => { const i = place(event); if (i !== grid.cursor) setCursor(i); });
  canvas.addEventListener("pointerleave", () => setCursor(-1));
  canvas.addEventListener("blur", () => setCursor(-1));
  canvas.addEventListener("click", (event) => {
    const i = place(event);
    if (i >= 0) location.hash = href("node", grid.layout.nodes[i].id);
  });
  canvas.addEventListener("keydown", (event) => {
    if (!grid.layout || grid.layout.nodes.length === 0) return;
    const last = grid.layout.nodes.length - 1;
    const step = { ArrowLeft: -1, ArrowRight: 1, ArrowUp: -grid.layout.columns, ArrowDown: grid.layout.columns }[event.key];
    if (step) {
      setCursor(grid.cursor < 0 ? 0 : Math.max(0, Math.min(last, grid.cursor + step)));
    } else if (event.key === "Home" || event.key === "End") {
      setCursor(event.key === "Home" ? 0 : last);
    } else if (event.key === "Enter" && grid.cursor >= 0) {
      location.hash = href("node", grid.layout.nodes[grid.cursor].id);
    } else return;
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
