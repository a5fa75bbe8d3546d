// A course and its tiers, as they are to be.

import { useClient } from "urql";
import { ActionForm, type Form, type Preview } from "../actions/ActionForm";
import { done, doneBefore } from "../actions/answers";
import { LinesField, TextField } from "../actions/fields";
import { sent } from "../actions/sending";
import { count, minorOf, money, plainAmount } from "../format";
import type { CourseTierInput, WholeCourseFragment } from "../gql/graphql";
import { Loaded } from "../parts/Loaded";
import { Screen } from "../parts/Screen";
import { useFollowed } from "../parts/useFollowed";
import { Missing } from "../purchases/PurchaseScreen";
import { link } from "../router";
import { CourseById, SaveCourse } from "./operations";
import { useAsked } from "../parts/useAsked";

interface TierValues {
  code: string;
  sessions: string;
  price: string;
  currency: string;
  days: string;
  rank: string;
}

interface Values {
  title: string;
  description: string;
  tiers: TierValues[];
}

export function CourseForm({ id }: { id: string | null }) {
  const { data, error, again } = useAsked(CourseById, { id: id ?? "" }, id === null);
  useFollowed(["COURSE"], () => id !== null && again());
  const course = data?.course ?? null;
  return (
    <Screen key={course?.id} title={course?.title ?? "Add a course"} kind={<a href={link(["courses"])}>← Courses</a>}>
      <Loaded error={error} isThere={id === null || data !== undefined} askAgain={again}>
        {id !== null && course === null ? <Missing what="course" id={id} /> : <Saving course={course} />}
      </Loaded>
    </Screen>
  );
}

function Saving({ course }: { course: WholeCourseFragment | null }) {
  const client = useClient();
  const send = ({ title, description, tiers }: Values, idempotencyKey: string) => {
    const input = { id: course?.id ?? null, title: title.trim(), description, tiers: tiers.map(tierInput), idempotencyKey };
    return sent(client, SaveCourse, { input }, (data) => data.saveCourse, ({ alreadyProcessed, course: { id } }) =>
      alreadyProcessed
        ? doneBefore("It was saved already", "Nothing was changed now.", id)
        : done("It is saved", "What is bought from now on follows from it; purchases and open payments keep what they have.", id),
    );
  };
  return (
    <ActionForm<Values>
      name={course ? `courses/${course.id}` : "courses/new"}
      initial={valuesOf(course)}
      fields={(form) => <CourseFields form={form} />}
      preview={(values) => previewOf(course, values)}
      button={() => (course ? "Save the course" : "Add the course")}
      send={send}
    />
  );
}

/** As the gateway has it. */
const LONGEST_DESCRIPTION = 2000;

const NEW_TIER: TierValues = { code: "", sessions: "", price: "", currency: "INR", days: "", rank: "" };

function valuesOf(course: WholeCourseFragment | null): Values {
  if (course === null) return { title: "", description: "", tiers: [{ ...NEW_TIER, rank: "1" }] };
  return {
    title: course.title,
    description: course.description ?? "",
    tiers: course.tiers.map(({ code, sessionCount, price, validityDays, rank }) => ({
      code,
      sessions: String(sessionCount),
      price: plainAmount(price),
      currency: price.currency,
      days: validityDays == null ? "" : String(validityDays),
      rank: String(rank),
    })),
  };
}

function tierInput({ code, sessions, price, currency, days, rank }: TierValues): CourseTierInput {
  return {
    code: code.trim(),
    sessionCount: Number(sessions),
    price: { amountMinor: minorOf(price, currency) ?? 0, currency },
    validityDays: days.trim() === "" ? null : Number(days),
    rank: Number(rank),
  };
}

