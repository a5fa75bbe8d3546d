// The ids that stand for the tabs' {{placeholders}}: at first those that the page came with, then those of what was
// just made, as long as they are of use. So each tab has something to do, whichever is pressed first.

const PURCHASES = ["purchaseToCorrect", "purchaseToExtend", "purchaseToRevoke", "purchaseToRecord"];
// A session may be withdrawn of a purchase that has ended, too.
const HOLES = ["openPaymentId", "paidPaymentId", "paymentToRefund", ...PURCHASES, "purchaseToWithdraw"];

export function idsFor(values) {
  const known = new Map(HOLES.map((hole) => [hole, [values[hole]]])); // the best one last
  const boughtBy = new Map(); // payment to purchase

  const put = (hole, id) => known.set(hole, [...known.get(hole).filter((each) => each !== id), id]);
  // What stood in a tab stays known, so that what is stored of it is found again.
  const gone = new Set();
  const usable = (hole) => known.get(hole).filter((id) => !gone.has(`${hole} ${id}`));
  const current = (hole) => usable(hole).at(-1) ?? values[hole];

  // An ended purchase is of use only where it was ended: there a second press shows that nothing is done twice.
  function end(purchase, where) {
    PURCHASES.filter((hole) => hole !== where).forEach((hole) => gone.add(`${hole} ${purchase}`));
  }

  function bought(holes, purchase, payment) {
    if (payment) boughtBy.set(payment, purchase.id);
    if (purchase.status === "ACTIVE") holes.forEach((hole) => put(hole, purchase.id));
  }

  const heard = {
    createPayment: ({ payment }) => put("openPaymentId", payment.id),
    confirmPayment({ payment, purchase }) {
      ["paidPaymentId", "paymentToRefund"].forEach((hole) => put(hole, payment.id));
      bought(PURCHASES, purchase, payment.id);
    },
    // Not to correct: asked for once more with other metadata than it has by then, it would be a conflict.
    createPurchase: ({ purchase }) => bought(["purchaseToExtend", "purchaseToRevoke", "purchaseToRecord"], purchase),
    createPurchases: (item) => heard.createPurchase(item),
    // The tab that withdraws names the first session.
    recordSessions: ({ session, purchase }) => session.number === 1 && put("purchaseToWithdraw", purchase.id),
    revokePurchase: ({ purchase }) => end(purchase.id, "purchaseToRevoke"),
    refundPayment: ({ payment }) => end(boughtBy.get(payment.id)),
  };

  return {
    holes: HOLES,
    values: () => ({ ...values, ...Object.fromEntries(HOLES.map((hole) => [hole, current(hole)])) }),

    // A tab's text with the placeholders again in the place of ids that stood there for them.
    emptied(text, template) {
      const holes = HOLES.filter((hole) => template.includes(`{{${hole}}}`));
      return holes.reduce((done, hole) => known.get(hole).reduce((t, id) => t.replaceAll(id, `{{${hole}}}`), done), text);
    },

    hear(result) {
      for (const [field, answer] of Object.entries(result?.data ?? {})) {
        for (const each of [answer].flat()) {
          try {
            if (each?.__typename?.endsWith("Success")) heard[field]?.(each);
          } catch {
            // An operation that was edited may not select what would be learnt from it.
          }
        }
      }
    },
  };
}
