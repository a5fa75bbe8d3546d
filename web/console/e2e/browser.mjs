// Chromium that reaches the gateway and nothing else, and people who work with the console.

import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { chromium } from "playwright-core";
import { mint } from "./gateway.mjs";

const STEP_MS = 20_000;

export function launch() {
  const names = ["chromium", "chromium-browser", "google-chrome"];
  const executablePath = process.env.CHROMIUM ?? names.map(onPath).find(Boolean);
  assert(executablePath, "no Chromium: install one (Debian: apt install chromium) or set CHROMIUM to its path");
  return chromium.launch({
    executablePath,
    args: ["--disable-background-networking", "--disable-component-update", "--disable-gpu", "--disable-sync", "--no-first-run"],
  });
}

function onPath(name) {
  return spawnSync("sh", ["-c", `command -v ${name}`], { encoding: "utf8" }).stdout.trim();
}

/** Somebody with a browser profile of their own; `done` asserts that nothing was denied and nothing complained. */
export async function person(browser, origins, options = {}) {
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
    if ([origins].flat().some((origin) => url.startsWith(`${origin}/`)) || url.startsWith("blob:")) return route.fallback();
    if (isOfOurPage(route.request(), [origins].flat()[0])) denied.push(url);
    return route.abort();
  });
  context.on("console", (message) => {
    if (message.type() === "error") complaints.push(message.text());
  });
  context.on("weberror", (error) => complaints.push(String(error.error())));
  return {
    context,
    complaints,
    tab: async () => new Tab(await context.newPage(), [origins].flat()[0]),
    done: async ({ isExpected = () => false } = {}) => {
      assert.deepEqual(denied, []);
      assert.deepEqual(complaints.filter((text) => !isExpected(text)), []);
      await context.close();
    },
  };
}

/** What an issuer's own pages load is not the console's doing. */
function isOfOurPage(request, origin) {
  return request.isNavigationRequest() || request.frame().url().startsWith(`${origin}/`);
}

/** Browsers note each request that fails; here that is what the test brought about. */
export function isFailedRequest(text) {
  return text.includes("Failed to load resource") || text.includes("net::ERR");
}

export class Tab {
  constructor(page, origin) {
    this.page = page;
    this.origin = origin;
  }

  async open(hash = "#/") {
    await this.page.goto(`${this.origin}/console/${hash}`);
    return this;
  }

  /** At the console, logged in by a pasted token. */
  async loggedIn(hash = "#/", { token = mint("ADMIN", "asha") } = {}) {
    await this.open(hash);
    await this.paste(token);
    await this.page.getByRole("navigation", { name: "Main" }).waitFor();
    return this;
  }

  async paste(token) {
    await this.page.getByLabel("Access token of role ADMIN").fill(token);
    await this.press("Log in");
  }

  press(name) {
    return this.page.getByRole("button", { name, exact: true }).click();
  }

  follow(name) {
    return this.page.getByRole("link", { name, exact: true }).first().click();
  }

  fill(label, text) {
    return this.page.getByLabel(label, { exact: true }).fill(text);
  }

  /** Waits until the page says so. */
  says(text) {
    return this.shown(this.page.getByText(text).first());
  }

  heading(name) {
    return this.shown(this.page.getByRole("heading", { name }).first());
  }

  async shown(locator) {
    try {
      await locator.waitFor();
    } catch (error) {
      throw new Error(`${error.message}\nthe page says:\n${await this.page.locator("body").innerText()}`, { cause: error });
    }
  }

  /** Has the gateway's place taken once, for one operation. */
  async once(operation, answer) {
    let isTaken = false;
    await this.page.route("**/graphql", (route) => {
      if (isTaken || operationOf(route.request()) !== operation) return route.fallback();
      isTaken = true;
      return answer(route);
    });
  }
}

export function operationOf(request) {
  return request.url().endsWith("/graphql") ? request.postDataJSON()?.operationName : undefined;
}