function CourseFields({ form }: { form: Form<Values> }) {
  const { values, set, problemOf } = form;
  const change = (at: number, part: Partial<TierValues>) =>
    set({ tiers: values.tiers.map((tier, index) => (index === at ? { ...tier, ...part } : tier)) });
  return (
    <>
      <TextField label="Title" value={values.title} set={(title) => set({ title })} problem={problemOf("title")} isRequired />
      <LinesField
        label="Description"
        value={values.description}
        set={(description) => set({ description })}
        hint={`What students read of it: plain text, at most ${LONGEST_DESCRIPTION} characters. Nothing, if left empty.`}
        problem={problemOf("description")}
      />
      {values.tiers.map((tier, at) => (
        <fieldset className="tier" key={at}>
          <legend>Tier {at + 1}</legend>
          <div className="row">
            <TextField label="Code" value={tier.code} set={(code) => change(at, { code })} problem={problemOf(`tiers.${at}.code`)} />
            <TextField
              label="Sessions"
              type="number"
              inputMode="numeric"
              value={tier.sessions}
              set={(sessions) => change(at, { sessions })}
              problem={problemOf(`tiers.${at}.sessionCount`)}
            />
            <TextField
              label="Price"
              inputMode="decimal"
              value={tier.price}
              set={(price) => change(at, { price })}
              problem={problemOf(`tiers.${at}.price.amountMinor`)}
            />
            <TextField
              label="Currency"
              value={tier.currency}
              set={(currency) => change(at, { currency: currency.toUpperCase() })}
              problem={problemOf(`tiers.${at}.price.currency`)}
            />
            <TextField
              label="Days"
              type="number"
              inputMode="numeric"
              value={tier.days}
              set={(days) => change(at, { days })}
              hint="Left out: without end"
              problem={problemOf(`tiers.${at}.validityDays`)}
            />
            <TextField
              label="Rank"
              type="number"
              inputMode="numeric"
              value={tier.rank}
              set={(rank) => change(at, { rank })}
              hint="A higher one upgrades"
              problem={problemOf(`tiers.${at}.rank`)}
            />
          </div>
          {values.tiers.length > 1 && (
            <button type="button" className="quiet" onClick={() => set({ tiers: values.tiers.filter((_, index) => index !== at) })}>
              Remove tier {at + 1}
            </button>
          )}
        </fieldset>
      ))}
      <button
        type="button"
        onClick={() => set({ tiers: [...values.tiers, { ...NEW_TIER, currency: values.tiers.at(-1)?.currency ?? "INR" }] })}
      >
        Add a tier
      </button>
    </>
  );
}

function previewOf(course: WholeCourseFragment | null, values: Values): Preview {
  const missing = missingOf(values);
  const before = valuesOf(course);
  const removed = before.tiers.filter(({ code }) => course !== null && !values.tiers.some((tier) => tier.code.trim() === code));
  const lines = [
    ...(course !== null && before.title !== values.title ? [<><del>{before.title}</del> → <ins>{values.title}</ins></>] : []),
    ...(course !== null && before.description !== values.description ? [toldOfDescription(before.description, values.description)] : []),
    ...values.tiers.filter(({ code }) => code.trim() !== "").map((tier) => {
      const was = course && before.tiers.find(({ code }) => code === tier.code.trim());
      const [now, then] = [told(tier), was ? told(was) : null];
      if (now === then) return `${tier.code}: stays as it is`;
      return then === null ? `${tier.code} is sold from now on: ${now}` : <>{tier.code}: <del>{then}</del> → <ins>{now}</ins></>;
    }),
    ...removed.map(({ code }) => `${code} is no longer sold; purchases of it stand.`),
  ];
  return { lines: [...lines, "Open payments keep their price, purchases what they have."], ...(missing !== undefined && { missing }) };
}

function toldOfDescription(before: string, now: string): string {
  if (now.trim() === "") return "Its description goes.";
  return before === "" ? "It gets a description." : "Its description changes.";
}

function told({ sessions, price, currency, days, rank }: TierValues): string {
  const minor = minorOf(price, currency);
  const costs = minor === null || currency.length !== 3 ? `${price} ${currency}` : money({ amountMinor: minor, currency });
  const lasts = days.trim() === "" ? "without an end" : count(Number(days), "day");
  return `${count(Number(sessions), "session")}, ${costs}, ${lasts}, rank ${rank}`;
}

function missingOf({ title, description, tiers }: Values): string | undefined {
  if (title.trim() === "") return "Give it a title.";
  const excess = [...description.trim()].length - LONGEST_DESCRIPTION;
  if (excess > 0) return `The description has ${count(excess, "character")} too many.`;
  for (const [at, { code, sessions, price, currency, days, rank }] of tiers.entries()) {
    const its = `Tier ${at + 1}`;
    if (code.trim() === "") return `${its} needs a code.`;
    if (!/^\d+$/.test(sessions)) return `${its}: say how many sessions.`;
    if (!/^[A-Z]{3}$/.test(currency)) return `${its}: the currency is three letters, such as INR.`;
    if (minorOf(price, currency) === null) return `${its}: the price is an amount such as 1999.00.`;
    if (!/^\d*$/.test(days)) return `${its}: days are a whole number, or nothing.`;
    if (!/^\d+$/.test(rank)) return `${its}: the rank is a whole number.`;
  }
  return undefined;
}
