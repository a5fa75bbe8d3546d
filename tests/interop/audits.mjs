// Runs every audit of graphql-http against the server whose address is given, prints each result, and exits with 1
// unless every one is ok. What the specification recommends, or merely allows, counts as much as what it demands.
import { serverAudits } from "graphql-http";

const EXPECTED = 61; // so that a run that found nothing to ask is no success

const [url] = process.argv.slice(2);
const audits = serverAudits({ url, fetchFn: fetch });
let failed = 0;
for (const audit of audits) {
  const result = await audit.fn();
  console.log(`${result.status.padEnd(6)} ${result.id}  ${result.name}${result.reason ? `: ${result.reason}` : ""}`);
  failed += result.status !== "ok";
}
console.log(`${audits.length - failed} of ${audits.length} audits are ok (expected: ${EXPECTED})`);
process.exit(failed === 0 && audits.length === EXPECTED ? 0 : 1);
