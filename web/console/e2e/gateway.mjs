// A real gateway on a free port and a database of its own, and the people who use it.

import { spawn } from "node:child_process";
import { createHmac, randomUUID } from "node:crypto";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";

const ROOT = fileURLToPath(new URL("../../..", import.meta.url));
const PYTHON = process.env.PYTHON ?? join(ROOT, ".venv/bin/python");
const SECRET = "a-secret-of-the-console's-tests-of-32-bytes";
const SLOT = `{isSundayOnly: false, sessionDuration: 60, timeSlot: {start: "17:30", timeZone: "Asia/Kolkata"}}`;

/** Tests do by the dozen, and in no time, what a person does now and then. */
const UNHURRIED = Object.fromEntries(
  ["VIEWER", "ADDRESS"].flatMap((whose) => ["BURST", "PER_S"].map((when) => [`GATEWAY_RATE_${whose}_${when}`, "100000"])),
);

/** A token of our own making, as the gateway's `token` command makes them. */
export function mint(role, subject, seconds = 3600) {
  const part = (value) => Buffer.from(JSON.stringify(value)).toString("base64url");
  const now = Math.floor(Date.now() / 1000);
  const signed = `${part({ typ: "JWT", alg: "HS256" })}.${part({ sub: subject, role, iat: now, exp: now + seconds })}`;
  return `${signed}.${createHmac("sha256", SECRET).update(signed).digest("base64url")}`;
}

/**
 * @param {{home?: string, port?: number, env?: Record<string, string>}} [where] to find a database again, and to be found
 *     again
 */
export async function serve({ home, port = 0, env = {} } = {}) {
  const folder = home ?? (await mkdtemp(join(tmpdir(), "console-")));
  const child = spawn(PYTHON, ["-m", "gateway", "serve", "--demo", "--port", String(port)], {
    cwd: ROOT,
    env: {
      ...process.env,
      PYTHONPATH: ROOT,
      PYTHONUNBUFFERED: "1",
      ...UNHURRIED,
      GATEWAY_DATABASE_URL: `sqlite:///${folder}/console.db`,
      ...("GATEWAY_JWKS_URL" in env ? {} : { GATEWAY_JWT_SECRET: SECRET }),
      ...env,
    },
    stdio: ["ignore", "pipe", "pipe"],
  });
  const ended = once(child, "exit");
  child.stderr.resume();
  const origin = await originOf(child, ended);
  const stop = async (signal = "SIGTERM") => {
    child.kill(signal);
    await ended;
    if (home === undefined) await rm(folder, { recursive: true, force: true });
  };
  return new Gateway(origin, stop);
}

function originOf(child, ended) {
  return new Promise((resolve, reject) => {
    const said = [];
    createInterface({ input: child.stdout }).on("line", (line) => {
      said.push(line);
      const found = line.match(/^Serving (http:\/\/[\w.:]+)/);
      if (found) resolve(found[1]);
    });
    ended.then(() => reject(new Error(`the gateway ended; it said:\n${said.join("\n")}`)));
  });
}

export class Gateway {
  constructor(origin, stop) {
    this.origin = origin;
    this.stop = stop;
  }

  async ask(query, token = mint("ADMIN", "the-test")) {
    const headers = { "Content-Type": "application/json", Authorization: `Bearer ${token}` };
    const answer = await fetch(`${this.origin}/graphql`, { method: "POST", headers, body: JSON.stringify({ query }) });
    const { data, errors } = await answer.json();
    if (errors) throw new Error(JSON.stringify(errors));
    return data;
  }

  async course(title, currency = "INR") {
    const tier = (code, sessions, minor, rank) =>
      `{code: "${code}", sessionCount: ${sessions}, price: {amountMinor: ${minor}, currency: "${currency}"}, validityDays: 180, rank: ${rank}}`;
    const tiers = [tier("BASIC", 4, 199_900, 1), tier("STANDARD", 12, 499_900, 2)];
    const { saveCourse } = await this.ask(
      `mutation { saveCourse(input: {title: "${title}", tiers: [${tiers}]}) { ... on SaveCourseSuccess { course { id } } ... on Problem { message } } }`,
    );
    return saveCourse.course.id;
  }

  async grant(student, courseId, tier = "BASIC", reason = "Won the raffle", admin = "the-test") {
    const { createPurchase } = await this.ask(
      `mutation { createPurchase(input: {studentId: ${JSON.stringify(student)}, courseId: "${courseId}", purchaseTier: "${tier}",
        metadata: ${SLOT}, reason: ${JSON.stringify(reason)}}) { __typename ... on CreatePurchaseSuccess { purchase { id } } ... on Problem { message } } }`,
      mint("ADMIN", admin),
    );
    if (!createPurchase.purchase) throw new Error(JSON.stringify(createPurchase));
    return createPurchase.purchase.id;
  }

  /** A payment that is paid by the sandbox's test token, and what it became. */
  async pay(student, courseId, { tier = "BASIC", card = "tok_succeed" } = {}) {
    const token = mint("STUDENT", student);
    const { createPayment } = await this.ask(
      `mutation { createPayment(input: {courseId: "${courseId}", tier: "${tier}", metadata: ${SLOT}, idempotencyKey: "${randomUUID()}"})
        { ... on CreatePaymentSuccess { payment { id } } ... on Problem { message } } }`,
      token,
    );
    const { id } = createPayment.payment;
    const { confirmPayment } = await this.ask(
      `mutation { confirmPayment(input: {paymentId: "${id}", proof: {sandbox: {token: "${card}"}}})
        { ... on ConfirmPaymentSuccess { purchase { id } } ... on Problem { message } } }`,
      token,
    );
    return { paymentId: id, purchaseId: confirmPayment.purchase?.id };
  }

  async refund(paymentId, amountMinor, reason = "By another admin", admin = "another-admin") {
    return this.ask(
      `mutation { refundPayment(input: {paymentId: "${paymentId}", ${amountMinor ? `amountMinor: ${amountMinor},` : ""} reason: "${reason}",
        idempotencyKey: "${randomUUID()}"}) { __typename ... on Problem { message } } }`,
      mint("ADMIN", admin),
    );
  }

  async revoke(purchaseId, admin = "another-admin") {
    return this.ask(
      `mutation { revokePurchase(input: {purchaseId: "${purchaseId}", reason: "By another admin"}) { __typename } }`,
      mint("ADMIN", admin),
    );
  }

  async purchase(id) {
    const { purchase } = await this.ask(
      `{ purchase(id: "${id}") { status tier expiryDate metadata { timeSlot { start timeZone } } history(first: 100) { nodes { action reason actor { id } } } } }`,
    );
    return purchase;
  }

  async payment(id) {
    const { payment } = await this.ask(
      `{ payment(id: "${id}") { status amountRefunded { amountMinor } refunds { status reason amount { amountMinor } } } }`,
    );
    return payment;
  }
}
