// The documents of the console as it sends them, by their hashes: a gateway that runs registered documents alone has to
// know them.

import { createHash } from "node:crypto";
import { formatDocument, stringifyDocument, type TypedDocumentNode } from "@urql/core";
import { runnerImport, type Plugin } from "vite";

const GENERATED = "./src/gql/graphql.ts";

export function trustedDocuments(): Plugin {
  return {
    name: "trusted-documents",
    apply: "build",
    async generateBundle() {
      const { module } = await runnerImport<Record<string, unknown>>(GENERATED);
      const texts = Object.values(module).filter(isOperation).flatMap(textsOf);
      if (texts.length === 0) this.error(`${GENERATED} has no operation`);
      const byHash = Object.fromEntries(texts.map((text) => [createHash("sha256").update(text).digest("hex"), text]));
      this.emitFile({ type: "asset", fileName: "trusted-documents.json", source: `${JSON.stringify(byHash, null, 1)}\n` });
    },
  };
}

/** As urql's cache has it, which asks for each `__typename`, and as it was written, which is what a login sends. */
function textsOf(document: TypedDocumentNode): string[] {
  const asked = formatDocument(document) as unknown as TypedDocumentNode; // it types what it leaves out as undefined
  return [stringifyDocument(asked), stringifyDocument(document)];
}

function isOperation(value: unknown): value is TypedDocumentNode {
  const { definitions } = (value ?? {}) as { definitions?: { kind: string }[] };
  return definitions?.some(({ kind }) => kind === "OperationDefinition") ?? false;
}
