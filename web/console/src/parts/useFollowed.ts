// Lists that are asked for anew where something in them changed: by the gateway's word, and now and then while its line is
// down.

import { useEffect, useRef } from "react";
import type { ChangedKind } from "../gql/graphql";
import { useLive } from "../live";
import { ChangedNow } from "../operations";

/** How often a page is asked for anew while changes come thick and fast. */
const PACE_MS = 1_000;
/** How often without the gateway's word. */
const EVERY_MS = 20_000;

/** @returns whether the page is kept up to date. */
export function useFollowed(kinds: readonly ChangedKind[], ask: () => unknown, pace = PACE_MS): boolean {
  const soon = usePaced(ask, pace);
  const isUp = useLive(ChangedNow, { kinds: [...kinds] }, soon);
  useEffect(() => {
    if (isUp) return;
    const timer = setInterval(() => document.visibilityState === "visible" && soon(), EVERY_MS);
    return () => clearInterval(timer);
  }, [isUp, soon]);
  return isUp;
}

/** The same, but no more often than that; what is asked for meanwhile is asked for then. */
export function usePaced(ask: () => unknown, pace = PACE_MS): () => void {
  const asked = useRef(ask);
  asked.current = ask;
  const its = useRef<{ due?: ReturnType<typeof setTimeout> | undefined; last: number }>({ last: -Infinity });
  useEffect(() => {
    const { current } = its;
    return () => clearTimeout(current.due); // what is due when the part goes, nobody looks at
  }, []);
  const soon = useRef(() => {
    const { due, last } = its.current;
    if (due !== undefined) return;
    const run = () => {
      its.current.due = undefined;
      its.current.last = performance.now();
      asked.current();
    };
    its.current.due = setTimeout(run, Math.max(0, last + pace - performance.now()));
  });
  return soon.current;
}
