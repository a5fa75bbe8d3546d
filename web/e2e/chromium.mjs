// A Chromium that reaches the gateway and nothing else, for the tests of a page: each has its own driver and its own tabs.

import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";

const STEP_MS = 20_000;
const NAMES = ["chromium", "chromium-browser", "google-chrome"];
const SILENT = ["--disable-background-networking", "--disable-component-update", "--disable-gpu", "--disable-sync", "--no-first-run"];

/** @param driver Playwright's, of the page's own packages */
export function launch(driver) {
  const executablePath = process.env.CHROMIUM ?? NAMES.map(onPath).find(Boolean);
  assert(executablePath, "no Chromium: install one (Debian: apt install chromium) or set CHROMIUM to its path");
  return driver.launch({ executablePath, args: SILENT });
}

function onPath(name) {
  return spawnSync("sh", ["-c", `command -v ${name}`], { encoding: "utf8" }).stdout.trim();
}

/**
 * A browser profile of somebody's own; `done` asserts that nothing was denied and nothing complained.
 *
 * @param {string[]} origins what may be reached, ours first
 */
export async function profile(browser, origins, options = {}) {
  const context = await browser.newContext({
    viewport: { width: 1280, height: 900 },
    locale: "en-IN",
    timezoneId: "Asia/Kolkata",
    ...options,
  });
  context.setDefaultTimeout(STEP_MS);
  const [denied, complaints] = [[], []];
  await context.route("**/*", (route) => {
    const url = route.request().url();
    if (origins.some((origin) => url.startsWith(`${origin}/`)) || url.startsWith("blob:")) return route.fallback();
    if (isOfOurPage(route.request(), origins[0])) denied.push(url);
    return route.abort();
  });
  context.on("console", (message) => {
    if (message.type() === "error") complaints.push(message.text());
  });
  context.on("weberror", (error) => complaints.push(String(error.error())));
  const done = async ({ isExpected = () => false } = {}) => {
    assert.deepEqual(denied, []);
    assert.deepEqual(complaints.filter((text) => !isExpected(text)), []);
    await context.close();
  };
  return { context, complaints, done };
}

/** What an issuer's own pages load is not our doing. */
function isOfOurPage(request, origin) {
  return request.isNavigationRequest() || request.frame().url().startsWith(`${origin}/`);
}

/** Browsers note each request that fails; where a test brings that about, it is expected. */
export function isFailedRequest(text) {
  return text.includes("Failed to load resource") || text.includes("net::ERR");
}

/** Waits for a part of a page; a failure says what the page shows instead. */
export async function shown(page, locator) {
  try {
    await locator.waitFor();
  } catch (error) {
    throw new Error(`${error.message}\nthe page says:\n${await page.locator("body").innerText()}`, { cause: error });
  }
}
