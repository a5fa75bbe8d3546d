// Apollo Client: queries by POST and by GET, mutations, subscriptions by multipart HTTP and by WebSocket.
import assert from "node:assert/strict";

import { ApolloClient, CombinedGraphQLErrors, HttpLink, InMemoryCache, gql } from "@apollo/client";
import { GraphQLWsLink } from "@apollo/client/link/subscriptions";
import { createClient } from "graphql-ws";
import WebSocket from "ws";

import { ask, codeOf, leaves, newCourse, openPayment, seesAPaymentThrough, socketUrl, student, tried, url } from "./gateway.mjs";
import { CONFIRM_PAYMENT, COURSE, NO_PAYMENT, PAYMENT, PAYMENT_CHANGES } from "./operations.mjs";

const sent = [];
const watched = (input, init) => {
  sent.push({ method: init.method, accept: init.headers.accept });
  return fetch(input, init);
};

/** Which types an interface or a union has, for the cache; the server says so itself. */
async function possibleTypes() {
  const { __schema } = await ask({}, "{ __schema { types { name possibleTypes { name } } } }");
  const abstract = __schema.types.filter((type) => type.possibleTypes);
  return Object.fromEntries(abstract.map((type) => [type.name, type.possibleTypes.map((each) => each.name)]));
}

const cache = new InMemoryCache({ possibleTypes: await possibleTypes() });
const link = (options) => new HttpLink({ uri: url, headers: student, fetch: watched, ...options });
const client = new ApolloClient({ cache, link: link() });

const follows = (apollo) => (id, next, fail) => {
  const following = apollo.subscribe({ query: gql(PAYMENT_CHANGES), variables: { id } }).subscribe({
    next: ({ data, error }) => (error ? fail(error) : next(data.payment)),
    error: fail,
  });
  return () => following.unsubscribe();
};

const firstOf = (apollo, id) =>
  new Promise((resolve, reject) => {
    apollo.subscribe({ query: gql(PAYMENT_CHANGES), variables: { id } }).subscribe({ next: resolve, error: reject });
  });

await tried("@apollo/client: query, by its own Accept header", async () => {
  const id = await newCourse("apollo");
  const { data } = await client.query({ query: gql(COURSE), variables: { id } });
  assert.equal(data.course.id, id);
  assert.equal(sent.at(-1).method, "POST");
});

await tried("@apollo/client: query by GET", async () => {
  const getting = new ApolloClient({ cache: new InMemoryCache(), link: link({ useGETForQueries: true }) });
  const id = await newCourse("apollo");
  const { data } = await getting.query({ query: gql(COURSE), variables: { id } });
  assert.equal(data.course.id, id);
  assert.equal(sent.at(-1).method, "GET");
});

await tried("@apollo/client: mutation, and the cache follows from its ids", async () => {
  const id = await openPayment("apollo");
  const before = await client.query({ query: gql(PAYMENT), variables: { id } });
  assert.equal(before.data.payment.status, "REQUIRES_PAYMENT");
  const { data } = await client.mutate({ mutation: gql(CONFIRM_PAYMENT), variables: { input: { paymentId: id } } });
  assert.equal(data.confirmPayment.__typename, "ConfirmPaymentSuccess");
  const fragment = gql`fragment Status on Payment { status }`;
  assert.equal(cache.readFragment({ id: `Payment:${id}`, fragment }).status, "SUCCEEDED");
});

await tried("@apollo/client: a problem is data, matched by its interface", async () => {
  const variables = { input: { paymentId: NO_PAYMENT } };
  const { data } = await client.mutate({ mutation: gql(CONFIRM_PAYMENT), variables });
  assert.equal(data.confirmPayment.__typename, "NotFound");
  assert.equal(data.confirmPayment.code, "NOT_FOUND");
});

await tried("@apollo/client: an error is a GraphQL error with its code", async () => {
  const query = gql("{ purchases(first: 1) { nodes { id } } }");
  const error = await client.query({ query }).catch((thrown) => thrown);
  assert(CombinedGraphQLErrors.is(error), String(error));
  assert.equal(codeOf(error), "FORBIDDEN");
});

await tried("@apollo/client: multipart payment subscription, present state then SUCCEEDED", async () => {
  await seesAPaymentThrough("apollo", follows(client));
  const { accept } = sent.findLast((each) => each.accept.includes("subscriptionSpec"));
  assert.match(accept, /multipart\/mixed/);
});

await tried("@apollo/client: multipart subscription to a payment that is not there ends with NOT_FOUND", async () => {
  const { error } = await firstOf(client, NO_PAYMENT);
  assert.equal(codeOf(error), "NOT_FOUND");
});

await tried("@apollo/client: payment subscription by GraphQLWsLink, present state then SUCCEEDED", async () => {
  const socket = createClient({ url: socketUrl, webSocketImpl: WebSocket, connectionParams: student, retryAttempts: 0 });
  const linked = new ApolloClient({ cache: new InMemoryCache(), link: new GraphQLWsLink(socket) });
  await seesAPaymentThrough("apollo", follows(linked));
  await socket.dispose();
});

client.stop();
leaves("@apollo/client");
