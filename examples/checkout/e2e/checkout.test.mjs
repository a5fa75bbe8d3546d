// A student buys, in a real Chromium from a real gateway: every end that a payment can come to, as they see it.

import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { launch, student, Tab } from "./browser.mjs";
import { serve } from "./gateway.mjs";

let browser;
let gateway;
let courses = 0;

before(async () => {
  [browser, gateway] = await Promise.all([launch(), serve()]);
});

after(async () => {
  await browser?.close();
  await gateway?.stop();
});

describe("a payment that works", () => {
  test("ends with the purchase and its sessions by the slot's clock", async () => {
    const { title, id } = await newCourse();
    const guest = await student(browser, gateway.origin);
    const tab = await (await guest.tab()).choose(title);
    await tab.page.getByLabel("Time zone").selectOption("America/New_York");
    await tab.page.getByLabel("Time", { exact: true }).fill("18:15");
    await tab.page.getByLabel("Length").selectOption("90");
    await tab.payButton.click();
    await tab.says("It is yours");

    const sessions = tab.bought.getByRole("listitem");
    assert.equal(await sessions.count(), 6);
    await tab.press("Show all 12");
    assert.equal(await sessions.count(), 12);
    for (const session of await sessions.allInnerTexts()) assert.match(session, /^Sun, .*\n?6:15 – 7:45 pm$/);
    const [purchase, ...more] = await purchasesOf(id);
    assert.deepEqual(more, []);
    assert.equal(await tab.purchaseId(), purchase.id);
    assert.deepEqual(purchase.metadata.timeSlot, { start: "18:15", timeZone: "America/New_York" });
    await guest.done();
  });

  test("can be made by keyboard alone", async () => {
    const { title } = await newCourse();
    const guest = await student(browser, gateway.origin);
    const tab = await guest.tab();
    await tab.page.goto(`${gateway.origin}/demo/`);
    await tab.page.getByRole("link", { name: title }).focus();
    await tab.page.keyboard.press("Enter");
    await tab.page.getByRole("heading", { level: 1, name: title, exact: true }).and(tab.page.locator(":focus")).waitFor();
    const chosen = tab.page.getByRole("radio", { name: /^Standard/ }).and(tab.page.locator(":focus"));
    for (let presses = 0; presses < 8 && (await chosen.count()) === 0; presses += 1) await tab.page.keyboard.press("Tab");
    await tab.page.keyboard.press("ArrowRight");
    assert(await tab.page.getByRole("radio", { name: /^Premium/ }).isChecked());
    await tab.page.keyboard.press("Enter");
    await tab.says("It is yours");
    await tab.page.getByText("Premium, 24 sessions").waitFor();
    await guest.done();
  });

  test("is shown in the digits of its currency", async () => {
    const { title } = await newCourse("JPY");
    const guest = await student(browser, gateway.origin);
    const tab = await (await guest.tab()).choose(title);
    await tab.page.getByRole("button", { name: "Pay JP¥4,99,900", exact: true }).waitFor();
    await guest.done();
  });

  test("fits a small screen", async () => {
    const { title } = await newCourse();
    const guest = await student(browser, gateway.origin, { viewport: { width: 320, height: 640 } });
    const tab = await (await guest.tab()).choose(title);
    const isTooWide = () => tab.page.evaluate(() => document.documentElement.scrollWidth > innerWidth);
    assert.equal(await isTooWide(), false);
    await tab.payButton.click();
    await tab.says("It is yours");
    assert.equal(await isTooWide(), false);
    await guest.done();
  });
});

