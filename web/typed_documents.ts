// How the pages' GraphQL documents become types: one rule for the checkout and the console.

/** @param fragments how a page takes the fields of its fragments */
export function typedDocuments<Preset extends object>(fragments: Preset) {
  return {
    schema: "../../schema.graphql",
    documents: ["src/**/*.{ts,tsx}", "!src/gql/**"],
    generates: {
      "src/gql/": {
        preset: "client" as const,
        presetConfig: fragments,
        config: {
          enumType: "string-literal",
          enumsAsTypes: true,
          defaultScalarType: "unknown", // what the page does not ask for, it need not know
          useTypeImports: true,
          scalars: {
            Currency: "string",
            Date: "string",
            DateTime: "string",
            LocalTime: "string",
            MinorUnits: "number",
            PurchaseTier: "string",
            TimeZone: "string",
          },
        },
      },
    },
  };
}
