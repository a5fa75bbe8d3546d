// Who gets in, and what becomes of a token that ends.

import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { isFailedRequest } from "./browser.mjs";
import { mint } from "./gateway.mjs";
import { setting } from "./setting.mjs";

const its = setting();

describe("a pasted token", () => {
  test("lets an admin in, and stays for a reload, in this tab alone", async () => {
    const who = await its.person();
    const tab = await (await who.tab()).loggedIn("#/purchases");
    await tab.heading("Purchases");
    await tab.page.reload();
    await tab.heading("Purchases");
    await tab.says("asha");
    const other = await (await who.tab()).open("#/purchases");
    await other.heading("Console");
    assert.equal(await tab.page.evaluate(() => localStorage.length + document.cookie.length), 0);
    await who.done();
  });

  test("may be pasted with its word Bearer and with blanks around it", async () => {
    const who = await its.person();
    const tab = await (await who.tab()).open();
    await tab.paste(`  Bearer ${mint("ADMIN", "asha")}\n`);
    await tab.heading("What needs attention");
    await who.done();
  });

  const REFUSED = [
    ["of a student", () => mint("STUDENT", "meera"), "This token is a student’s (meera, role STUDENT)"],
    ["of a service", () => mint("SERVICE", "lms"), "This token is another system’s"],
    ["that has ended", () => mint("ADMIN", "asha", -120), "The gateway refused the token: The token has expired."],
    ["of another key", () => `${mint("ADMIN", "asha").slice(0, -6)}AAAAAA`, "The gateway refused the token"],
    ["that is none", () => "not-a-token", "The gateway refused the token: The token is not a signed JWT."],
    ["of two words", () => "two words", "That is no token"],
    ["left out", () => "", "Paste a token first."],
  ];
  for (const [name, token, said] of REFUSED) {
    test(`${name} is refused with the reason, and what was pasted stays`, async () => {
      const who = await its.person();
      const tab = await (await who.tab()).open();
      const pasted = token();
      await tab.paste(pasted);
      await tab.says(said);
      assert.equal(await tab.page.getByLabel("Access token of role ADMIN").inputValue(), pasted);
      await who.done({ isExpected: isFailedRequest });
    });
  }

  test("is gone after logging out, with all that was typed", async () => {
    const who = await its.person();
    const tab = await (await who.tab()).loggedIn("#/grant");
    await tab.fill("Reason", "To be forgotten");
    await tab.press("Log out");
    await tab.heading("Console");
    assert.equal(await tab.page.evaluate(() => sessionStorage.length), 0);
    await who.done();
  });
});

describe("a token that ends", () => {
  test("is told of beforehand, and at its end one logs in on top of the page", async () => {
    const who = await its.person();
    const tab = await who.tab();
    await tab.page.clock.install();
    await tab.loggedIn("#/grant");
    await tab.page.clock.fastForward(56 * 60_000);
    await tab.says("Your token ends at");
    await tab.fill("Reason", "Kept over the login");
    await tab.page.clock.fastForward(5 * 60_000);
    await tab.heading("Your token is over");
    await tab.paste(mint("ADMIN", "asha")); // the page’s clock is an hour fast by now
    await tab.page.getByRole("dialog").waitFor({ state: "detached" });
    assert.equal(await tab.page.getByLabel("Reason").inputValue(), "Kept over the login");
    await who.done({ isExpected: isFailedRequest });
  });

  test("amid an action: nothing is done, what was typed stays, and it is done once after the login", async () => {
    const student = its.student();
    const purchase = await its.gateway.grant(student, its.yoga);
    const who = await its.person();
    const tab = await (await who.tab()).loggedIn(`#/purchases/${purchase}/revoke`);
    await tab.fill("Reason", "Asked for it by phone");
    await tab.once("RevokePurchase", (route) =>
      route.continue({ headers: { ...route.request().headers(), authorization: `Bearer ${mint("ADMIN", "asha", -120)}` } }),
    );
    await tab.press("Revoke the purchase");
    await tab.heading("Your token is over");
    assert.equal((await its.gateway.purchase(purchase)).status, "ACTIVE");
    await tab.paste(mint("ADMIN", "asha"));
    await tab.page.getByRole("dialog").waitFor({ state: "detached" });
    await tab.says("Nothing was done.");
    assert.equal(await tab.page.getByLabel("Reason").inputValue(), "Asked for it by phone");
    await tab.press("Revoke the purchase");
    await tab.heading("It is revoked");
    const { status, history } = await its.gateway.purchase(purchase);
    assert.equal(status, "REVOKED");
    assert.equal(history.nodes.filter(({ action }) => action === "purchase.revoked").length, 1);
    await who.done({ isExpected: isFailedRequest });
  });

  test("can be looked past, and logged in again later", async () => {
    const who = await its.person();
    const tab = await who.tab();
    await tab.page.clock.install();
    await tab.loggedIn("#/courses");
    await tab.says("Yoga for Beginners");
    await tab.page.clock.fastForward(61 * 60_000);
    await tab.heading("Your token is over");
    await tab.press("Look at the page first");
    await tab.says("You are logged out");
    await tab.press("Log in again");
    await tab.paste(mint("ADMIN", "asha"));
    await tab.page.getByRole("dialog").waitFor({ state: "detached" });
    await who.done({ isExpected: isFailedRequest });
  });
});
