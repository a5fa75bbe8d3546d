// A payment as it stands now and at every change. Each subscription begins with the present state, so one that broke
// off is simply begun again.

import { useCallback, useEffect, useRef, useState } from "react";
import { useClient, type CombinedError } from "urql";
import { onEnd, pipe, subscribe } from "wonka";
import { read } from "./gql";
import { PaymentNow, PaymentParts } from "./operations";
import { isOver, type Payment } from "./payment";

const SOONEST_MS = 500;
const LATEST_MS = 8_000;

export interface Live {
  payment: Payment | null;
  /** Why nothing comes at present; null while the stream is up. */
  trouble: CombinedError | null;
  /** What a mutation answered: taken while no stream says what is true. */
  hear: (payment: Payment) => void;
}

export function useLivePayment(id: string): Live {
  const client = useClient();
  const [payment, setPayment] = useState<Payment | null>(null);
  const [trouble, setTrouble] = useState<CombinedError | null>(null);
  const isUp = useRef(false);

  useEffect(() => {
    isUp.current = false; // the stream before this one may have been another payment's
    let wait = SOONEST_MS;
    let timer: ReturnType<typeof setTimeout> | undefined;
    let stop = () => {};
    let isDone = false;

    const again = () => {
      if (isDone) return; // what the last event said stays: an answer that comes later is older
      isUp.current = false;
      clearTimeout(timer);
      timer = setTimeout(begin, wait);
      wait = Math.min(wait * 2, LATEST_MS);
    };
    const begin = () => {
      const results = client.subscription(PaymentNow, { id });
      const subscription = pipe(
        results,
        onEnd(again),
        subscribe(({ data, error }) => {
          if (error) {
            if (wait > SOONEST_MS || isGone(error)) setTrouble(error); // one break alone is not worth a word
            isUp.current = false;
            if (isGone(error)) finish();
          }
          if (!data) return;
          const now = read(PaymentParts, data.payment);
          isUp.current = true;
          wait = SOONEST_MS;
          setTrouble(null);
          setPayment(now);
          if (isOver(now)) finish();
        }),
      );
      stop = subscription.unsubscribe;
      if (isDone) stop();
    };
    const finish = () => {
      isDone = true;
      clearTimeout(timer);
      window.removeEventListener("online", hurry);
      stop();
    };
    const hurry = () => {
      if (isUp.current) return;
      stop();
      clearTimeout(timer); // set as the stream before it ended
      begin();
    };

    window.addEventListener("online", hurry);
    begin();
    return finish;
  }, [client, id]);

  const hear = useCallback((told: Payment) => {
    if (!isUp.current) setPayment(told);
  }, []);
  return { payment, trouble, hear };
}

/** The payment does not exist for this student, and will not by asking again. */
function isGone(error: CombinedError): boolean {
  return error.graphQLErrors.some((each) => each.extensions["code"] === "NOT_FOUND");
}
