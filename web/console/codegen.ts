import type { CodegenConfig } from "@graphql-codegen/cli";

const config: CodegenConfig = {
  schema: "../../schema.graphql",
  documents: ["src/**/*.{ts,tsx}", "!src/gql/**"],
  generates: {
    "src/gql/": {
      preset: "client",
      presetConfig: { fragmentMasking: false },
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

export default config;
