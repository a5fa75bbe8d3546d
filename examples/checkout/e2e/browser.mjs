// Chromium that reaches the gateway and nothing else, and students who buy with it.

import { spawnSync } from "node:child_process";
import assert from "node:assert/strict";
import { chromium } from "playwright-core";

const STEP_MS = 20_000;

export function launch() {
  const names = ["chromium", "chromium-browser", "google-chrome"];
  const executablePath = process.env.CHROMIUM ?? names.map(onPath).find(Boolean);
  assert(executablePath, "no Chromium: install one (Debian: apt install chromium) or set CHROMIUM to its path");
  return chromium.launch({ executablePath, args: ["--disable-background-networking", "--disable-gpu"] });
}

function onPath(name) {
  return spawnSync("sh", ["-c", `command -v ${name}`], { encoding: "utf8" }).stdout.trim();
}

/** A student with a browser profile of their own; `done` asserts that nothing was denied and nothing complained. */
export async function student(browser, origin, options = {}) {
  const context = await browser.newContext({
    viewport: { width: 1180, height: 900 },
    locale: "en-IN",
    timezoneId: "Asia/Kolkata",
    ...options,
  });
  context.setDefaultTimeout(STEP_MS);
  const denied = [];
  const complaints = [];
  await context.route("**/*", (route) => {
    if (route.request().url().startsWith(`${origin}/`)) return route.fallback();
    denied.push(route.request().url());
    return route.abort();
  });
  context.on("console", (message) => {
    if (message.type() === "error") complaints.push(message.text());
  });
  context.on("weberror", (error) => complaints.push(String(error.error())));
  return {
    context,
    complaints,
    tab: async () => new Tab(await context.newPage(), origin),
    done: async ({ isExpected = () => false } = {}) => {
      assert.deepEqual(denied, []);
      assert.deepEqual(complaints.filter((text) => !isExpected(text)), []);
      await context.close();
    },
  };
}

export class Tab {
  constructor(page, origin) {
    this.page = page;
    this.origin = origin;
  }

  /** The catalogue, and a course of it. */
  async choose(title = "Yoga for Beginners", { tier = "Standard", card = "Works" } = {}) {
    await this.page.goto(`${this.origin}/demo/`);
    await this.page.getByRole("link", { name: title }).click();
    await this.page.getByRole("heading", { level: 1, name: title }).waitFor();
    await this.page.getByRole("radio", { name: new RegExp(`^${tier}`) }).check();
    await this.card(card);
    return this;
  }

  card(name) {
    return this.page.getByRole("radio", { name: new RegExp(`^${name}`) }).check();
  }

  get payButton() {
    return this.page.getByRole("button", { name: /^Pay ₹/ });
  }

  press(name) {
    return this.page.getByRole("button", { name }).click();
  }

  /** Waits until the page says so. */
  async says(title) {
    const heading = this.page.getByRole("heading", { level: 2, name: title });
    try {
      await heading.waitFor();
    } catch (error) {
      error.message += `\nthe page says:\n${await this.page.locator("main").innerText()}`;
      throw error;
    }
  }

  get bought() {
    return this.page.getByRole("region", { name: "Your course" });
  }

  async purchaseId() {
    await this.bought.waitFor();
    return this.bought.getAttribute("data-purchase");
  }
}
