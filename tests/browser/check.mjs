// Opens reports in Chromium and checks what a reader depends on: `node tests/browser/check.mjs FILE...`.
// Nothing may leave the machine, WCAG 2.2 AA must hold, the keyboard must reach everything, and paper must work.
import { chromium } from "playwright-core";
import { createRequire } from "node:module";
import { pathToFileURL } from "node:url";
import { readFileSync } from "node:fs";
import { resolve } from "node:path";

const AXE = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
const TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"];
// A file above this size is a long run: it must open and scroll in time; the slow checks are made on short ones, which have every part of it.
const LONG_BYTES = 6_000_000;
const OPEN_MS_MAX = 15_000;
const SCROLL_MS_MAX = 10_000;
const TABS_MAX = 3_000;
const FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
  "--disable-component-update", "--disable-sync"];

let passed = 0;
let failed = 0;
const check = async (name, body) => {
  try {
    const note = await body();
    passed += 1;
    console.log(`ok    ${name}${note ? `: ${note}` : ""}`);
  } catch (error) {
    failed += 1;
    console.log(`FAIL  ${name}: ${error.message}`);
  }
};
const must = (condition, message) => { if (!condition) throw new Error(message); };

// A page that keeps every request and every console error; one request, the file itself, is allowed.
const open = async (browser, url, options = {}) => {
  const context = await browser.newContext({ viewport: { width: 1280, height: 900 }, ...options });
  const page = await context.newPage();
  const seen = { requests: [], errors: [] };
  page.on("request", (request) => { if (request.url() !== url && !request.url().startsWith("data:")) seen.requests.push(request.url()); });
  page.on("console", (message) => { if (message.type() === "error" || message.type() === "warning") seen.errors.push(message.text()); });
  page.on("pageerror", (error) => seen.errors.push(error.message));
  await page.goto(url, { waitUntil: "load", timeout: 60_000 });
  return { page, seen, close: () => context.close() };
};

const quiet = (seen) => {
  must(seen.requests.length === 0, `requests were made: ${seen.requests.slice(0, 3).join(", ")}`);
  must(seen.errors.length === 0, `the console says: ${seen.errors.slice(0, 3).join("; ")}`);
};

const axe = async (page, runOnly = { type: "tag", values: TAGS }) => {
  await page.evaluate(AXE);
  // The contents stick to the top and cover whatever is under them where the page happens to stand; a reader scrolls on. What is
  // far below is laid out only when it comes into view: until then its boxes lie over one another.
  await page.addStyleTag({ content: ".toc { position: static !important } * { content-visibility: visible !important }" });
  const violations = await page.evaluate(async (only) => {
    const result = await window.axe.run(document, { runOnly: only, resultTypes: ["violations"] });
    return result.violations.map((one) => `${one.id} (${one.nodes.length}: ${one.nodes[0].target.join(" ")} – ${one.nodes[0].failureSummary.replace(/\s+/g, " ")})`);
  }, runOnly);
  must(violations.length === 0, violations.join("; "));
};

const openAll = (page) => page.evaluate(() => document.querySelectorAll("details").forEach((one) => { one.open = true; }));

const keyboard = async (page) => {
  const wanted = await page.evaluate(() => {
    const all = [...document.querySelectorAll("a[href], button, input, select, summary, [tabindex='0']")];
    const shown = all.filter((one) => one.checkVisibility({ contentVisibilityAuto: false, visibilityProperty: true }) && !one.closest("[hidden]"));
    shown.forEach((one, place) => { one.dataset.stop = String(place); });
    return shown.length;
  });
  const reached = new Set();
  await page.evaluate(() => { document.activeElement?.blur(); scrollTo(0, 0); });
  for (let tabs = 0; tabs < Math.min(TABS_MAX, wanted + 20) && reached.size < wanted; tabs += 1) {
    await page.keyboard.press("Tab");
    const at = await page.evaluate(() => document.activeElement?.dataset?.stop ?? null);
    if (at !== null) reached.add(at);
  }
  if (reached.size < wanted) {
    const lost = await page.evaluate((list) => [...document.querySelectorAll("[data-stop]")].filter((one) => !list.includes(one.dataset.stop)).slice(0, 3).map((one) => one.outerHTML.slice(0, 120)), [...reached]);
    throw new Error(`${wanted - reached.size} of ${wanted} are not reached, such as ${lost.join(" | ")}`);
  }
  return `${wanted} stops`;
};

