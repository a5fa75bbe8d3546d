// A purchase and its access, taken back.

import { useClient } from "urql";
import { ActionForm, type Preview } from "../actions/ActionForm";
import { done, doneBefore, never, refused, unanswered, type Told } from "../actions/answers";
import { REASON_MISSING, ReasonField } from "../actions/fields";
import { money } from "../format";
import { link } from "../router";
import { OfPurchase, type Found } from "./OfPurchase";
import { RevokePurchase } from "./operations";

export function Revoke({ id }: { id: string }) {
  const client = useClient();
  const send = async ({ reason }: { reason: string }, idempotencyKey: string): Promise<Told> => {
    const input = { purchaseId: id, reason, idempotencyKey };
    const { data, error } = await client.mutation(RevokePurchase, { input }).toPromise();
    const answer = data?.revokePurchase;
    if (!answer) return unanswered(error);
    switch (answer.__typename) {
      case "RevokePurchaseSuccess":
        return answer.alreadyProcessed
          ? doneBefore("It was revoked already", "Nothing was done now; its history says by whom, when and why.", id)
          : done("It is revoked", "The student can no longer use it. No money moved.", id);
      case "InvalidInput":
      case "NotFound":
      case "IdempotencyKeyReused":
        return refused(answer);
      default:
        return never(answer);
    }
  };
  return (
    <OfPurchase id={id} title="Revoke a purchase">
      {(purchase) => (
        <ActionForm
          name={`purchases/${id}/revoke`}
          initial={{ reason: "" }}
          fields={({ values, set, problemOf }) => (
            <ReasonField value={values.reason} set={(reason) => set({ reason })} problem={problemOf("reason")} />
          )}
          preview={({ reason }) => previewOf(purchase, reason)}
          button={() => "Revoke the purchase"}
          isDangerous
          send={send}
        />
      )}
    </OfPurchase>
  );
}

function previewOf(purchase: Found, reason: string): Preview {
  const { status, student, course, tier, access, payment } = purchase;
  const lines = [
    `${student.id} can no longer use ${course.title}, ${tier}, from now on.`,
    ...(access ? [`${access.sessionsUsed} of ${access.sessionsTotal} sessions were used; they stay in the books.`] : []),
    payment ? (
      <>
        No money moves: {money(payment.amountCaptured ?? payment.amount)} stay paid. To give them back as well,{" "}
        <a href={link(["payments", payment.id, "refund"])}>refund the payment</a> instead: a full refund ends the purchase.
      </>
    ) : (
      "No money moves: it was granted."
    ),
    "The student may buy the course again.",
  ];
  return {
    lines,
    ...(status !== "ACTIVE" && { blocked: `It is ${status}; only an ACTIVE purchase is revoked.` }),
    ...(reason.trim() === "" && { missing: REASON_MISSING }),
  };
}
