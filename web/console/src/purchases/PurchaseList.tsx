// Purchases, filtered, page by page, told of changes, and as CSV.

import { plainAmount } from "../format";
import type { PurchaseRowFragment } from "../gql/graphql";
import { Amount, Id, Instant, State, StudentLink } from "../parts/bits";
import type { CsvPage } from "../parts/CsvButton";
import { ListScreen } from "../parts/ListScreen";
import type { Column } from "../parts/Table";
import { link, type Route } from "../router";
import { PURCHASE_FIELDS, purchaseFilter } from "./filter";
import { Purchases, PurchasesCount } from "./operations";

export const PURCHASE_COLUMNS: Column<PurchaseRowFragment>[] = [
  { name: "Created", cell: (row) => <Instant at={row.createdAt} /> },
  { name: "Student", isFree: true, cell: (row) => <StudentLink id={row.student.id} /> },
  { name: "Course", cell: (row) => `${row.course.title}, ${row.tier}` },
  { name: "State", cell: (row) => <State of={row.status} /> },
  { name: "Sessions", isNumber: true, cell: (row) => row.access && `${row.access.sessionsUsed} of ${row.access.sessionsTotal}` },
  { name: "Paid", isNumber: true, cell: (row) => (row.payment ? <Amount of={row.payment.amount} /> : "granted") },
  { name: "Purchase", cell: (row) => <Id of={row.id} /> },
];

export function PurchaseList({ route }: { route: Route }) {
  return (
    <ListScreen
      route={route}
      title="Purchases"
      one="purchase"
      actions={<a className="button" href={link(["grant"])}>Grant a course</a>}
      fields={PURCHASE_FIELDS}
      filter={purchaseFilter(route.query)}
      query={Purchases}
      pageOf={({ purchases }) => purchases}
      kinds={["PURCHASE"]}
      columns={PURCHASE_COLUMNS}
      count={{ query: PurchasesCount, of: ({ purchases }) => purchases.totalCount }}
      csv={{ name: "purchases.csv", columns: CSV_COLUMNS, cellsOf: csvOf }}
    />
  );
}

const CSV_COLUMNS = ["purchase", "created", "student", "course", "course id", "tier", "state", "origin", "ended", "expires", "sessions used", "sessions total", "payment", "amount", "currency"];

function csvOf(row: PurchaseRowFragment): CsvPage["rows"][number] {
  const { payment, access, course } = row;
  return [
    row.id, row.createdAt, row.student.id, course.title, course.id, row.tier, row.status, row.origin, row.endedAt, row.expiryDate,
    access?.sessionsUsed, access?.sessionsTotal, payment?.id, payment && plainAmount(payment.amount), payment?.amount.currency,
  ];
}
