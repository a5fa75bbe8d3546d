// The catalogue.

import { count, money } from "../format";
import { Loaded } from "../parts/Loaded";
import { Screen } from "../parts/Screen";
import { Table } from "../parts/Table";
import { useFollowed } from "../parts/useFollowed";
import { link } from "../router";
import { useCatalogue } from "./catalogue";

export function CourseList() {
  const { courses, isWhole, error, ask } = useCatalogue();
  const isUp = useFollowed(["COURSE"], ask);
  return (
    <Screen title="Courses" actions={<a className="button" href={link(["courses", "new"])}>Add a course</a>}>
      <Loaded error={error} isThere={isWhole || courses.length > 0} askAgain={ask}>
        {isUp && <p className="hint">Kept up to date.</p>}
        <Table
          caption="Courses, in the order that they were added"
          rows={courses}
          keyOf={({ id }) => id}
          empty="There is no course yet."
          columns={[
            { name: "Course", cell: ({ id, title }) => <a href={link(["courses", id])}>{title}</a> },
            {
              name: "Tiers",
              cell: ({ tiers }) => (
                <ul className="plain">
                  {tiers.map(({ code, sessionCount, price, validityDays }) => (
                    <li key={code}>
                      {code}: {count(sessionCount, "session")}, {money(price)},{" "}
                      {validityDays == null ? "without an end" : count(validityDays, "day")}
                    </li>
                  ))}
                </ul>
              ),
            },
            { name: "Sold", cell: ({ id }) => <a href={link(["purchases"], { course: id })}>Its purchases</a> },
          ]}
        />
      </Loaded>
    </Screen>
  );
}
