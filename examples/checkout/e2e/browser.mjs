// Students who buy, in a Chromium that reaches the gateway and nothing else.

import { chromium } from "playwright-core";
import * as shared from "../../../web/e2e/chromium.mjs";

export function launch() {
  return shared.launch(chromium);
}

/** A student with a browser profile of their own. */
export async function student(browser, origin, options = {}) {
  const its = await shared.profile(browser, [origin], { viewport: { width: 1180, height: 900 }, ...options });
  return { ...its, tab: async () => new Tab(await its.context.newPage(), origin) };
}

export class Tab {
  constructor(page, origin) {
    this.page = page;
    this.origin = origin;
  }

  /** The catalogue, and a course of it. */
  async choose(title = "Yoga for Beginners", { tier = "Standard", card = "Works" } = {}) {
    await this.page.goto(`${this.origin}/demo/`);
    const course = this.page.getByRole("link", { name: title });
    await shared.shown(this.page, course);
    await course.click();
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
  says(title) {
    return shared.shown(this.page, this.page.getByRole("heading", { level: 2, name: title }));
  }

  get bought() {
    return this.page.getByRole("region", { name: "Your course" });
  }

  async purchaseId() {
    await this.bought.waitFor();
    return this.bought.getAttribute("data-purchase");
  }
}
