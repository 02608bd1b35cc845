// Checks Kubernetes objects, a JSON array on standard input, against the schemas of the npm packages kubernetes-models,
// @kubernetes-models/keda and @kubernetes-models/karpenter. Prints an array with a list of faults for each object.
// HEADROOM_BROWSER_MODULES is where the packages are.
import { join } from "node:path";
import { text } from "node:stream/consumers";

const modules = join(process.env.HEADROOM_BROWSER_MODULES, "node_modules");
const packages = { "keda.sh": "@kubernetes-models/keda", "karpenter.sh": "@kubernetes-models/karpenter" };

async function model({ apiVersion, kind }) {
  const models = packages[apiVersion.split("/")[0]] ?? "kubernetes-models";
  return (await import(join(modules, models, apiVersion, "index.js")))[kind];
}

// The schemas accept members that they do not know. A validator reads those that it knows: the others are never read.
function watched(value, path, unread) {
  if (typeof value !== "object" || value === null) return value;
  const children = {};
  for (const [key, child] of Object.entries(value)) {
    unread.add(`${path}/${key}`);
    children[key] = watched(child, `${path}/${key}`, unread);
  }
  return new Proxy(value, {
    get: (target, key) => {
      if (typeof key === "string") unread.delete(`${path}/${key}`);
      return Object.hasOwn(children, key) ? children[key] : target[key];
    },
  });
}

async function faults(object) {
  const unread = new Set();
  const Model = await model(object);
  const instance = new Model(object); // a copy
  for (const key of Object.keys(object)) instance[key] = watched(object[key], `/${key}`, unread);
  try {
    instance.validate();
  } catch (error) {
    return [String(error)];
  }
  // Of what is below an unknown member, nothing is read: only the outermost is listed.
  return [...unread].filter((path) => ![...unread].some((other) => path.startsWith(`${other}/`)))
    .map((path) => `${path} is unknown`);
}

const found = [];
for (const object of JSON.parse(await text(process.stdin))) found.push(await faults(object));
console.log(JSON.stringify(found));
