// Payments, filtered, page by page, and as CSV.

import { plainAmount } from "../format";
import type { PaymentFilter, PaymentFulfilment, PaymentProvider, PaymentRowFragment, PaymentStatus } from "../gql/graphql";
import { Amount, Id, Instant, State, StudentLink } from "../parts/bits";
import type { CsvPage } from "../parts/CsvButton";
import type { FilterField } from "../parts/Filters";
import { ListScreen } from "../parts/ListScreen";
import type { Column } from "../parts/Table";
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
  { name: "Student", isFree: true, cell: (row) => <StudentLink id={row.student.id} /> },
  { name: "Course", cell: (row) => `${row.course.title}, ${row.tier}` },
  { name: "State", cell: (row) => <State of={row.status} /> },
  { name: "Led to", cell: (row) => <State of={row.fulfilment} /> },
  { name: "Amount", isNumber: true, cell: (row) => <Amount of={row.amountCaptured ?? row.amount} /> },
  { name: "Went back", isNumber: true, cell: (row) => (row.amountRefunded.amountMinor > 0 ? <Amount of={row.amountRefunded} /> : "–") },
  { name: "Payment", cell: (row) => <Id of={row.id} /> },
];

export function PaymentList({ route }: { route: Route }) {
  return (
    <ListScreen
      route={route}
      title="Payments"
      one="payment"
      fields={FIELDS}
      filter={filterOf(route.query)}
      query={Payments}
      pageOf={({ payments }) => payments}
      kinds={["PAYMENT"]}
      columns={PAYMENT_COLUMNS}
      count={{ query: PaymentsCount, of: ({ payments }) => payments.totalCount }}
      csv={{ name: "payments.csv", columns: CSV_COLUMNS, cellsOf: csvOf }}
    />
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

function csvOf(row: PaymentRowFragment): CsvPage["rows"][number] {
  const { amount, amountCaptured, amountRefunded, course } = row;
  return [
    row.id, row.createdAt, row.confirmedAt, row.student.id, course.title, course.id, row.tier, row.status, row.fulfilment, row.provider,
    row.providerReference, plainAmount(amount), amountCaptured && plainAmount(amountCaptured), plainAmount(amountRefunded), amount.currency,
  ];
}
