// A list: its filter, a page of it, how many there are in all, the whole of it as CSV, and each change without a reload.

import { useCallback, useEffect, useRef, type ReactNode } from "react";
import { useClient, type TypedDocumentNode } from "urql";
import type { ChangedKind, CountPartsFragment } from "../gql/graphql";
import type { Route } from "../router";
import { CsvButton, type CsvPage } from "./CsvButton";
import { Filters, type FilterField } from "./Filters";
import { HowMany } from "./HowMany";
import { Loaded } from "./Loaded";
import { Pager, windowOf, type PageInfo } from "./Pager";
import { Screen } from "./Screen";
import { Table, type Column } from "./Table";
import { useFollowed, usePaced } from "./useFollowed";
import { useFresh } from "./useFresh";
import { useAsked } from "./useAsked";

/** Counting costs more than a page does. */
const COUNT_PACE_MS = 15_000;
/** As many as the gateway gives at once. */
const CSV_PAGE = 100;

interface Page<Row> {
  nodes: Row[];
  pageInfo: PageInfo;
}

interface Paging<Filter> {
  filter?: Filter | null;
  first?: number | null;
  after?: string | null;
  last?: number | null;
  before?: string | null;
}

interface Asking<Row, Filter, Data> {
  filter: Filter;
  query: TypedDocumentNode<Data, Paging<Filter>>;
  pageOf: (data: Data) => Page<Row>;
}

interface Counting<Filter, Counted> {
  query: TypedDocumentNode<Counted, { filter?: Filter | null }>;
  of: (data: Counted) => CountPartsFragment;
}

interface AsCsv<Row> {
  name: string;
  columns: string[];
  cellsOf: (row: Row) => CsvPage["rows"][number];
}

interface Props<Row, Filter, Data, Counted> extends Asking<Row, Filter, Data> {
  route: Route;
  title: string;
  /** What one of them is called. */
  one: string;
  actions?: ReactNode;
  fields: FilterField[];
  columns: Column<Row>[];
  /** What changes its rows. */
  kinds: readonly ChangedKind[];
  count?: Counting<Filter, Counted>;
  csv?: AsCsv<Row>;
}

export function ListScreen<Row extends { id: string }, Filter, Data, Counted>(props: Props<Row, Filter, Data, Counted>) {
  const { route, title, one, actions, fields, filter, query, pageOf, kinds, columns, count, csv } = props;
  const { data, error, of, again } = useAsked(query, { filter, ...windowOf(route) });
  const isUp = useFollowed(kinds, again);
  const page = data && pageOf(data);
  const fresh = useFresh(page?.nodes, of);
  const its = { here: page?.nodes.length ?? 0, one, isUp };
  return (
    <Screen title={title} actions={actions}>
      <Filters key={route.query.toString()} route={route} fields={fields} />
      <Loaded error={error} isThere={page !== undefined} askAgain={again}>
        {page && (
          <>
            <div className="above">
              {count ? <Counted {...its} filter={filter} count={count} rows={page.nodes} /> : <HowMany {...its} total={undefined} />}
              {csv && <Csv key={JSON.stringify(filter)} filter={filter} query={query} pageOf={pageOf} csv={csv} />}
            </div>
            <Table
              caption={`${title}, the latest first`}
              columns={columns}
              rows={page.nodes}
              keyOf={({ id }) => id}
              fresh={fresh}
              empty={`No ${one} meets this filter.`}
            />
            <Pager route={route} pageInfo={page.pageInfo} />
          </>
        )}
      </Loaded>
    </Screen>
  );
}

interface CountedProps<Filter, Data> {
  here: number;
  one: string;
  isUp: boolean;
  filter: Filter;
  count: Counting<Filter, Data>;
  /** It is counted anew where these were asked for anew. */
  rows: readonly unknown[];
}

function Counted<Filter, Data>({ filter, count, rows, ...its }: CountedProps<Filter, Data>) {
  const { data, again } = useAsked(count.query, { filter });
  const later = usePaced(again, COUNT_PACE_MS);
  const first = useRef(rows);
  useEffect(() => {
    if (rows !== first.current) later();
  }, [rows, later]);
  return <HowMany {...its} total={data && count.of(data)} />;
}

function Csv<Row, Filter, Data>({ filter, query, pageOf, csv }: Asking<Row, Filter, Data> & { csv: AsCsv<Row> }) {
  const client = useClient();
  const fetchPage = useCallback(
    async (after: string | null) => {
      const answer = await client.query(query, { filter, first: CSV_PAGE, after }, { requestPolicy: "network-only" }).toPromise();
      if (!answer.data) return answer.error!;
      const { nodes, pageInfo } = pageOf(answer.data);
      return { rows: nodes.map(csv.cellsOf), next: pageInfo.hasNextPage ? (pageInfo.endCursor ?? null) : null } satisfies CsvPage;
    },
    [client, filter, query, pageOf, csv],
  );
  return <CsvButton name={csv.name} columns={csv.columns} fetchPage={fetchPage} />;
}
