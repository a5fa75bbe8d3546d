// What was done, by whom, when and why: the audit of a thing.

import type { ReactNode } from "react";
import type { EntryPartsFragment } from "../gql/graphql";
import { money, words } from "../format";
import { Id, Instant } from "./bits";

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
      {entry.reason && <p className="reason">“{entry.reason}”</p>}
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
function titleOf(action: string): string {
  const [subject = "", what = ""] = action.split(".", 2);
  return `${words(subject)} ${words(what).toLowerCase()}`;
}

function Changes({ of }: { of: unknown }) {
  if (typeof of !== "object" || of === null || Object.keys(of).length === 0) return null;
  return (
    <ul className="changes">
      {Object.entries(withMoney(of as Record<string, unknown>)).map(([name, value]) => (
        <li key={name}>
          {name}: {Array.isArray(value) && value.length === 2 ? <Changed from={value[0]} to={value[1]} /> : shown(value)}
        </li>
      ))}
    </ul>
  );
}

/** An amount and its currency are told as people write them. */
function withMoney(changes: Record<string, unknown>): Record<string, unknown> {
  const { amountMinor, currency, ...rest } = changes;
  if (typeof amountMinor !== "number" || typeof currency !== "string") return changes;
  return { amount: money({ amountMinor, currency }), ...rest };
}

function Changed({ from, to }: { from: unknown; to: unknown }) {
  return (
    <>
      <del>{shown(from)}</del> → <ins>{shown(to)}</ins>
    </>
  );
}

function shown(value: unknown): string {
  if (value === null || value === undefined) return "nothing";
  return typeof value === "object" ? JSON.stringify(value) : String(value);
}
