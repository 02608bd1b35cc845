/* The position of each cell of the grid. A group is a block of rows below its name; small groups share a shelf. */
const LABEL = 20, BLOCK_GAP = 14, SHELF_GAP = 8; // pixels
const TILE_WIDE = 190, TILE_TALL = 46, TILES_DOWN = 12, TILES_MAX = 80;
const LABELLED_MAX = 40; // above this number, groups form one block without names
const CELL_MIN = 4, CELL_MAX = 26;

const labelWidth = (name, zoom) => zoom * Math.min(150, 12 + 7.5 * name.length);

/* How much width blocks with a given number of rows take: at least that of their names, at most all of it. */
function measure(pitch, width) {
  const columnsMax = Math.max(1, Math.floor(width / pitch.x));
  const columns = (block, rows) => Math.min(columnsMax, block.count,
    Math.max(Math.ceil(block.count / rows), Math.floor(block.label / pitch.x)));
  const room = (block, rows) => Math.max(columns(block, rows) * pitch.x, Math.min(block.label, width));
  const taken = (shelf, rows) => shelf.reduce((sum, block) => sum + room(block, rows) + BLOCK_GAP, -BLOCK_GAP);
  return { width, columns, room, fits: (shelf, rows) => taken(shelf, rows) <= width };
}
function fewest(most, isEnough) { // the smallest number from 1 to most, by binary search
  let low = 1, high = most;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (isEnough(middle)) high = middle; else low = middle + 1;
  }
  return high;
}
/* Distributes blocks of a given number of rows, in order, over as few shelves as possible. */
function toShelves(blocks, rows, { width, room }) {
  const shelves = [];
  let left = Infinity;
  for (const block of blocks) {
    const wide = room(block, rows);
    if (left + wide > width) { shelves.push([]); left = 0; }
    shelves[shelves.length - 1].push(block);
    left += wide + BLOCK_GAP;
  }
  return shelves;
}
function place(shelves, pitch, label, most, { columns, room, fits }) {
  const blocks = [];
  let top = 0;
  for (const shelf of shelves) {
    const rows = fewest(most, (few) => fits(shelf, few)); // a shelf may need fewer rows than others
    let left = 0, deepest = 0;
    for (const block of shelf) {
      const across = columns(block, rows);
      blocks.push({ ...block, left, top: top + label, columns: across, room: room(block, rows) });
      left += room(block, rows) + BLOCK_GAP;
      deepest = Math.max(deepest, Math.ceil(block.count / across));
    }
    top += label + deepest * pitch.y + SHELF_GAP;
  }
  return { blocks, height: top - SHELF_GAP };
}
/* Tries every number of shelves, and returns the arrangement with the least height. */
function flattest(blocks, pitch, width, label) {
  const size = measure(pitch, width);
  const most = Math.max(1, ...blocks.map((block) => block.count));
  let best = null;
  for (let count = 1; count <= blocks.length; count++) {
    const rows = fewest(most, (few) => toShelves(blocks, few, size).length <= count);
    const found = place(toShelves(blocks, rows, size), pitch, label, most, size);
    if (!best || found.height < best.height) best = found;
  }
  return best;
}
const gapOf = (cell) => cell >= 14 ? 3 : cell >= 8 ? 2 : 1;
const square = (cell) => ({ x: cell, y: cell });

/* nodes: sorted by group. Cells are as large as the height allows, and contain names if there is room. zoom: of texts. */
export function layOut(nodes, width, heightMax, zoom = 1) {
  let blocks = [];
  nodes.forEach((node, i) => {
    const last = blocks[blocks.length - 1];
    if (last && last.group === node.group) last.count++;
    else blocks.push({ group: node.group, first: i, count: 1, label: labelWidth(node.group, zoom) });
  });
  const label = blocks.length > 1 && blocks.length <= LABELLED_MAX ? LABEL * zoom : 0;
  if (!label) blocks = [{ group: "", first: 0, count: nodes.length, label: 0 }];
  const across = Math.max(1, Math.floor(width / (TILE_WIDE * zoom)));
  const down = Math.max(TILES_DOWN, Math.floor(heightMax / (TILE_TALL * zoom)) - blocks.length);
  const tiles = nodes.length <= down * across && nodes.length <= TILES_MAX;
  let pitch, gap = 3, found;
  if (tiles) {
    pitch = { x: (width + gap - (Math.min(blocks.length, across) - 1) * (BLOCK_GAP - gap)) / across - 0.01, y: TILE_TALL * zoom };
    found = flattest(blocks, pitch, width + gap, label);
  } else {
    let cell = Math.floor(Math.sqrt(width * heightMax / Math.max(nodes.length, 1)));
    cell = Math.max(CELL_MIN, Math.min(CELL_MAX * zoom, cell));
    const alone = Math.ceil(nodes.length / Math.floor((width + gapOf(cell)) / cell)) * cell;
    for (;; cell--) { // names take room: make the cells smaller rather than the page longer
      found = flattest(blocks, square(cell), width + gapOf(cell), label);
      if (found.height <= Math.max(heightMax, 1.15 * alone) || cell < CELL_MIN) break;
    }
    pitch = square(cell);
    gap = gapOf(cell);
  }
  const x = new Float32Array(nodes.length), y = new Float32Array(nodes.length);
  for (const { first, count, left, top, columns } of found.blocks)
    for (let i = 0; i < count; i++) {
      x[first + i] = left + i % columns * pitch.x;
      y[first + i] = top + Math.floor(i / columns) * pitch.y;
    }
  return { nodes, x, y, pitch, wide: pitch.x - gap, tall: pitch.y - gap, tiles, label, zoom, blocks: found.blocks, width,
    height: nodes.length ? found.height : 0 };
}

/* The cell at a position, including the gap after it; -1 if there is none. */
export function cellAt(layout, x, y) {
  for (const { first, count, left, top, columns } of layout.blocks) {
    const column = Math.floor((x - left) / layout.pitch.x), row = Math.floor((y - top) / layout.pitch.y);
    const i = row * columns + column;
    if (column >= 0 && column < columns && row >= 0 && i < count) return first + i;
  }
  return -1;
}

/* The cell that an arrow key selects, by position on the screen; the same cell if there is none. Up and down keep the
 * horizontal position `across` at which they began. */
export function cellToward(layout, from, key, across) {
  const { x, y } = layout;
  const [dx, dy] = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] }[key];
  let found = from, nearest = Infinity;
  for (let i = 0; i < x.length; i++) {
    const along = dx ? (x[i] - x[from]) * dx : (y[i] - y[from]) * dy;
    const aside = dx ? Math.abs(y[i] - y[from]) : Math.abs(x[i] - across);
    if (along < 1 || (dx && aside >= 1)) continue;
    const far = along + 2 * aside;
    if (far < nearest) { nearest = far; found = i; }
  }
  return found;
}