describe("the shop", () => {
  test("shows first what one has, above the form as well; a new student has nothing", async () => {
    const { title } = await newCourse();
    const guest = await student(browser, gateway.origin);
    const tab = await guest.tab();
    await tab.page.goto(`${gateway.origin}/demo/`);
    await tab.press("Try as a new student");
    await tab.page.getByText(/^You are demo-student-[0-9a-f]{8}$/).waitFor();
    await tab.page.getByRole("heading", { level: 1, name: "What would you like to learn?" }).waitFor();
    await tab.choose(title);
    await tab.payButton.click();
    await tab.says("It is yours");
    await tab.page.getByRole("link", { name: "All courses" }).click();
    await tab.page.getByRole("heading", { level: 1, name: "Your courses" }).waitFor();
    const mine = tab.page.getByRole("list", { name: "Your courses" }).getByRole("link");
    assert.equal(await mine.count(), 1);
    assert.match(await mine.innerText(), new RegExp(`${title}\\s+Standard, 0 of 12 sessions used, until .*\\s+Next: Sun`));
    assert.equal(await tab.page.getByRole("list", { name: "Courses on offer" }).getByRole("link", { name: title }).count(), 0);

    await mine.click();
    await tab.press("Upgrade or renew");
    const note = tab.page.getByRole("region", { name: "What you have of it" });
    await note.getByText("Standard, 0 of 12 sessions used").waitFor();
    assert((await note.boundingBox()).y < (await tab.page.getByRole("group", { name: "How much of it?" }).boundingBox()).y);

    await tab.press("Try as a new student");
    await tab.page.getByRole("heading", { level: 1, name: "What would you like to learn?" }).waitFor();
    assert.equal(await tab.page.getByRole("list", { name: "Your courses" }).count(), 0);
    await guest.done();
  });

  test("offers the browser's time zone first, and the others by their part of the world", async () => {
    const { title } = await newCourse();
    const guest = await student(browser, gateway.origin, { timezoneId: "America/Argentina/Ushuaia" });
    const tab = await (await guest.tab()).choose(title);
    const field = tab.page.getByLabel("Time zone");
    assert.equal(await field.inputValue(), "America/Argentina/Ushuaia");
    const groups = await field.locator("optgroup").evaluateAll((all) => all.map(({ label, children }) => [label, children.length]));
    assert.deepEqual(groups[0], ["Where you are", 1]);
    const regions = groups.map(([label]) => label);
    for (const region of ["Africa", "America", "Asia", "Europe", "Pacific"]) assert(regions.includes(region), region);
    assert.equal(regions.at(-1), "Others");
    const zones = await field.locator("option").evaluateAll((all) => all.map(({ value }) => value));
    assert.equal(new Set(zones).size, zones.length);
    assert(zones.includes("UTC") && zones.includes("Asia/Kolkata") && !zones.includes("Asia/Calcutta"));
    await guest.done();
  });

  test("draws a course the same wherever it is shown, and each another way", async () => {
    const titles = [(await newCourse()).title, (await newCourse()).title];
    const guest = await student(browser, gateway.origin);
    const tab = await guest.tab();
    await tab.page.goto(`${gateway.origin}/demo/`);
    const drawing = (title) => tab.page.getByRole("link", { name: title }).locator("svg").innerHTML();
    const [one, other] = await Promise.all(titles.map(drawing));
    assert.notEqual(one, other);
    await tab.choose(titles[0]);
    assert.equal(await tab.page.locator("main svg").innerHTML(), one);
    await guest.done();
  });

  test("says what a course is about, as text and never as HTML", async () => {
    const { title } = await newCourse("INR", "Ink, <b>brush</b> and patience.\\nBring paper.");
    const guest = await student(browser, gateway.origin);
    const tab = await guest.tab();
    await tab.page.goto(`${gateway.origin}/demo/`);
    await tab.page.getByRole("link", { name: title }).getByText("Ink, <b>brush</b> and patience.").waitFor();
    await tab.choose(title);
    for (const line of ["Ink, <b>brush</b> and patience.", "Bring paper."]) await tab.page.getByText(line).waitFor();
    await guest.done();
  });

  test("keeps the button of a phone in reach, with its answer in view and the focus never behind it", async () => {
    const { title } = await newCourse();
    const options = { viewport: { width: 360, height: 640 } };
    const guest = await student(browser, gateway.origin, options);
    const tab = await (await guest.tab()).choose(title);
    const bottom = async () => {
      const box = await tab.payButton.boundingBox();
      return box.y + box.height;
    };
    for (const y of [0, 100_000]) {
      await tab.page.evaluate((top) => scrollTo(0, top), y);
      assert((await bottom()) <= options.viewport.height && (await bottom()) > options.viewport.height - 40);
    }
    await tab.page.evaluate(() => scrollTo(0, 0));
    const bar = await tab.page.locator(".paybar").boundingBox();
    for (let presses = 0; presses < 24; presses += 1) {
      await tab.page.keyboard.press("Tab");
      const [bottom, isInBar, what] = await tab.page.evaluate(() => {
        const focus = document.activeElement;
        return [focus.getBoundingClientRect().bottom, focus.closest(".paybar") !== null, focus.outerHTML];
      });
      if (isInBar) break;
      assert(bottom <= bar.y + 1, `${what} is behind the bar`);
    }
    await answering(tab, "CreatePayment", { errors: [{ message: "no", extensions: { code: "BUSY" } }] });
    await tab.page.evaluate(() => scrollTo(0, 0));
    await tab.payButton.click();
    await tab.says("We are very busy just now");
    const told = tab.page.getByRole("heading", { level: 2, name: "We are very busy just now" });

    assert((await told.boundingBox()).y < bar.y);
    await guest.done();
  });
});

