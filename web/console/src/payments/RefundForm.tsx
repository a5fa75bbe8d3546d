// Captured money given back: all that is left of it, or a part; and what became of it.

import { useClient } from "urql";
import type { Preview } from "../actions/ActionForm";
import { done, doneBefore } from "../actions/answers";
import { TextField } from "../actions/fields";
import { ReasonedForm } from "../actions/ReasonedForm";
import { sent } from "../actions/sending";
import { minorOf, money, plainAmount, words, type Money } from "../format";
import type { PaymentByIdQuery } from "../gql/graphql";
import { Amount, Id, State, StudentLink } from "../parts/bits";
import { Loaded } from "../parts/Loaded";
import { Screen } from "../parts/Screen";
import { Missing } from "../purchases/PurchaseScreen";
import { link } from "../router";
import { leftOf } from "./left";
import { RefundPayment } from "./operations";
import { usePayment } from "./PaymentScreen";

type Payment = NonNullable<PaymentByIdQuery["payment"]>;

interface Values {
  amount: string;
  reason: string;
}

export function RefundForm({ id }: { id: string }) {
  const { data, error, ask } = usePayment(id);
  const payment = data?.payment;
  return (
    <Screen title="Refund a payment" kind={<a href={link(["payments", id])}>← The payment</a>}>
      <Loaded error={error} isThere={data !== undefined} askAgain={ask}>
        {payment ? <OfPayment payment={payment} /> : <Missing what="payment" id={id} />}
      </Loaded>
    </Screen>
  );
}

function OfPayment({ payment }: { payment: Payment }) {
  const client = useClient();
  const { id } = payment;
  const left = leftOf(payment);

  const send = ({ amount, reason }: Values, idempotencyKey: string) => {
    // The amount is always said: if less is left by then, it is refused, and nothing but what was previewed is done.
    const input = { paymentId: id, amountMinor: minorOf(amount, currencyOf(payment)), reason, idempotencyKey };
    return sent(client, RefundPayment, { input }, (data) => data.refundPayment, ({ alreadyProcessed, refund }) => ({
      ...(alreadyProcessed
        ? doneBefore("This refund was decided already", "It was not decided a second time.")
        : done("The refund is decided", `${money(refund.amount)} go back.`)),
      about: refund.id,
    }));
  };
  return (
    <>
      <p className="state-line">
        <StudentLink id={payment.student.id} /> {payment.course.title}, {payment.tier} <State of={payment.status} />
      </p>
      <ReasonedForm<Values>
        name={`payments/${id}/refund`}
        initial={{ amount: left ? plainAmount(left) : "", reason: "" }}
        fields={({ values, set, problemOf }) => (
          <TextField
            label={`Amount in ${currencyOf(payment)}`}
            value={values.amount}
            set={(amount) => set({ amount })}
            inputMode="decimal"
            hint={left && `${money(left)} can go back.`}
            problem={problemOf("amountMinor")}
            isRequired
          />
        )}
        preview={(values) => previewOf(payment, left, values)}
        button={({ amount }) => {
          const minor = minorOf(amount, currencyOf(payment));
          return minor === null ? "Refund" : `Refund ${money({ amountMinor: minor, currency: currencyOf(payment) })}`;
        }}
        isDangerous
        send={send}
        after={({ about }) => <Outcome payment={payment} refundId={about} />}
      />
    </>
  );
}

function currencyOf({ amountCaptured, amount }: Payment): string {
  return (amountCaptured ?? amount).currency;
}

function previewOf(payment: Payment, left: Money | null, { amount }: Values): Preview {
  if (left === null) return { lines: [], blocked: "Nothing was captured, so there is nothing to give back." };
  const refunds = payment.refunds.filter(({ status }) => status === "PENDING");
  if (left.amountMinor === 0) {
    const why = refunds.some(({ origin }) => origin === "DISPUTE")
      ? "What is left of it is under dispute: ask again once the bank has decided."
      : "All of it went back, or is on its way back.";
    return { lines: [], blocked: why };
  }
  const minor = minorOf(amount, left.currency);
  if (minor === null || minor < 1) {
    const missing = `Type an amount in ${left.currency}, such as ${plainAmount(left)}.`;
    return { lines: [missing], missing };
  }
  if (minor > left.amountMinor) {
    const missing = `At most ${money(left)} can go back.`;
    return { lines: [missing], missing };
  }
  const rest = { ...left, amountMinor: left.amountMinor - minor };
  const isAll = rest.amountMinor === 0;
  return {
    lines: [
      `${money({ ...left, amountMinor: minor })} go back to ${payment.student.id} by ${words(payment.provider)}; ${isAll ? "nothing is left" : `${money(rest)} are left`}.`,
      isAll ? <WholeRefund purchase={payment.purchase} /> : "The student keeps the course as it is: a purchase ends once all of its money is back.",
      "It is decided at once; the provider takes a while. It cannot be taken back.",
    ],
  };
}

/** What it does to the purchase that all of the money goes back. */
function WholeRefund({ purchase }: { purchase: Payment["purchase"] }) {
  switch (purchase?.status) {
    case "ACTIVE":
      return (
        <>
          The purchase <Id of={purchase.id} /> ends once all of the money is back, and so does its access.
          {purchase.supersedes && ` ${purchase.supersedes.tier}, whose place it took, is active again, unless its own time is over.`} Sessions
          used stay in the books.
        </>
      );
    case "SUPERSEDED":
      return (
        <>
          The purchase <Id of={purchase.id} /> counts as refunded once all of the money is back. The one in its place stays, without
          the sessions and the time that it took over.
        </>
      );
    default:
      return "No purchase ends by it: none of this payment is in force.";
  }
}

/** The refund as the payment's subscription tells of it, until the provider has settled it. */
function Outcome({ payment, refundId }: { payment: Payment; refundId: string | undefined }) {
  const refund = payment.refunds.find(({ id }) => id === refundId);
  return (
    <div role="status" className="after">
      {refund && (
        <p>
          <Amount of={refund.amount} />: <State of={refund.status} />{" "}
          {refund.status === "PENDING" && "It waits for the provider; this line changes when it has answered."}
          {refund.status === "SUCCEEDED" && "The provider has sent the money back."}
          {refund.status === "FAILED" && `The provider does not send it back: ${refund.failure?.message ?? "it does not say why"}.`}
        </p>
      )}
      <p>
        <a href={link(["payments", payment.id])}>The payment and its timeline</a>
      </p>
    </div>
  );
}
