// Payments and jobs: what happened to the money, refunds with their outcome, and what was given up.

import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { describe, test } from "node:test";
import { isFailedRequest, operationOf } from "./browser.mjs";
import { setting } from "./setting.mjs";

const its = setting();

const back = ({ refunds }) => refunds.map(({ amount, reason }) => [amount.amountMinor, reason]);

describe("a payment", () => {
  test("shows where its money is, and how it came there", async () => {
    const { paymentId, purchaseId } = await its.gateway.pay(its.student(), its.yoga);
    await its.gateway.refund(paymentId, 50_000, "Two sessions fell out");
    const who = await its.person();
    const tab = await (await who.tab()).loggedIn(`#/payments/${paymentId}`);
    await tab.heading("₹1,999.00");
    await tab.says("Payment captured");
    await tab.says("Payment refund requested");
    await tab.says("Two sessions fell out");
    await tab.says("Learnt by: the student’s page");
    await tab.says("Asked for: here");
    await tab.says("₹1,499.00");
    await tab.follow(purchaseId);
    await tab.heading("Yoga for Beginners, BASIC");
    await who.done();
  });

  test("is refunded in part, and then all that is left, with what becomes of it told live", async () => {
    const { paymentId, purchaseId } = await its.gateway.pay(its.student(), its.yoga);
    const who = await its.person();
    const tab = await (await who.tab()).loggedIn(`#/payments/${paymentId}`);
    await tab.follow("Refund");
    assert.equal(await tab.page.getByLabel("Amount in INR").inputValue(), "1999.00");
    await tab.says("so does its access");
    await tab.fill("Amount in INR", "500");
    await tab.says("The student keeps the course as it is");
    await tab.says("₹1,499.00 are left");
    await tab.fill("Reason", "A session fell out");
    await tab.press("Refund ₹500.00");
    await tab.heading("The refund is decided");
    await tab.says("The provider has sent the money back.");
    assert.equal((await its.gateway.purchase(purchaseId)).status, "ACTIVE");
    await tab.follow("The payment and its timeline");
    await tab.follow("Refund");
    await tab.fill("Reason", "Moved away");
    await tab.press("Refund ₹1,499.00");
    await tab.says("The provider has sent the money back.");
    assert.deepEqual(back(await its.gateway.payment(paymentId)), [[50_000, "A session fell out"], [149_900, "Moved away"]]);
    assert.equal((await its.gateway.purchase(purchaseId)).status, "REFUNDED");
    await who.done();
  });

  test("whose money the provider does not give back: that is said as well", async () => {
    const { paymentId } = await its.gateway.pay(its.student(), its.yoga, { card: "tok_refuse_refund" });
    const who = await its.person();
    const tab = await (await who.tab()).loggedIn(`#/payments/${paymentId}/refund`);
    await tab.fill("Reason", "Moved away");
    await tab.press("Refund ₹1,999.00");
    await tab.says("The provider does not send it back");
    await who.done();
  });

  for (const [typed, said] of [
    ["2000", "At most ₹1,999.00 can go back."],
    ["0", "Type an amount in INR"],
    ["1.999", "Type an amount in INR"],
    ["-5", "Type an amount in INR"],
    ["1e3", "Type an amount in INR"],
    ["", "Type an amount in INR"],
  ]) {
    test(`is not refunded by “${typed}”`, async () => {
      const { paymentId } = await its.gateway.pay(its.student(), its.yoga);
      const who = await its.person();
      const tab = await (await who.tab()).loggedIn(`#/payments/${paymentId}/refund`);
      await tab.fill("Amount in INR", typed);
      await tab.fill("Reason", "A slip");
      await tab.page.locator("button[type=submit]").last().click();
      await tab.heading("Not sent");
      await tab.says(said);
      assert.deepEqual((await its.gateway.payment(paymentId)).refunds, []);
      await who.done();
    });
  }

  test("in a currency without minor units is refunded in whole ones", async () => {
    const course = await its.gateway.course("Tea", "JPY");
    const { paymentId } = await its.gateway.pay(its.student(), course);
    const who = await its.person();
    const tab = await (await who.tab()).loggedIn(`#/payments/${paymentId}/refund`);
    assert.equal(await tab.page.getByLabel("Amount in JPY").inputValue(), "199900");
    await tab.fill("Amount in JPY", "900");
    await tab.fill("Reason", "A cup less");
    await tab.press("Refund JP¥900");
    await tab.heading("The refund is decided");
    assert.deepEqual(back(await its.gateway.payment(paymentId)), [[900, "A cup less"]]);
    await who.done();
  });

  test("of which another admin gives back a part meanwhile: it is said, and nothing but what was previewed is done", async () => {
    const { paymentId } = await its.gateway.pay(its.student(), its.yoga);
    const who = await its.person();
    const tab = await (await who.tab()).loggedIn(`#/payments/${paymentId}/refund`);
    await tab.fill("Reason", "All of it");
    await its.gateway.refund(paymentId, 100_000);
    await tab.heading("It changed while you were here");
    await tab.says("At most ₹999.00 can go back.");
    assert.equal(await tab.page.getByLabel("Reason").inputValue(), "All of it");
    assert.deepEqual(back(await its.gateway.payment(paymentId)), [[100_000, "By another admin"]]);
    await who.done();
  });

  test("of which another admin gives back a part in the same instant: nothing more goes back", async () => {
    const { paymentId } = await its.gateway.pay(its.student(), its.yoga);
    const who = await its.person();
    const tab = await (await who.tab()).loggedIn(`#/payments/${paymentId}/refund`);
    await tab.fill("Reason", "All of it");
    await tab.once("RefundPayment", async (route) => {
      await its.gateway.refund(paymentId, 100_000);
      await route.fallback();
    });
    await tab.press("Refund ₹1,999.00");
    await tab.heading("Nothing was done");
    await tab.says("must be 1 to 99900");
    assert.deepEqual(back(await its.gateway.payment(paymentId)), [[100_000, "By another admin"]]);
    await who.done();
  });

  test("whose refund's answer is lost goes back once, though it is sent again", async () => {
    const { paymentId } = await its.gateway.pay(its.student(), its.yoga);
    const who = await its.person();
    const tab = await (await who.tab()).loggedIn(`#/payments/${paymentId}/refund`);
    await tab.fill("Amount in INR", "300");
    await tab.fill("Reason", "The line was bad");
    await tab.once("RefundPayment", async (route) => {
      await route.fetch();
      await route.abort("connectionreset");
    });
    await tab.press("Refund ₹300.00");
    await tab.says("Nobody knows yet whether it was done.");
    await tab.press("Send it again as it is");
    await tab.heading("This refund was decided already");
    assert.deepEqual(back(await its.gateway.payment(paymentId)), [[30_000, "The line was bad"]]);
    await who.done({ isExpected: isFailedRequest });
  });

  test("list is filtered, and saved as CSV with plain amounts", async () => {
    const student = its.student();
    const { paymentId } = await its.gateway.pay(student, its.yoga);
    await its.gateway.pay(student, its.yoga, { tier: "STANDARD", card: "tok_decline_insufficient_funds" });
    const who = await its.person();
    const tab = await (await who.tab()).loggedIn("#/payments");
    await tab.fill("Student", student);
    await tab.page.getByLabel("State").selectOption({ label: "Succeeded" });
    await tab.press("Show");
    await tab.says("1 payment on this page");
    const [download] = await Promise.all([tab.page.waitForEvent("download"), tab.press("Save as CSV")]);
    const [names, row, ...more] = (await readFile(await download.path(), "utf8")).slice(1).trimEnd().split("\r\n");
    assert.deepEqual(more, []);
    const cells = Object.fromEntries(names.split(",").map((name, at) => [name, row.split(",")[at]]));
    assert.deepEqual(
      [cells.payment, cells.student, cells.amount, cells["refunded amount"], cells.currency],
      [paymentId, student, "1999.00", "0.00", "INR"],
    );
    await who.done();
  });
});