describe("a payment that does not work at once", () => {
  test("declined, it says why, and another card pays the same payment", async () => {
    const { title, id } = await newCourse();
    const guest = await student(browser, gateway.origin);
    const tab = await (await guest.tab()).choose(title, { card: "Is declined" });
    await tab.payButton.click();
    await tab.says("Your payment did not go through");
    await tab.page.getByText("insufficient funds. No money was taken.").waitFor();
    await tab.press("Try again with this card");
    await tab.says("It is yours");
    assert.deepEqual(await paymentsOf(id), [{ status: "SUCCEEDED", fulfilment: "FULFILLED" }]);
    await guest.done();
  });

  test("pending, it asks nobody to pay again and is shown by the subscription, with no reload and no polling", async () => {
    const { title, id } = await newCourse();
    const guest = await student(browser, gateway.origin);
    const asked = [];
    guest.context.on("request", (request) => asked.push(operationOf(request)));
    const tab = await (await guest.tab()).choose(title, { card: "Takes a while" });
    await tab.payButton.click();
    await tab.says("The bank is checking your payment");
    await tab.page.getByText("Please do not pay again.").waitFor();
    assert.equal(await tab.page.getByRole("button", { name: /pay|again/i }).count(), 0);
    await tab.says("It is yours");
    const count = (name) => asked.filter((each) => each === name).length;
    assert.deepEqual(["CreatePayment", "ConfirmPayment", "PaymentNow"].map(count), [1, 1, 1]);
    assert.equal((await purchasesOf(id)).length, 1);
    await guest.done();
  });

  test("without an answer from the bank, it waits as well", async () => {
    const { title } = await newCourse();
    const guest = await student(browser, gateway.origin);
    const tab = await (await guest.tab()).choose(title, { card: "Gives no answer" });
    await tab.payButton.click();
    await tab.says("We have not heard from the bank yet");
    await tab.says("It is yours");
    await guest.done();
  });

  test("charged another amount, all of it goes back", async () => {
    const { title, id } = await newCourse();
    const guest = await student(browser, gateway.origin);
    const tab = await (await guest.tab()).choose(title, { card: "Charges another amount" });
    await tab.payButton.click();
    await tab.says("We could not sell you this");
    await tab.page.getByText(/^₹1\.00 went back to you/).waitFor();
    assert.deepEqual(await purchasesOf(id), []);
    await guest.done();
  });

  test("closed, a new checkout can be begun", async () => {
    const { title } = await newCourse();
    const guest = await student(browser, gateway.origin);
    const tab = await (await guest.tab()).choose(title, { card: "Closes the checkout" });
    await tab.payButton.click();
    await tab.says("This checkout was closed");
    await tab.press("Start again");
    await tab.payButton.click();
    await tab.says("It is yours");
    await guest.done();
  });
});

