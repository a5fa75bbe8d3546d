import type { CodegenConfig } from "@graphql-codegen/cli";
import { typedDocuments } from "../../web/typed_documents";

const config: CodegenConfig = typedDocuments({ fragmentMasking: { unmaskFunctionName: "read" } });

export default config;
