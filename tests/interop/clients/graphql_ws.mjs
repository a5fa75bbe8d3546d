// graphql-ws: everything over one WebSocket, in the protocol graphql-transport-ws.
import assert from "node:assert/strict";

import { createClient } from "graphql-ws";
import WebSocket from "ws";

import { codeOf, leaves, newCourse, seesAPaymentThrough, socketUrl, student, tried } from "./gateway.mjs";
import { COURSE, CREATE_PAYMENT, NO_PAYMENT, PAYMENT_CHANGES, paymentInput } from "./operations.mjs";

const connect = (options) =>
  createClient({ url: socketUrl, webSocketImpl: WebSocket, connectionParams: student, retryAttempts: 0, ...options });

const once = (client, query, variables) =>
  new Promise((resolve, reject) => {
    let result = null;
    client.subscribe({ query, variables }, { next: (value) => (result = value), error: reject, complete: () => resolve(result) });
  });

const client = connect();

await tried("graphql-ws: query", async () => {
  const id = await newCourse("graphql-ws");
  const { data, errors } = await once(client, COURSE, { id });
  assert.equal(errors, undefined);
  assert.equal(data.course.tiers[0].code, "STANDARD");
});

await tried("graphql-ws: mutation", async () => {
  const input = paymentInput(await newCourse("graphql-ws"));
  const { data } = await once(client, CREATE_PAYMENT, { input });
  assert.equal(data.createPayment.payment.status, "REQUIRES_PAYMENT");
});

await tried("graphql-ws: payment subscription, present state then SUCCEEDED", () =>
  seesAPaymentThrough("graphql-ws", (id, next, fail) =>
    client.subscribe(
      { query: PAYMENT_CHANGES, variables: { id } },
      { next: ({ data }) => next(data.payment), error: fail, complete: () => {} },
    ),
  ),
);

await tried("graphql-ws: a payment that is not there ends with NOT_FOUND", async () => {
  const ended = await once(client, PAYMENT_CHANGES, { id: NO_PAYMENT }).catch((error) => error);
  assert.equal(codeOf(ended), "NOT_FOUND");
});

await tried("graphql-ws: a token that is no token closes with 4403", async () => {
  const forged = connect({ connectionParams: { Authorization: "Bearer forged" } });
  const closed = await once(forged, COURSE, { id: "crs_01j0000000e008000000000001" }).catch((event) => event);
  assert.equal(closed.code, 4403);
  await forged.dispose();
});

await tried("graphql-ws: a ping is answered", async () => {
  await new Promise((resolve, reject) => {
    const pinging = connect({ lazy: false, keepAlive: 50, onNonLazyError: reject, on: { pong: (received) => received && resolve(pinging.dispose()) } });
  });
});

await client.dispose();
leaves("graphql-ws");
