import react from "@vitejs/plugin-react";
import { defineConfig } from "vite";
import { trustedDocuments } from "./trusted";

// `npm run dev` serves the page at /console/ with the API of a gateway beside it: `gateway serve --demo`.
const gateway = process.env["GATEWAY"] ?? "http://127.0.0.1:8000";

export default defineConfig(({ command }) => ({
  base: command === "serve" ? "/console/" : "./", // built, it works under any path
  plugins: [react(), trustedDocuments()],
  build: {
    outDir: "../../gateway/pages/static_files/console",
    emptyOutDir: true,
    assetsInlineLimit: 0, // the policy of the page allows no data: URLs
    modulePreload: { polyfill: false },
  },
  server: { proxy: { "/graphql": gateway, "/console/config.json": gateway } },
}));
