// A browser that does what standard input says, one JSON object a line, and answers each with one on standard output:
//     {"fresh": true}  {"open": URL}  {"view": {"width", "height", "dark"}}  {"run": JAVASCRIPT}  {"wait": JAVASCRIPT, "ms": N}
//     {"click": SELECTOR}  {"press": KEY}  {"hover": [X, Y]}  {"drag": [[X, Y], [X, Y]]}  {"shot": FILE}  {"errors": true}
//     {"shot": FILE, "visible": true}: only what the window shows
//     {"download": SELECTOR}: clicks there, and returns the text of the file that is saved
//     {"axe": true}: what axe-core finds fault with, as sentences
//     {"hold": true or false}: from now on no question for data is answered, or all are again
// HEADROOM_BROWSER_MODULES is where playwright-core and axe-core are, HEADROOM_CHROMIUM the program. HEADROOM_TRUSTED_PIN: the SHA-256 of
// a public key, in base64, whose certificates are trusted whoever has signed them.
import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { createInterface } from "node:readline";

const require = createRequire(`${process.env.HEADROOM_BROWSER_MODULES}/`);
const { chromium } = require("playwright-core");
const browser = await chromium.launch({
  executablePath: process.env.HEADROOM_CHROMIUM,
  args: ["--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync",
    `--ignore-certificate-errors-spki-list=${process.env.HEADROOM_TRUSTED_PIN}`],
});
const errors = [];
let page = null;
async function fresh() { // nothing is left of what was there before
  await page?.context().close();
  errors.length = 0;
  const context = await browser.newContext({ viewport: { width: 1280, height: 800 }, colorScheme: "light" });
  page = await context.newPage();
  page.on("pageerror", (error) => errors.push(String(error)));
  page.on("console", (message) => { if (message.type() === "error") errors.push(message.text()); });
  page.on("request", (request) => { if (!/^(https?:\/\/(127|localhost)|data:)/.test(request.url())) errors.push(`asked for ${request.url()}`); });
}

const late = (ms) => new Promise((done, fail) => {
  setTimeout(() => fail(new Error(`no answer within ${ms} ms`)), ms).unref();
});
const acts = {
  fresh,
  open: (url) => page.goto(url, { waitUntil: "load" }).then(() => true),
  view: async ({ width, height, dark }) => {
    await page.setViewportSize({ width, height });
    await page.emulateMedia({ colorScheme: dark ? "dark" : "light" });
  },
  run: (code) => Promise.race([page.evaluate(code), late(120000)]), // evaluate() itself waits for ever
  wait: async (code, { ms }) => { // evaluated anew each time, since the page's policy forbids eval() inside it
    for (const end = Date.now() + (ms ?? 15000); Date.now() < end; await new Promise((done) => setTimeout(done, 50)))
      if (await page.evaluate(code)) return true;
    throw new Error("waited in vain");
  },
  click: (selector) => page.click(selector, { timeout: 5000 }),
  press: (key) => page.keyboard.press(key),
  type: (text) => page.keyboard.type(text),
  hold: (held) => held ? page.route("**/api/**", () => {}) : page.unrouteAll({ behavior: "ignoreErrors" }),
  hover: ([x, y]) => page.mouse.move(x, y),
  drag: async ([[x, y], [toX, toY]]) => {
    await page.mouse.move(x, y);
    await page.mouse.down();
    await page.mouse.move((x + toX) / 2, (y + toY) / 2);
    await page.mouse.move(toX, toY);
    await page.mouse.up();
  },
  download: async (selector) => {
    const [download] = await Promise.all([page.waitForEvent("download", { timeout: 20000 }), page.click(selector)]);
    return readFile(await download.path(), "utf-8");
  },
  axe: async () => {
    await page.evaluate(await readFile(require.resolve("axe-core/axe.min.js"), "utf-8"));
    const { violations } = await page.evaluate("axe.run()");
    return violations.flatMap(({ id, nodes }) => nodes.map(({ html, failureSummary }) =>
      `${id}: ${html.slice(0, 200)}: ${failureSummary.replaceAll(/\s+/g, " ")}`));
  },
  shot: (path, { visible }) => page.screenshot({ path, fullPage: !visible }).then(() => true),
  errors: () => errors.splice(0),
};
console.log(JSON.stringify({ ready: await browser.version() }));
for await (const line of createInterface({ input: process.stdin })) {
  const command = JSON.parse(line);
  const [name] = Object.keys(command);
  try {
    console.log(JSON.stringify({ result: (await acts[name](command[name], command)) ?? null }));
  } catch (error) {
    console.log(JSON.stringify({ error: String(error) }));
  }
}
await browser.close();