const short = async (browser, url, name) => {
  for (const colorScheme of ["light", "dark"]) {
    await check(`${name} ${colorScheme}: quiet and accessible, all open`, async () => {
      const { page, seen, close } = await open(browser, url, { colorScheme });
      await openAll(page);
      // Only colours differ in the dark.
      await (colorScheme === "light" ? axe(page) : axe(page, { type: "rule", values: ["color-contrast"] }));
      quiet(seen);
      await close();
    });
  }
  await check(`${name}: accessible at 320 pixels, without scrolling both ways`, async () => {
    const { page, close } = await open(browser, url, { viewport: { width: 320, height: 640 } });
    await openAll(page);
    await axe(page);
    const wide = await page.evaluate(() => document.documentElement.scrollWidth);
    must(wide <= 320, `the page is ${wide} pixels wide`);
    await close();
  });
  await check(`${name}: every stop is reached by Tab, all open`, async () => {
    const { page, close } = await open(browser, url);
    await openAll(page);
    const note = await keyboard(page);
    await close();
    return note;
  });
  await check(`${name}: every link within the page leads somewhere, ids are unique`, async () => {
    const { page, close } = await open(browser, url);
    const wrong = await page.evaluate(() => {
      const ids = [...document.querySelectorAll("[id]")].map((one) => one.id);
      const twice = ids.filter((id, place) => ids.indexOf(id) !== place);
      const links = [...document.querySelectorAll("a[href^='#']")].map((one) => one.getAttribute("href").slice(1));
      return [...twice.map((id) => `twice: ${id}`), ...links.filter((id) => !document.getElementById(decodeURIComponent(id))).map((id) => `nowhere: ${id}`)];
    });
    must(wrong.length === 0, wrong.slice(0, 5).join(", "));
    await close();
  });
  await check(`${name}: a link to an exchange opens it`, async () => {
    const { page, close } = await open(browser, url);
    const id = await page.evaluate(() => document.querySelector(".exchange .anchor")?.id ?? null);
    if (id === null) return close().then(() => "no exchange stands in full");
    await page.goto(`${url}#${id}`);
    await page.waitForFunction((wanted) => document.getElementById(wanted).checkVisibility(), id, { timeout: 5_000 });
    await close();
    return id;
  });
  await check(`${name}: finding narrows and comes back`, async () => {
    const { page, seen, close } = await open(browser, url);
    const shown = () => page.evaluate(() => document.querySelectorAll("[data-find]:not([hidden])").length);
    const before = await shown();
    await page.fill("#q", "zz-no-such-word-zz");
    await page.waitForFunction(() => document.querySelectorAll("[data-find]:not([hidden])").length === 0, null, { timeout: 5_000 });
    await page.fill("#q", "");
    await page.waitForFunction((count) => document.querySelectorAll("[data-find]:not([hidden])").length === count, before, { timeout: 5_000 });
    quiet(seen);
    await close();
    return `${before} things`;
  });
  await check(`${name}: all content is there without script`, async () => {
    const on = await open(browser, url);
    const off = await open(browser, url, { javaScriptEnabled: false });
    const words = (page) => page.locator("main").textContent();
    must((await words(on.page)) === (await words(off.page)), "the text differs");
    must(await off.page.locator("#summary h1").isVisible(), "the verdict is not visible");
    must(!(await off.page.locator(".copy").first().isVisible().catch(() => false)), "a button that needs script is shown");
    quiet(off.seen);
    await on.close();
    await off.close();
  });
};

const paper = async (browser, url, name) => {
  await check(`${name}: prints on A4, the same with and without script`, async () => {
    const notes = [];
    for (const javaScriptEnabled of [true, false]) {
      const { page, close } = await open(browser, url, { javaScriptEnabled });
      const pdf = await page.pdf({ format: "A4", preferCSSPageSize: true });
      const text = pdf.toString("latin1");
      const pages = (text.match(/\/Type\s*\/Page[^s]/g) ?? []).length;
      const box = text.match(/\/MediaBox\s*\[\s*0 0 ([\d.]+) ([\d.]+)/);
      must(pages >= 2, `${pages} pages`);
      must(box && Math.abs(Number(box[1]) - 595) < 2 && Math.abs(Number(box[2]) - 842) < 2, `the sheet is ${box?.[0]}`);
      await page.emulateMedia({ media: "print" });
      if (javaScriptEnabled) await page.evaluate(() => dispatchEvent(new Event("beforeprint")));
      notes.push(`${pages} pages`);
      await close();
    }
    // Without script the style sheet opens what is closed; both ways must give about the same paper.
    const [with_script, without] = notes.map((note) => Number.parseInt(note, 10));
    must(Math.abs(with_script - without) <= Math.max(2, with_script / 10), `${with_script} pages with script, ${without} without`);
    return notes.join(" with script, ") + " without";
  });
};

const long = async (browser, url, name) => {
  await check(`${name}: a long report opens and scrolls in time`, async () => {
    const began = Date.now();
    const { page, seen, close } = await open(browser, url);
    const opened = Date.now() - began;
    must(opened < OPEN_MS_MAX, `opening took ${opened} ms`);
    const scrolling = Date.now();
    const height = await page.evaluate(async () => {
      document.querySelectorAll(".fold").forEach((one, place) => { one.open = place < 4; });
      const frame = () => new Promise((done) => requestAnimationFrame(done));
      for (let step = 0; step <= 20; step += 1) { scrollTo({ top: (document.documentElement.scrollHeight * step) / 20, behavior: "instant" }); await frame(); }
      return scrollY;
    });
    const scrolled = Date.now() - scrolling;
    must(height > 1_000, "it did not scroll");
    must(scrolled < SCROLL_MS_MAX, `scrolling took ${scrolled} ms`);
    quiet(seen);
    await close();
    return `open ${opened} ms, scroll ${scrolled} ms`;
  });
};

const files = process.argv.slice(2);
if (files.length === 0) {
  console.error("usage: node tests/browser/check.mjs FILE...");
  process.exit(2);
}
const browser = await chromium.launch({ executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium", headless: true, args: FLAGS });
for (const file of files) {
  const url = pathToFileURL(resolve(file)).href;
  const size = readFileSync(file).length;
  if (size > LONG_BYTES) {
    await long(browser, url, file);
  } else {
    await short(browser, url, file);
    await paper(browser, url, file);
  }
}
await browser.close();
console.log(`${passed} passed, ${failed} failed`);
process.exit(failed === 0 ? 0 : 1);
