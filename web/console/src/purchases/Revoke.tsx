// A purchase and its access, taken back.

import { useClient } from "urql";
import type { Preview } from "../actions/ActionForm";
import { done, doneBefore } from "../actions/answers";
import { ReasonedForm } from "../actions/ReasonedForm";
import { sent } from "../actions/sending";
import { money } from "../format";
import { link } from "../router";
import { blockedUnless, OfPurchase, type Found } from "./OfPurchase";
import { RevokePurchase } from "./operations";

export function Revoke({ id }: { id: string }) {
  const client = useClient();
  const send = ({ reason }: { reason: string }, idempotencyKey: string) =>
    sent(client, RevokePurchase, { input: { purchaseId: id, reason, idempotencyKey } }, (data) => data.revokePurchase, (answer) => {
      return answer.alreadyProcessed
        ? doneBefore("It was revoked already", "Nothing was done now; its history says by whom, when and why.", id)
        : done("It is revoked", "The student can no longer use it. No money moved.", id);
    });
  return (
    <OfPurchase id={id} title="Revoke a purchase">
      {(purchase) => (
        <ReasonedForm
          name={`purchases/${id}/revoke`}
          initial={{ reason: "" }}
          preview={() => previewOf(purchase)}
          button={() => "Revoke the purchase"}
          isDangerous
          send={send}
        />
      )}
    </OfPurchase>
  );
}

function previewOf(purchase: Found): Preview {
  const { student, course, tier, access, payment } = purchase;
  const lines = [
    `${student.id} can no longer use ${course.title}, ${tier}, from now on.`,
    ...(access ? [`${access.sessionsUsed} of ${access.sessionsTotal} sessions were used; they stay in the books.`] : []),
    payment ? (
      <>
        No money moves: {money(payment.amountCaptured ?? payment.amount)} stay paid. To give them back as well,{" "}
        <a href={link(["payments", payment.id, "refund"])}>refund the payment</a> instead: the purchase ends once all of the money is back.
      </>
    ) : (
      "No money moves: it was granted."
    ),
    "The student may buy the course again.",
  ];
  return { lines, ...blockedUnless(purchase, ["ACTIVE"], "revoked") };
}
