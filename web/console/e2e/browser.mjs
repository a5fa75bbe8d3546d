// People who work with the console, in a Chromium that reaches the gateway and nothing else.

import { chromium } from "playwright-core";
import * as shared from "../../e2e/chromium.mjs";
import { mint } from "./gateway.mjs";

export { isFailedRequest } from "../../e2e/chromium.mjs";

export function launch() {
  return shared.launch(chromium);
}

/** Somebody with a browser profile of their own. */
export async function person(browser, origins, options) {
  const [origin, ...others] = [origins].flat();
  const its = await shared.profile(browser, [origin, ...others], options);
  return { ...its, tab: async () => new Tab(await its.context.newPage(), origin) };
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

  shown(locator) {
    return shared.shown(this.page, locator);
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
