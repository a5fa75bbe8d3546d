// What the gateway's two answers mean for the student: every member of each union, by its name.

import { read, type FragmentType } from "./gql";
import type { ConfirmPaymentMutation, CreatePaymentMutation } from "./gql/graphql";
import { PaymentParts, type PurchaseParts } from "./operations";
import type { Payment } from "./payment";
import type { Advice } from "./trouble";

type Purchase = FragmentType<typeof PurchaseParts>;

export type Opened =
  | { is: "open"; paymentId: string }
  | { is: "yours already"; purchase: Purchase | null; isLower: boolean }
  | { is: "refused"; advice: Advice; isKeySpent?: boolean };

export function opened(answer: CreatePaymentMutation["createPayment"]): Opened {
  switch (answer.__typename) {
    case "CreatePaymentSuccess":
      return { is: "open", paymentId: answer.payment.id };
    case "ActivePurchaseExists":
      return {
        is: "yours already",
        purchase: answer.existingPurchase ?? null,
        isLower: answer.code === "DOWNGRADE_NOT_ALLOWED",
      };
    case "InvalidInput":
      return { is: "refused", advice: wrongFields(answer.fields) };
    case "NotFound":
      return {
        is: "refused",
        advice: {
          title: "This course is no longer on offer",
          text: "Nothing was paid. Go back to all courses and choose another one.",
          way: "none",
        },
      };
    case "IdempotencyKeyReused":
      return {
        is: "refused",
        isKeySpent: true,
        advice: { title: "Please press once more", text: "Nothing was paid: this checkout had to be started anew.", way: "ask again" },
      };
    default:
      return never(answer);
  }
}

export interface Confirmed {
  payment: Payment | null;
  /** What the student has already, where this payment was one too many. */
  existing: Purchase | null;
  advice: Advice | null;
  /** The provider itself is silent: what the money is doing is not known yet. */
  isProviderSilent: boolean;
}

export function confirmed(answer: ConfirmPaymentMutation["confirmPayment"]): Confirmed {
  const nothing = { payment: null, existing: null, advice: null, isProviderSilent: false };
  switch (answer.__typename) {
    case "ConfirmPaymentSuccess":
    case "PaymentDeclined": // why, the payment says itself
      return { ...nothing, payment: read(PaymentParts, answer.payment) };
    case "PaymentPending":
      return {
        ...nothing,
        payment: read(PaymentParts, answer.payment),
        isProviderSilent: answer.code === "PROVIDER_UNAVAILABLE",
      };
    case "DuplicatePayment":
      return { ...nothing, payment: read(PaymentParts, answer.payment), existing: answer.existingPurchase ?? null };
    case "MetadataConflict":
      return { ...nothing, advice: otherDetails(answer.fields) };
    case "InvalidInput":
      return { ...nothing, advice: wrongFields(answer.fields) };
    case "NotFound":
      return {
        ...nothing,
        advice: {
          title: "We do not know this checkout",
          text: "It may belong to another account. Start again; nothing was paid.",
          way: "start again",
        },
      };
    default:
      return never(answer);
  }
}

function wrongFields(fields: { path: string[]; message: string }[]): Advice {
  return {
    title: "Please look at these again",
    text: "Nothing was paid.",
    way: "none",
    fields: fields.map(({ path, message }) => ({ name: path.at(-1) ?? "", message })),
  };
}

function otherDetails(fields: { field: string; stored: string; given: string }[]): Advice {
  const each = fields.map(({ field, stored, given }) => `${field} is ${stored}, not ${given}`).join("; ");
  return {
    title: "This checkout was started with other details",
    text: `Nothing was changed: ${each}. Start again to choose anew.`,
    way: "start again",
  };
}

/** A member that the schema got and this page does not know yet is an error when it is built. */
function never(answer: never): never {
  throw new Error(`unknown answer: ${JSON.stringify(answer)}`);
}
