// What of a payment's money can still go back.

import type { Money } from "../format";
import type { PaymentPartsFragment } from "../gql/graphql";

/** Captured, not gone back, and not on its way back by a refund or an open dispute. */
export function leftOf({ amountCaptured, amountRefunded, refunds }: PaymentPartsFragment): Money | null {
  if (!amountCaptured) return null;
  const underWay = refunds.filter(({ status }) => status === "PENDING").reduce((sum, { amount }) => sum + amount.amountMinor, 0);
  const amountMinor = Math.max(0, amountCaptured.amountMinor - amountRefunded.amountMinor - underWay);
  return { amountMinor, currency: amountCaptured.currency };
}
