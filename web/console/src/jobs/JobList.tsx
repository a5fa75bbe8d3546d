// What the gateway still has to do, and what it gave up.

import type { JobFilter, JobKind, JobState } from "../gql/graphql";
import type { FilterField } from "../parts/Filters";
import { ListScreen } from "../parts/ListScreen";
import { oneOf } from "../purchases/filter";
import type { Route } from "../router";
import { JOB_COLUMNS } from "./JobTable";
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
  return (
    <ListScreen
      route={route}
      title="Jobs"
      one="job"
      fields={FIELDS}
      filter={filter}
      query={Jobs}
      pageOf={({ jobs }) => jobs}
      kinds={["JOB"]}
      columns={JOB_COLUMNS}
    />
  );
}
