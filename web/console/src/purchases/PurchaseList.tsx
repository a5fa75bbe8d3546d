// Purchases, filtered, page by page, told of changes, and as CSV.

import { useCallback, useRef, useState } from "react";
import { useClient, useQuery } from "urql";
import { plainAmount } from "../format";
import type { PurchaseFilter, PurchaseRowFragment } from "../gql/graphql";
import { useLive } from "../live";
import { PurchasesNow } from "../operations";
import { Amount, Id, Instant, State, StudentLink } from "../parts/bits";
import { CsvButton, type CsvPage } from "../parts/CsvButton";
import { Filters } from "../parts/Filters";
import { HowMany } from "../parts/HowMany";
import { Loaded } from "../parts/Loaded";
import { Pager, windowOf } from "../parts/Pager";
import { Screen } from "../parts/Screen";
import { Table, type Column } from "../parts/Table";
import { link, type Route } from "../router";
import { PURCHASE_FIELDS, purchaseFilter } from "./filter";
import { Purchases, PurchasesCount } from "./operations";

export const PURCHASE_COLUMNS: Column<PurchaseRowFragment>[] = [
  { name: "Created", cell: (row) => <Instant at={row.createdAt} /> },
  { name: "Student", cell: (row) => <StudentLink id={row.student.id} /> },
  { name: "Course", cell: (row) => `${row.course.title}, ${row.tier}` },
  { name: "State", cell: (row) => <State of={row.status} /> },
  { name: "Sessions", isNumber: true, cell: (row) => row.access && `${row.access.sessionsUsed} of ${row.access.sessionsTotal}` },
  { name: "Paid", isNumber: true, cell: (row) => (row.payment ? <Amount of={row.payment.amount} /> : "granted") },
  { name: "Purchase", cell: (row) => <Id of={row.id} /> },
];

export function PurchaseList({ route }: { route: Route }) {
  const filter = purchaseFilter(route.query);
  const [{ data, error }, ask] = useQuery({ query: Purchases, variables: { filter, ...windowOf(route) } });
  const [{ data: counted }] = useQuery({ query: PurchasesCount, variables: { filter } });
  const { isUp, fresh } = useFresh(() => ask({ requestPolicy: "network-only" }));
  const rows = data?.purchases.nodes ?? [];

  return (
    <Screen title="Purchases" actions={<a className="button" href={link(["grant"])}>Grant a course</a>}>
      <Filters key={route.query.toString()} route={route} fields={PURCHASE_FIELDS} />
      <Loaded error={error} isThere={data !== undefined} askAgain={ask}>
        <div className="above">
          <HowMany here={rows.length} one="purchase" total={counted?.purchases.totalCount}>
            {isUp && ", kept up to date"}
          </HowMany>
          <PurchasesCsv filter={filter} />
        </div>
        <Table
          caption="Purchases, the latest first"
          columns={PURCHASE_COLUMNS}
          rows={rows}
          keyOf={({ id }) => id}
          fresh={fresh}
          empty="No purchase meets this filter."
        />
        {data && <Pager route={route} pageInfo={data.purchases.pageInfo} />}
      </Loaded>
    </Screen>
  );
}

/** How often a page is asked for anew while changes come thick and fast. */
const PACE_MS = 1_000;

/** What changed while one looks; the page is asked for again, as rows may have come or gone. */
function useFresh(askAgain: () => void): { isUp: boolean; fresh: ReadonlySet<string> } {
  const [fresh, setFresh] = useState<ReadonlySet<string>>(new Set());
  const due = useRef<ReturnType<typeof setTimeout> | undefined>(undefined);
  const hear = ({ purchases }: { purchases: { id: string } }) => {
    setFresh((known) => new Set([...known, purchases.id]));
    due.current ??= setTimeout(() => {
      due.current = undefined;
      askAgain();
    }, PACE_MS);
  };
  const isUp = useLive(PurchasesNow, {}, hear, askAgain);
  return { isUp, fresh };
}

const CSV_COLUMNS = ["purchase", "created", "student", "course", "course id", "tier", "state", "origin", "ended", "expires", "sessions used", "sessions total", "payment", "amount", "currency"];

function PurchasesCsv({ filter }: { filter: PurchaseFilter }) {
  const client = useClient();
  const asked = JSON.stringify(filter);
  const fetchPage = useCallback(
    async (after: string | null) => {
      const variables = { filter: JSON.parse(asked) as PurchaseFilter, first: 100, after };
      const { data, error } = await client.query(Purchases, variables, { requestPolicy: "network-only" }).toPromise();
      if (!data) return error!;
      const { nodes, pageInfo } = data.purchases;
      return { rows: nodes.map(csvOf), next: pageInfo.hasNextPage ? (pageInfo.endCursor ?? null) : null } satisfies CsvPage;
    },
    [client, asked],
  );
  return <CsvButton key={asked} name="purchases.csv" columns={CSV_COLUMNS} fetchPage={fetchPage} />;
}

function csvOf(row: PurchaseRowFragment): CsvPage["rows"][number] {
  const { payment, access, course } = row;
  return [
    row.id, row.createdAt, row.student.id, course.title, course.id, row.tier, row.status, row.origin, row.endedAt, row.expiryDate,
    access?.sessionsUsed, access?.sessionsTotal, payment?.id, payment && plainAmount(payment.amount), payment?.amount.currency,
  ];
}
