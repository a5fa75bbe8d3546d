// What changes while one looks. A subscription begins with the present state, so one that broke off is begun again.

import { useEffect, useRef, useState } from "react";
import { useClient, type AnyVariables, type TypedDocumentNode } from "urql";
import { onEnd, pipe, subscribe } from "wonka";
import { isTokenRefused } from "./gateway";
import { useStanding } from "./session/session";

const SOONEST_MS = 500;
const LATEST_MS = 8_000;

/** Follows a subscription for as long as the part is shown. Returns whether it is up at present. */
export function useLive<Data, Variables extends AnyVariables>(
  document: TypedDocumentNode<Data, Variables>,
  variables: Variables,
  hear: (data: Data) => void,
  /** What happened before it was up, or while it was not, is not told: it has to be asked for. */
  onUp?: () => void,
): boolean {
  const client = useClient();
  const standing = useStanding();
  const token = standing.is === "in" ? standing.session.token : null;
  const [isUp, setUp] = useState(false);
  const heard = useRef(hear);
  heard.current = hear;
  const risen = useRef(onUp);
  risen.current = onUp;
  const asked = JSON.stringify(variables);

  useEffect(() => {
    if (token === null) return;
    let wait = SOONEST_MS;
    let timer: ReturnType<typeof setTimeout> | undefined;
    let opening: ReturnType<typeof setTimeout> | undefined;
    let stop = () => {};
    let [isDone, isRisen] = [false, false];

    const up = () => {
      clearTimeout(opening);
      setUp(true);
      if (!isRisen) risen.current?.();
      isRisen = true;
    };
    const again = () => {
      isRisen = false;
      setUp(false);
      clearTimeout(opening);
      if (isDone) return;
      clearTimeout(timer);
      timer = setTimeout(begin, wait);
      wait = Math.min(wait * 2, LATEST_MS);
    };
    const begin = () => {
      // One that tells only of changes may be silent for long: while it does not end, it is up.
      opening = setTimeout(up, SOONEST_MS);
      const subscription = pipe(
        client.subscription(document, JSON.parse(asked) as Variables),
        onEnd(again),
        subscribe(({ data, error }) => {
          if (error && (isTokenRefused(error) || isGone(error))) finish();
          if (!data || error) return;
          wait = SOONEST_MS;
          up();
          heard.current(data);
        }),
      );
      stop = subscription.unsubscribe;
      if (isDone) stop();
    };
    const finish = () => {
      isDone = true;
      clearTimeout(timer);
      clearTimeout(opening);
      window.removeEventListener("online", hurry);
      setUp(false);
      stop();
    };
    const hurry = () => {
      stop();
      clearTimeout(timer);
      clearTimeout(opening);
      begin();
    };

    window.addEventListener("online", hurry);
    begin();
    return finish;
  }, [client, document, asked, token]);

  return isUp;
}

function isGone(error: { graphQLErrors: { extensions: Record<string, unknown> }[] }): boolean {
  return error.graphQLErrors.some(({ extensions }) => ["NOT_FOUND", "FORBIDDEN"].includes(String(extensions["code"])));
}
