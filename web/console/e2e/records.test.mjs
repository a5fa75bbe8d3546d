// Sessions, courses, students and numbers.

import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { describe, test } from "node:test";
import { setting } from "./setting.mjs";

const its = setting();

const used = async (id) => {
  const { purchase } = await its.gateway.ask(`{ purchase(id: "${id}") { access { sessionsUsed } sessions(first: 4) { number isUsed record { heldAt } } } }`);
  return purchase;
};

describe("a session", () => {
  test("is recorded as held at a wall-clock time, and withdrawn with a reason", async () => {
    const purchase = await its.gateway.grant(its.student(), its.yoga);
    const who = await its.person({ timezoneId: "America/New_York" });
    const tab = await (await who.tab()).loggedIn(`#/purchases/${purchase}`);
    await tab.page.getByRole("link", { name: "Record session 2", exact: true }).click();
    await tab.heading("Record session 2");
    await tab.says("counts as used: 1 of 4");
    await tab.press("Record session 2");
    await tab.heading("It is recorded");
    await tab.says("1 of 4 are used now.");
    assert.equal((await used(purchase)).access.sessionsUsed, 1);

    await tab.page.reload();
    await tab.says("Session 2 is recorded already, by asha.");
    await tab.open(`#/purchases/${purchase}`);
    await tab.page.getByRole("link", { name: "Withdraw session 2", exact: true }).click();
    await tab.press("Withdraw session 2");
    await tab.says("Say why, for the audit.");
    await tab.fill("Reason", "The teacher was ill");
    await tab.press("Withdraw session 2");
    await tab.heading("It is withdrawn");
    assert.equal((await used(purchase)).access.sessionsUsed, 0);
    await who.done();
  });

  test("cannot be recorded for a time to come", async () => {
    const purchase = await its.gateway.grant(its.student(), its.yoga);
    const who = await its.person();
    const tab = await (await who.tab()).loggedIn(`#/purchases/${purchase}/record/1`);
    await tab.fill("Day", "2090-01-01");
    await tab.press("Record session 1");
    await tab.heading("Nothing was done");
    assert.equal(await tab.page.getByLabel("Day").getAttribute("aria-invalid"), "true");
    assert.equal((await used(purchase)).access.sessionsUsed, 0);
    await who.done();
  });

  test("that the purchase does not have is said", async () => {
    const purchase = await its.gateway.grant(its.student(), its.yoga);
    const who = await its.person();
    const tab = await (await who.tab()).loggedIn(`#/purchases/${purchase}/record/9`);
    await tab.says("This purchase has no session 9.");
    await who.done();
  });
});

describe("a course", () => {
  test("is added, and changed, with what changes shown beforehand", async () => {
    const who = await its.person();
    const tab = await (await who.tab()).loggedIn("#/courses");
    await tab.follow("Add a course");
    await tab.heading("Add a course");
    await tab.fill("Title", "Calligraphy");
    await tab.fill("Description", "Ink, <b>brush</b>\nand patience.");
    await tab.fill("Code", "BASIC");
    await tab.fill("Sessions", "4");
    await tab.fill("Price", "1999.5");
    await tab.fill("Days", "90");
    await tab.says("BASIC is sold from now on: 4 sessions, ₹1,999.50, 90 days, rank 1");
    await tab.press("Add the course");
    await tab.heading("It is saved");
    await tab.page.getByRole("link", { name: /^See crs_/ }).click();
    await tab.heading("Calligraphy");
    assert.equal(await tab.page.getByLabel("Description").inputValue(), "Ink, <b>brush</b>\nand patience.");
    await tab.fill("Description", "Ink and patience.");
    await tab.says("Its description changes.");
    await tab.press("Add a tier");
    const second = tab.page.getByRole("group", { name: "Tier 2" });
    for (const [label, text] of [["Code", "FULL"], ["Sessions", "12"], ["Price", "4999"], ["Rank", "2"]]) {
      await second.getByLabel(label, { exact: true }).fill(text);
    }
    await tab.page.getByRole("group", { name: "Tier 1" }).getByLabel("Price").fill("2500");
    await tab.shown(tab.page.getByText("BASIC: 4 sessions, ₹1,999.50, 90 days, rank 1 → 4 sessions, ₹2,500.00, 90 days, rank 1"));
    await tab.press("Save the course");
    await tab.heading("It is saved");
    const { courses } = await its.gateway.ask("{ courses(last: 20) { nodes { title description tiers { code price { amountMinor } validityDays } } } }");
    const saved = courses.nodes.find(({ title }) => title === "Calligraphy");
    assert.equal(saved.description, "Ink and patience.");
    assert.deepEqual(saved.tiers, [
      { code: "BASIC", price: { amountMinor: 250_000 }, validityDays: 90 },
      { code: "FULL", price: { amountMinor: 499_900 }, validityDays: null },
    ]);
    await who.done();
  });

  test("with two tiers of one rank is refused at its field, and nothing typed is lost", async () => {
    const course = await its.gateway.course("Juggling");
    const who = await its.person();
    const tab = await (await who.tab()).loggedIn(`#/courses/${course}`);
    await tab.page.getByRole("group", { name: "Tier 2" }).getByLabel("Rank").fill("1");
    await tab.press("Save the course");
    await tab.heading("Nothing was done");
    assert.equal(await tab.page.getByRole("group", { name: "Tier 2" }).getByLabel("Rank").inputValue(), "1");
    await who.done();
  });
});

