// Runs every audit of graphql-http against the gateway at GATEWAY_URL, prints each result, and exits with 1 unless every
// one is ok. What the specification recommends, or merely allows, counts as much as what it demands.
import { serverAudits } from "graphql-http";

const EXPECTED = 61; // so that a run that found nothing to ask is no success

const url = process.env.GATEWAY_URL;
const audits = serverAudits({ url, fetchFn: fetch });
let failed = 0;
for (const audit of audits) {
  const result = await audit.fn();
  const said = result.status === "ok" ? "ok" : "failed";
  console.log(`${said} graphql-http: ${result.id} ${result.name}${result.reason ? `: ${result.status}, ${result.reason}` : ""}`);
  failed += result.status !== "ok";
}
process.exit(failed === 0 && audits.length === EXPECTED ? 0 : 1);
