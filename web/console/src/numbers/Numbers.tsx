// What came in, went back and was granted, by day and by course.

import { later, today } from "../calendar";
import { briefly, day, money, plainAmount, shortDay, ZONE, place } from "../format";
import { Filters, type FilterField } from "../parts/Filters";
import { Part } from "../parts/Facts";
import { Loaded } from "../parts/Loaded";
import { Notice } from "../parts/Notice";
import { Screen } from "../parts/Screen";
import { csvRow, saveCsv } from "../parts/csv";
import { Table } from "../parts/Table";
import { useFollowed } from "../parts/useFollowed";
import { link, type Route } from "../router";
import { Bars, Rows } from "./charts";
import { DailyNumbers } from "./operations";
import { byCourse, currenciesOf, sumOf, type Days } from "./sums";
import { useAsked } from "../parts/useAsked";

const FIELDS: FilterField[] = [
  { name: "from", label: "From", is: "day" },
  { name: "to", label: "Up to and with", is: "day" },
  { name: "course", label: "Course", is: "course" },
];
/** They are sums of many rows. */
const PACE_MS = 10_000;
/** More courses than these are looked up, and not looked over. */
const MOST_ROWS = 20;
const USUAL_DAYS = 30;
/** As many as the gateway answers at once. */
const MOST_DAYS = 100;

export function Numbers({ route }: { route: Route }) {
  const to = dayIn(route, "to") ?? today(ZONE);
  const from = dayIn(route, "from") ?? later(to, 1 - USUAL_DAYS);
  const days = daysFrom(from, to);
  const courseId = route.query.get("course");
  const isTooLong = days.length === 0 || days.length > MOST_DAYS;
  const variables = { days, timeZone: ZONE, courseId };
  const { data, error, again } = useAsked(DailyNumbers, variables, isTooLong);
  const isUp = useFollowed(["PURCHASE", "PAYMENT", "REFUND"], () => isTooLong || again(), PACE_MS);
  return (
    <Screen title="Numbers">
      <Filters key={route.query.toString()} route={route} fields={FIELDS} usual={{ from, to }} />
      {isTooLong ? (
        <Notice tone="warn" title={days.length === 0 ? "These are no days" : "That is too long"}>
          <p>{days.length === 0 ? "The first day must not be after the last one." : `At most ${MOST_DAYS} days are shown at once.`}</p>
        </Notice>
      ) : (
        <Loaded error={error} isThere={data !== undefined} askAgain={again}>
          {data && <Shown days={data.dailyNumbers} isUp={isUp} />}
        </Loaded>
      )}
    </Screen>
  );
}

function Shown({ days, isUp }: { days: Days; isUp: boolean }) {
  const currencies = currenciesOf(days);
  const courses = byCourse(days);
  const labels = days.map(({ day: each }) => shortDay(each));
  const counts = days.map(({ courses: each }) => sumOf(each, null));
  const whole = (value: number) => String(Math.round(value));
  return (
    <>
      <div className="above">
        <p className="hint">
          Days are those of {place(ZONE)}. Captured counts on the day on which the money was known to be there, refunded on the
          day on which it went back.{isUp && " Kept up to date."}
        </p>
        <button onClick={() => saveCsv("numbers.csv", csvOf(days))}>Save as CSV</button>
      </div>
      {courses.length === 0 && <p className="empty">Nothing came in, went back or was granted on these days.</p>}
      {currencies.map((currency) => {
        const sums = days.map(({ courses: each }) => sumOf(each, currency));
        const brief = (amountMinor: number) => briefly({ amountMinor, currency });
        const shown = (amountMinor: number) => money({ amountMinor: Math.round(amountMinor), currency });
        const ofCourses = courses.map(({ title, entries }) => ({ title, ...sumOf(entries, currency) })).filter(({ captured, refunded }) => captured + refunded > 0);
        const most = ofCourses.toSorted((one, other) => other.captured + other.refunded - one.captured - one.refunded).slice(0, MOST_ROWS);
        const drawn = ofCourses.length > MOST_ROWS ? most : ofCourses;
        return (
          <Part key={currency} title={currency}>
            <Totals currency={currency} days={days} />
            <Bars
              title="By day"
              labels={labels}
              shown={shown}
              brief={brief}
              series={[
                { name: "Captured", look: "captured", values: sums.map(({ captured }) => captured) },
                { name: "Refunded", look: "refunded", values: sums.map(({ refunded }) => refunded) },
              ]}
            />
            <Rows
              title={ofCourses.length > MOST_ROWS ? `The ${MOST_ROWS} courses with the most, of ${ofCourses.length}` : "By course"}
              labels={drawn.map(({ title }) => title)}
              shown={shown}
              series={[
                { name: "Captured", look: "captured", values: drawn.map(({ captured }) => captured) },
                { name: "Refunded", look: "refunded", values: drawn.map(({ refunded }) => refunded) },
              ]}
            />
          </Part>
        );
      })}
      {courses.length > 0 && (
        <>
          <Part title="Purchases">
            <Bars
              title="By day"
              labels={labels}
              shown={whole}
              series={[
                { name: "Bought", look: "bought", values: counts.map(({ bought }) => bought) },
                { name: "Granted", look: "granted", values: counts.map(({ granted }) => granted) },
              ]}
            />
          </Part>
          <Part title="In numbers">
            {courses.length > MOST_ROWS ? (
              <details>
                <summary>By course: all {courses.length}</summary>
                <ByCourse courses={courses} currencies={currencies} />
              </details>
            ) : (
              <ByCourse courses={courses} currencies={currencies} />
            )}
            <details>
              <summary>By day</summary>
              <Table
                caption="By day"
                rows={days.filter(({ courses: each }) => each.length > 0)}
                keyOf={(each) => each.day}
                empty=""
                columns={[
                  { name: "Day", cell: (each) => day(each.day) },
                  ...currencies.flatMap((currency) => [
                    { name: `Captured, ${currency}`, isNumber: true, cell: (each: Days[number]) => money({ amountMinor: sumOf(each.courses, currency).captured, currency }) },
                    { name: `Refunded, ${currency}`, isNumber: true, cell: (each: Days[number]) => money({ amountMinor: sumOf(each.courses, currency).refunded, currency }) },
                  ]),
                  { name: "Bought", isNumber: true, cell: (each) => sumOf(each.courses, null).bought },
                  { name: "Granted", isNumber: true, cell: (each) => sumOf(each.courses, null).granted },
                ]}
              />
            </details>
          </Part>
        </>
      )}
    </>
  );
}

