// graphql-sse: everything as server-sent events, in its distinct connections mode.
import assert from "node:assert/strict";

import { createClient } from "graphql-sse";

import { codeOf, leaves, newCourse, seesAPaymentThrough, student, tried, url } from "./gateway.mjs";
import { COURSE, CREATE_PAYMENT, NO_PAYMENT, PAYMENT_CHANGES, paymentInput } from "./operations.mjs";

const client = createClient({ url, headers: student, retryAttempts: 0 });

const once = (query, variables) =>
  new Promise((resolve, reject) => {
    let result = null;
    client.subscribe({ query, variables }, { next: (value) => (result = value), error: reject, complete: () => resolve(result) });
  });

await tried("graphql-sse: query", async () => {
  const id = await newCourse("graphql-sse");
  const { data } = await once(COURSE, { id });
  assert.equal(data.course.id, id);
});

await tried("graphql-sse: mutation", async () => {
  const input = paymentInput(await newCourse("graphql-sse"));
  const { data } = await once(CREATE_PAYMENT, { input });
  assert.equal(data.createPayment.payment.status, "REQUIRES_PAYMENT");
});

await tried("graphql-sse: payment subscription, present state then SUCCEEDED", () =>
  seesAPaymentThrough("graphql-sse", (id, next, fail) =>
    client.subscribe(
      { query: PAYMENT_CHANGES, variables: { id } },
      { next: ({ data }) => next(data.payment), error: fail, complete: () => {} },
    ),
  ),
);

await tried("graphql-sse: the same, as an async iterator that is left", async () => {
  await seesAPaymentThrough("graphql-sse", (id, next, fail) => {
    const results = client.iterate({ query: PAYMENT_CHANGES, variables: { id } });
    (async () => {
      for await (const { data } of results) {
        next(data.payment);
        if (data.payment.status === "SUCCEEDED") break;
      }
    })().catch(fail);
    return () => results.return();
  });
});

await tried("graphql-sse: a payment that is not there ends with NOT_FOUND", async () => {
  const ended = await once(PAYMENT_CHANGES, { id: NO_PAYMENT });
  assert.equal(codeOf(ended), "NOT_FOUND");
});

client.dispose();
leaves("graphql-sse");
