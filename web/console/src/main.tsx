// Puts the console into its document.

import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import { App } from "./App";
import { loadConfig } from "./config";
import { returned } from "./session/oidc";
import "./style/base.css";
import "./style/frame.css";
import "./style/screen.css";
import "./style/tables.css";
import "./style/forms.css";
import "./style/notices.css";
import "./style/charts.css";

const page = document.getElementById("page");
if (page === null) throw new Error("index.html has no #page");
const root = createRoot(page);

try {
  await loadConfig();
  await returned();
  root.render(
    <StrictMode>
      <App />
    </StrictMode>,
  );
} catch (error) {
  console.error(error);
  root.render(
    <main className="alone">
      <h1>The console cannot begin</h1>
      <p role="alert">The gateway does not answer. Check your connection, then reload this page.</p>
    </main>,
  );
}