describe("what was given up", () => {
  const stuck = async () => {
    const { paymentId } = await its.gateway.pay(its.student(), its.yoga, { card: "tok_refuse_refund" });
    await its.gateway.refund(paymentId, null, "Bought by mistake");
    for (;;) {
      const { jobs } = await its.gateway.ask(`{ jobs(filter: {paymentId: "${paymentId}", state: FAILED}) { nodes { id } } }`);
      if (jobs.nodes.length > 0) return { paymentId, jobId: jobs.nodes[0].id };
    }
  };

  test("is listed with why, and run again with a reason", async () => {
    const { paymentId, jobId } = await stuck();
    const who = await its.person();
    const tab = await (await who.tab()).loggedIn();
    const mine = tab.page.getByRole("listitem").filter({ hasText: paymentId });
    await tab.shown(mine.getByText("The student's bank account was closed"));
    await mine.getByRole("link", { name: "Run again" }).click();
    await tab.heading("Run a job again");
    await tab.press("Run a job again");
    await tab.says("Say why, for the audit.");
    await tab.fill("Reason", "They have a new account");
    await tab.press("Run a job again");
    await tab.heading("It runs again");
    const { payment } = await its.gateway.ask(`{ payment(id: "${paymentId}") { history(first: 50) { nodes { action reason } } } }`);
    const retried = payment.history.nodes.filter(({ action }) => action === "job.retried");
    assert.deepEqual(retried.map(({ reason }) => reason), ["They have a new account"]);
    await tab.open(`#/jobs/${jobId}`);
    await tab.heading("Payment refund");
    await who.done();
  });

  test("is called off, and is off the list", async () => {
    const { paymentId, jobId } = await stuck();
    const who = await its.person();
    const tab = await (await who.tab()).loggedIn(`#/jobs/${jobId}`);
    await tab.follow("Call off");
    await tab.says("The refund stays owed");
    await tab.fill("Reason", "Paid by hand");
    await tab.press("Call a job off");
    await tab.heading("It is off the list");
    await tab.open("#/");
    await tab.shown(tab.page.getByRole("heading", { name: "What needs attention" }));
    await tab.page.locator(".loading").waitFor({ state: "detached" });
    assert.equal(await tab.page.getByText(paymentId).count(), 0);
    await tab.open(`#/jobs?payment=${paymentId}&state=CANCELED`);
    await tab.says("1 job on this page");
    await who.done();
  });

  test("a mutation is sent once, however often its button is pressed", async () => {
    const { jobId } = await stuck();
    const who = await its.person();
    const tab = await (await who.tab()).loggedIn(`#/jobs/${jobId}/cancel`);
    let sent = 0;
    tab.page.on("request", (request) => (sent += operationOf(request) === "CancelJob" ? 1 : 0));
    await tab.fill("Reason", "Paid by hand");
    await tab.page.getByRole("button", { name: "Call a job off" }).dblclick();
    await tab.heading("It is off the list");
    assert.equal(sent, 1);
    await who.done();
  });
});