describe("a second tab", () => {
  test("opened from the first, both double-click at once: one payment, one purchase, and both show it", async () => {
    const { title, id } = await newCourse();
    const guest = await student(browser, gateway.origin);
    const first = await (await guest.tab()).choose(title);
    const [opened] = await Promise.all([
      guest.context.waitForEvent("page"),
      first.page.evaluate(() => void window.open(location.href)),
    ]);
    const second = new Tab(opened, gateway.origin);
    await second.payButton.waitFor();
    await Promise.all([first, second].map((tab) => tab.payButton.dblclick()));
    await Promise.all([first, second].map((tab) => tab.says("It is yours")));

    const [purchase, ...more] = await purchasesOf(id);
    assert.deepEqual(more, []);
    assert.deepEqual(await Promise.all([first.purchaseId(), second.purchaseId()]), [purchase.id, purchase.id]);
    assert.deepEqual(await paymentsOf(id), [{ status: "SUCCEEDED", fulfilment: "FULFILLED" }]);
    await guest.done();
  });

  test("of another device, both pay at once: one purchase, which both show, and the other's money goes back", async () => {
    const { title, id } = await newCourse();
    const guests = [await student(browser, gateway.origin), await student(browser, gateway.origin)];
    const tabs = await Promise.all(guests.map(async (guest) => (await guest.tab()).choose(title)));
    const meet = meeting(tabs.length); // neither pays before both may
    for (const { page } of tabs) {
      await page.route("**/graphql", async (route) => {
        if (operationOf(route.request()) === "ConfirmPayment") await meet();
        return route.fallback();
      });
    }
    await Promise.all(tabs.map((tab) => tab.payButton.dblclick()));
    const ids = await Promise.all(tabs.map((tab) => tab.purchaseId()));

    const [purchase, ...more] = await purchasesOf(id);
    assert.deepEqual(more, []);
    assert.deepEqual(ids, [purchase.id, purchase.id]);
    const headings = await Promise.all(tabs.map((tab) => tab.page.getByRole("heading", { level: 2 }).first().innerText()));
    assert.deepEqual(headings.sort(), ["It is yours", "You have this course already"]);
    const loser = tabs[(await tabs[0].page.getByText("It is yours").count()) === 1 ? 1 : 0];
    await loser.page.getByText(/^₹4,999\.00 went back to you on/).waitFor();
    assert.deepEqual(await paymentsOf(id), [
      { status: "REFUNDED", fulfilment: "DUPLICATE" },
      { status: "SUCCEEDED", fulfilment: "FULFILLED" },
    ]);
    await Promise.all(guests.map((guest) => guest.done()));
  });

  test("that comes later is told of the course before it pays; it may renew or upgrade", async () => {
    const { title, id } = await newCourse();
    const guests = [await student(browser, gateway.origin), await student(browser, gateway.origin)];
    const [first, later] = await Promise.all(guests.map(async (guest) => (await guest.tab()).choose(title)));
    await first.payButton.click();
    await first.says("It is yours");
    await later.payButton.click();
    await later.says("You have this course already");
    assert.equal(await later.purchaseId(), await first.purchaseId());
    await later.press(/^Renew: 12 more sessions/);
    await later.says("It is yours");
    await later.page.getByText("24 sessions").waitFor();
    await later.press("Upgrade or renew");
    await later.page.getByRole("radio", { name: /^Basic/ }).check();
    await later.payButton.click();
    await later.says("You have a higher tier of this course");
    await later.page.getByRole("radio", { name: /^Premium/ }).check();
    await later.payButton.click();
    await later.says("It is yours");
    assert.deepEqual((await purchasesOf(id)).map(({ status }) => status).sort(), ["ACTIVE", "SUPERSEDED", "SUPERSEDED"]);
    await Promise.all(guests.map((guest) => guest.done()));
  });
});

describe("a duplicate", () => {
  test("shows the course and the refund as it comes back, after a reload as well", async () => {
    const { title, id } = await newCourse();
    const guest = await student(browser, gateway.origin);
    const tab = await (await guest.tab()).choose(title, { card: "Pays twice" });
    await tab.payButton.click();
    await tab.says("You have this course already");
    await tab.page.getByText(/^₹4,999\.00 went back to you on/).waitFor();
    const [purchase] = await purchasesOf(id);
    assert.equal(await tab.purchaseId(), purchase.id);
    await tab.page.reload();
    await tab.says("You have this course already");
    assert.equal(await tab.purchaseId(), purchase.id);
    await guest.done();
  });
});

describe("a reload", () => {
  test("while the bank checks goes on waiting, and then shows the purchase", async () => {
    const { title, id } = await newCourse();
    const guest = await student(browser, gateway.origin);
    const tab = await (await guest.tab()).choose(title, { card: "Takes a while" });
    await tab.payButton.click();
    await tab.says("The bank is checking your payment");
    await tab.page.reload();
    await tab.says("The bank is checking your payment");
    await tab.says("It is yours");
    assert.equal((await paymentsOf(id)).length, 1);
    await guest.done();
  });

  test("of the form keeps what was chosen", async () => {
    const { title } = await newCourse();
    const guest = await student(browser, gateway.origin);
    const tab = await (await guest.tab()).choose(title, { tier: "Premium" });
    await tab.page.getByLabel("Time", { exact: true }).fill("07:45");
    await tab.page.reload();
    await tab.payButton.waitFor();
    assert(await tab.page.getByRole("radio", { name: /^Premium/ }).isChecked());
    assert.equal(await tab.page.getByLabel("Time", { exact: true }).inputValue(), "07:45");
    await guest.done();
  });

  test("after an answer that was lost finds the payment that was opened", async () => {
    const { title, id } = await newCourse();
    const guest = await student(browser, gateway.origin);
    const tab = await (await guest.tab()).choose(title);
    await tab.page.route(
      "**/graphql",
      async (route) => {
        if (operationOf(route.request()) !== "CreatePayment") return route.fallback();
        await route.fetch();
        return route.abort("connectionreset");
      },
    );
    await tab.payButton.click();
    await tab.says("We cannot reach the school");
    await tab.page.unroute("**/graphql");
    await tab.page.reload();
    await tab.payButton.click();
    await tab.says("It is yours");
    assert.equal((await paymentsOf(id)).length, 1);
    await guest.done({ isExpected: isFailedRequest });
  });
});

