// The gateway as a subgraph of Apollo Federation 2: composed by Apollo's composition with a subgraph of another team's,
// and asked through Apollo's router for Node.js, which passes on who asks.
import assert from "node:assert/strict";

import { composeServices } from "@apollo/composition";
import { ApolloGateway, RemoteGraphQLDataSource } from "@apollo/gateway";
import { ApolloServer } from "@apollo/server";
import { startStandaloneServer } from "@apollo/server/standalone";
import { buildSubgraphSchema } from "@apollo/subgraph";
import { parse } from "graphql";

const { GATEWAY_URL, STUDENT_TOKEN, ADMIN_TOKEN } = process.env;
assert(GATEWAY_URL && STUDENT_TOKEN && ADMIN_TOKEN, "GATEWAY_URL, STUDENT_TOKEN and ADMIN_TOKEN have to be set");

const student = `Bearer ${STUDENT_TOKEN}`;
const admin = `Bearer ${ADMIN_TOKEN}`;

async function tried(what, trial) {
  try {
    await trial();
    console.log(`ok ${what}`);
  } catch (error) {
    console.log(`${error.stack ?? error}\nfailed ${what}`);
    process.exitCode = 1;
  }
}

async function ask(url, authorization, query, variables = {}) {
  const response = await fetch(url, {
    method: "POST",
    headers: { "Content-Type": "application/json", ...(authorization ? { Authorization: authorization } : {}) },
    body: JSON.stringify({ query, variables }),
    signal: AbortSignal.timeout(20_000),
  });
  return response.json();
}

async function data(...question) {
  const answer = await ask(...question);
  assert.equal(answer.errors, undefined, JSON.stringify(answer.errors));
  return answer.data;
}

// Another team's subgraph: certificates of students, lessons of courses, and a note to a purchase.
const CERTIFICATES = parse(`
  extend schema @link(url: "https://specs.apollo.dev/federation/v2.9", import: ["@key", "@shareable"])
  type Query { certificates(courseId: ID!): [Certificate!]! }
  type Certificate @key(fields: "id") { id: ID! student: Student! course: Course! }
  type Student @key(fields: "id") { id: ID! certificates: [Certificate!]! }
  type Course @key(fields: "id") { id: ID! lessons: Int! }
  type Purchase @key(fields: "id") { id: ID! note: String! }
  type Payment @key(fields: "id") { id: ID! receipt: String! }
  type PageInfo @shareable { hasNextPage: Boolean! hasPreviousPage: Boolean! startCursor: String endCursor: String }
`);
let earned = [];
const asked = [];
const resolvers = {
  Query: { certificates: (_, { courseId }) => earned.filter((each) => each.course.id === courseId) },
  Student: { certificates: ({ id }) => earned.filter((each) => each.student.id === id) },
  Course: { lessons: () => 12 },
  Purchase: { note: ({ id }) => `note of ${id}` },
  Payment: { receipt: ({ id }) => `receipt of ${id}` },
};
const others = new ApolloServer({ schema: buildSubgraphSchema([{ typeDefs: CERTIFICATES, resolvers }]) });
const { url: othersUrl } = await startStandaloneServer(others, { listen: { host: "127.0.0.1", port: 0 }, context: async ({ req }) => void asked.push(req.headers.authorization) },
);

