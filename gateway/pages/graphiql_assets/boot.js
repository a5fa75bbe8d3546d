// Starts GraphiQL with the tabs that the page was given.
import { keptEdits } from "./edits.js";
import { idsFor } from "./ids.js";
import { operationList, ownToken } from "./operations.js";
import { sender } from "./send.js";
import { tabFiller } from "./tab_filler.js";

const { React, ReactDOM, GraphiQL } = window;
const config = JSON.parse(document.getElementById("config").textContent);

// The name under which GraphiQL's scroll lock looks for the nonce of the <style> it inserts.
window.__webpack_nonce__ = config.styleNonce;

if (GraphiQL) {
  const ids = idsFor(config.values);
  const edits = keptEdits(config, ids);
  const filler = tabFiller(React, GraphiQL.React.useEditorContext, config.tabs, edits.filled);
  const [first] = config.tabs.map(({ query, variables, headers }) => ({
    query,
    variables: edits.filled(variables),
    headers: edits.filled(headers),
  }));
  const token = ownToken();
  const operations = operationList({
    React,
    useEditorContext: GraphiQL.React.useEditorContext,
    tabs: config.tabs,
    filled: edits.filled,
    variablesOf: filler.variablesOf,
    token,
    isDemo: config.isDemo,
  });
  const root = document.getElementById("graphiql");
  operations.unfold(root);
  ReactDOM.createRoot(root).render(
    React.createElement(
      GraphiQL,
      {
        fetcher: sender({
          unfilled: config.words,
          token,
          given: [config.values.studentToken, config.values.adminToken],
          hear(result) {
            ids.hear(result);
            filler.fill();
          },
          parse: GraphiQL.GraphQL.parse,
        }),
        storage: edits.storage,
        plugins: [operations.plugin],
        defaultTabs: [first],
        // GraphiQL takes the first tab's headers, and those of a tab opened with "+", from here.
        defaultHeaders: first.headers,
        isHeadersEditorEnabled: true,
        // In a demo headers are kept, its own tokens as placeholders (edits.js); elsewhere none is kept.
        shouldPersistHeaders: config.isDemo,
        showPersistHeadersSettings: false,
        defaultEditorToolsVisibility: "variables",
        inputValueDeprecation: true,
        schemaDescription: true,
      },
      React.createElement(filler.Component, null),
    ),
  );
} else {
  document.querySelector(".waiting").textContent = "GraphiQL did not load: run `make install`, then reload this page.";
}
