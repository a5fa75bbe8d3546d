// Each page shows what changes while one looks at it, by the gateway's word and not by asking now and then.

import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { isFailedRequest, operationOf } from "./browser.mjs";
import { setting } from "./setting.mjs";

const its = setting();

const UP = /[Kk]ept up to date/;

/** Sooner than a list is asked for without the gateway's word. */
const SOON = { timeout: 12_000 };

describe("without a reload", () => {
  test("payments show what is paid, and refunds what goes back", async () => {
    const student = its.student();
    const who = await its.person();
    const payments = await (await who.tab()).loggedIn(`#/payments?student=${student}`);
    await payments.says(UP);
    const { paymentId } = await its.gateway.pay(student, its.yoga);
    await payments.page.getByRole("cell", { name: "Succeeded" }).waitFor(SOON);
    const refunds = await (await who.tab()).loggedIn(`#/refunds?student=${student}`);
    await refunds.says(UP);
    await its.gateway.refund(paymentId, 50_000, "A session fell out");
    await refunds.page.getByText("A session fell out").waitFor(SOON);
    await payments.page.getByRole("cell", { name: "Partially refunded" }).waitFor(SOON);
    await who.done();
  });

  test("what needs attention comes, and goes once another admin dealt with it", async () => {
    const { paymentId } = await its.gateway.pay(its.student(), its.yoga, { card: "tok_refuse_refund" });
    const who = await its.person();
    const attention = await (await who.tab()).loggedIn();
    await attention.says(UP);
    const jobs = await (await who.tab()).loggedIn(`#/jobs?payment=${paymentId}`);
    await jobs.says(UP);
    await its.gateway.refund(paymentId, null, "Bought by mistake");
    const mine = attention.page.getByRole("listitem").filter({ hasText: paymentId });
    await mine.waitFor(SOON);
    await jobs.page.getByRole("cell", { name: "Failed", exact: true }).waitFor(SOON);
    const { jobs: found } = await its.gateway.ask(`{ jobs(filter: {paymentId: "${paymentId}", state: FAILED}) { nodes { id } } }`);
    const job = await (await who.tab()).loggedIn(`#/jobs/${found.nodes[0].id}`);
    await job.says(UP);
    await its.gateway.ask(`mutation { cancelJob(input: {jobId: "${found.nodes[0].id}", reason: "Paid by hand"}) { __typename } }`);
    await mine.waitFor({ state: "detached", ...SOON });
    await job.page.getByText("Canceled").first().waitFor(SOON);
    await who.done();
  });

  test("a student's page shows a payment, courses a new one, and numbers a sum", async () => {
    const [course, student] = [await its.gateway.course("Fencing"), its.student()];
    await its.gateway.grant(student, its.yoga);
    const who = await its.person();
    const theirs = await (await who.tab()).loggedIn(`#/students/${student}`);
    const courses = await (await who.tab()).loggedIn("#/courses");
    const numbers = await (await who.tab()).loggedIn(`#/numbers?course=${course}`);
    for (const tab of [theirs, courses, numbers]) await tab.says(UP);
    const { paymentId } = await its.gateway.pay(student, course);
    await its.gateway.course("Archery");
    await theirs.page.getByText(paymentId).first().waitFor(SOON);
    await courses.page.getByText("Archery").waitFor(SOON);
    await numbers.page.getByRole("row", { name: /Fencing/ }).getByText("₹1,999.00").waitFor({ timeout: 25_000 });
    await who.done();
  });
});

test("while the gateway's line is down, a list is asked for all the same", async () => {
  const student = its.student();
  const who = await its.person();
  const tab = await who.tab();
  await tab.page.route("**/graphql", (route) =>
    operationOf(route.request()) === "ChangedNow" ? route.abort("connectionreset") : route.fallback(),
  );
  await tab.page.clock.install();
  await tab.loggedIn(`#/payments?student=${student}`);
  await tab.says("No payment meets this filter.");
  const { paymentId } = await its.gateway.pay(student, its.yoga);
  assert.equal(await tab.page.getByText(UP).count(), 0);
  await tab.page.clock.fastForward(21_000);
  await tab.says(paymentId);
  await who.done({ isExpected: isFailedRequest });
});

test("courses that did not come are asked for again", async () => {
  const who = await its.person();
  const tab = await who.tab();
  await tab.once("Catalogue", (route) => route.abort("connectionreset"));
  await tab.loggedIn("#/payments");
  await tab.says("Not all courses came.");
  await tab.press("Try again");
  await tab.page.getByLabel("Course", { exact: true }).selectOption({ label: "Yoga for Beginners" });
  await who.done({ isExpected: isFailedRequest });
});

test("a list that cannot be asked for anew stays as it was known, says so, and offers to try again", async () => {
  const student = its.student();
  const { paymentId } = await its.gateway.pay(student, its.yoga);
  const who = await its.person();
  const tab = await (await who.tab()).loggedIn(`#/payments?student=${student}`);
  await tab.says(UP);
  await tab.page.getByText(paymentId).waitFor();
  let isAway = true;
  await tab.page.route("**/graphql", (route) =>
    isAway && operationOf(route.request()) === "Payments" ? route.abort("connectionreset") : route.fallback(),
  );
  await its.gateway.pay(its.student(), its.yoga);
  await tab.heading("The gateway does not answer");
  await tab.says("What you see below is what was known before.");
  assert.equal(await tab.page.getByText(paymentId).count(), 1);
  isAway = false;
  await tab.press("Try again");
  await tab.page.getByRole("heading", { name: "The gateway does not answer" }).waitFor({ state: "detached" });
  await who.done({ isExpected: isFailedRequest });
});