let supergraphSdl;
await tried("@apollo/composition: our subgraph and another team's come to one schema", async () => {
  const { _service } = await data(GATEWAY_URL, null, "{ _service { sdl } }");
  const services = [
    { name: "gateway", url: GATEWAY_URL, typeDefs: parse(_service.sdl) },
    { name: "certificates", url: othersUrl, typeDefs: CERTIFICATES },
  ];
  const composed = composeServices(services);
  assert.equal(composed.errors, undefined, composed.errors?.map(String).join("\n"));
  supergraphSdl = composed.supergraphSdl;
  assert.match(supergraphSdl, /createPayment\(/);
});

// It passes on whose token it was, to each subgraph.
const buildService = ({ url }) =>
  new RemoteGraphQLDataSource({
    url,
    willSendRequest({ request, context }) {
      if (context.authorization) request.http.headers.set("authorization", context.authorization);
    },
  });
const silent = { debug() {}, info() {}, warn() {}, error() {} };
const gateway = new ApolloGateway({ supergraphSdl, buildService, logger: silent });
const router = new ApolloServer({ gateway, logger: silent });
const { url } = await startStandaloneServer(router, {
  listen: { host: "127.0.0.1", port: 0 },
  context: async ({ req }) => ({ authorization: req.headers.authorization }),
});

const TIER = { code: "BASIC", rank: 1, sessionCount: 4, price: { amountMinor: 199900, currency: "INR" } };
const SAVE = `mutation($input: SaveCourseInput!) { saveCourse(input: $input) {
  __typename ... on SaveCourseSuccess { course { id lessons } } ... on Problem { message } } }`;
const OPEN = `mutation($input: CreatePaymentInput!) { createPayment(input: $input) {
  __typename ... on CreatePaymentSuccess { payment { id receipt } } ... on Problem { message } } }`;
const CONFIRM = `mutation($input: ConfirmPaymentInput!) { confirmPayment(input: $input) {
  __typename ... on ConfirmPaymentSuccess { purchase { id note student { id certificates { id } } course { title lessons } } }
  ... on Problem { message } } }`;
const METADATA = { isSundayOnly: false, sessionDuration: 45, timeSlot: { start: "07:00", timeZone: "Asia/Kolkata" } };

let course;
let purchase;
await tried("@apollo/gateway: an admin's course, with its lessons from the other subgraph", async () => {
  const { saveCourse } = await data(url, admin, SAVE, { input: { title: "Chess", tiers: [TIER] } });
  assert.equal(saveCourse.__typename, "SaveCourseSuccess", saveCourse.message);
  assert.equal(saveCourse.course.lessons, 12);
  course = saveCourse.course.id;
});

await tried("@apollo/gateway: a student pays, and what both subgraphs know of the purchase is one answer", async () => {
  const opened = await data(url, student, OPEN, { input: { courseId: course, tier: "BASIC", metadata: METADATA } });
  const { payment } = opened.createPayment;
  assert.equal(payment.receipt, `receipt of ${payment.id}`);
  earned = [{ id: "c1", student: { id: "student-1" }, course: { id: course } }];
  const { confirmPayment } = await data(url, student, CONFIRM, { input: { paymentId: payment.id } });
  purchase = confirmPayment.purchase;
  assert.equal(purchase.note, `note of ${purchase.id}`);
  assert.deepEqual(purchase.student, { id: "student-1", certificates: [{ id: "c1" }] });
  assert.deepEqual(purchase.course, { title: "Chess", lessons: 12 });
  assert.equal(asked.at(-1), student);
});

const EARNED = "query($id: ID!) { certificates(courseId: $id) { id student { id } course { title tiers { code } } } }";
await tried("@apollo/gateway: a query that begins at the other subgraph reads our entities", async () => {
  const { certificates } = await data(url, student, EARNED, { id: course });
  assert.deepEqual(certificates, [
    { id: "c1", student: { id: "student-1" }, course: { title: "Chess", tiers: [{ code: "BASIC" }] } },
  ]);
});

const NOTED = `query($r: [_Any!]!) { _entities(representations: $r) { ... on Purchase { status } } }`;
await tried("@apollo/gateway: whoever has no token is told what we say without one", async () => {
  const mine = await data(GATEWAY_URL, student, NOTED, { r: [{ __typename: "Purchase", id: purchase.id }] });
  assert.deepEqual(mine._entities, [{ status: "ACTIVE" }]);
  const { data: nothing, errors } = await ask(url, null, "query($id: ID!) { purchase(id: $id) { note status } }", {
    id: purchase.id,
  });
  assert.equal(nothing.purchase, null);
  assert.equal(errors[0].extensions.code, "UNAUTHENTICATED");
});

await router.stop();
await others.stop();
process.exit(process.exitCode ?? 0);
