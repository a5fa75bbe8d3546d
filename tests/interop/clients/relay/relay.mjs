// Relay's runtime with what relay-compiler made: pages, refetches by `node`, a mutation, a subscription, one store.
import assert from "node:assert/strict";

import { createClient } from "graphql-ws";
import relay from "relay-runtime";
import WebSocket from "ws";

import { codeOf, leaves, newCourse, openPayment, seesAPaymentThrough, socketUrl, student, tried, url } from "../gateway.mjs";
import { NO_PAYMENT } from "../operations.mjs";

const { Environment, Network, Observable, RecordSource, Store, commitMutation, fetchQuery, requestSubscription } = relay;

const artifact = async (name) => (await import(`../generated/relay/${name}.graphql.js`)).default;

async function send({ text: query }, variables) {
  const headers = { "Content-Type": "application/json", Accept: "application/graphql-response+json, application/json", ...student };
  const response = await fetch(url, { method: "POST", headers, body: JSON.stringify({ query, variables }) });
  return response.json();
}

const socket = createClient({ url: socketUrl, webSocketImpl: WebSocket, connectionParams: student, retryAttempts: 0 });
const follow = ({ text: query }, variables) => Observable.create((sink) => socket.subscribe({ query, variables }, sink));
const environment = new Environment({ network: Network.create(send, follow), store: new Store(new RecordSource()) });

const record = (id) => environment.getStore().getSource().get(id);

await tried("relay-runtime: pages of a connection follow one another, without a gap or a repetition", async () => {
  const opened = [];
  for (let count = 0; count < 5; count += 1) opened.unshift(await openPayment("relay"));
  await fetchQuery(environment, await artifact("PaymentsQuery"), {}).toPromise();
  const page = await artifact("PaymentsPageQuery");
  const seen = [];
  for (let cursor = null, more = true; more && seen.length < 5; ) {
    const { payments } = (await send(page.params, { count: 2, cursor })).data.viewer;
    seen.push(...payments.edges.map((edge) => edge.node.id));
    ({ endCursor: cursor, hasNextPage: more } = payments.pageInfo);
  }
  assert.deepEqual(seen.slice(0, 5), opened);
  assert.equal(record(opened[0]).status, "REQUIRES_PAYMENT");
});

await tried("relay-runtime: what was fetched is fetched again by `node`, whatever its type", async () => {
  const id = await openPayment("relay");
  const { node } = await fetchQuery(environment, await artifact("PaymentsNodeQuery"), { id }).toPromise();
  assert.equal(node.__typename, "Payment");
  await fetchQuery(environment, await artifact("PaymentsRefetchQuery"), { id }).toPromise();
  const course = await fetchQuery(environment, await artifact("PaymentsNodeQuery"), { id: await newCourse("relay") }).toPromise();
  assert.equal(course.node.__typename, "Course");
});

await tried("relay-runtime: mutation, and the store follows from its ids", async () => {
  const paymentId = await openPayment("relay");
  await fetchQuery(environment, await artifact("PaymentsNodeQuery"), { id: paymentId }).toPromise();
  const mutation = await artifact("PaymentsConfirmMutation");
  const { confirmPayment } = await new Promise((onCompleted, onError) => {
    commitMutation(environment, { mutation, variables: { input: { paymentId } }, onCompleted, onError });
  });
  assert.equal(confirmPayment.__typename, "ConfirmPaymentSuccess");
  assert.equal(record(paymentId).status, "SUCCEEDED");
});

const subscription = await artifact("PaymentsChangesSubscription");

await tried("relay-runtime: payment subscription, present state then SUCCEEDED", () =>
  seesAPaymentThrough("relay", (id, next, onError) => {
    const onNext = ({ payment }) => next(payment);
    const following = requestSubscription(environment, { subscription, variables: { id }, onNext, onError });
    return () => following.dispose();
  }),
);

await tried("relay-runtime: a subscription to a payment that is not there ends with NOT_FOUND", async () => {
  const error = await new Promise((onError, onNext) => {
    requestSubscription(environment, { subscription, variables: { id: NO_PAYMENT }, onNext, onError });
  });
  assert.equal(codeOf(error.source ?? error), "NOT_FOUND");
});

await socket.dispose();
leaves("relay-runtime");
