// What was done, by whom, when and why: the audit of a thing.

import type { ReactNode } from "react";
import type { EntryPartsFragment } from "../gql/graphql";
import { plainly, words } from "../format";
import { Id, Instant } from "./bits";
import { Changes } from "./changes";

export function Timeline({ entries }: { entries: readonly EntryPartsFragment[] }) {
  if (entries.length === 0) return <p className="empty">Nothing is recorded.</p>;
  return (
    <ol className="timeline">
      {entries.map((entry, index) => (
        <Entry key={index} entry={entry} />
      ))}
    </ol>
  );
}

/** @param about what it was done to, where that does not go without saying */
export function Entry({ entry, about }: { entry: EntryPartsFragment; about?: string | undefined }) {
  return (
    <Event title={titleOf(entry.action)} at={entry.at}>
      <p className="by">
        {about && <><Id of={about} /> </>}
        by {entry.actor.id === "gateway" ? "the gateway" : entry.actor.id}
        {entry.actor.role === "ADMIN" && " (admin)"}
      </p>
      {entry.reason && <p className="reason">“{plainly(entry.reason)}”</p>}
      <Changes of={entry.changes} />
    </Event>
  );
}

function Event({ title, at, children }: { title: ReactNode; at: string; children?: ReactNode }) {
  return (
    <li>
      <p className="what">
        <strong>{title}</strong> <Instant at={at} />
      </p>
      {children}
    </li>
  );
}

/** `payment.refund_requested` is "Payment: refund requested". */
export function titleOf(action: string): string {
  const [subject = "", what = ""] = action.split(".", 2);
  return `${words(subject)} ${words(what).toLowerCase()}`;
}
