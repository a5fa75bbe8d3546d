// A purchase that is to end later.

import { useClient } from "urql";
import type { Preview } from "../actions/ActionForm";
import { done, doneBefore, never } from "../actions/answers";
import { TextField } from "../actions/fields";
import { ReasonedForm } from "../actions/ReasonedForm";
import { sent } from "../actions/sending";
import { endOf, lastDayOf, later } from "../calendar";
import { day, momentIn, place, words } from "../format";
import { blockedUnless, OfPurchase, type Found } from "./OfPurchase";
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
  const send = ({ lastDay, reason }: Values, idempotencyKey: string) => {
    const input = { purchaseId: id, expiryDate: endOf(lastDay, zone), reason, idempotencyKey };
    return sent(client, ExtendPurchase, { input }, (data) => data.extendPurchase, (answer) => {
      switch (answer.__typename) {
        case "ExtendPurchaseSuccess":
          return answer.alreadyProcessed
            ? doneBefore("It ended then already", "Nothing was done now; its history says by whom, when and why.", id)
            : done("It is extended", `It is ${words(answer.purchase.status).toLowerCase()}, and its last day is ${day(lastDay)}.`, id);
        case "ActivePurchaseExists":
          return {
            tone: "bad",
            title: "Nothing was done",
            text: "The student has another active purchase of the course by now.",
            ...(answer.existingPurchase && { about: answer.existingPurchase.id }),
          };
        default:
          return never(answer);
      }
    });
  };
  return (
    <ReasonedForm<Values>
      name={`purchases/${id}/extend`}
      initial={{ lastDay: end ? later(lastDayOf(end, zone), 30) : "", reason: "" }}
      fields={({ values, set, problemOf }) => (
        <TextField
          label="Last day"
          type="date"
          value={values.lastDay}
          set={(lastDay) => set({ lastDay })}
          hint={`The whole day, in ${place(zone)}.`}
          problem={problemOf("expiryDate")}
        />
      )}
      preview={(values) => previewOf(purchase, values)}
      button={() => "Extend the purchase"}
      send={send}
    />
  );
}

function previewOf(purchase: Found, { lastDay }: Values): Preview {
  const { status, access } = purchase;
  const zone = purchase.metadata.timeSlot.timeZone;
  const { blocked } = blockedUnless(purchase, ["ACTIVE", "EXPIRED"], "extended");
  if (blocked) return { lines: [], blocked };
  if (!access?.expiresAt) return { lines: [], blocked: "It never ends, so there is nothing to extend." };
  if (lastDay === "") return { lines: ["Choose its last day."], missing: "Choose its last day." };
  const left = access.sessionsTotal - access.sessionsUsed;
  return {
    lines: [
      `Its last day is ${day(lastDay)}: it ends ${momentIn(endOf(lastDay, zone), zone)} instead of ${momentIn(access.expiresAt, zone)} (${place(zone)}).`,
      ...(status === "EXPIRED" ? [`It is active again, with the ${left} sessions that it had left.`] : []),
      "Its number of sessions stays as it is. No money moves.",
    ],
  };
}
