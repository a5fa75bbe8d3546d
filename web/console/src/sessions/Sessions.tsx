// The sessions of a purchase: which are due when, and which were held.

import { useEffect, useState } from "react";
import { momentIn, place } from "../format";
import type { SessionPartsFragment } from "../gql/graphql";
import { Part } from "../parts/Facts";
import { Loaded } from "../parts/Loaded";
import { Table } from "../parts/Table";
import { link } from "../router";
import { SessionsOf } from "./operations";
import { useAsked } from "../parts/useAsked";

const PAGE = 12;

interface Props {
  id: string;
  total: number;
  /** How many are used: where that changes, one of them did. */
  used: number;
  timeZone: string;
}

export function Sessions({ id, total, used, timeZone }: Props) {
  const [after, setAfter] = useState(0);
  const { data, error, again } = useAsked(SessionsOf, { id, first: PAGE, after });
  useEffect(again, [again, used]);
  const sessions = data?.purchase?.sessions ?? [];
  return (
    <Part title={`Sessions, in ${place(timeZone)}`}>
      <Loaded error={error} isThere={data !== undefined} askAgain={again}>
        <Table
          caption="Sessions by their numbers"
          rows={sessions}
          keyOf={({ number }) => String(number)}
          empty="It has none."
          columns={[
            { name: "Number", cell: ({ number }) => number },
            { name: "Due", cell: ({ startsAt }) => (startsAt ? momentIn(startsAt, timeZone) : "–") },
            { name: "Held", cell: (session) => held(session, timeZone) },
            { name: "Recorded by", cell: ({ record }) => (record && !record.withdrawnAt ? record.recordedBy.id : "–") },
            { name: "To do", cell: (session) => <Doing id={id} session={session} /> },
          ]}
        />
      </Loaded>
      {total > PAGE && (
        <nav className="pager" aria-label="Pages of sessions">
          {after > 0 ? <button onClick={() => setAfter(after - PAGE)}>← Earlier</button> : <span />}
          {after + PAGE < total ? <button onClick={() => setAfter(after + PAGE)}>Later →</button> : <span />}
        </nav>
      )}
    </Part>
  );
}

function held({ record, isUsed }: SessionPartsFragment, timeZone: string): string {
  if (record?.withdrawnAt) return "Withdrawn";
  if (record) return momentIn(record.heldAt, timeZone);
  return isUsed ? "Used; nobody recorded when" : "Not yet";
}

function Doing({ id, session }: { id: string; session: SessionPartsFragment }) {
  const { number, record, isUsed } = session;
  if (record && !record.withdrawnAt) {
    return <a href={link(["purchases", id, "withdraw", String(number)])} aria-label={`Withdraw session ${number}`}>Withdraw</a>;
  }
  return isUsed ? "–" : <a href={link(["purchases", id, "record", String(number)])} aria-label={`Record session ${number}`}>Record</a>;
}
