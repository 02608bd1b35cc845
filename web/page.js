/* The page: asks the collector each second, and shows the fleet, a group or a node, as the part of the address behind #
 * says: #/  #/group/NAME  #/node/ID. No framework; uPlot draws the charts, a canvas the nodes. */
"use strict";
(() => {
  const POLL_MS = 1000;
  const ASK_MS_MAX = 5000;
  const LOST_MS = 3000; // without an answer for so long, the collector is not there
  const $ = (id) => document.getElementById(id);
  const api = "/api/v1/";
  const state = {
    view: null, name: "", token: sessionStorage.getItem("headroom-token") || "", answeredAt: 0, lostSince: 0,
    skew: 0, groups: [], groupsByName: new Map(), fleet: null, rate: NaN, roster: -1, metric: "cpu_percent",
    window: 600, turn: 0,
  };
  try { state.metric = localStorage.getItem("headroom-metric") || state.metric; } catch { /* private browsing */ }

  /* ---- words and numbers ---- */

  const percent = (share) => share == null ? "–" : `${(share * 100).toFixed(share < 0.0995 ? 1 : 0)} %`;
  const whole = (n) => n == null || Number.isNaN(n) ? "–" : Math.round(n).toLocaleString("en");
  const plural = (n, word) => `${whole(n)} ${word}${n === 1 ? "" : "s"}`;
  function scaled(n, units, base, digits) {
    let i = 0;
    while (Math.abs(n) >= base && i < units.length - 1) { n /= base; i++; }
    return `${n >= 100 || (i === 0 && Number.isInteger(n)) ? n.toFixed(0) : n.toFixed(digits)} ${units[i]}`;
  }
  const bytes = (n) => n == null ? "–" : scaled(n, ["B", "KiB", "MiB", "GiB", "TiB", "PiB"], 1024, 1);
  const cores = (n) => n == null ? "–" : n.toLocaleString("en", { maximumFractionDigits: n < 10 ? 2 : 1 });
  function duration(ms) {
    const s = Math.max(0, Math.round(ms / 1000));
    if (s < 90) return `${s} s`;
    if (s < 5400) return `${Math.round(s / 60)} min`;
    return s < 172800 ? `${Math.round(s / 3600)} h` : `${Math.round(s / 86400)} d`;
  }
  const byName = new Intl.Collator("en", { numeric: true }).compare; // web-2 before web-10
  const clock = (ms) => new Date(ms).toLocaleTimeString("en-GB");
  const METRICS = [ // as the API names them: title, kind
    ["cpu_percent", "CPU", "%"], ["memory_percent", "Memory", "%"], ["disk_busy_percent", "Disk busy", "%"],
    ["load1", "Load, 1 min", ""], ["iowait_percent", "Waiting for I/O", "%"], ["steal_percent", "Stolen CPU", "%"],
    ["swap_percent", "Swap", "%"], ["psi_cpu_percent", "CPU pressure", "%"],
    ["psi_memory_percent", "Memory pressure", "%"], ["psi_io_percent", "I/O pressure", "%"],
    ["disk_read_bytes_per_second", "Disk read", "B/s"], ["disk_write_bytes_per_second", "Disk write", "B/s"],
    ["net_rx_bytes_per_second", "Network in", "B/s"], ["net_tx_bytes_per_second", "Network out", "B/s"],
  ];
  const metricInfo = new Map(METRICS.map((m) => [m[0], { title: m[1], unit: m[2] }]));
  if (!metricInfo.has(state.metric)) state.metric = "cpu_percent";
  function metricText(name, value) {
    const { unit } = metricInfo.get(name);
    if (value == null) return "–";
    if (unit === "%") return `${value.toFixed(1)} %`;
    return unit === "B/s" ? `${bytes(value)}/s` : value.toFixed(2);
  }

  /* ---- the document ---- */

  function el(tag, className, text) {
    const node = document.createElement(tag);
    if (className) node.className = className;
    if (text != null) node.textContent = text;
    return node;
  }
  function setText(node, text) { if (node.textContent !== text) node.textContent = text; }
  function setClass(node, name) { if (node.className !== name) node.className = name; }
  function setFacts(list, facts) { // [[name, value, alarm]]; places stay as they are
    while (list.children.length > facts.length) list.lastChild.remove();
    facts.forEach(([name, value, alarm], i) => {
      let pair = list.children[i];
      if (!pair) {
        pair = el("div");
        pair.append(el("dt"), el("dd"));
        list.append(pair);
      }
      setText(pair.firstChild, name);
      setText(pair.lastChild, value);
      setClass(pair.lastChild, alarm ? "alarm" : "");
    });
  }
  const css = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();
  let colours = {};
  function readColours() {
    for (const name of ["bg", "surface", "text", "muted", "line", "soft", "accent", "demand", "capacity", "hot", "stale",
      "cone", "down", "cell-0", "cell-1", "focus"]) colours[name] = css(`--${name}`);
  }
  const href = (kind, name) => `#/${kind}/${encodeURIComponent(name)}`;
  const withoutGroup = (why, group) =>
    (why && why.startsWith(`${group}: `) ? why.slice(group.length + 2) : why || "").replaceAll("->", "→");

  /* ---- asking ---- */

  class Refused extends Error {
    constructor(status, body) { super(body && body.error || `status ${status}`); this.status = status; }
  }
  class Unreachable extends Error {}
  async function ask(path) {
    const { token } = state;
    const headers = token ? { Authorization: `Bearer ${token}` } : {};
    let answer, body;
    try {
      answer = await fetch(path, { headers, cache: "no-store", signal: AbortSignal.timeout(ASK_MS_MAX) });
      body = await answer.json();
    } catch (error) {
      throw new Unreachable(error);
    }
    state.answeredAt = performance.now();
    if (!answer.ok) throw Object.assign(new Refused(answer.status, body), { token });
    return body;
  }
  const wait = (ms) => new Promise((done) => setTimeout(done, ms));

  function showLink() {
    const silent = performance.now() - state.answeredAt;
    const lost = state.answeredAt === 0 ? state.failed : state.failed && silent > LOST_MS;
    if (lost && !state.lostSince) state.lostSince = Date.now();
    if (!lost) state.lostSince = 0;
    document.body.classList.toggle("lost", lost && state.answeredAt > 0);
    $("link").dataset.state = lost ? "lost" : state.answeredAt ? "live" : "wait";
    setText($("link-text"), lost ? "not reachable" : state.answeredAt ? "live" : "connecting");
    $("banner").hidden = !lost && !state.notice;
    $("banner").classList.toggle("calm", !lost);
    setText($("banner"), lost
      ? `The collector can't be reached since ${clock(state.lostSince)}. ` +
        (state.answeredAt ? "What stands here is from before. " : "") + "It is tried again each second."
      : state.notice || "");
  }

  /* ---- the top, and the account ---- */

  let before = null;
  function showFleet(fleet) {
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
    setText($("fleet-stale"), whole(nodes.stale + nodes.unreported));
    setText($("fleet-gone"), whole(nodes.gone));
    setClass($("fleet-stale"), nodes.stale > 0 ? "alarm" : "");
    setText($("fleet-rate"), Number.isNaN(state.rate) ? "–" : whole(state.rate));
    state.notice = fleet.held ? "The disk can't be written. Nothing is lost: agents keep their samples until it works again."
      : nodes.unreported > 0 ? `The collector has just started: ${plural(nodes.unreported, "known node")} not heard of yet.` : "";
    showAccount(fleet);
  }
  function showAccount({ agents, collector, clocks_off, started_ms, version, connected, now_ms }) {
    const { dropped } = agents;
    const lost = dropped.outbox_full + dropped.rejected + dropped.spool_damaged;
    const terms = [["produced by agents", agents.produced], ["acknowledged", agents.acknowledged],
      ["waiting", agents.waiting], ["dropped", lost, lost > 0],
      ["gone with killed agents", agents.gone_with_killed_agents, agents.gone_with_killed_agents > 0]];
    const list = $("account");
    if (list.children.length === 0)
      terms.forEach((_, i) => {
        if (i > 0) list.append(el("span", "op", i === 1 ? "=" : "+"));
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
    const more = [`${whole(collector.stored)} samples stored since ${new Date(started_ms).toLocaleString("en-GB")}`,
      `${whole(collector.waiting)} on their way to the disk`, `${whole(collector.duplicates)} duplicates left out`];
    if (collector.impossible_values > 0) more.push(`${whole(collector.impossible_values)} values that can't be true`);
    if (lost > 0) more.push(`dropped: ${whole(dropped.outbox_full)} outbox full, ${whole(dropped.rejected)} rejected, ` +
      `${whole(dropped.spool_damaged)} spool damaged`);
    if (clocks_off > 0) more.push(`${plural(clocks_off, "node")} with a wrong clock`);
    more.push(`${plural(connected, "agent")} connected`, `version ${version}`, `up ${duration(now_ms - started_ms)}`);
    setText($("account-more"), more.join(" · "));
  }

  /* ---- groups ---- */

  const groupRows = new Map();
  function meter(share, high) {
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
    bar.title = `high: ${percent(high)}`;
    setText(number, percent(share));
  }
  function makeGroupRow(name) {
    const row = el("tr", "row");
    const nameCell = el("td", "name");
    const link = el("a", "", name);
    link.href = href("group", name);
    nameCell.append(link);
    nameCell.title = name;
    row.append(nameCell, el("td", "nodes"));
    for (const label of ["CPU", "Memory", "Disk"]) {
      const cell = el("td", "m");
      cell.dataset.label = label;
      cell.append(meter());
      row.append(cell);
    }
    row.append(el("td", "wants"), el("td", "why-cell"));
    row.addEventListener("click", (event) => { if (!event.target.closest("a")) location.hash = link.hash; });
    return row;
  }
  function setNodes(cell, { live, stale, gone, unreported }) {
    const key = `${live}/${stale}/${gone}/${unreported}`;
    if (cell.dataset.key === key) return;
    cell.dataset.key = key;
    cell.replaceChildren(document.createTextNode(`${whole(live)} live`));
    if (stale + unreported > 0) cell.append(el("span", "badge", `${whole(stale + unreported)} stale`));
    if (gone > 0) cell.append(el("span", "badge gone", `${whole(gone)} gone`));
  }
  function verdict(group) {
    if (group.desired == null) return ["hold", "no data yet"];
    const current = group.current ?? group.nodes.live + group.nodes.stale;
    if (group.action === "up") return ["up", `▲ ${whole(current)} → ${whole(group.desired)}`];
    if (group.action === "down") return ["down", `▼ ${whole(current)} → ${whole(group.desired)}`];
    return ["hold", `stays at ${whole(group.desired)}`];
  }
  function setVerdict(cell, group) {
    const [kind, text] = verdict(group);
    if (!cell.firstChild) cell.append(el("span"));
    setClass(cell.firstChild, kind);
    setText(cell.firstChild, text);
  }
  function showGroups(groups) {
    const body = $("groups-body");
    body.querySelectorAll(".ghost").forEach((ghost) => ghost.remove());
    $("groups").hidden = groups.length === 0;
    $("groups-empty").hidden = groups.length > 0;
    state.empty = groups.length === 0;
    $("view-nodes").hidden = !showsNodes();
    setText($("empty-command"), `headroom-agent --collector ${location.hostname || "HOST"}:7420 --group web`);
    const sorted = [...groups].sort((a, b) => byName(a.name, b.name));
    sorted.forEach((group, i) => {
      let row = groupRows.get(group.name);
      if (!row) groupRows.set(group.name, row = makeGroupRow(group.name));
      if (body.children[i] !== row) body.insertBefore(row, body.children[i] || null);
      setNodes(row.children[1], group.nodes);
      ["cpu", "memory", "disk"].forEach((resource, k) => setMeter(row.children[2 + k].firstChild,
        group.utilisation[resource], group.thresholds[resource].high));
      setVerdict(row.children[5], group);
      const why = withoutGroup(group.why, group.name);
      setText(row.children[6], why);
      row.children[6].title = why;
    });
    while (body.children.length > sorted.length) {
      groupRows.delete(body.lastChild.firstChild.title);
      body.lastChild.remove();
    }
  }

  /* ---- a group ---- */

  const series = { name: "", rows: [], cone: [], decisions: [], last: 0, since: null, high: 0.8, tick: 15000 };
  let groupChart = null;
  function resetGroup(name) {
    Object.assign(series, { name, rows: [], cone: [], decisions: [], last: null, since: null });
    $("decisions").replaceChildren();
    $("decisions-empty").hidden = true;
    $("group-facts").replaceChildren();
    setText($("group-name"), name);
    setText($("group-why"), "");
    setText($("group-verdict"), "");
    drawGroup();
  }
  function showGroup(group) {
    setText($("group-name"), group.name);
    const [kind, text] = verdict(group);
    setClass($("group-verdict"), `verdict ${kind}`);
    setText($("group-verdict"), text);
    setText($("group-why"), withoutGroup(group.why, group.name) || "No sample of the group has come in yet.");
    const cpu = group.thresholds.cpu;
    const { nodes, forecast } = group;
    const facts = [
      ["live", whole(nodes.live)],
      ["stale", whole(nodes.stale + nodes.unreported), nodes.stale > 0],
      ["gone", whole(nodes.gone)],
      ["pending", whole(group.pending ?? 0)],
      ["CPU", percent(group.utilisation.cpu), group.utilisation.cpu > cpu.high],
      ["memory", percent(group.utilisation.memory), group.utilisation.memory > group.thresholds.memory.high],
      ["disk", percent(group.utilisation.disk), group.utilisation.disk > group.thresholds.disk.high],
      ["high / target", `${percent(cpu.high)} / ${percent(cpu.target)}`],
      [forecast ? `forecast, ${duration(forecast.within_ms)} ahead` : "forecast", forecast
        ? `${cores(forecast.expected)} (${cores(forecast.low)} to ${cores(forecast.high)}) cores` : "–"],
      ["forecaster", forecast ? forecast.forecaster : "–"],
      ["limits", `${whole(group.min)} to ${whole(group.max)} nodes`],
      ["lead time", group.lead_time_ms == null ? "–" : duration(group.lead_time_ms)],
      ["mode", group.mode || "–"],
      ["guard", group.guard || "–"],
    ];
    setFacts($("group-facts"), facts);
    if (series.rows.length > 0 && group.demand.cpu != null)
      series.now = [Date.now() + state.skew, group.demand.cpu, group.capacity.cpu];
  }
  function takeSeries(answer) {
    const last = series.rows.length ? series.rows[series.rows.length - 1][0] : -Infinity;
    if (answer.now_ms < last) series.rows = []; // the collector's clock went back
    for (const row of answer.rows) if (row[0] > last) series.rows.push(row);
    if (series.rows.length > 4000) series.rows.splice(0, series.rows.length - 4000);
    series.cone = answer.cone;
    series.high = answer.high;
    series.tick = answer.tick_ms;
    series.since = series.rows.length ? series.rows[series.rows.length - 1][0] : null;
  }
  function takeDecisions(answer) {
    const list = $("decisions");
    for (const decision of answer.decisions) {
      if (series.decisions.some((known) => known.id === decision.id)) continue;
      series.decisions.push(decision);
      const item = el("li");
      const time = el("time", "", clock(decision.time_ms));
      time.dateTime = new Date(decision.time_ms).toISOString();
      const arrow = decision.action === "up" ? "▲" : decision.action === "down" ? "▼" : "•";
      item.append(time, el("span", `act ${decision.action}`, decision.action === "hold" ? `${arrow} ${decision.desired}`
        : `${arrow} ${decision.current} → ${decision.desired}`), el("span", "", withoutGroup(decision.why, decision.group)));
      item.addEventListener("mouseenter", () => { series.lit = decision.id; if (groupChart) groupChart.redraw(false); });
      item.addEventListener("mouseleave", () => { series.lit = null; if (groupChart) groupChart.redraw(false); });
      list.prepend(item);
      if (list.children.length > 300) list.lastChild.remove();
    }
    series.last = answer.last;
    $("decisions-empty").hidden = list.children.length > 0;
  }

  /* Rows: time, demand, capacity; then nothing but time up to the end of the cone. */
  function chartData() {
    const from = Date.now() + state.skew - state.window * 1000;
    let rows = series.rows.filter((row) => row[0] >= from);
    if (series.now && rows.length && series.now[0] > rows[rows.length - 1][0]) rows = [...rows, series.now];
    const gap = series.tick * 3;
    const data = [[], [], [], []];
    rows.forEach((row, i) => {
      if (i > 0 && row[0] - rows[i - 1][0] > gap) { // the collector was down, or saw nobody
        data[0].push((rows[i - 1][0] + 1) / 1000);
        data[1].push(null); data[2].push(null); data[3].push(null);
      }
      data[0].push(row[0] / 1000);
      data[1].push(row[1]);
      data[2].push(row[1] == null ? null : row[2]);
      data[3].push(row[1] == null ? null : row[2] * series.high);
    });
    return data;
  }
  function drawCone(plot) {
    if (series.cone.length < 2) return;
    const { ctx } = plot;
    const x = (t) => plot.valToPos(t / 1000, "x", true);
    const y = (v) => plot.valToPos(v, "y", true);
    const cone = series.cone;
    ctx.save();
    ctx.beginPath();
    ctx.rect(plot.bbox.left, plot.bbox.top, plot.bbox.width, plot.bbox.height);
    ctx.clip();
    ctx.beginPath();
    cone.forEach(([t, , , high], i) => i ? ctx.lineTo(x(t), y(high)) : ctx.moveTo(x(t), y(high)));
    [...cone].reverse().forEach(([t, , low]) => ctx.lineTo(x(t), y(low)));
    ctx.closePath();
    ctx.fillStyle = colours.cone;
    ctx.fill();
    ctx.beginPath();
    cone.forEach(([t, expected], i) => i ? ctx.lineTo(x(t), y(expected)) : ctx.moveTo(x(t), y(expected)));
    ctx.strokeStyle = colours.demand;
    ctx.lineWidth = 2 * devicePixelRatio;
    ctx.setLineDash([5 * devicePixelRatio, 4 * devicePixelRatio]);
    ctx.stroke();
    const now = Date.now() + state.skew;
    ctx.beginPath();
    ctx.moveTo(x(now), plot.bbox.top);
    ctx.lineTo(x(now), plot.bbox.top + plot.bbox.height);
    ctx.strokeStyle = colours.muted;
    ctx.lineWidth = devicePixelRatio;
    ctx.setLineDash([2 * devicePixelRatio, 3 * devicePixelRatio]);
    ctx.stroke();
    ctx.restore();
  }
  function drawMarks(plot) {
    const { ctx } = plot;
    const ratio = devicePixelRatio;
    const bottom = plot.bbox.top + plot.bbox.height;
    ctx.save();
    for (const decision of series.decisions) {
      const x = plot.valToPos(decision.time_ms / 1000, "x", true);
      if (x < plot.bbox.left || x > plot.bbox.left + plot.bbox.width) continue;
      const lit = series.lit === decision.id;
      if (decision.action === "hold" && !lit) continue;
      ctx.strokeStyle = ctx.fillStyle = decision.action === "up" ? colours.accent : colours.down;
      const size = (lit ? 7 : 5) * ratio;
      if (lit) {
        ctx.lineWidth = ratio;
        ctx.beginPath(); ctx.moveTo(x, plot.bbox.top); ctx.lineTo(x, bottom); ctx.stroke();
      }
      ctx.beginPath();
      if (decision.action === "up") { ctx.moveTo(x, bottom - 2 * size); ctx.lineTo(x - size, bottom - 2); ctx.lineTo(x + size, bottom - 2); }
      else if (decision.action === "down") { ctx.moveTo(x, bottom - 2); ctx.lineTo(x - size, bottom - 2 * size); ctx.lineTo(x + size, bottom - 2 * size); }
      else ctx.arc(x, bottom - size, size / 1.6, 0, 7);
      ctx.fill();
    }
    ctx.restore();
  }
  function chartTip(plot) {
    const tip = el("div", "chart-tip");
    tip.hidden = true;
    plot.over.append(tip);
    return tip;
  }
  function moveTip(plot) {
    const tip = plot.over.querySelector(".chart-tip");
    if (!tip) return;
    const { left, idx } = plot.cursor;
    if (left == null || left < 0) { tip.hidden = true; return; }
    const near = series.decisions.find((d) => d.action !== "hold" &&
      Math.abs(plot.valToPos(d.time_ms / 1000, "x") - left) < 6);
    const time = plot.posToVal(left, "x");
    const cone = series.cone.length > 1 && time * 1000 > series.cone[0][0] ? series.cone : null;
    let text = "";
    if (near) text = `${clock(near.time_ms)}\n${withoutGroup(near.why, near.group)}`;
    else if (cone && (idx == null || time * 1000 > cone[0][0] + series.tick)) {
      const [a, b] = [cone[0], cone[cone.length - 1]];
      const part = Math.min(1, (time * 1000 - a[0]) / (b[0] - a[0]));
      const at = (i) => cores(a[i] + part * (b[i] - a[i]));
      text = `${clock(time * 1000)}\nforecast ${at(1)} (${at(2)} to ${at(3)})`;
    } else if (idx != null && plot.data[1][idx] != null)
      text = `${clock(plot.data[0][idx] * 1000)}\ndemand ${cores(plot.data[1][idx])} of ${cores(plot.data[2][idx])} cores` +
        ` (${percent(plot.data[1][idx] / plot.data[2][idx])})`;
    tip.hidden = text === "";
    setText(tip, text);
    const right = left > plot.over.clientWidth / 2;
    tip.style.left = right ? "" : `${left + 12}px`;
    tip.style.right = right ? `${plot.over.clientWidth - left + 12}px` : "";
    tip.style.top = "8px";
    tip.style.width = "max-content";
  }
  const axis = (extra) => ({
    stroke: () => colours.muted, font: "12px system-ui, sans-serif", grid: { stroke: () => colours.line, width: 1 },
    ticks: { show: false }, ...extra,
  });
  const timeFormat = (u, ticks, axisIndex, space, step) => ticks.map((t) =>
    new Date(t * 1000).toLocaleTimeString("en-GB", step < 60 ? {} : { hour: "2-digit", minute: "2-digit" }));
  function drawGroup() {
    const box = $("group-chart");
    if (state.view !== "group") return;
    const data = chartData();
    if (data[0].length < 2 || !window.uPlot) {
      if (groupChart) { groupChart.destroy(); groupChart = null; }
      if (!box.querySelector(".quiet")) box.replaceChildren(el("p", "quiet", "The first ticks are on their way."));
      return;
    }
    const now = (Date.now() + state.skew) / 1000;
    const end = series.cone.length ? series.cone[series.cone.length - 1][0] / 1000 : now;
    const first = Math.max(data[0][0], now - state.window);
    const range = [Math.min(first, now - 45), Math.max(end, now) + 2];
    let top = 0;
    for (const column of [data[1], data[2]]) for (const v of column) if (v > top) top = v;
    for (const point of series.cone) if (point[3] > top) top = point[3];
    series.range = { x: range, y: [0, niceTop(top * 1.06)] };
    if (!groupChart) {
      box.replaceChildren();
      groupChart = new uPlot({
        width: box.clientWidth, height: box.clientHeight, legend: { show: false },
        cursor: { points: { size: 7 }, drag: { x: false, y: false } },
        scales: { x: { range: () => series.range.x }, y: { range: () => series.range.y } },
        axes: [axis({ values: timeFormat, space: 90, size: 28 }), axis({ size: 52, values: (u, ticks) => ticks.map((v) => cores(v)) })],
        series: [{}, { stroke: () => colours.demand, width: 2, points: { show: false } },
          { stroke: () => colours.capacity, width: 1.5, points: { show: false } },
          { stroke: () => colours.hot, width: 1.5, dash: [6, 5], points: { show: false } }],
        hooks: { draw: [drawCone, drawMarks], setCursor: [moveTip], ready: [chartTip] },
      }, [[], [], [], []]);
      box.append(groupChart.root);
    }
    groupChart.setData(data);
  }
  function niceTop(top, base = 10) { // a round number above it, so that the scale does not twitch
    if (!(top > 0)) return 1;
    const step = base ** Math.floor(Math.log(top) / Math.log(base)) / 2;
    return Math.ceil(top / step) * step;
  }
  const POWERS = Array.from({ length: 50 }, (_, i) => 2 ** i);
  function makeWindows() {
    const box = $("chart-window");
    for (const [seconds, text] of [[600, "10 min"], [3600, "1 h"], [14400, "4 h"]]) {
      const button = el("button", "", text);
      button.type = "button";
      button.setAttribute("aria-pressed", String(seconds === state.window));
      button.addEventListener("click", () => {
        state.window = seconds;
        for (const other of box.children) other.setAttribute("aria-pressed", String(other === button));
        drawGroup();
      });
      box.append(button);
    }
  }

  /* ---- all nodes, as cells ---- */

  const STEPS = 32; // colours of the scale
  const STALE = STEPS + 1, GONE = STEPS + 2, QUIET = STEPS + 3, HOT = STEPS, NOTHING = STEPS + 4;
  const grid = { nodes: [], byIndex: new Map(), order: [], kinds: new Uint8Array(0), drawn: new Uint8Array(0), layout: null, cursor: -1, scope: null, max: 100, key: "" };
  let palette = [];
  function mix(a, b, part) {
    const parse = (hex) => [1, 3, 5].map((i) => parseInt(hex.slice(i, i + 2), 16));
    const [x, y] = [parse(a), parse(b)];
    return `rgb(${x.map((v, i) => Math.round(v + (y[i] - v) * part)).join(",")})`;
  }
  function makePalette() {
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
  function takeRoster(answer) {
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
  function takeValues(answer) {
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
  function drawGrid() {
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
  function watchGrid() {
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

  /* ---- a node ---- */

  const past = { name: "", times: [], columns: new Map(), since: null };
  const nodeCharts = new Map();
  function resetNode(name) {
    Object.assign(past, { name, times: [], columns: new Map(METRICS.map((m) => [m[0], []])), since: null });
    for (const { chart } of nodeCharts.values()) if (chart) chart.destroy();
    nodeCharts.clear();
    $("node-metrics").replaceChildren();
    $("node-facts").replaceChildren();
    setText($("node-name"), name);
    setText($("node-why"), "");
    setText($("node-state"), "");
    for (const [metric, title] of METRICS) {
      const panel = el("div", "panel");
      const head = el("div", "panel-head");
      head.append(el("h2", "", title), el("b", "", "–"));
      const plot = el("div", "plot");
      panel.append(head, plot);
      $("node-metrics").append(panel);
      nodeCharts.set(metric, { panel, number: head.lastChild, plot, chart: null });
    }
  }
  function showNode(node) {
    setText($("node-name"), node.id);
    setText($("node-group"), node.group || "");
    $("node-group").href = node.group ? href("group", node.group) : "#/";
    const silent = node.state === "stale" || node.state === "unreported";
    setClass($("node-state"), `verdict ${silent ? "stale" : node.state}`);
    setText($("node-state"), node.state === "live" ? "live" : node.state === "gone" ? "gone" : node.state === "new"
      ? "has not sent a sample yet" : `silent for ${duration(node.age_ms)}`);
    const soon = Object.values(node.outlook).map((outlook) => outlook && withoutGroup(outlook.soon, node.id)).filter(Boolean);
    setText($("node-why"), silent ? "Its last samples are shown. It counts as busy until it reports or is given up."
      : soon.join("; "));
    const run = node.instances.filter((instance) => instance.heard).pop() || node.instances[node.instances.length - 1];
    setFacts($("node-facts"), [
      ["cores", whole(node.cores)], ["memory", bytes(node.memory_bytes)],
      ["a sample each", node.interval_ms < 1000 ? `${node.interval_ms} ms` : duration(node.interval_ms)],
      ["last sample", `${duration(node.age_ms)} ago`, silent],
      ["connection", node.connected ? "open" : "none", !node.connected && node.state !== "gone"],
      ["clock", node.clock_off ? `off by ${duration(Math.abs(node.clock_skew_ms))}` : "right", node.clock_off],
      ["stored up to", run ? `seq ${whole(run.stored_seq)}` : "–"],
      ["waiting in the agent", run ? whole(run.waiting) : "–"],
      ["dropped", run ? whole(run.dropped) : "–", run && run.dropped > 0],
      ["run", run ? run.instance : "–"],
    ]);
    for (const [metric, entry] of nodeCharts) setText(entry.number, metricText(metric, node.metrics[metric]));
  }
  function takePast(answer) {
    const names = answer.columns.slice(1);
    let last = past.times.length ? past.times[past.times.length - 1] : -Infinity;
    if (answer.now_ms / 1000 < last) resetNode(past.name);
    for (const row of answer.rows) {
      if (row[0] / 1000 <= last) continue;
      last = row[0] / 1000;
      past.times.push(last);
      names.forEach((name, i) => past.columns.get(name)?.push(row[i + 1]));
      past.since = row[0];
    }
    const drop = past.times.length - 3600;
    if (drop > 0) { past.times.splice(0, drop); for (const column of past.columns.values()) column.splice(0, drop); }
    drawNode();
  }
  function drawNode() {
    if (!window.uPlot) return;
    const times = past.times;
    for (const [metric, entry] of nodeCharts) {
      const values = past.columns.get(metric) || [];
      const there = values.some((value) => value != null);
      entry.panel.classList.toggle("none", !there);
      if (!there || times.length < 2) {
        setText(entry.plot, times.length < 2 ? "" : "This node does not measure it.");
        continue;
      }
      if (!entry.chart) entry.plot.replaceChildren();
      const end = times[times.length - 1];
      entry.range = [Math.min(times[0], end - 60), end];
      let most = 0;
      for (const v of values) if (v > most) most = v;
      entry.top = metricInfo.get(metric).unit === "%" ? 100
        : niceTop(most * 1.05, metricInfo.get(metric).unit === "B/s" ? 2 : 10);
      if (!entry.chart) {
        entry.chart = new uPlot({
          width: entry.plot.clientWidth, height: entry.plot.clientHeight, legend: { show: false },
          cursor: { sync: { key: "node" }, drag: { x: false, y: false }, points: { size: 6 } },
          scales: { x: { range: () => entry.range }, y: { range: () => [0, entry.top] } },
          axes: [axis({ values: timeFormat, space: 90, size: 24, grid: { show: false } }),
            axis({ size: 62, space: 32, ...(metricInfo.get(metric).unit === "B/s" ? { incrs: POWERS } : {}), values: (u, ticks) => ticks.map((v) => metricInfo.get(metric).unit === "B/s" ? bytes(v) : `${v}`) })],
          series: [{}, { stroke: () => colours.demand, width: 1.5, points: { show: false }, fill: () => colours.cone }],
          hooks: {
            setCursor: [(plot) => {
              const i = plot.cursor.idx;
              const value = i == null ? values[values.length - 1] : past.columns.get(metric)[i];
              setText(entry.number, i == null ? metricText(metric, value) : `${clock(past.times[i] * 1000)}  ${metricText(metric, value)}`);
            }],
          },
        }, [[], []], entry.plot);
      }
      entry.chart.setData([times, values]);
    }
  }

  /* ---- what is shown ---- */

  function readHash() {
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
    const answer = await ask(`${api}nodes?columns=index,state,${state.metric},age_ms${scope}`);
    if (answer.roster !== state.roster) {
      takeRoster(await ask(`${api}nodes?columns=index,id,group`));
      state.roster = answer.roster;
    }
    takeValues(answer);
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
    watchGrid();
    addEventListener("hashchange", readHash);
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => {
      readColours();
      makePalette();
      grid.repaint = true;
      drawGrid();
      if (groupChart) groupChart.redraw(false);
      for (const { chart } of nodeCharts.values()) if (chart) chart.redraw(false);
    });
    new ResizeObserver(() => {
      drawGrid();
      const box = $("group-chart");
      if (groupChart && box.clientWidth) groupChart.setSize({ width: box.clientWidth, height: box.clientHeight });
      for (const { chart, plot } of nodeCharts.values()) if (chart && plot.clientWidth) chart.setSize({ width: plot.clientWidth, height: plot.clientHeight });
    }).observe($("main"));
    document.addEventListener("visibilitychange", () => { if (!document.hidden) poll(); });
    document.addEventListener("keydown", (event) => {
      const typing = /^(INPUT|SELECT|TEXTAREA)$/.test(document.activeElement.tagName);
      if (event.key === "/" && !typing) { $("find").focus(); event.preventDefault(); }
      else if (event.key === "Escape" && document.activeElement === $("find")) $("find").blur();
      else if (event.key === "Escape" && !$("token-dialog").open && state.view !== "groups") {
        const up = state.view === "node" ? $("node-group").getAttribute("href") : "#/";
        location.hash = up;
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
})();
