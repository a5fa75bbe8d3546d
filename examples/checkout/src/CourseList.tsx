// The catalogue: every course, with what it costs at least.

import { money } from "./format";
import { read, type FragmentType } from "./gql";
import type { CatalogueQuery } from "./gql/graphql";
import { ScreenHeading } from "./heading";
import { MoneyParts, OwnedParts, TierParts } from "./operations";
import { OwnedCard } from "./Owned";
import { Picture } from "./Picture";

export type Course = CatalogueQuery["courses"]["nodes"][number];

interface Props {
  courses: readonly Course[];
  /** What the student has, the latest first. */
  purchases: readonly FragmentType<typeof OwnedParts>[];
  isUnknown: boolean;
}

export function CourseList({ courses, purchases, isUnknown }: Props) {
  const owned = new Set(purchases.map((purchase) => read(OwnedParts, purchase).course.id));
  const others = courses.filter(({ id }) => !owned.has(id));
  return (
    <>
      <ScreenHeading>{owned.size > 0 ? "Your courses" : "What would you like to learn?"}</ScreenHeading>
      {isUnknown && <p className="hint">The course that you were looking for is no longer on offer.</p>}
      {courses.length === 0 && <p className="hint">No courses are on offer just now.</p>}
      {owned.size > 0 && (
        <>
          <ul className="courses mine" aria-label="Your courses">
            {purchases.map((purchase) => (
              <li key={read(OwnedParts, purchase).id}>
                <OwnedCard purchase={purchase} />
              </li>
            ))}
          </ul>
          {others.length > 0 && <h2 className="more">What else would you like to learn?</h2>}
        </>
      )}
      <ul className="courses" aria-label="Courses on offer">
        {others.map((course) => (
          <li key={course.id}>
            <a href={`#${course.id}`}>
              <Picture id={course.id} />
              <span className="title">{course.title}</span>
              {course.description && <span className="about">{course.description}</span>}
              <span className="hint">{offer(course)}</span>
            </a>
          </li>
        ))}
      </ul>
    </>
  );
}

function offer({ tiers }: Course): string {
  const [first, ...more] = read(TierParts, tiers);
  if (first === undefined) return "not on offer just now";
  const price = money(read(MoneyParts, first.price));
  const last = more.at(-1);
  if (last === undefined) return `${first.sessionCount} sessions for ${price}`;
  return `from ${price} for ${first.sessionCount} sessions, up to ${last.sessionCount}`;
}
