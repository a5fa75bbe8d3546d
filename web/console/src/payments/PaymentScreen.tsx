// One payment: where its money is, and how it came there.

import { money, place, plainly, words } from "../format";
import type { PaymentPartsFragment, RefundPartsFragment } from "../gql/graphql";
import { JobTable } from "../jobs/JobTable";
import { useLive } from "../live";
import { PaymentNow } from "../operations";
import { Amount, asked, Id, Instant, State, StudentLink } from "../parts/bits";
import { Facts, Part } from "../parts/Facts";
import { Loaded } from "../parts/Loaded";
import { Screen } from "../parts/Screen";
import { Table } from "../parts/Table";
import { Timeline } from "../parts/Timeline";
import { useFollowed } from "../parts/useFollowed";
import { Missing } from "../purchases/PurchaseScreen";
import { link } from "../router";
import { leftOf } from "./left";
import { PaymentById } from "./operations";
import { useAsked } from "../parts/useAsked";

/** The payment as it is, and anew at every change of it. */
export function usePayment(id: string) {
  const { data, error, again } = useAsked(PaymentById, { id });
  const isUp = useLive(PaymentNow, { id }, again);
  return { data, error, isUp, ask: again };
}

export function PaymentScreen({ id }: { id: string }) {
  const { data, error, isUp, ask } = usePayment(id);
  useFollowed(["JOB"], ask); // of which the payment's own subscription does not tell
  const payment = data?.payment;
  const left = payment && leftOf(payment);
  return (
    <Screen
      key={payment?.id}
      title={payment ? money(payment.amountCaptured ?? payment.amount) : "Payment"}
      kind="Payment"
      actions={left && left.amountMinor > 0 && <a className="button" href={link(["payments", id, "refund"])}>Refund</a>}
    >
      <Loaded error={error} isThere={data !== undefined} askAgain={ask}>
        {payment ? (
          <>
            <p className="state-line">
              <State of={payment.status} /> <State of={payment.fulfilment} /> <StudentLink id={payment.student.id} />
              {isUp && <span className="hint"> kept up to date</span>}
            </p>
            <PaymentFacts payment={payment} />
            <Refunds of={payment.refunds} />
            <Part title="Timeline">
              <Timeline entries={payment.history.nodes} />
              {payment.history.pageInfo.hasNextPage && <p className="hint">It goes on; these are its first 100 entries.</p>}
            </Part>
            {data.jobs.nodes.length > 0 && (
              <Part title="Work about it">
                <JobTable jobs={data.jobs.nodes} caption="Jobs of this payment" />
              </Part>
            )}
          </>
        ) : (
          <Missing what="payment" id={id} />
        )}
      </Loaded>
    </Screen>
  );
}

function PaymentFacts({ payment }: { payment: PaymentPartsFragment }) {
  const { amount, amountCaptured, amountRefunded, metadata, failure, purchase } = payment;
  const left = leftOf(payment);
  const zone = metadata.timeSlot.timeZone;
  return (
    <Facts
      of={[
        ["Id", <code>{payment.id}</code>],
        ["For", <>{payment.course.title}, {payment.tier}</>],
        ["Asked for", <Amount of={amount} />],
        ["Captured", amountCaptured ? <Amount of={amountCaptured} /> : "Nothing"],
        ["Went back", amountRefunded.amountMinor > 0 && <Amount of={amountRefunded} />],
        ["Can still go back", left && <Amount of={left} />],
        ["Purchase", purchase && <><Id of={purchase.id} /> <State of={purchase.status} /></>],
        ["Why it failed", failure && `${plainly(failure.message)} (${failure.code})`],
        ["Provider", words(payment.provider)],
        ["Reference there", payment.providerReference && <code>{payment.providerReference}</code>],
        ["Opened", <Instant at={payment.createdAt} />],
        ["Captured at", payment.confirmedAt && <Instant at={payment.confirmedAt} />],
        ["Slot", `${metadata.timeSlot.start} – ${metadata.timeSlot.end}, ${metadata.isSundayOnly ? "Sundays" : "daily"}, ${place(zone)}`],
      ]}
    />
  );
}

function Refunds({ of }: { of: readonly RefundPartsFragment[] }) {
  if (of.length === 0) return null;
  return (
    <Part title="Refunds">
      <Table
        caption="Refunds of this payment, the earliest first"
        rows={of}
        keyOf={({ id }) => id}
        empty=""
        columns={[
          { name: "Decided", cell: (row) => <Instant at={row.createdAt} /> },
          { name: "Amount", isNumber: true, cell: (row) => <Amount of={row.amount} /> },
          { name: "State", cell: (row) => <State of={row.status} /> },
          { name: "Asked for", cell: (row) => asked(row.origin) },
          { name: "Reason", isFree: true, cell: (row) => plainly(row.reason) },
          { name: "Why not made", isFree: true, cell: (row) => (row.failure ? `${plainly(row.failure.message)} (${row.failure.code})` : "–") },
          { name: "Settled", cell: (row) => (row.settledAt ? <Instant at={row.settledAt} /> : "–") },
        ]}
      />
    </Part>
  );
}
