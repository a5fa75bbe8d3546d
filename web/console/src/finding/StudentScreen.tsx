// A student: what they have, what they paid, what went back, and everything that was done, in one timeline.

import { useState } from "react";
import { useClient, type CombinedError } from "urql";
import { plainly } from "../format";
import type { EntryPartsFragment, StudentHistoryQuery } from "../gql/graphql";
import { Amount, Id, Instant, State } from "../parts/bits";
import { Part } from "../parts/Facts";
import { Loaded } from "../parts/Loaded";
import { Notice } from "../parts/Notice";
import { Screen } from "../parts/Screen";
import { Table } from "../parts/Table";
import { Entry } from "../parts/Timeline";
import { useFollowed } from "../parts/useFollowed";
import { PAYMENT_COLUMNS } from "../payments/PaymentList";
import { PURCHASE_COLUMNS } from "../purchases/PurchaseList";
import { link } from "../router";
import { adviceOn } from "../trouble";
import { StudentById, StudentHistory } from "./operations";
import { useAsked } from "../parts/useAsked";

/** Anybody's change asks for this student's anew. */
const PACE_MS = 3_000;

export function StudentScreen({ id }: { id: string }) {
  const { data, error, again } = useAsked(StudentById, { id });
  const isUp = useFollowed(["PURCHASE", "PAYMENT", "REFUND"], again, PACE_MS);
  const student = data?.student;
  return (
    <Screen title={id} kind="Student" actions={<Doing id={id} isKnown={Boolean(student)} />}>
      <Loaded error={error} isThere={data !== undefined} askAgain={again}>
        {student ? (
          <>
            {isUp && <p className="hint">Kept up to date.</p>}
            <Part title="Purchases">
              <Table
                caption="Purchases, the latest first"
                columns={PURCHASE_COLUMNS.filter(({ name }) => name !== "Student")}
                rows={student.purchases.nodes}
                keyOf={(row) => row.id}
                empty="Bought nothing, and was granted nothing."
              />
              {student.purchases.pageInfo.hasNextPage && <a href={link(["purchases"], { student: id })}>All purchases</a>}
            </Part>
            <Part title="Payments">
              <Table
                caption="Payments, the latest first"
                columns={PAYMENT_COLUMNS.filter(({ name }) => name !== "Student")}
                rows={student.payments.nodes}
                keyOf={(row) => row.id}
                empty="Never began a payment."
              />
              {student.payments.pageInfo.hasNextPage && <a href={link(["payments"], { student: id })}>All payments</a>}
            </Part>
            {student.refunds.nodes.length > 0 && (
              <Part title="Refunds">
                <Table
                  caption="Refunds, the latest first"
                  rows={student.refunds.nodes}
                  keyOf={(row) => row.id}
                  empty=""
                  columns={[
                    { name: "Decided", cell: (row) => <Instant at={row.createdAt} /> },
                    { name: "State", cell: (row) => <State of={row.status} /> },
                    { name: "Reason", isFree: true, cell: (row) => plainly(row.reason) },
                    { name: "Amount", isNumber: true, cell: (row) => <Amount of={row.amount} /> },
                    { name: "Payment", cell: (row) => <Id of={row.payment.id} /> },
                  ]}
                />
              </Part>
            )}
            <Part title="Everything that was done">
              {/* What was read further back stays as long as nothing of the student's changed. */}
              <Everything key={JSON.stringify(student)} id={id} />
            </Part>
          </>
        ) : (
          <Notice tone="warn" title="There is nothing of this student">
            <p>
              Nobody called <code>{id}</code> ever began a payment or got a course. Ids are compared letter by letter.
            </p>
          </Notice>
        )}
      </Loaded>
    </Screen>
  );
}

function Doing({ id, isKnown }: { id: string; isKnown: boolean }) {
  return (
    <>
      <a className="button" href={link(["grant"], { student: id })}>Grant a course</a>
      {isKnown && <a className="button" href={link(["students", id, "erase"])}>Erase</a>}
    </>
  );
}

const PAGE = 50;

type Entries = (EntryPartsFragment & { subject?: { id: string } | null })[];

/** The latest first, and further back as far as one likes. */
function Everything({ id }: { id: string }) {
  const client = useClient();
  const { data, error, again } = useAsked(StudentHistory, { id, first: PAGE });
  const [older, setOlder] = useState<Entries>([]);
  const [page, setPage] = useState<HistoryPage["pageInfo"] | null>(null);
  const [trouble, setTrouble] = useState<CombinedError | undefined>();
  const first = data?.student?.history;
  const pageInfo = page ?? first?.pageInfo;

  const more = async () => {
    const variables = { id, first: PAGE, after: pageInfo?.endCursor ?? null };
    const answer = await client.query(StudentHistory, variables, { requestPolicy: "network-only" }).toPromise();
    setTrouble(answer.error);
    const next = answer.data?.student?.history;
    if (next === undefined) return;
    setOlder((known) => [...known, ...next.nodes]);
    setPage(next.pageInfo);
  };
  const entries: Entries = [...(first?.nodes ?? []), ...older];
  return (
    <Loaded error={error} isThere={first !== undefined} askAgain={again}>
      <ol className="timeline">
        {entries.map((entry, index) => (
          <Entry key={index} entry={entry} about={entry.subject?.id} />
        ))}
      </ol>
      {trouble && <p role="alert">{adviceOn(trouble).title}. Try again.</p>}
      {pageInfo?.hasNextPage && <button onClick={() => void more()}>Further back</button>}
    </Loaded>
  );
}

type HistoryPage = NonNullable<StudentHistoryQuery["student"]>["history"];
