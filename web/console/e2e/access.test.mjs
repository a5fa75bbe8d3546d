// By keyboard alone, with a screen reader, on a phone, in the dark, without a connection.

import assert from "node:assert/strict";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, test } from "node:test";
import axe from "axe-core";
import { isFailedRequest, person } from "./browser.mjs";
import { serve } from "./gateway.mjs";
import { setting } from "./setting.mjs";

const its = setting();

describe("the console", () => {
  test("can be used by keyboard alone, and each page begins at its heading", async () => {
    const purchase = await its.gateway.grant(its.student(), its.yoga);
    const who = await its.person();
    const tab = await (await who.tab()).loggedIn("#/");
    const { keyboard } = tab.page;
    const focused = (name) => tab.page.getByRole("heading", { level: 1, name }).and(tab.page.locator(":focus"));
    await tab.shown(focused("What needs attention"));
    await keyboard.press("/");
    await keyboard.type(purchase);
    await keyboard.press("Enter");
    await tab.shown(focused(`“${purchase}”`));
    const hit = tab.page.getByRole("link", { name: purchase }).and(tab.page.locator(":focus"));
    await tab.shown(tab.page.getByRole("link", { name: purchase }));
    for (let presses = 0; presses < 6 && (await hit.count()) === 0; presses += 1) await keyboard.press("Tab");
    await keyboard.press("Enter");
    await tab.shown(focused("Yoga for Beginners, BASIC"));
    const revoke = tab.page.getByRole("link", { name: "Revoke" }).and(tab.page.locator(":focus"));
    for (let presses = 0; presses < 12 && (await revoke.count()) === 0; presses += 1) await keyboard.press("Tab");
    await keyboard.press("Enter");
    await tab.shown(focused("Revoke a purchase"));
    const reason = tab.page.getByLabel("Reason").and(tab.page.locator(":focus"));
    for (let presses = 0; presses < 12 && (await reason.count()) === 0; presses += 1) await keyboard.press("Tab");
    await keyboard.type("By keyboard");
    const button = tab.page.getByRole("button", { name: "Revoke the purchase" }).and(tab.page.locator(":focus"));
    for (let presses = 0; presses < 6 && (await button.count()) === 0; presses += 1) await keyboard.press("Tab");
    await keyboard.press("Enter");
    await tab.shown(tab.page.getByRole("status").and(tab.page.locator(":focus")).getByRole("heading", { name: "It is revoked" }));
    await who.done();
  });

  test("skips to the content, and names each page in the tab's title", async () => {
    const who = await its.person();
    const tab = await (await who.tab()).loggedIn("#/purchases");
    assert.equal(await tab.page.title(), "Purchases – Console");
    await tab.page.getByRole("link", { name: "To the content" }).focus();
    await tab.page.keyboard.press("Enter");
    assert.equal(await tab.page.evaluate(() => document.activeElement?.tagName), "MAIN");
    await tab.follow("Jobs");
    await tab.heading("Jobs");
    assert.equal(await tab.page.title(), "Jobs – Console");
    await who.done();
  });

  const LOOKS = { light: {}, dark: { colorScheme: "dark" }, phone: { viewport: { width: 360, height: 740 } } };
  for (const [look, options] of Object.entries(LOOKS)) {
    test(`has no fault that axe finds, and fits, in ${look}`, async () => {
      const student = its.student();
      const { paymentId, purchaseId } = await its.gateway.pay(student, its.yoga);
      await its.gateway.refund(paymentId, 10_000);
      const who = await its.person(options);
      const tab = await (await who.tab()).open();
      await tab.shown(tab.page.getByLabel("Access token of role ADMIN"));
      const faults = [await faultsOf(tab, "login")];
      await tab.loggedIn();
      const pages = [
        "", `search?for=${student}`, `students/${student}`, "purchases", `purchases/${purchaseId}`, `purchases/${purchaseId}/revoke`,
        `purchases/${purchaseId}/extend`, `purchases/${purchaseId}/correct`, `purchases/${purchaseId}/record/1`, "grant", "payments",
        `payments/${paymentId}`, `payments/${paymentId}/refund`, "refunds", "jobs", "courses", `courses/${its.yoga}`,
        "courses/new", "numbers", `students/${student}/erase`,
      ];
      for (const page of pages) {
        await tab.open(`#/${page}`);
        await tab.shown(tab.page.getByRole("heading", { level: 1 }));
        await tab.page.locator(".loading").waitFor({ state: "detached" });
        faults.push(await faultsOf(tab, page));
      }
      assert.deepEqual(faults.flat(), []);
      await who.done();
    });
  }

  test("says that the connection is gone, keeps what was typed, and goes on when it is back", async () => {
    const purchase = await its.gateway.grant(its.student(), its.yoga);
    const who = await its.person();
    const tab = await (await who.tab()).loggedIn(`#/purchases/${purchase}/revoke`);
    await tab.fill("Reason", "Typed on a train");
    await who.context.setOffline(true);
    await tab.press("Revoke the purchase");
    await tab.heading("You are offline");
    await tab.says("Nobody knows yet whether it was done.");
    assert.equal(await tab.page.getByLabel("Reason").inputValue(), "Typed on a train");
    await who.context.setOffline(false);
    await tab.press("Send it again as it is");
    await tab.heading("It is revoked");
    const { history } = await its.gateway.purchase(purchase);
    assert.equal(history.nodes.filter(({ action }) => action === "purchase.revoked").length, 1);
    await who.done({ isExpected: isFailedRequest });
  });

  test("is kept up to date again after the gateway was away, and knows what happened meanwhile", async () => {
    const home = await mkdtemp(join(tmpdir(), "console-"));
    const yesterday = await serve({ home });
    const who = await person(its.browser, yesterday.origin);
    const tab = await (await who.tab()).loggedIn("#/purchases?student=patient");
    await tab.says("kept up to date");
    await yesterday.stop("SIGKILL");
    await tab.page.getByText("kept up to date").waitFor({ state: "detached" });
    const today = await serve({ home, port: Number(new URL(yesterday.origin).port) });
    const purchase = await today.grant("patient", its.yoga);
    await tab.says(purchase);
    await tab.says("kept up to date");
    await who.done({ isExpected: isFailedRequest });
    await today.stop();
    await rm(home, { recursive: true, force: true });
  });

  test("works where the gateway runs registered documents alone", async () => {
    const home = await mkdtemp(join(tmpdir(), "console-"));
    const registered = join(home, "of-the-shop.json");
    await writeFile(registered, JSON.stringify({ 1: "{ viewer { id } }" }));
    const strict = await serve({ env: { GATEWAY_TRUSTED_DOCUMENTS: registered, GATEWAY_ONLY_TRUSTED_DOCUMENTS: "true" } });
    const who = await person(its.browser, strict.origin);
    const tab = await (await who.tab()).loggedIn("#/grant");
    await tab.fill("Student", "strictly");
    await tab.page.getByLabel("Course", { exact: true }).selectOption({ label: "Yoga for Beginners" });
    await tab.page.getByLabel("Tier", { exact: true }).selectOption("BASIC");
    await tab.fill("Reason", "By a registered document");
    await tab.press("Grant the course");
    await tab.heading("It is granted");
    await tab.open("#/purchases?student=strictly");
    await tab.says("kept up to date");
    for (const page of ["", "search?for=strictly", "students/strictly", "payments", "refunds", "jobs", "courses", `courses/${its.yoga}`, "numbers"]) {
      await tab.open(`#/${page}`);
      await tab.page.locator(".loading").waitFor({ state: "detached" });
      assert.equal(await tab.page.getByText("takes no questions of the console").count(), 0, page);
    }
    await who.done();
    await strict.stop();
    await rm(home, { recursive: true, force: true });
  });
});

/** What axe finds on a page, and whether one has to scroll it sideways. */
async function faultsOf(tab, page) {
  await tab.page.evaluate(axe.source);
  const { violations } = await tab.page.evaluate(() => globalThis.axe.run(document, { resultTypes: ["violations"] }));
  const { scrollWidth, clientWidth } = await tab.page.evaluate(() => document.documentElement);
  return [
    ...violations.flatMap(({ id, nodes }) => nodes.map(({ html, failureSummary }) => [page, id, html.slice(0, 200), failureSummary])),
    ...(scrollWidth > clientWidth ? [[page, "too wide", scrollWidth, clientWidth]] : []),
  ];
}
