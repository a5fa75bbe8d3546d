// When and how the sessions of a purchase take place, put right.

import { useClient } from "urql";
import type { Preview } from "../actions/ActionForm";
import { done, doneBefore } from "../actions/answers";
import { ReasonedForm } from "../actions/ReasonedForm";
import { sent } from "../actions/sending";
import { blockedUnless, OfPurchase, type Found } from "./OfPurchase";
import { CorrectPurchase } from "./operations";
import { metadataOf, missingOf, SlotFields, slotOf, type Slot } from "./slot";

type Values = Slot & { reason: string };

export function Correct({ id }: { id: string }) {
  return (
    <OfPurchase id={id} title="Correct a purchase">
      {(purchase) => <CorrectForm purchase={purchase} />}
    </OfPurchase>
  );
}

function CorrectForm({ purchase }: { purchase: Found }) {
  const client = useClient();
  const { id } = purchase;
  const send = ({ reason, ...slot }: Values, idempotencyKey: string) => {
    const input = { purchaseId: id, metadata: metadataOf(slot), reason, idempotencyKey };
    return sent(client, CorrectPurchase, { input }, (data) => data.correctPurchaseMetadata, (answer) => {
      return answer.alreadyProcessed
        ? doneBefore("It was so already", "Nothing was done now.", id)
        : done("It is corrected", "The sessions to come follow from it.", id);
    });
  };
  return (
    <ReasonedForm<Values>
      name={`purchases/${id}/correct`}
      initial={{ ...slotOf(purchase.metadata), reason: "" }}
      fields={(form) => <SlotFields form={form} />}
      preview={(values) => previewOf(purchase, values)}
      button={() => "Correct the purchase"}
      send={send}
    />
  );
}

const NAMES: Record<keyof Slot, string> = {
  isSundayOnly: "Sundays only",
  minutes: "Minutes",
  start: "Begins",
  timeZone: "Time zone",
  firstDay: "First day",
  labels: "Labels",
};

function previewOf(purchase: Found, values: Values): Preview {
  const now = slotOf(purchase.metadata);
  const changed = (Object.keys(NAMES) as (keyof Slot)[])
    .map((name) => [NAMES[name], shown(now[name]), shown(values[name])] as const)
    .filter(([, from, to]) => from !== to);
  const missing = missingOf(values) ?? (changed.length === 0 ? "Nothing is changed yet." : undefined);
  return {
    lines: [
      ...changed.map(([name, from, to]) => (
        <>
          {name}: <del>{from}</del> → <ins>{to}</ins>
        </>
      )),
      ...(changed.length === 0 ? ["Nothing is changed yet."] : ["Sessions used stay, and so does the end. No money moves."]),
    ],
    ...blockedUnless(purchase, ["ACTIVE"], "corrected"),
    ...(missing !== undefined && { missing }),
  };
}

function shown(value: Slot[keyof Slot]): string {
  if (typeof value === "boolean") return value ? "yes" : "no";
  if (typeof value === "string") return value || "nothing";
  return value.map(({ key, value: text }) => `${key}=${text}`).join(", ") || "none";
}
