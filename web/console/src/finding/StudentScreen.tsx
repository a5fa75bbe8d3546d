// A student: what they have, what they paid, and everything that was done, in one timeline.

import { useQuery } from "urql";
import type { StudentByIdQuery } from "../gql/graphql";
import { PurchasesNow } from "../operations";
import { useLive } from "../live";
import { Id } from "../parts/bits";
import { Part } from "../parts/Facts";
import { Loaded } from "../parts/Loaded";
import { Screen } from "../parts/Screen";
import { Table } from "../parts/Table";
import { Event, titleOf } from "../parts/Timeline";
import { PAYMENT_COLUMNS } from "../payments/PaymentList";
import { PURCHASE_COLUMNS } from "../purchases/PurchaseList";
import { link } from "../router";
import { StudentById } from "./operations";

export function StudentScreen({ id }: { id: string }) {
  const [{ data, error }, ask] = useQuery({ query: StudentById, variables: { id } });
  const again = () => ask({ requestPolicy: "network-only" });
  useLive(PurchasesNow, {}, ({ purchases }) => {
    if (purchases.student.id === id) again();
  }, again);
  return (
    <Screen title={id} kind="Student" actions={<a className="button" href={link(["grant"], { student: id })}>Grant a course</a>}>
      <Loaded error={error} isThere={data !== undefined} askAgain={again}>
        {data && (
          <>
            <Part title="Purchases">
              <Table
                caption="Purchases, the latest first"
                columns={PURCHASE_COLUMNS.filter(({ name }) => name !== "Student")}
                rows={data.purchases.nodes}
                keyOf={(row) => row.id}
                empty="Never bought anything, and was granted nothing."
              />
              {data.purchases.pageInfo.hasNextPage && <a href={link(["purchases"], { student: id })}>All purchases</a>}
            </Part>
            <Part title="Payments">
              <Table
                caption="Payments, the latest first"
                columns={PAYMENT_COLUMNS.filter(({ name }) => name !== "Student")}
                rows={data.payments.nodes}
                keyOf={(row) => row.id}
                empty="Never began a payment."
              />
              {data.payments.pageInfo.hasNextPage && <a href={link(["payments"], { student: id })}>All payments</a>}
            </Part>
            <Part title="Everything that was done">
              <Everything of={data} />
            </Part>
          </>
        )}
      </Loaded>
    </Screen>
  );
}

function Everything({ of }: { of: StudentByIdQuery }) {
  const events = [...of.purchases.nodes, ...of.payments.nodes]
    .flatMap(({ id, history }) => history.nodes.map((entry) => ({ id, ...entry })))
    .sort((one, other) => other.at.localeCompare(one.at));
  if (events.length === 0) return <p className="empty">Nothing is recorded.</p>;
  return (
    <ol className="timeline" reversed>
      {events.map((event, index) => (
        <Event key={index} title={titleOf(event.action)} at={event.at}>
          <p className="by">
            <Id of={event.id} /> by {event.actor.id === "gateway" ? "the gateway" : event.actor.id}
          </p>
          {event.reason && <p className="reason">“{event.reason}”</p>}
        </Event>
      ))}
    </ol>
  );
}
