// A purchase that is to end later.

import { useClient } from "urql";
import { ActionForm, type Preview } from "../actions/ActionForm";
import { done, doneBefore, never, refused, unanswered, type Told } from "../actions/answers";
import { REASON_MISSING, ReasonField, TextField } from "../actions/fields";
import { endOf, lastDayOf, later } from "../calendar";
import { day, momentIn, place } from "../format";
import { OfPurchase, type Found } from "./OfPurchase";
import { ExtendPurchase } from "./operations";

interface Values {
  lastDay: string;
  reason: string;
}

export function Extend({ id }: { id: string }) {
  return (
    <OfPurchase id={id} title="Extend a purchase">
      {(purchase) => <ExtendForm purchase={purchase} />}
    </OfPurchase>
  );
}

function ExtendForm({ purchase }: { purchase: Found }) {
  const client = useClient();
  const { id } = purchase;
  const zone = purchase.metadata.timeSlot.timeZone;
  const end = purchase.access?.expiresAt;
  const send = async ({ lastDay, reason }: Values, idempotencyKey: string): Promise<Told> => {
    const input = { purchaseId: id, expiryDate: endOf(lastDay, zone), reason, idempotencyKey };
    const { data, error } = await client.mutation(ExtendPurchase, { input }).toPromise();
    const answer = data?.extendPurchase;
    if (!answer) return unanswered(error);
    switch (answer.__typename) {
      case "ExtendPurchaseSuccess":
        return answer.alreadyProcessed
          ? doneBefore("It ended then already", "Nothing was done now; its history says by whom, when and why.", id)
          : done("It is extended", `It is ${answer.purchase.status}, and its last day is ${day(lastDay)}.`, id);
      case "ActivePurchaseExists":
        return {
          tone: "bad",
          title: "Nothing was done",
          text: "The student has another active purchase of the course by now.",
          ...(answer.existingPurchase && { about: answer.existingPurchase.id }),
        };
      case "InvalidInput":
      case "NotFound":
      case "IdempotencyKeyReused":
        return refused(answer);
      default:
        return never(answer);
    }
  };
  return (
    <ActionForm<Values>
      name={`purchases/${id}/extend`}
      initial={{ lastDay: end ? later(lastDayOf(end, zone), 30) : "", reason: "" }}
      fields={({ values, set, problemOf }) => (
        <>
          <TextField
            label="Last day"
            type="date"
            value={values.lastDay}
            set={(lastDay) => set({ lastDay })}
            hint={`The whole day, in ${place(zone)}.`}
            problem={problemOf("expiryDate")}
          />
          <ReasonField value={values.reason} set={(reason) => set({ reason })} problem={problemOf("reason")} />
        </>
      )}
      preview={(values) => previewOf(purchase, values)}
      button={() => "Extend the purchase"}
      send={send}
    />
  );
}

function previewOf(purchase: Found, { lastDay, reason }: Values): Preview {
  const { status, access } = purchase;
  const zone = purchase.metadata.timeSlot.timeZone;
  if (status !== "ACTIVE" && status !== "EXPIRED") {
    return { lines: [], blocked: `It is ${status}; only what is ACTIVE or EXPIRED is extended.` };
  }
  if (!access?.expiresAt) return { lines: [], blocked: "It never ends, so there is nothing to extend." };
  if (lastDay === "") return { lines: ["Choose its last day."], missing: "Choose its last day." };
  const left = access.sessionsTotal - access.sessionsUsed;
  return {
    lines: [
      `Its last day is ${day(lastDay)}: it ends ${momentIn(endOf(lastDay, zone), zone)} instead of ${momentIn(access.expiresAt, zone)} (${place(zone)}).`,
      ...(status === "EXPIRED" ? [`It is active again, with the ${left} sessions that it had left.`] : []),
      "Its number of sessions stays as it is. No money moves.",
    ],
    ...(reason.trim() === "" && { missing: REASON_MISSING }),
  };
}
