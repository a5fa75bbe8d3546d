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
  query: TypedDocumentNode<Data, Variables>,
  variables: Variables,
  hear: (data: Data) => void,
  /** Of one that begins in silence: what happened before it was up, or while it was not, has to be asked for. */
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
      if (risen.current) opening = setTimeout(up, SOONEST_MS);
      const subscription = pipe(
        client.subscription(query, JSON.parse(asked) as Variables),
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
      document.removeEventListener("visibilitychange", look);
      setUp(false);
      stop();
    };
    const hurry = () => {
      rest();
      begin();
    };
    // A browser has six lines to one place (HTTP/1.1): a tab that nobody looks at must not hold one.
    const look = () => {
      if (document.visibilityState === "visible") hurry();
      else rest();
    };
    const rest = () => {
      isRisen = false;
      stop();
      clearTimeout(timer);
      clearTimeout(opening);
      setUp(false);
    };

    window.addEventListener("online", hurry);
    document.addEventListener("visibilitychange", look);
    look();
    return finish;
  }, [client, query, asked, token]);

  return isUp;
}

function isGone(error: { graphQLErrors: { extensions: Record<string, unknown> }[] }): boolean {
  return error.graphQLErrors.some(({ extensions }) => ["NOT_FOUND", "FORBIDDEN"].includes(String(extensions["code"])));
}
