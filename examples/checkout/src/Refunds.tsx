// What goes back of a payment, and whether it has arrived.

import { moment, money } from "./format";
import { read } from "./gql";
import { MoneyParts } from "./operations";
import type { Payment } from "./payment";

export function Refunds({ payment }: { payment: Payment }) {
  return (
    <ul className="refunds" aria-label="Refunds">
      {payment.refunds.map((refund) => (
        <li key={refund.id}>
          {words(money(read(MoneyParts, refund.amount)), refund)}
        </li>
      ))}
    </ul>
  );
}

function words(amount: string, { status, settledAt }: Payment["refunds"][number]): string {
  switch (status) {
    case "PENDING":
      return `${amount} are on their way back to you.`;
    case "SUCCEEDED":
      return settledAt ? `${amount} went back to you on ${moment(settledAt)}.` : `${amount} went back to you.`;
    case "FAILED":
      return `${amount} could not be sent back. We are looking into it and will write to you.`;
  }
}