describe("trouble on the way", () => {
  test("a gateway that dies while the bank checks is found again, and the purchase shown", async () => {
    const home = await mkdtemp(join(tmpdir(), "checkout-"));
    const yesterday = await serve({ home });
    const guest = await student(browser, yesterday.origin);
    const tab = await (await guest.tab()).choose("Spoken English", { card: "Takes a while" });
    await tab.payButton.click();
    await tab.says("The bank is checking your payment");
    await yesterday.stop("SIGKILL");
    await tab.says("We cannot reach the school");
    await tab.says("The bank is checking your payment");
    const today = await serve({ home, port: Number(new URL(yesterday.origin).port) });
    await tab.says("It is yours");
    await guest.done({ isExpected: isFailedRequest });
    await today.stop();
    await rm(home, { recursive: true, force: true });
  });

  test("while nobody knows what became of an attempt, no other card is offered", async () => {
    const { title, id } = await newCourse();
    const guest = await student(browser, gateway.origin);
    const tab = await (await guest.tab()).choose(title, { card: "Is declined" });
    await tab.payButton.click();
    await tab.says("Your payment did not go through");
    await tab.page.route("**/graphql", (route) =>
      operationOf(route.request()) === "ConfirmPayment" ? route.abort("connectionreset") : route.fallback(),
    );
    await tab.press("Try again with this card");
    await tab.says("We cannot reach the school");
    assert.equal(await tab.page.getByRole("group", { name: "Test card" }).count(), 0);
    await tab.page.unroute("**/graphql");
    await tab.press("Try again");
    await tab.says("It is yours");
    assert.equal((await paymentsOf(id)).length, 1);
    await guest.done({ isExpected: isFailedRequest });
  });

  test("a token that expired is exchanged unseen", async () => {
    const { title } = await newCourse();
    const guest = await student(browser, gateway.origin);
    let sessions = 0;
    await guest.context.route("**/session.json*", (route) =>
      ++sessions === 1 ? route.fulfill({ json: { token: "spent" } }) : route.fallback(),
    );
    const tab = await (await guest.tab()).choose(title);
    await tab.payButton.click();
    await tab.says("It is yours");
    assert.equal(sessions, 2);
    await guest.done({ isExpected: isFailedRequest });
  });

  test("without a session, one is told to sign in again", async () => {
    const guest = await student(browser, gateway.origin);
    await guest.context.route("**/session.json*", (route) => route.fulfill({ json: { token: "spent" } }));
    const tab = await guest.tab();
    await tab.page.goto(`${gateway.origin}/demo/`);
    await tab.says("You have been signed out");
    await guest.done({ isExpected: isFailedRequest });
  });

  test("a day that has passed is refused at its field", async () => {
    const { title, id } = await newCourse();
    const guest = await student(browser, gateway.origin);
    const tab = await (await guest.tab()).choose(title);
    const day = tab.page.getByLabel("First Sunday");
    await day.evaluate((field) => field.removeAttribute("min"));
    await day.fill("2020-01-05");
    await tab.payButton.click();
    await tab.says("Please look at these again");
    await tab.page.getByText("First day: must be today or later").waitFor();
    assert.equal(await day.getAttribute("aria-invalid"), "true");
    assert.deepEqual(await paymentsOf(id), []);
    await guest.done();
  });

  const ERRORS = [
    ["BUSY", "We are very busy just now", "Try again"],
    ["PROVIDER_UNAVAILABLE", "The payment service does not answer", "Try again"],
    ["INTERNAL", "Something went wrong on our side", "Try again"],
    ["FORBIDDEN", "Only students can buy a course", null],
  ];
  for (const [code, title, button] of ERRORS) {
    test(`${code} is a sentence, and what can be done`, async () => {
      const course = await newCourse();
      const guest = await student(browser, gateway.origin);
      const tab = await (await guest.tab()).choose(course.title);
      await answering(tab, "CreatePayment", { errors: [{ message: "no", extensions: { code, errorId: "err-1" } }] });
      await tab.payButton.click();
      await tab.says(title);
      if (button !== null) {
        await tab.press(button);
        await tab.says("It is yours");
      }
      await guest.done();
    });
  }

  const problem = (__typename, more = {}) => ({ __typename, message: "no", ...more });
  const differing = { fields: [{ __typename: "MetadataDifference", field: "timeSlot.start", stored: "17:30", given: "18:00" }] };
  const PROBLEMS = [
    ["CreatePayment", problem("NotFound"), "This course is no longer on offer", null],
    ["CreatePayment", problem("IdempotencyKeyReused"), "Please press once more", "Try again"],
    ["ConfirmPayment", problem("NotFound"), "We do not know this checkout", "Start again"],
    ["ConfirmPayment", problem("MetadataConflict", differing), "This checkout was started with other details", "Start again"],
  ];
  for (const [operation, answer, title, button] of PROBLEMS) {
    test(`${answer.__typename} of ${operation} is a sentence, and what can be done`, async () => {
      const course = await newCourse();
      const guest = await student(browser, gateway.origin);
      const tab = await (await guest.tab()).choose(course.title);
      const field = operation.charAt(0).toLowerCase() + operation.slice(1);
      await answering(tab, operation, { data: { [field]: answer } });
      await tab.payButton.click();
      await tab.says(title);
      if (button === "Start again") {
        await tab.press(button);
        await tab.payButton.click();
      } else if (button !== null) await tab.press(button);
      if (button !== null) await tab.says("It is yours");
      await guest.done();
    });
  }
});

