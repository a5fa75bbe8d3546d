// The gateway under test, what is tried with it, and how that is told: a line each, and exit code 1 unless all went well.
import assert from "node:assert/strict";

import { CONFIRM_PAYMENT, CREATE_PAYMENT, SAVE_COURSE, courseInput, paymentInput } from "./operations.mjs";

const { GATEWAY_URL, STUDENT_TOKEN, ADMIN_TOKEN } = process.env;
assert(GATEWAY_URL && STUDENT_TOKEN && ADMIN_TOKEN, "GATEWAY_URL, STUDENT_TOKEN and ADMIN_TOKEN have to be set");

export const url = GATEWAY_URL;
export const socketUrl = GATEWAY_URL.replace(/^http/, "ws");
export const student = { Authorization: `Bearer ${STUDENT_TOKEN}` };
export const admin = { Authorization: `Bearer ${ADMIN_TOKEN}` };

/** Runs one trial and tells how it went; one that takes longer than 20 seconds has failed. */
export async function tried(what, trial) {
  let timer;
  const late = new Promise((_, reject) => {
    timer = setTimeout(() => reject(new Error("nothing came in 20 seconds")), 20_000);
  });
  try {
    await Promise.race([trial(), late]);
    console.log(`ok ${what}`);
  } catch (error) {
    console.log(`${error.stack ?? error}\nfailed ${what}`);
    process.exitCode = 1;
  } finally {
    clearTimeout(timer);
  }
}

/** The last trial: nothing may keep the process alive once its client has let go. */
export function leaves(tool) {
  setTimeout(() => {
    console.log(`failed ${tool}: lets go of its connections`);
    process.exit(1);
  }, 10_000).unref();
  process.on("exit", () => process.exitCode || console.log(`ok ${tool}: lets go of its connections`));
}

/** A plain request, for what stands around the client's own. */
export async function ask(headers, query, variables) {
  const response = await fetch(url, {
    method: "POST",
    headers: { "Content-Type": "application/json", Accept: "application/json", ...headers },
    body: JSON.stringify({ query, variables }),
  });
  const { data, errors } = await response.json();
  assert.equal(errors, undefined, JSON.stringify(errors));
  return data;
}

let courses = 0;

/** A course that nobody has bought. */
export async function newCourse(tool) {
  courses += 1;
  const { saveCourse } = await ask(admin, SAVE_COURSE, { input: courseInput(`${tool} ${courses}`) });
  assert.equal(saveCourse.__typename, "SaveCourseSuccess", JSON.stringify(saveCourse));
  return saveCourse.course.id;
}

/** A payment that nobody has paid. */
export async function openPayment(tool) {
  const { createPayment } = await ask(student, CREATE_PAYMENT, { input: paymentInput(await newCourse(tool)) });
  assert.equal(createPayment.payment.status, "REQUIRES_PAYMENT");
  return createPayment.payment.id;
}

export const confirm = (paymentId) => ask(student, CONFIRM_PAYMENT, { input: { paymentId } });

/**
 * What a subscription of `payment(id:)` owes: the present state at once, then SUCCEEDED with its purchase.
 * `subscribe(id, next, fail)` begins it and returns what ends it.
 */
export async function seesAPaymentThrough(tool, subscribe) {
  const id = await openPayment(tool);
  const seen = [];
  const stop = await new Promise((resolve, reject) => {
    let end = null;
    const next = (payment) => {
      seen.push(payment.status);
      assert.equal(payment.id, id);
      if (seen.length === 1) confirm(id).catch(reject);
      if (payment.status === "SUCCEEDED") {
        assert.match(payment.purchase.id, /^pur_/);
        resolve(end);
      }
    };
    end = subscribe(id, (payment) => {
      try {
        next(payment);
      } catch (error) {
        reject(error);
      }
    }, reject);
  });
  await stop();
  assert.equal(seen[0], "REQUIRES_PAYMENT");
  assert.equal(seen.at(-1), "SUCCEEDED");
}

/** The code of the error with which a subscription to a payment that is not there ends. */
export const codeOf = (error) => {
  const first = Array.isArray(error) ? error[0] : (error.errors ?? error.graphQLErrors ?? [error])[0];
  return first?.extensions?.code;
};
