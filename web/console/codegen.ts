import type { CodegenConfig } from "@graphql-codegen/cli";
import { typedDocuments } from "../typed_documents";

const config: CodegenConfig = typedDocuments({ fragmentMasking: false });

export default config;
