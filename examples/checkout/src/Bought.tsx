// A purchase: what it is, and its sessions by the clock of its slot.

import { useState, type ReactNode } from "react";
import { day, hours, place, tierName } from "./format";
import { read, type FragmentType } from "./gql";
import { MetadataParts, PurchaseParts } from "./operations";

const AT_FIRST = 6;

interface Props {
  purchase: FragmentType<typeof PurchaseParts>;
  children?: ReactNode;
}

export function Bought({ children, ...props }: Props) {
  const purchase = read(PurchaseParts, props.purchase);
  const { timeSlot } = read(MetadataParts, purchase.metadata);
  const [isWhole, setIsWhole] = useState(false);
  const { access } = purchase;
  const sessions = access?.schedule ?? [];
  const shown = isWhole ? sessions : sessions.slice(0, AT_FIRST);

  return (
    <section className="bought" aria-label="Your course" data-purchase={purchase.id}>
      <header>
        <h2>{purchase.course.title}</h2>
        <p className="hint">
          {tierName(purchase.tier)}
          {access && `, ${access.sessionsTotal} sessions`}
          {access && access.sessionsUsed > 0 && `, ${access.sessionsUsed} used`}
          {access?.expiresAt && `, until ${day(access.expiresAt, timeSlot.timeZone)}`}
        </p>
      </header>
      <h3>Your sessions</h3>
      <p className="hint">Times in {place(timeSlot.timeZone)}</p>
      <ol className="sessions">
        {shown.map(({ number, startsAt, endsAt }) => (
          <li key={number}>
            <time dateTime={startsAt}>{day(startsAt, timeSlot.timeZone)}</time>
            <span>{hours(startsAt, endsAt, timeSlot.timeZone)}</span>
          </li>
        ))}
      </ol>
      {shown.length < sessions.length && (
        <button type="button" className="quiet" onClick={() => setIsWhole(true)}>
          Show all {sessions.length}
        </button>
      )}
      {children}
      <p className="receipt">Purchase {purchase.id}</p>
    </section>
  );
}
