// What the gateway still has to do, and what it gave up.

import { useQuery } from "urql";
import { count, ZONE } from "../format";
import type { JobFilter, JobKind, JobState } from "../gql/graphql";
import { Filters, type FilterField } from "../parts/Filters";
import { Loaded } from "../parts/Loaded";
import { Pager, windowOf } from "../parts/Pager";
import { Screen } from "../parts/Screen";
import { usePolled } from "../parts/usePolled";
import { oneOf } from "../purchases/filter";
import type { Route } from "../router";
import { JobTable } from "./JobTable";
import { Jobs } from "./operations";

const STATES = ["PENDING", "RUNNING", "RETRYING", "COMPLETED", "FAILED", "CANCELED"] as const satisfies readonly JobState[];
const KINDS = [
  "PAYMENT_CHECK", "PAYMENT_REFUND", "WEBHOOK_HANDLE", "EVENT_DELIVER", "SWEEP_OPEN", "SWEEP_SETTLED", "SWEEP_LAPSED",
  "SWEEP_VERIFY", "CASE_REVIEW",
] as const satisfies readonly JobKind[];

const FIELDS: FilterField[] = [
  { name: "state", label: "State", is: "one of", values: STATES },
  { name: "kind", label: "Kind", is: "one of", values: KINDS },
  { name: "payment", label: "Payment", is: "text", hint: "Its id, pay_…" },
  { name: "purchase", label: "Purchase", is: "text", hint: "Its id, pur_…" },
];

export function JobList({ route }: { route: Route }) {
  const { query } = route;
  const filter: JobFilter = {
    ...oneOf("state", STATES, query),
    ...oneOf("kind", KINDS, query),
    ...(query.get("payment") && { paymentId: query.get("payment") }),
    ...(query.get("purchase") && { purchaseId: query.get("purchase") }),
  };
  const [{ data, error }, ask] = useQuery({ query: Jobs, variables: { filter, ...windowOf(route) } });
  usePolled(() => ask({ requestPolicy: "network-only" }));
  const jobs = data?.jobs.nodes ?? [];
  return (
    <Screen title="Jobs">
      <Filters key={query.toString()} route={route} fields={FIELDS} />
      <Loaded error={error} isThere={data !== undefined} askAgain={() => ask({ requestPolicy: "network-only" })}>
        <p className="hint" role="status">
          {count(jobs.length, "job")} on this page. Times are of {ZONE}.
        </p>
        <JobTable jobs={jobs} caption="Jobs, the latest first" empty="No job meets this filter." />
        {data && <Pager route={route} pageInfo={data.jobs.pageInfo} />}
      </Loaded>
    </Screen>
  );
}
