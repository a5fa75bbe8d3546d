// Where a payment stands, seen by the student who waits for it.

import type { PaymentPartsFragment } from "./gql/graphql";

export type Payment = PaymentPartsFragment;

export type Standing = "unpaid" | "processing" | "declined" | "closed" | "bought" | "given back" | "duplicate" | "unfulfillable";

export function standingOf({ status, fulfilment }: Payment): Standing {
  switch (fulfilment) {
    case "FULFILLED":
      return status === "REFUNDED" ? "given back" : "bought";
    case "DUPLICATE":
      return "duplicate";
    case "UNFULFILLABLE":
      return "unfulfillable";
    case "PENDING":
      switch (status) {
        case "PROCESSING":
        case "SUCCEEDED": // captured, and about to be fulfilled
        case "PARTIALLY_REFUNDED":
        case "REFUNDED":
          return "processing";
        case "FAILED":
          return "declined";
        case "CANCELED":
          return "closed";
        case "REQUIRES_PAYMENT":
          return "unpaid";
      }
  }
}

/** Whether there is nothing left to wait for. */
export function isOver(payment: Payment): boolean {
  switch (standingOf(payment)) {
    case "bought":
    case "given back":
    case "closed":
      return true;
    case "duplicate":
    case "unfulfillable":
      return payment.refunds.length > 0 && payment.refunds.every(({ status }) => status !== "PENDING");
    case "unpaid":
    case "processing":
    case "declined":
      return false;
  }
}
