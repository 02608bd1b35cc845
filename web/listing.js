/* Which groups the table shows, in which order, and the place of that in the fragment of the URL:
 * #/?filter=web&show=problems&sort=-cpu&rows=all  A "-" before the column: the highest first. */
import { byName } from "./base.js";
import { rankOf, worstOf } from "./problems.js";

export const ROWS_MAX = 30; // of more groups, the others follow a button
const CHANGES = new Set(["up", "down"]);
const share = (resource) => ({ utilisation }) => utilisation[resource];
/* title, value of a group (null: none, always last), whether the highest is first at the first click */
export const SORTS = {
  name: ["Group", ({ name }) => name, false],
  status: ["Status", ({ name }) => rankOf(worstOf(name)), false],
  nodes: ["Nodes", ({ nodes }) => nodes.live, true],
  cpu: ["CPU", share("cpu"), true],
  memory: ["Memory", share("memory"), true],
  disk: ["Disk", share("disk"), true],
  app: ["Application", share("app"), true],
  fs: ["Files", ({ fs }) => fs?.fullest, true],
  desired: ["Desired", ({ desired }) => desired, true],
};
export const SHOWS = {
  all: ["All groups", () => true],
  problems: ["With problems", ({ name }) => worstOf(name) != null && worstOf(name).severity !== "info"],
  scaling: ["Scaling now", ({ action }) => CHANGES.has(action)],
  missing: ["With missing nodes", ({ nodes }) => nodes.missing + nodes.unreported > 0],
  observed: ["Observed only", ({ mode }) => mode === "observe" || mode === "off"],
};
export const listing = { filter: "", show: "all", sort: "name", down: false, all: false };

/* Reads what follows the "?" of the fragment. */
export function readListing(query) {
  const values = new URLSearchParams(query || "");
  const [, down, sort] = (values.get("sort") ?? "").match(/^(-?)(.*)$/);
  const known = Object.hasOwn(SORTS, sort);
  Object.assign(listing, {
    filter: values.get("filter") ?? "", show: Object.hasOwn(SHOWS, values.get("show")) ? values.get("show") : "all",
    sort: known ? sort : "name", down: known && down === "-", all: values.get("rows") === "all",
  });
}
export function listingHref() {
  const { filter, show, sort, down, all } = listing;
  const values = new URLSearchParams();
  if (filter) values.set("filter", filter);
  if (show !== "all") values.set("show", show);
  if (sort !== "name" || down) values.set("sort", (down ? "-" : "") + sort);
  if (all) values.set("rows", "all");
  return `#/${values.size > 0 ? "?" : ""}${values}`;
}
export function sortBy(sort) {
  listing.down = listing.sort === sort ? !listing.down : SORTS[sort][2];
  listing.sort = sort;
}
export const isNarrowed = () => listing.filter !== "" || listing.show !== "all";

const compare = (a, b) => typeof a === "string" ? byName(a, b) : a - b;
function inOrder(a, b) {
  const [x, y] = [a, b].map(SORTS[listing.sort][1]);
  if (x == null || y == null) return (x == null) - (y == null) || byName(a.name, b.name);
  return (listing.down ? -1 : 1) * compare(x, y) || byName(a.name, b.name);
}
/* The groups that the filter leaves, in order. Every word of the filter is in the name. */
export function listed(groups) {
  const words = listing.filter.toLowerCase().split(/\s+/);
  return groups.filter((group) => words.every((word) => group.name.toLowerCase().includes(word)) &&
    SHOWS[listing.show][1](group)).sort(inOrder);
}
/* The same, with the rows that the table has now where they are; what is new comes after them. */
export function heldInPlace(groups, kept) {
  const here = new Set(kept);
  return [...kept, ...groups.filter((group) => !here.has(group))];
}
