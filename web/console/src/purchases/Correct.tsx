// When and how the sessions of a purchase take place, put right.

import { useClient } from "urql";
import { ActionForm, type Preview } from "../actions/ActionForm";
import { done, doneBefore, never, refused, unanswered, type Told } from "../actions/answers";
import { REASON_MISSING, ReasonField } from "../actions/fields";
import { OfPurchase, type Found } from "./OfPurchase";
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
  const send = async ({ reason, ...slot }: Values, idempotencyKey: string): Promise<Told> => {
    const input = { purchaseId: id, metadata: metadataOf(slot), reason, idempotencyKey };
    const { data, error } = await client.mutation(CorrectPurchase, { input }).toPromise();
    const answer = data?.correctPurchaseMetadata;
    if (!answer) return unanswered(error);
    switch (answer.__typename) {
      case "CorrectPurchaseMetadataSuccess":
        return answer.alreadyProcessed
          ? doneBefore("It was so already", "Nothing was done now.", id)
          : done("It is corrected", "The sessions to come follow from it.", id);
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
      name={`purchases/${id}/correct`}
      initial={{ ...slotOf(purchase.metadata), reason: "" }}
      fields={(form) => (
        <>
          <SlotFields form={form} />
          <ReasonField value={form.values.reason} set={(reason) => form.set({ reason })} problem={form.problemOf("reason")} />
        </>
      )}
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
  const { status } = purchase;
  const now = slotOf(purchase.metadata);
  const changed = (Object.keys(NAMES) as (keyof Slot)[])
    .map((name) => [NAMES[name], shown(now[name]), shown(values[name])] as const)
    .filter(([, from, to]) => from !== to);
  const missing = missingOf(values) ?? (changed.length === 0 ? "Nothing is changed yet." : values.reason.trim() === "" ? REASON_MISSING : undefined);
  return {
    lines: [
      ...changed.map(([name, from, to]) => (
        <>
          {name}: <del>{from}</del> → <ins>{to}</ins>
        </>
      )),
      ...(changed.length === 0 ? ["Nothing is changed yet."] : ["Sessions used stay, and so does the end. No money moves."]),
    ],
    ...(status !== "ACTIVE" && { blocked: `It is ${status}; only an ACTIVE purchase is corrected.` }),
    ...(missing !== undefined && { missing }),
  };
}

function shown(value: Slot[keyof Slot]): string {
  if (typeof value === "boolean") return value ? "yes" : "no";
  if (typeof value === "string") return value || "nothing";
  return value.map(({ key, value: text }) => `${key}=${text}`).join(", ") || "none";
}
