// Purchases: found, looked at, and put right, against a real gateway.

import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { describe, test } from "node:test";
import { isFailedRequest, operationOf, person } from "./browser.mjs";
import { mint, serve } from "./gateway.mjs";
import { setting } from "./setting.mjs";

const its = setting();

const done = (purchase, what) => purchase.history.nodes.filter(({ action }) => action === what);

describe("the list", () => {
  test("is narrowed by a filter that the address keeps", async () => {
    const [course, student] = [await its.gateway.course("Chess"), its.student()];
    const mine = await its.gateway.grant(student, course);
    await its.gateway.grant(its.student(), course);
    const who = await its.person();
    const tab = await (await who.tab()).loggedIn("#/purchases");
    await tab.fill("Student", student);
    await tab.page.getByLabel("State").selectOption({ label: "Active" });
    await tab.press("Show");
    await tab.says("1 purchase on this page");
    assert.equal(await tab.page.getByRole("row").count(), 2);
    assert.match(tab.page.url(), new RegExp(`student=${student}&status=ACTIVE`));
    await tab.page.reload();
    await tab.says("1 purchase on this page");
    await tab.follow(mine);
    await tab.heading("Chess, BASIC");
    await tab.says("Won the raffle");
    await tab.page.goBack();
    await tab.says("1 purchase on this page");
    await who.done();
  });

  test("goes on page by page, and back", async () => {
    const course = await its.gateway.course("Painting");
    for (let number = 0; number < 27; number += 1) await its.gateway.grant(`painter-${String(number).padStart(2, "0")}`, course);
    const who = await its.person();
    const tab = await (await who.tab()).loggedIn(`#/purchases?course=${course}`);
    await tab.says("25 purchases on this page");
    await tab.follow("Older →");
    await tab.says("2 purchases on this page");
    await tab.says("painter-00");
    await tab.follow("← Newer");
    await tab.says("25 purchases on this page");
    await who.done();
  });

  test("shows what another admin does, without a reload", async () => {
    const student = its.student();
    const who = await its.person();
    const tab = await (await who.tab()).loggedIn(`#/purchases?student=${student}`);
    await tab.says("kept up to date");
    await tab.says("No purchase meets this filter.");
    const purchase = await its.gateway.grant(student, its.yoga);
    await tab.says(purchase);
    await its.gateway.revoke(purchase);
    await tab.shown(tab.page.getByRole("cell", { name: "Revoked" }));
    await who.done();
  });

  test("is saved whole as CSV, in which no cell is a formula", async () => {
    const course = await its.gateway.course("=HYPERLINK(1)");
    const students = ["=cmd|'/c calc'!A1", "+1", "-2+3", "@SUM(A1)", 'with "quotes", and a comma', "plain"];
    for (const student of students) await its.gateway.grant(student, course);
    for (let number = 0; number < 130; number += 1) await its.gateway.grant(`crowd-${number}`, course);
    const who = await its.person();
    const tab = await (await who.tab()).loggedIn(`#/purchases?course=${course}`);
    const [download] = await Promise.all([tab.page.waitForEvent("download"), tab.press("Save as CSV")]);
    await tab.says("Saved 136 rows as purchases.csv.");
    const text = await readFile(await download.path(), "utf8");
    assert.equal(text.charCodeAt(0), 0xfeff);
    const rows = text.slice(1).trimEnd().split("\r\n");
    assert.equal(rows.length, 137);
    assert.equal(rows[0].split(",")[0], "purchase");
    const told = rows.slice(1).map((row) => row.split(",").slice(2, -12).join(","));
    for (const student of students.slice(0, 4)) assert(told.includes(`"'${student}"`), `${student} in ${told.slice(-6)}`);
    assert(told.includes('"with ""quotes"", and a comma"'));
    assert(told.includes("plain"));
    for (const row of rows) assert.doesNotMatch(row, /(^|,)"?[=+\-@]/);
    await who.done();
  });

  test("a page of the CSV that fails is asked for again, and nothing is twice in the file", async () => {
    const course = await its.gateway.course("Dancing");
    for (let number = 0; number < 101; number += 1) await its.gateway.grant(`dancer-${number}`, course);
    const who = await its.person();
    const tab = await (await who.tab()).loggedIn(`#/purchases?course=${course}`);
    await tab.says("25 purchases on this page");
    await tab.page.route("**/graphql", (route) => {
      const { operationName, variables } = route.request().postDataJSON() ?? {};
      return operationName === "Purchases" && variables.after ? route.abort("connectionreset") : route.fallback();
    });
    await tab.press("Save as CSV");
    await tab.says("The gateway does not answer after 100 rows.");
    await tab.page.unroute("**/graphql");
    const [download] = await Promise.all([tab.page.waitForEvent("download"), tab.press("Go on with the CSV")]);
    const ids = (await readFile(await download.path(), "utf8")).trimEnd().split("\r\n").slice(1).map((row) => row.split(",")[0]);
    assert.deepEqual([ids.length, new Set(ids).size], [101, 101]);
    await who.done({ isExpected: isFailedRequest });
  });
});

describe("a gateway that lets one ask for little at a time", () => {
  test("has a long CSV take its time, and come whole", async () => {
    const slow = await serve({ env: { GATEWAY_COST_VIEWER_BURST: "9000", GATEWAY_COST_VIEWER_PER_S: "9000" } });
    try {
      const course = await slow.course("Weaving");
      for (let number = 0; number < 320; number += 1) await slow.grant(`weaver-${number}`, course, "BASIC", "All of them", `admin-${number % 40}`);
      const who = await person(its.browser, slow.origin);
      const tab = await (await who.tab()).loggedIn(`#/purchases?course=${course}`);
      const [download] = await Promise.all([tab.page.waitForEvent("download"), tab.press("Save as CSV")]);
      const ids = (await readFile(await download.path(), "utf8")).trimEnd().split("\r\n").slice(1).map((row) => row.split(",")[0]);
      assert.deepEqual([ids.length, new Set(ids).size], [320, 320]);
      assert(who.complaints.some((text) => text.includes("429")), "the gateway never asked for a pause");
      await who.done({ isExpected: isFailedRequest });
    } finally {
      await slow.stop();
    }
  });
});

describe("a purchase", () => {
  test("that does not exist is said plainly, and so is an id that is none", async () => {
    const who = await its.person();
    const tab = await (await who.tab()).loggedIn("#/purchases/pur_01m8cw40kse6fsvmegj660p3ce");
    await tab.heading("There is no such purchase");
    await tab.open("#/purchases/nonsense");
    await tab.heading("The gateway does not take this");
    await tab.open("#/nowhere/at/all");
    await tab.heading("There is no such page");
    await who.done({ isExpected: isFailedRequest });
  });

  test("is revoked with a reason, and not without one", async () => {
    const purchase = await its.gateway.grant(its.student(), its.yoga);
    const who = await its.person();
    const tab = await (await who.tab()).loggedIn(`#/purchases/${purchase}`);
    await tab.follow("Revoke");
    await tab.heading("Revoke a purchase");
    await tab.says("No money moves: it was granted.");
    await tab.press("Revoke the purchase");
    await tab.says("Say why, for the audit.");
    assert.equal((await its.gateway.purchase(purchase)).status, "ACTIVE");
    await tab.fill("Reason", "Moved away");
    await tab.press("Revoke the purchase");
    await tab.heading("It is revoked");
    const now = await its.gateway.purchase(purchase);
    assert.equal(now.status, "REVOKED");
    assert.deepEqual(done(now, "purchase.revoked").map(({ reason, actor }) => [reason, actor.id]), [["Moved away", "asha"]]);
    await who.done();
  });

  test("that another admin revoked meanwhile: it is said who and why, what was typed stays, nothing is sent", async () => {
    const purchase = await its.gateway.grant(its.student(), its.yoga);
    const who = await its.person();
    const tab = await (await who.tab()).loggedIn(`#/purchases/${purchase}/revoke`);
    await tab.fill("Reason", "My own reason");
    await its.gateway.revoke(purchase);
    await tab.heading("It changed while you were here");
    await tab.says("Purchase revoked by another-admin, “By another admin”");
    await tab.says("It is revoked; only a purchase that is active is revoked.");
    assert.equal(await tab.page.getByLabel("Reason").inputValue(), "My own reason");
    await tab.page.getByRole("button", { name: "Revoke the purchase" }).click({ force: true });
    await tab.says("It cannot be done as things stand.");
    assert.equal(done(await its.gateway.purchase(purchase), "purchase.revoked").length, 1);
    await who.done();
  });

  test("that another admin revoked in the same instant: it is said that nothing was done now", async () => {
    const purchase = await its.gateway.grant(its.student(), its.yoga);
    const who = await its.person();
    const tab = await (await who.tab()).loggedIn(`#/purchases/${purchase}/revoke`);
    await tab.fill("Reason", "At once");
    await tab.once("RevokePurchase", async (route) => {
      await its.gateway.revoke(purchase);
      await route.fallback();
    });
    await tab.press("Revoke the purchase");
    await tab.heading("It was revoked already");
    const revoked = done(await its.gateway.purchase(purchase), "purchase.revoked");
    assert.deepEqual(revoked.map(({ actor }) => actor.id), ["another-admin"]);
    await who.done();
  });

  test("whose answer is lost is not revoked twice, over a reload as well", async () => {
    const purchase = await its.gateway.grant(its.student(), its.yoga);
    const who = await its.person();
    const tab = await (await who.tab()).loggedIn(`#/purchases/${purchase}/revoke`);
    await tab.fill("Reason", "The line was bad");
    await tab.once("RevokePurchase", async (route) => {
      await route.fetch(); // it is done, and nobody hears of it
      await route.abort("connectionreset");
    });
    await tab.press("Revoke the purchase");
    await tab.says("Nobody knows yet whether it was done.");
    assert.equal(await tab.page.getByLabel("Reason").isDisabled(), true);
    await tab.open("#/courses");
    await tab.heading("Something was sent, and no answer came");
    await tab.page.reload();
    await tab.follow(`Revoke a purchase: ${purchase}`);
    await tab.heading("This was sent, and no answer came");
    await tab.press("Send it again as it is");
    await tab.heading("It was revoked already");
    assert.equal(done(await its.gateway.purchase(purchase), "purchase.revoked").length, 1);
    await who.done({ isExpected: isFailedRequest });
  });

  test("is extended to the end of a day in its own time zone", async () => {
    const purchase = await its.gateway.grant(its.student(), its.yoga);
    const who = await its.person({ timezoneId: "America/New_York" });
    const tab = await (await who.tab()).loggedIn(`#/purchases/${purchase}/extend`);
    await tab.fill("Last day", "2029-12-31");
    await tab.fill("Reason", "Was ill");
    await tab.press("Extend the purchase");
    await tab.heading("It is extended");
    assert.equal((await its.gateway.purchase(purchase)).expiryDate, "2029-12-31T18:30:00Z");
    await tab.page.reload();
    await tab.fill("Last day", "2028-12-31");
    await tab.fill("Reason", "Too early");
    await tab.press("Extend the purchase");
    await tab.heading("Nothing was done");
    assert.equal(await tab.page.getByLabel("Last day").getAttribute("aria-invalid"), "true");
    await who.done();
  });

  test("is corrected, with what changes shown beforehand", async () => {
    const purchase = await its.gateway.grant(its.student(), its.yoga);
    const who = await its.person();
    const tab = await (await who.tab()).loggedIn(`#/purchases/${purchase}/correct`);
    await tab.says("Nothing is changed yet.");
    await tab.fill("Begins", "18:45");
    await tab.fill("Time zone", "Europe/Berlin");
    await tab.fill("Reason", "Wrong slot");
    await tab.shown(tab.page.getByText("Begins: 17:30 → 18:45"));
    await tab.press("Correct the purchase");
    await tab.heading("It is corrected");
    assert.deepEqual((await its.gateway.purchase(purchase)).metadata.timeSlot, { start: "18:45", timeZone: "Europe/Berlin" });
    await tab.page.reload();
    await tab.fill("Time zone", "Mars/Olympus");
    await tab.fill("Reason", "No such place");
    await tab.press("Correct the purchase");
    await tab.heading("Nothing was done");
    assert.equal(await tab.page.getByLabel("Time zone").getAttribute("aria-invalid"), "true");
    await who.done({ isExpected: isFailedRequest });
  });
});

describe("a form", () => {
  test("that was filled from what another admin changed meanwhile says so, and can begin anew", async () => {
    const purchase = await its.gateway.grant(its.student(), its.yoga);
    const who = await its.person();
    const tab = await (await who.tab()).loggedIn(`#/purchases/${purchase}/correct`);
    await tab.fill("Minutes", "90");
    await its.gateway.ask(
      `mutation { correctPurchaseMetadata(input: {purchaseId: "${purchase}", reason: "First", metadata: {isSundayOnly: false,
        sessionDuration: 60, timeSlot: {start: "08:15", timeZone: "Asia/Kolkata"}}}) { __typename } }`,
      mint("ADMIN", "another-admin"),
    );
    await tab.heading("It changed while you were here");
    await tab.shown(tab.page.getByText("Begins: 08:15 → 17:30")); // which is what would be undone
    assert.equal(await tab.page.getByLabel("Minutes").inputValue(), "90");
    await tab.press("Begin anew with what stands now");
    assert.deepEqual(
      [await tab.page.getByLabel("Begins").inputValue(), await tab.page.getByLabel("Minutes").inputValue()],
      ["08:15", "60"],
    );
    await who.done();
  });

  test("in which nothing is typed yet follows what stands", async () => {
    const { paymentId } = await its.gateway.pay(its.student(), its.yoga);
    const who = await its.person();
    const tab = await (await who.tab()).loggedIn(`#/payments/${paymentId}/refund`);
    assert.equal(await tab.page.getByLabel("Amount in INR").inputValue(), "1999.00");
    await its.gateway.refund(paymentId, 100_000);
    await tab.shown(tab.page.getByRole("button", { name: "Refund ₹999.00" }));
    await who.done();
  });

  test("to grant a course to one student does not show what was typed for another", async () => {
    const [one, other] = [its.student(), its.student()];
    const who = await its.person();
    const tab = await (await who.tab()).loggedIn(`#/grant?student=${one}`);
    await tab.fill("Reason", "For the first");
    await tab.open(`#/grant?student=${other}`);
    await tab.shown(tab.page.locator(`input[value="${other}"]`));
    assert.deepEqual(
      [await tab.page.getByLabel("Student", { exact: true }).inputValue(), await tab.page.getByLabel("Reason").inputValue()],
      [other, ""],
    );
    await tab.page.goBack();
    await tab.shown(tab.page.locator(`input[value="${one}"]`));
    assert.equal(await tab.page.getByLabel("Reason").inputValue(), "For the first");
    await who.done();
  });
});

describe("a grant", () => {
  const fillIn = async (tab, student, tier = "BASIC") => {
    await tab.fill("Student", student);
    await tab.page.getByLabel("Course", { exact: true }).selectOption({ label: "Yoga for Beginners" });
    await tab.page.getByLabel("Tier", { exact: true }).selectOption(tier);
    await tab.fill("Reason", "Won the raffle");
  };

  test("gives a student the course once, though its button is pressed twice", async () => {
    const student = its.student();
    const who = await its.person();
    const tab = await (await who.tab()).loggedIn("#/grant");
    await fillIn(tab, student);
    await tab.says(`${student} gets Yoga for Beginners, BASIC: 4 sessions, for 90 days.`);
    await tab.page.getByRole("button", { name: "Grant the course" }).dblclick();
    await tab.heading("It is granted");
    const { purchases } = await its.gateway.ask(`{ purchases(filter: {studentId: "${student}"}) { nodes { tier origin } } }`);
    assert.deepEqual(purchases.nodes, [{ tier: "BASIC", origin: "ADMIN" }]);
    await who.done();
  });

  test("of another tier says what stands, and replaces it where one chooses so", async () => {
    const student = its.student();
    const before = await its.gateway.grant(student, its.yoga);
    const who = await its.person();
    const tab = await (await who.tab()).loggedIn("#/grant");
    await fillIn(tab, student, "STANDARD");
    await tab.says("so nothing is done, unless you choose to replace it.");
    await tab.press("Grant the course");
    await tab.heading("Nothing was done");
    assert.equal((await its.gateway.purchase(before)).status, "ACTIVE");
    await tab.page.getByLabel("Replace what the student has, if that is another tier").check();
    await tab.says("which counts as superseded; the sessions used carry over.");
    await tab.press("Grant the course");
    await tab.heading("It is granted");
    assert.equal((await its.gateway.purchase(before)).status, "SUPERSEDED");
    await who.done();
  });

  test("whose answer was lost to one admin is not silently done again by another", async () => {
    const student = its.student();
    const who = await its.person();
    const tab = await (await who.tab()).loggedIn("#/grant");
    await fillIn(tab, student);
    await tab.once("GrantPurchase", async (route) => {
      await route.fetch();
      await route.abort("connectionreset");
    });
    await tab.press("Grant the course");
    await tab.says("Nobody knows yet whether it was done.");
    await tab.page.evaluate(() => sessionStorage.removeItem("console:session"));
    await tab.page.reload();
    await tab.paste(mint("ADMIN", "ravi"));
    await tab.says("It was sent as asha, and nobody knows whether it was done.");
    let isSent = false;
    tab.page.on("request", (request) => (isSent ||= operationOf(request) === "GrantPurchase"));
    await tab.page.getByRole("button", { name: "Send it again as it is" }).click({ force: true });
    assert.equal(isSent, false);
    await tab.press("I have looked at the history: begin anew");
    await tab.shown(tab.page.getByRole("button", { name: "Grant the course" }));
    await who.done({ isExpected: isFailedRequest });
  });
});
