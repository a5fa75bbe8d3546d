// Whose token the console speaks with. It is kept in sessionStorage: for this tab, until it is closed.

import { useSyncExternalStore } from "react";

export interface Session {
  token: string;
  /** The subject of the token, as the gateway read it. */
  id: string;
  /** When the token ends, in milliseconds; null where it does not say. */
  endsAt: number | null;
  /** What the issuer knows this login by, where it was one of OpenID Connect. */
  idToken?: string;
}

export type Standing =
  | { is: "out"; why: string | null }
  | { is: "in"; session: Session }
  /** The token is no longer taken. What is on the page stays, so that nothing typed is lost. */
  | { is: "over"; session: Session; why: string };

const KEY = "console:session";
const listeners = new Set<() => void>();
let standing: Standing = restored();

export function useStanding(): Standing {
  return useSyncExternalStore(listen, current);
}

export function current(): Standing {
  return standing;
}

export function token(): string | null {
  return standing.is === "in" ? standing.session.token : null;
}

/** Who is, or was, logged in here. */
export function whoami(): string | null {
  return standing.is === "out" ? null : standing.session.id;
}

export function begin(session: Session): void {
  sessionStorage.setItem(KEY, JSON.stringify(session));
  change({ is: "in", session });
}

/** The gateway refused the token, or its time is over. */
export function endOfToken(why: string): void {
  if (standing.is !== "in") return;
  sessionStorage.removeItem(KEY);
  change({ is: "over", session: standing.session, why });
}

/** By one's own wish: nothing of the visit stays in this tab. */
export function forget(why: string | null = null): void {
  sessionStorage.clear();
  change({ is: "out", why });
}

/** A login that came to nothing, with the reason. */
export function refuse(why: string | null): void {
  if (standing.is === "over") change({ ...standing, why: why ?? standing.why });
  else change({ is: "out", why });
}

/** When a JWT says that it ends. Only the gateway can tell whether that is true; here it is shown, and no more. */
export function endOfJwt(jwt: string): number | null {
  const exp = claimsOf(jwt)?.["exp"];
  return typeof exp === "number" ? exp * 1000 : null;
}

/** What a JWT says, unverified; null where it is none. */
export function claimsOf(jwt: string): Record<string, unknown> | null {
  try {
    const part = (jwt.split(".")[1] ?? "").replaceAll("-", "+").replaceAll("_", "/");
    const bytes = Uint8Array.from(atob(part), (each) => each.charCodeAt(0));
    const claims: unknown = JSON.parse(new TextDecoder().decode(bytes));
    return typeof claims === "object" && claims !== null ? (claims as Record<string, unknown>) : null;
  } catch {
    return null;
  }
}

function restored(): Standing {
  const kept = sessionStorage.getItem(KEY);
  return kept === null ? { is: "out", why: null } : { is: "in", session: JSON.parse(kept) as Session };
}

function change(to: Standing): void {
  standing = to;
  for (const listener of listeners) listener();
}

function listen(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}