type Courses = ReturnType<typeof byCourse>;

function ByCourse({ courses, currencies }: { courses: Courses; currencies: string[] }) {
  return (
    <Table
      caption="By course"
      rows={courses}
      keyOf={({ id }) => id}
      empty=""
      columns={[
        { name: "Course", cell: ({ id, title }) => <a href={link(["courses", id])}>{title}</a> },
        ...currencies.flatMap((currency) => [
          {
            name: `Captured, ${currency}`,
            isNumber: true,
            cell: ({ entries }: Courses[number]) => money({ amountMinor: sumOf(entries, currency).captured, currency }),
          },
          {
            name: `Refunded, ${currency}`,
            isNumber: true,
            cell: ({ entries }: Courses[number]) => money({ amountMinor: sumOf(entries, currency).refunded, currency }),
          },
        ]),
        { name: "Payments", isNumber: true, cell: ({ entries }) => sumOf(entries, null).payments },
        { name: "Bought", isNumber: true, cell: ({ entries }) => sumOf(entries, null).bought },
        { name: "Granted", isNumber: true, cell: ({ entries }) => sumOf(entries, null).granted },
      ]}
    />
  );
}

function Totals({ currency, days }: { currency: string; days: Days }) {
  const sums = sumOf(days.flatMap(({ courses }) => courses), currency);
  const told: [string, string][] = [
    ["Captured", money({ amountMinor: sums.captured, currency })],
    ["Refunded", money({ amountMinor: sums.refunded, currency })],
    ["Left", money({ amountMinor: sums.captured - sums.refunded, currency })],
    ["Payments", String(sums.payments)],
  ];
  return (
    <dl className="totals">
      {told.map(([name, value]) => (
        <div key={name}>
          <dt>{name}</dt>
          <dd>{value}</dd>
        </div>
      ))}
    </dl>
  );
}

function csvOf(days: Days): string[] {
  const rows = days.flatMap(({ day: each, courses }) =>
    courses.map(({ course, captured, refunded, payments, bought, granted }) =>
      csvRow([each, course.id, course.title, captured?.currency, captured && plainAmount(captured), refunded && plainAmount(refunded), payments, bought, granted]),
    ),
  );
  return [csvRow(["day", "course id", "course", "currency", "captured", "refunded", "payments", "bought", "granted"]), ...rows];
}

function dayIn({ query }: Route, name: string): string | null {
  const text = query.get(name);
  return text !== null && /^\d{4}-\d\d-\d\d$/.test(text) && !Number.isNaN(Date.parse(text)) ? text : null;
}

/** One more than are answered tells as much as all of them. */
function daysFrom(from: string, to: string): string[] {
  const days = [];
  for (let each = from; each <= to && days.length <= MOST_DAYS; each = later(each, 1)) days.push(each);
  return days;
}
