// What graphql-schema-linter holds schema.graphql to: all of its rules but three.
const { readdirSync } = require("node:fs");
const { dirname, join } = require("node:path");

const rules = join(dirname(require.resolve("graphql-schema-linter")), "rules");

// Fields and values stand in the order in which they are read and understood: `id` first, a state after the one before
// it, `hasNextPage` before `endCursor`. Types are sorted by name.
const excepted = [
  "enum-values-sorted-alphabetically",
  "input-object-fields-sorted-alphabetically",
  "type-fields-sorted-alphabetically",
];

module.exports = {
  rules: readdirSync(rules)
    .map((file) => file.replace(/(_|\.js$)/g, (found) => (found === "_" ? "-" : "")))
    .filter((rule) => !excepted.includes(rule)),
};
