// Refunds and disputes, filtered, page by page, and as CSV.

import { useCallback } from "react";
import { useClient, useQuery } from "urql";
import { plainAmount } from "../format";
import type { RefundFilter, RefundOrigin, RefundRowFragment, RefundStatus } from "../gql/graphql";
import { Amount, Id, Instant, State, StudentLink } from "../parts/bits";
import { CsvButton, type CsvPage } from "../parts/CsvButton";
import { Filters, type FilterField } from "../parts/Filters";
import { HowMany } from "../parts/HowMany";
import { Loaded } from "../parts/Loaded";
import { Pager, windowOf } from "../parts/Pager";
import { Screen } from "../parts/Screen";
import { Table } from "../parts/Table";
import { usePolled } from "../parts/usePolled";
import { amountIn, daysOf, oneOf } from "../purchases/filter";
import type { Route } from "../router";
import { Refunds, RefundsCount } from "./operations";

const STATUSES = ["PENDING", "SUCCEEDED", "FAILED"] as const satisfies readonly RefundStatus[];
const ORIGINS = ["GATEWAY", "PROVIDER", "DISPUTE"] as const satisfies readonly RefundOrigin[];

const FIELDS: FilterField[] = [
  { name: "student", label: "Student", is: "text" },
  { name: "status", label: "State", is: "one of", values: STATUSES },
  { name: "origin", label: "Asked for by", is: "one of", values: ORIGINS },
  { name: "reference", label: "Provider’s id", is: "text" },
  { name: "currency", label: "Currency", is: "text" },
  { name: "least", label: "At least", is: "text" },
  { name: "most", label: "At most", is: "text" },
  { name: "from", label: "From", is: "day" },
  { name: "to", label: "Up to and with", is: "day" },
];

export const ASKED_BY: Record<RefundOrigin, string> = {
  GATEWAY: "the gateway",
  PROVIDER: "the provider’s dashboard",
  DISPUTE: "the student’s bank",
};

export function RefundList({ route }: { route: Route }) {
  const filter = filterOf(route.query);
  const [{ data, error }, ask] = useQuery({ query: Refunds, variables: { filter, ...windowOf(route) } });
  const [{ data: counted }] = useQuery({ query: RefundsCount, variables: { filter } });
  usePolled(() => ask({ requestPolicy: "network-only" }));
  const rows = data?.refunds.nodes ?? [];
  return (
    <Screen title="Refunds and disputes">
      <Filters key={route.query.toString()} route={route} fields={FIELDS} />
      <Loaded error={error} isThere={data !== undefined} askAgain={() => ask({ requestPolicy: "network-only" })}>
        <div className="above">
          <HowMany here={rows.length} one="refund" total={counted?.refunds.totalCount} />
          <RefundsCsv filter={filter} />
        </div>
        <Table
          caption="Refunds and disputes, the latest first"
          rows={rows}
          keyOf={({ id }) => id}
          empty="No refund meets this filter."
          columns={[
            { name: "Decided", cell: (row) => <Instant at={row.createdAt} /> },
            { name: "Student", cell: (row) => <StudentLink id={row.payment.student.id} /> },
            { name: "State", cell: (row) => <State of={row.status} /> },
            { name: "Asked for by", cell: (row) => ASKED_BY[row.origin] },
            { name: "Reason", cell: (row) => row.reason },
            { name: "Settled", cell: (row) => (row.settledAt ? <Instant at={row.settledAt} /> : "–") },
            { name: "Amount", isNumber: true, cell: (row) => <Amount of={row.amount} /> },
            { name: "Payment", cell: (row) => <Id of={row.payment.id} /> },
          ]}
        />
        {data && <Pager route={route} pageInfo={data.refunds.pageInfo} />}
      </Loaded>
    </Screen>
  );
}

function filterOf(query: URLSearchParams): RefundFilter {
  return {
    ...(query.get("student") && { studentId: query.get("student") }),
    ...oneOf("status", STATUSES, query),
    ...oneOf("origin", ORIGINS, query),
    ...(query.get("reference") && { providerReference: query.get("reference") }),
    ...amountIn(query),
    ...daysOf(query),
  };
}

const CSV_COLUMNS = [
  "refund", "decided", "settled", "state", "asked for by", "amount", "currency", "reason", "why not made", "provider", "provider reference",
  "payment", "student", "course", "course id",
];

function RefundsCsv({ filter }: { filter: RefundFilter }) {
  const client = useClient();
  const asked = JSON.stringify(filter);
  const fetchPage = useCallback(
    async (after: string | null) => {
      const variables = { filter: JSON.parse(asked) as RefundFilter, first: 100, after };
      const { data, error } = await client.query(Refunds, variables, { requestPolicy: "network-only" }).toPromise();
      if (!data) return error!;
      const { nodes, pageInfo } = data.refunds;
      return { rows: nodes.map(csvOf), next: pageInfo.hasNextPage ? (pageInfo.endCursor ?? null) : null } satisfies CsvPage;
    },
    [client, asked],
  );
  return <CsvButton key={asked} name="refunds.csv" columns={CSV_COLUMNS} fetchPage={fetchPage} />;
}

function csvOf(row: RefundRowFragment): CsvPage["rows"][number] {
  const { amount, payment } = row;
  return [
    row.id, row.createdAt, row.settledAt, row.status, row.origin, plainAmount(amount), amount.currency, row.reason, row.failure?.message,
    payment.provider, row.providerReference, payment.id, payment.student.id, payment.course.title, payment.course.id,
  ];
}
