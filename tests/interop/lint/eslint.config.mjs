// What graphql-eslint holds schema.graphql and the documented operations to: its recommended and relay sets, whole,
// but for what stands below with its reason.
import { createRequire } from "node:module";
import { fileURLToPath } from "node:url";

const graphql = createRequire(import.meta.url)("@graphql-eslint/eslint-plugin");
const root = fileURLToPath(new URL("../../../", import.meta.url));
const project = { schema: `${root}schema.graphql`, documents: `${root}docs/operations/*.graphql` };

// Every type has an `id: ID!`, so that a cache can keep it apart, but for:
const withoutId = {
  suffixes: [
    "Connection", // a page, named by the arguments it was asked for with
    "Edge", // a place in one list, named by its cursor
    "Success", // what one call came to; what it changed is in it and has its id
  ],
  types: [
    // Problems, each what one call came to.
    "ActivePurchaseExists",
    "DuplicatePayment",
    "IdempotencyKeyReused",
    "InvalidInput",
    "MetadataConflict",
    "NotFound",
    "PaymentDeclined",
    "PaymentPending",
    // What a problem says field by field.
    "FieldProblem",
    "MetadataDifference",
    // Values, the same wherever they say the same; a cache keeps them within what has them.
    "CourseTier",
    "Label",
    "Money",
    "PageInfo",
    "PaymentFailure",
    "PurchaseMetadata",
    "RefundFailure",
    "ScheduledSession",
    "StudentAccess",
    "TimeSlot",
    // A line of a history, only ever read as part of it; its place is its edge's cursor.
    "AuditEntry",
  ],
};

export default [
  {
    files: ["**/*.graphql"],
    plugins: { "@graphql-eslint": graphql },
    languageOptions: { parser: graphql.parser, parserOptions: { graphQLConfig: project } },
  },
  {
    files: ["schema.graphql"],
    rules: {
      ...graphql.configs["flat/schema-recommended"].rules,
      ...graphql.configs["flat/schema-relay"].rules,
      "@graphql-eslint/strict-id-in-types": ["error", { exceptions: withoutId }],
      // A connection has `nodes` beside its `edges`, for who needs no cursors, and a short list that is bounded by what
      // has it (a course's tiers, a metadata's labels, a problem's fields) is a plain list.
      "@graphql-eslint/relay-edge-types": [
        "error",
        // An edge's node need not be a Node: an AuditEntry is not, see above.
        { withEdgeSuffix: true, shouldImplementNode: false, listTypeCanWrapOnlyEdgeType: false },
      ],
      // Stricter than recommended: fields, arguments and values as well. But @oneOf is the GraphQL specification's own,
      // printed for tools that do not know it yet; and the argument of @requiresRole has its description in the code,
      // which Strawberry does not print.
      "@graphql-eslint/require-description": [
        "error",
        {
          types: true,
          DirectiveDefinition: true,
          FieldDefinition: true,
          InputValueDefinition: true,
          EnumValueDefinition: true,
          ignoredSelectors: [
            "[type=DirectiveDefinition][name.value=oneOf]",
            "[type=InputValueDefinition][parent.name.value=requiresRole]",
          ],
        },
      ],
    },
  },
  {
    files: ["docs/operations/*.graphql"],
    rules: graphql.configs["flat/operations-recommended"].rules,
  },
];
