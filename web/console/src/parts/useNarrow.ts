// Whether the page is as narrow as a phone, by the same measure as the style sheet's.

import { useSyncExternalStore } from "react";

const NARROW = window.matchMedia("(max-width: 40rem)");

export function useNarrow(): boolean {
  return useSyncExternalStore(follow, () => NARROW.matches);
}

function follow(changed: () => void): () => void {
  NARROW.addEventListener("change", changed);
  return () => NARROW.removeEventListener("change", changed);
}
