/* The last half hour of a value as a small line, without axes: the top is 100 %, or the highest value if it is above. */
import { duration, percent, setText } from "./base.js";

const WIDE = 100, TALL = 24; // of its own units
const SVG = "http://www.w3.org/2000/svg";
const shape = (name, className) => {
  const node = document.createElementNS(SVG, name);
  node.setAttribute("class", className);
  return node;
};
export function makeSpark() {
  const spark = shape("svg", "spark");
  spark.setAttribute("viewBox", `0 0 ${WIDE} ${TALL}`);
  spark.setAttribute("preserveAspectRatio", "none");
  spark.setAttribute("role", "img");
  spark.append(shape("path", "area"), shape("path", "limit"), shape("path", "line"), document.createElementNS(SVG, "title"));
  return spark;
}
/* Runs of values without a gap, each a list of [x, y]. */
function runsOf(values, yOf) {
  const runs = [];
  values.forEach((value, i) => {
    if (value == null) return;
    if (i === 0 || values[i - 1] == null) runs.push([]);
    runs[runs.length - 1].push([(i / (values.length - 1) * WIDE).toFixed(1), yOf(value).toFixed(1)]);
  });
  return runs;
}
const lineOf = (run) => `M${run.join("L")}${run.length === 1 ? "h.1" : ""}`; // one value is a dot
const areaOf = (run) => `M${run[0][0]} ${TALL}L${run.join("L")}L${run[run.length - 1][0]} ${TALL}z`;
function textOf(values, step_ms) {
  const known = values.filter((value) => value != null);
  if (known.length === 0) return "no values yet";
  return `${percent(Math.min(...known))} to ${percent(Math.max(...known))} in the last ` +
    `${duration(values.length * step_ms)}, now ${percent(values[values.length - 1])}`;
}
export function setSpark(spark, values, high, step_ms) {
  const top = Math.max(1, ...values);
  const yOf = (value) => 1 + (TALL - 2) * (1 - value / top);
  const [area, limit, line, title] = spark.children;
  const runs = runsOf(values, yOf);
  area.setAttribute("d", runs.map(areaOf).join(""));
  line.setAttribute("d", runs.map(lineOf).join(""));
  limit.setAttribute("d", `M0 ${yOf(high).toFixed(1)}H${WIDE}`);
  const text = textOf(values, step_ms);
  setText(title, text);
  spark.setAttribute("aria-label", text);
}
