// What no subscription tells of is asked for again now and then, while somebody looks.

import { useEffect, useRef } from "react";

const EVERY_MS = 20_000;

export function usePolled(ask: () => void): void {
  const asked = useRef(ask);
  asked.current = ask;
  useEffect(() => {
    const timer = setInterval(() => {
      if (document.visibilityState === "visible") asked.current();
    }, EVERY_MS);
    return () => clearInterval(timer);
  }, []);
}
