// The catalogue: every course, with what it costs at least.

import { money } from "./format";
import { read } from "./gql";
import type { CatalogueQuery } from "./gql/graphql";
import { ScreenHeading } from "./heading";
import { MoneyParts, TierParts } from "./operations";

export type Course = CatalogueQuery["courses"]["nodes"][number];

interface Props {
  courses: readonly Course[];
  isUnknown: boolean;
}

export function CourseList({ courses, isUnknown }: Props) {
  return (
    <>
      <ScreenHeading>What would you like to learn?</ScreenHeading>
      {isUnknown && <p className="hint">The course that you were looking for is no longer on offer.</p>}
      {courses.length === 0 && <p className="hint">No courses are on offer just now.</p>}
      <ul className="courses">
        {courses.map((course) => (
          <li key={course.id}>
            <a href={`#${course.id}`}>
              <span className="title">{course.title}</span>
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
  return more.length === 0 ? `${first.sessionCount} sessions for ${price}` : `from ${price} for ${first.sessionCount} sessions`;
}
