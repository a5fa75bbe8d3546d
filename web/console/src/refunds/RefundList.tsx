// Refunds and disputes, filtered, page by page, and as CSV.

import { plainAmount, plainly } from "../format";
import type { RefundFilter, RefundOrigin, RefundRowFragment, RefundStatus } from "../gql/graphql";
import { Amount, asked, Id, Instant, State, StudentLink } from "../parts/bits";
import type { CsvPage } from "../parts/CsvButton";
import type { FilterField } from "../parts/Filters";
import { ListScreen } from "../parts/ListScreen";
import type { Column } from "../parts/Table";
import { amountIn, daysOf, oneOf } from "../purchases/filter";
import type { Route } from "../router";
import { Refunds, RefundsCount } from "./operations";

const STATUSES = ["PENDING", "SUCCEEDED", "FAILED"] as const satisfies readonly RefundStatus[];
const ORIGINS = ["GATEWAY", "PROVIDER", "DISPUTE"] as const satisfies readonly RefundOrigin[];

const FIELDS: FilterField[] = [
  { name: "student", label: "Student", is: "text" },
  { name: "status", label: "State", is: "one of", values: STATUSES },
  { name: "origin", label: "Asked for", is: "one of", values: ORIGINS },
  { name: "reference", label: "Provider’s id", is: "text" },
  { name: "currency", label: "Currency", is: "text" },
  { name: "least", label: "At least", is: "text" },
  { name: "most", label: "At most", is: "text" },
  { name: "from", label: "From", is: "day" },
  { name: "to", label: "Up to and with", is: "day" },
];

const COLUMNS: Column<RefundRowFragment>[] = [
  { name: "Decided", cell: (row) => <Instant at={row.createdAt} /> },
  { name: "Student", isFree: true, cell: (row) => <StudentLink id={row.payment.student.id} /> },
  { name: "State", cell: (row) => <State of={row.status} /> },
  { name: "Asked for", cell: (row) => asked(row.origin) },
  { name: "Reason", isFree: true, cell: (row) => plainly(row.reason) },
  { name: "Settled", cell: (row) => (row.settledAt ? <Instant at={row.settledAt} /> : "–") },
  { name: "Amount", isNumber: true, cell: (row) => <Amount of={row.amount} /> },
  { name: "Payment", cell: (row) => <Id of={row.payment.id} /> },
];

export function RefundList({ route }: { route: Route }) {
  return (
    <ListScreen
      route={route}
      title="Refunds and disputes"
      one="refund"
      fields={FIELDS}
      filter={filterOf(route.query)}
      query={Refunds}
      pageOf={({ refunds }) => refunds}
      kinds={["REFUND"]}
      columns={COLUMNS}
      count={{ query: RefundsCount, of: ({ refunds }) => refunds.totalCount }}
      csv={{ name: "refunds.csv", columns: CSV_COLUMNS, cellsOf: csvOf }}
    />
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

function csvOf(row: RefundRowFragment): CsvPage["rows"][number] {
  const { amount, payment } = row;
  return [
    row.id, row.createdAt, row.settledAt, row.status, row.origin, plainAmount(amount), amount.currency, row.reason, row.failure?.message,
    payment.provider, row.providerReference, payment.id, payment.student.id, payment.course.title, payment.course.id,
  ];
}