/** A course of this test's own, so that the one student of the demo has bought nothing of it. */
async function newCourse(currency = "INR", description = "") {
  const title = `Course number ${++courses}.`;
  const tier = (code, sessionCount, amountMinor, rank) =>
    `{code: "${code}", sessionCount: ${sessionCount}, price: {amountMinor: ${amountMinor}, currency: "${currency}"}, validityDays: 365, rank: ${rank}}`;
  const tiers = [tier("BASIC", 4, 199_900, 1), tier("STANDARD", 12, 499_900, 2), tier("PREMIUM", 24, 899_900, 3)];
  const { saveCourse } = await gateway.admin(
    `mutation { saveCourse(input: {title: "${title}", description: "${description}", tiers: [${tiers}]}) { ... on SaveCourseSuccess { course { id } } } }`,
  );
  return { title, id: saveCourse.course.id };
}

async function purchasesOf(courseId) {
  const { purchases } = await gateway.admin(
    `{ purchases(filter: {courseId: "${courseId}"}) { nodes { id status metadata { timeSlot { start timeZone } } } } }`,
  );
  return purchases.nodes;
}

async function paymentsOf(courseId) {
  const { payments } = await gateway.admin(
    `{ payments(filter: {courseId: "${courseId}"}) { nodes { status fulfilment } } }`,
  );
  return payments.nodes.sort((one, other) => one.status.localeCompare(other.status));
}

function operationOf(request) {
  return request.url().endsWith("/graphql") ? request.postDataJSON()?.operationName : undefined;
}

/** Has the gateway's place taken once, for one operation, by an answer that it gives only when something is amiss. */
async function answering(tab, operation, json) {
  let isAnswered = false;
  await tab.page.route("**/graphql", (route) => {
    if (isAnswered || operationOf(route.request()) !== operation) return route.fallback();
    isAnswered = true;
    return route.fulfill({ json });
  });
}

/** A promise that is kept for everybody once `wanted` have asked for it. */
function meeting(wanted) {
  let open;
  const all = new Promise((resolve) => {
    open = resolve;
  });
  let come = 0;
  return () => {
    come += 1;
    if (come >= wanted) open();
    return all;
  };
}

/** Browsers note each request that fails; here that is what the test brought about. */
function isFailedRequest(text) {
  return text.includes("Failed to load resource") || text.includes("net::ERR");
}
