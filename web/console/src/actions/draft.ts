// What somebody is about to do: what they typed, and the key that names this one intention. It is kept in the tab, so that
// neither a reload nor a login loses it, and so that what was sent once is never done twice under another key.

import { useCallback, useState, useSyncExternalStore } from "react";
import { whoami } from "../session/session";

export interface Draft<Values> {
  values: Values;
  /** What the form began with, as JSON: if something else stands by now, it was filled from what was. */
  base: string;
  /** The idempotency key: a new one for each intention, the same one however often that is sent. */
  key: string;
  /** Who sent it while nobody knows whether it was done; then it can only be sent again as it is. */
  unansweredBy: string | null;
}

const PREFIX = "console:draft:";
const listeners = new Set<() => void>();
let version = 0;

export function useDraft<Values>(name: string, initial: Values) {
  const [draft, setDraft] = useState<Draft<Values>>(() => kept(name) ?? fresh(initial));
  const keep = useCallback(
    (next: Draft<Values>) => {
      sessionStorage.setItem(PREFIX + name, JSON.stringify(next));
      setDraft(next);
      told();
    },
    [name],
  );
  const drop = useCallback(
    (values: Values) => {
      sessionStorage.removeItem(PREFIX + name);
      setDraft(fresh(values));
      told();
    },
    [name],
  );
  return { draft, keep, drop };
}

/** Whether somebody else sent it, for whom the key is another one: nobody knows whether it was done. */
export function isOfAnother(draft: Draft<unknown>): boolean {
  return draft.unansweredBy !== null && draft.unansweredBy !== whoami();
}

/** The addresses of what was sent and never answered. */
export function useUnanswered(): string[] {
  useSyncExternalStore(listen, () => version);
  return Object.keys(sessionStorage)
    .filter((key) => key.startsWith(PREFIX))
    .filter((key) => kept(key.slice(PREFIX.length))?.unansweredBy)
    .map((key) => key.slice(PREFIX.length));
}

function kept<Values>(name: string): Draft<Values> | null {
  const text = sessionStorage.getItem(PREFIX + name);
  return text === null ? null : (JSON.parse(text) as Draft<Values>);
}

function fresh<Values>(values: Values): Draft<Values> {
  return { values, base: JSON.stringify(values), key: crypto.randomUUID(), unansweredBy: null };
}

function told(): void {
  version += 1;
  for (const listener of listeners) listener();
}

function listen(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}