describe("a student", () => {
  test("is found by how the id begins, with all that is theirs and one history of it", async () => {
    const student = its.student();
    const { paymentId, purchaseId } = await its.gateway.pay(student, its.yoga);
    await its.gateway.refund(paymentId, 50_000, "A session fell out");
    const who = await its.person();
    const tab = await (await who.tab()).loggedIn();
    await tab.page.keyboard.press("/");
    await tab.page.keyboard.type(student.slice(0, -1));
    await tab.page.keyboard.press("Enter");
    await tab.page.getByRole("main").getByRole("link", { name: student, exact: true }).first().click();
    await tab.heading(student);
    for (const text of [purchaseId, paymentId, "A session fell out", "Payment refund requested", "Purchase created"]) await tab.says(text);
    await who.done();
  });

  test("of whom there is nothing is said plainly", async () => {
    const who = await its.person();
    const tab = await (await who.tab()).loggedIn("#/students/nobody%20at%20all");
    await tab.heading("There is nothing of this student");
    await who.done();
  });

  test("and anything else is found by its id, ours or the provider’s", async () => {
    const { paymentId, purchaseId } = await its.gateway.pay(its.student(), its.yoga);
    const { payment } = await its.gateway.ask(`{ payment(id: "${paymentId}") { providerReference } }`);
    const who = await its.person();
    const tab = await (await who.tab()).loggedIn();
    for (const [text, leadsTo] of [[paymentId, paymentId], [payment.providerReference, paymentId], [purchaseId, purchaseId], [its.yoga, "Yoga for Beginners"]]) {
      await tab.page.getByRole("searchbox").fill(text);
      await tab.page.keyboard.press("Enter");
      await tab.heading(`“${text}”`);
      await tab.shown(tab.page.getByRole("main").getByRole("link", { name: leadsTo, exact: true }).first());
    }
    await tab.page.getByRole("searchbox").fill("nobody-is-called-so");
    await tab.page.keyboard.press("Enter");
    await tab.says("Nothing is called so");
    await who.done();
  });
});

describe("refunds", () => {
  test("are listed with disputes, narrowed by amount, and saved as CSV", async () => {
    const student = its.student();
    const { paymentId } = await its.gateway.pay(student, its.yoga);
    await its.gateway.refund(paymentId, 50_000, "The larger one");
    await its.gateway.refund(paymentId, 10_000, "=The smaller one");
    const who = await its.person();
    const tab = await (await who.tab()).loggedIn(`#/refunds?student=${student}`);
    await tab.says("2 refunds on this page");
    await tab.fill("Currency", "inr");
    await tab.fill("At most", "100.00");
    await tab.press("Show");
    await tab.says("1 refund on this page");
    const [download] = await Promise.all([tab.page.waitForEvent("download"), tab.press("Save as CSV")]);
    assert.match(await readFile(await download.path(), "utf8"), /,100\.00,INR,"'=The smaller one",/);
    await who.done();
  });
});

describe("numbers", () => {
  test("are those of the gateway, as charts and in numbers, for one course too", async () => {
    const course = await its.gateway.course("Pottery");
    const { paymentId } = await its.gateway.pay(its.student(), course);
    await its.gateway.pay(its.student(), course, { tier: "STANDARD" });
    await its.gateway.grant(its.student(), course);
    await its.gateway.refund(paymentId, 50_000);
    while ((await its.gateway.payment(paymentId)).amountRefunded.amountMinor < 50_000); // a job sends it back
    const who = await its.person();
    const tab = await (await who.tab()).loggedIn(`#/numbers?course=${course}`);
    await tab.shown(tab.page.getByRole("img", { name: /^By day: Captured: ₹6,998\.00 in all, .* Refunded: ₹500\.00 in all/ }));
    const row = tab.page.getByRole("row", { name: /Pottery/ });
    assert.deepEqual(await row.getByRole("cell").allInnerTexts(), ["Pottery", "₹6,998.00", "₹500.00", "2", "2", "1"]);
    const [download] = await Promise.all([tab.page.waitForEvent("download"), tab.press("Save as CSV")]);
    assert.match(await readFile(await download.path(), "utf8"), /Pottery,INR,6998\.00,500\.00,2,2,0/);
    await who.done();
  });

  test("of too many days, or of none, are not asked for", async () => {
    const who = await its.person();
    const tab = await (await who.tab()).loggedIn("#/numbers?from=2020-01-01&to=2026-01-01");
    await tab.says("At most 100 days are shown at once.");
    await tab.open("#/numbers?from=2026-02-01&to=2026-01-01");
    await tab.heading("These are no days");
    await who.done();
  });
});

describe("erasing a student", () => {
  test("waits for what is open, wants the id typed, and then nothing names them", async () => {
    const student = its.student();
    const purchase = await its.gateway.grant(student, its.yoga, "BASIC", "A raffle");
    const who = await its.person();
    const tab = await (await who.tab()).loggedIn(`#/students/${student}`);
    await tab.follow("Erase");
    await tab.fill("Reason", "Asked for it by letter");
    await tab.press("Erase the student for good");
    await tab.says("Type the student’s id, as it stands above.");
    await tab.fill("The student’s id, once more", student);
    await tab.press("Erase the student for good");
    await tab.heading("Nothing was done");
    await tab.says("A purchase is in force");
    await its.gateway.revoke(purchase);
    await tab.press("Erase the student for good");
    await tab.heading("The student is erased");
    const { student: gone } = await its.gateway.ask(`{ student(id: "${student}") { id } }`);
    assert.equal(gone, null);
    await who.done();
  });
});
