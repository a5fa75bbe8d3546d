// A course that the student has, in a few words.

import { day, hours, place, tierName } from "./format";
import { read, type FragmentType } from "./gql";
import { MetadataParts, OwnedParts } from "./operations";
import { Picture } from "./Picture";

interface Props {
  purchase: FragmentType<typeof OwnedParts>;
}

/** In the list: its picture, and a link to the course. */
export function OwnedCard(props: Props) {
  const { course } = read(OwnedParts, props.purchase);
  return (
    <a href={`#${course.id}`}>
      <Picture id={course.id} />
      <span className="title">{course.title}</span>
      <OwnedFacts {...props} />
    </a>
  );
}

/** Above the form of a course that is owned already. */
export function OwnedNote(props: Props) {
  return (
    <section className="owned" aria-label="What you have of it">
      <h2>What you have</h2>
      <OwnedFacts {...props} />
      <p className="hint">Below you can have more sessions of it, or a higher tier, which keeps those that you have used.</p>
    </section>
  );
}

function OwnedFacts(props: Props) {
  const { tier, metadata, access } = read(OwnedParts, props.purchase);
  const { timeSlot } = read(MetadataParts, metadata);
  const next = access?.schedule.find(({ endsAt }) => Date.parse(endsAt) > Date.now());
  return (
    <span className="facts">
      <span className="hint">
        {tierName(tier)}
        {access && `, ${access.sessionsUsed} of ${access.sessionsTotal} sessions used`}
        {access?.expiresAt && `, until ${day(access.expiresAt, timeSlot.timeZone)}`}
      </span>
      {next && (
        <span className="next">
          Next: {day(next.startsAt, timeSlot.timeZone)}, {hours(next.startsAt, next.endsAt, timeSlot.timeZone)}{" "}
          <span className="hint">({place(timeSlot.timeZone)})</span>
        </span>
      )}
    </span>
  );
}
