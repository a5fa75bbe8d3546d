// Nothing is shown to who is not logged in. Whose token ended meanwhile logs in on top of the page, which stays as it is.

import { useEffect, useRef, useState, type ReactNode } from "react";
import { clockTime } from "../format";
import { LogIn } from "./LogIn";
import { endOfToken, useStanding, type Session } from "./session";

/** How long before its end one is told. */
const SOON_MS = 5 * 60_000;
/** The longest time that timers take, 24 days: whoever has a token for longer is told by the gateway. */
const LONGEST_TIMER_MS = 2 ** 31 - 1;

export function Gate({ children }: { children: ReactNode }) {
  const standing = useStanding();
  useEffect(() => {
    if (standing.is === "out") document.title = "Log in – Console";
  }, [standing.is]);
  if (standing.is === "out") {
    return (
      <main className="alone">
        <h1>Console</h1>
        <p className="hint">For support and finance: purchases, payments, refunds, and what needs a person.</p>
        <LogIn why={standing.why} />
      </main>
    );
  }
  return (
    <>
      {children}
      {standing.is === "over" && <Again session={standing.session} why={standing.why} />}
    </>
  );
}

function Again({ session, why }: { session: Session; why: string }) {
  const dialog = useRef<HTMLDialogElement>(null);
  const [isAside, setAside] = useState(false);
  useEffect(() => {
    if (!isAside) dialog.current?.showModal();
  }, [isAside]);
  if (isAside) {
    return (
      <p className="aside" role="status">
        You are logged out: what you see may be out of date. <button onClick={() => setAside(false)}>Log in again</button>
      </p>
    );
  }
  return (
    <dialog ref={dialog} className="again" aria-labelledby="again" onClose={() => setAside(true)}>
      <h2 id="again">Your token is over</h2>
      <p>
        You were {session.id}. What you have typed is still here: log in, and go on.
      </p>
      <LogIn why={why} />
      <button className="quiet" type="button" onClick={() => dialog.current?.close()}>
        Look at the page first
      </button>
    </dialog>
  );
}

/** Told in time, so that a long form is not interrupted. */
export function TokenEnd() {
  const standing = useStanding();
  const endsAt = standing.is === "in" ? standing.session.endsAt : null;
  const [isSoon, setSoon] = useState(false);
  useEffect(() => {
    setSoon(false);
    if (endsAt === null) return;
    const left = endsAt - Date.now();
    if (left > LONGEST_TIMER_MS) return;
    const timers = [
      setTimeout(() => setSoon(true), Math.max(0, left - SOON_MS)),
      setTimeout(() => endOfToken("Its time is over."), Math.max(0, left)),
    ];
    return () => timers.forEach(clearTimeout);
  }, [endsAt]);
  if (!isSoon || endsAt === null) return null;
  return (
    <p className="aside" role="status">
      Your token ends at {clockTime(new Date(endsAt))}. <button onClick={() => endOfToken("You asked to log in anew.")}>Log in again</button>
    </p>
  );
}
