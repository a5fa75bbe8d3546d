// urql: everything by fetch, queries by GET as well, subscriptions as server-sent events and by WebSocket.
import assert from "node:assert/strict";

import { Client, cacheExchange, fetchExchange, subscriptionExchange } from "@urql/core";
import { createClient } from "graphql-ws";
import WebSocket from "ws";

import { codeOf, leaves, newCourse, openPayment, seesAPaymentThrough, socketUrl, student, tried, url } from "./gateway.mjs";
import { CONFIRM_PAYMENT, COURSE, NO_PAYMENT, PAYMENT_CHANGES } from "./operations.mjs";

const sent = [];
const answered = [];
const watched = async (input, init) => {
  sent.push(init.method);
  const response = await fetch(input, init);
  answered.push(response.headers.get("content-type"));
  return response;
};

const connect = (options) =>
  new Client({
    url,
    exchanges: [cacheExchange, fetchExchange],
    fetchSubscriptions: true,
    preferGetMethod: false,
    fetch: watched,
    fetchOptions: () => ({ headers: student }),
    ...options,
  });

const client = connect();

const follows = (urql) => (id, next, fail) => {
  const following = urql
    .subscription(PAYMENT_CHANGES, { id })
    .subscribe(({ data, error }) => (error ? fail(error) : next(data.payment)));
  return () => following.unsubscribe();
};

await tried("@urql/core: query", async () => {
  const id = await newCourse("urql");
  const { data, error } = await client.query(COURSE, { id });
  assert.equal(error, undefined);
  assert.equal(data.course.id, id);
  assert.equal(sent.at(-1), "POST");
});

await tried("@urql/core: query by GET", async () => {
  const id = await newCourse("urql");
  const { data, error } = await connect({ preferGetMethod: "force" }).query(COURSE, { id });
  assert.equal(error, undefined);
  assert.equal(data.course.id, id);
  assert.equal(sent.at(-1), "GET");
});

await tried("@urql/core: mutation", async () => {
  const paymentId = await openPayment("urql");
  const { data } = await client.mutation(CONFIRM_PAYMENT, { input: { paymentId } });
  assert.equal(data.confirmPayment.__typename, "ConfirmPaymentSuccess");
  assert.match(answered.at(-1), /json/);
});

await tried("@urql/core: an error is a GraphQL error with its code", async () => {
  const { error } = await client.query("{ purchases(first: 1) { nodes { id } } }", {});
  assert.equal(codeOf(error), "FORBIDDEN");
});

await tried("@urql/core: payment subscription by server-sent events, present state then SUCCEEDED", async () => {
  await seesAPaymentThrough("urql", follows(client));
  assert(answered.some((type) => type.startsWith("text/event-stream")), String(answered));
});

await tried("@urql/core: a subscription to a payment that is not there ends with NOT_FOUND", async () => {
  const { error } = await client.subscription(PAYMENT_CHANGES, { id: NO_PAYMENT }).toPromise();
  assert.equal(codeOf(error), "NOT_FOUND");
});

await tried("@urql/core: payment subscription by subscriptionExchange and graphql-ws, present state then SUCCEEDED", async () => {
  const socket = createClient({ url: socketUrl, webSocketImpl: WebSocket, connectionParams: student, retryAttempts: 0 });
  const forwardSubscription = (request) => ({
    subscribe: (sink) => ({ unsubscribe: socket.subscribe({ ...request, query: request.query ?? "" }, sink) }),
  });
  const linked = connect({ fetchSubscriptions: false, exchanges: [fetchExchange, subscriptionExchange({ forwardSubscription })] });
  await seesAPaymentThrough("urql", follows(linked));
  await socket.dispose();
});

leaves("@urql/core");
