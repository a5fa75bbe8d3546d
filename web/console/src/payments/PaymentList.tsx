// Payments, filtered, page by page, and as CSV.

import { useCallback } from "react";
import { useClient, useQuery } from "urql";
import { plainAmount } from "../format";
import type { PaymentFilter, PaymentFulfilment, PaymentProvider, PaymentRowFragment, PaymentStatus } from "../gql/graphql";
import { Amount, Id, Instant, State, StudentLink } from "../parts/bits";
import { CsvButton, type CsvPage } from "../parts/CsvButton";
import { Filters, type FilterField } from "../parts/Filters";
import { HowMany } from "../parts/HowMany";
import { Loaded } from "../parts/Loaded";
import { Pager, windowOf } from "../parts/Pager";
import { Screen } from "../parts/Screen";
import { Table, type Column } from "../parts/Table";
import { usePolled } from "../parts/usePolled";
import { amountIn, daysOf, oneOf } from "../purchases/filter";
import type { Route } from "../router";
import { Payments, PaymentsCount } from "./operations";

const STATUSES = ["REQUIRES_PAYMENT", "PROCESSING", "SUCCEEDED", "FAILED", "CANCELED", "PARTIALLY_REFUNDED", "REFUNDED"] as const satisfies readonly PaymentStatus[];
const FULFILMENTS = ["PENDING", "FULFILLED", "DUPLICATE", "UNFULFILLABLE"] as const satisfies readonly PaymentFulfilment[];
const PROVIDERS = ["STRIPE", "RAZORPAY", "SANDBOX"] as const satisfies readonly PaymentProvider[];

const FIELDS: FilterField[] = [
  { name: "student", label: "Student", is: "text" },
  { name: "course", label: "Course", is: "course" },
  { name: "status", label: "State", is: "one of", values: STATUSES },
  { name: "fulfilment", label: "Led to", is: "one of", values: FULFILMENTS },
  { name: "provider", label: "Provider", is: "one of", values: PROVIDERS },
  { name: "reference", label: "Provider’s id", is: "text" },
  { name: "currency", label: "Currency", is: "text" },
  { name: "least", label: "At least", is: "text" },
  { name: "most", label: "At most", is: "text" },
  { name: "from", label: "From", is: "day" },
  { name: "to", label: "Up to and with", is: "day" },
];

export const PAYMENT_COLUMNS: Column<PaymentRowFragment>[] = [
  { name: "Opened", cell: (row) => <Instant at={row.createdAt} /> },
  { name: "Student", cell: (row) => <StudentLink id={row.student.id} /> },
  { name: "Course", cell: (row) => `${row.course.title}, ${row.tier}` },
  { name: "State", cell: (row) => <State of={row.status} /> },
  { name: "Led to", cell: (row) => <State of={row.fulfilment} /> },
  { name: "Amount", isNumber: true, cell: (row) => <Amount of={row.amountCaptured ?? row.amount} /> },
  { name: "Went back", isNumber: true, cell: (row) => (row.amountRefunded.amountMinor > 0 ? <Amount of={row.amountRefunded} /> : "–") },
  { name: "Payment", cell: (row) => <Id of={row.id} /> },
];

export function PaymentList({ route }: { route: Route }) {
  const filter = filterOf(route.query);
  const [{ data, error }, ask] = useQuery({ query: Payments, variables: { filter, ...windowOf(route) } });
  const [{ data: counted }] = useQuery({ query: PaymentsCount, variables: { filter } });
  usePolled(() => ask({ requestPolicy: "network-only" }));
  const rows = data?.payments.nodes ?? [];
  return (
    <Screen title="Payments">
      <Filters key={route.query.toString()} route={route} fields={FIELDS} />
      <Loaded error={error} isThere={data !== undefined} askAgain={() => ask({ requestPolicy: "network-only" })}>
        <div className="above">
          <HowMany here={rows.length} one="payment" total={counted?.payments.totalCount} />
          <PaymentsCsv filter={filter} />
        </div>
        <Table caption="Payments, the latest first" columns={PAYMENT_COLUMNS} rows={rows} keyOf={({ id }) => id} empty="No payment meets this filter." />
        {data && <Pager route={route} pageInfo={data.payments.pageInfo} />}
      </Loaded>
    </Screen>
  );
}

function filterOf(query: URLSearchParams): PaymentFilter {
  return {
    ...(query.get("student") && { studentId: query.get("student") }),
    ...(query.get("course") && { courseId: query.get("course") }),
    ...oneOf("status", STATUSES, query),
    ...oneOf("fulfilment", FULFILMENTS, query),
    ...oneOf("provider", PROVIDERS, query),
    ...(query.get("reference") && { providerReference: query.get("reference") }),
    ...amountIn(query),
    ...daysOf(query),
  };
}

const CSV_COLUMNS = [
  "payment", "opened", "captured", "student", "course", "course id", "tier", "state", "led to", "provider", "provider reference",
  "amount", "captured amount", "refunded amount", "currency",
];

function PaymentsCsv({ filter }: { filter: PaymentFilter }) {
  const client = useClient();
  const asked = JSON.stringify(filter);
  const fetchPage = useCallback(
    async (after: string | null) => {
      const variables = { filter: JSON.parse(asked) as PaymentFilter, first: 100, after };
      const { data, error } = await client.query(Payments, variables, { requestPolicy: "network-only" }).toPromise();
      if (!data) return error!;
      const { nodes, pageInfo } = data.payments;
      return { rows: nodes.map(csvOf), next: pageInfo.hasNextPage ? (pageInfo.endCursor ?? null) : null } satisfies CsvPage;
    },
    [client, asked],
  );
  return <CsvButton key={asked} name="payments.csv" columns={CSV_COLUMNS} fetchPage={fetchPage} />;
}

function csvOf(row: PaymentRowFragment): CsvPage["rows"][number] {
  const { amount, amountCaptured, amountRefunded, course } = row;
  return [
    row.id, row.createdAt, row.confirmedAt, row.student.id, course.title, course.id, row.tier, row.status, row.fulfilment, row.provider,
    row.providerReference, plainAmount(amount), amountCaptured && plainAmount(amountCaptured), plainAmount(amountRefunded), amount.currency,
  ];
}
