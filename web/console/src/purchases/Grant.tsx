// A course granted without a payment.

import { useEffect, useState } from "react";
import { useClient } from "urql";
import type { Form, Preview } from "../actions/ActionForm";
import { done, doneBefore, never, type Told } from "../actions/answers";
import { CheckField, SelectField, TextField } from "../actions/fields";
import { ReasonedForm } from "../actions/ReasonedForm";
import { sent } from "../actions/sending";
import { endOf } from "../calendar";
import { useCatalogue, type Known } from "../courses/catalogue";
import { CourseField } from "../courses/CourseField";
import { count, day, money } from "../format";
import type { ActiveOfQuery, CoursePartsFragment, GrantPurchaseMutation } from "../gql/graphql";
import { wordOf } from "../parts/changes";
import { Screen } from "../parts/Screen";
import { useFollowed } from "../parts/useFollowed";
import { link, type Route } from "../router";
import { ActiveOf, GrantPurchase } from "./operations";
import { EMPTY_SLOT, metadataOf, missingOf, SlotFields, type Slot } from "./slot";
import { useAsked } from "../parts/useAsked";

interface Values extends Slot {
  studentId: string;
  courseId: string;
  tier: string;
  lastDay: string;
  isReplacing: boolean;
  reason: string;
}

type Active = ActiveOfQuery["purchases"]["nodes"][number];

export function Grant({ route }: { route: Route }) {
  const client = useClient();
  const catalogue = useCatalogue();
  const { courses } = catalogue;
  const initial: Values = {
    ...EMPTY_SLOT,
    studentId: route.query.get("student") ?? "",
    courseId: route.query.get("course") ?? "",
    tier: "",
    lastDay: "",
    isReplacing: false,
    reason: "",
  };
  const name = link(["grant"], { student: initial.studentId, course: initial.courseId }).slice("#/".length);
  const [who, setWho] = useState({ studentId: "", courseId: "" });
  const isAsked = who.studentId !== "" && who.courseId !== "";
  const { data, again } = useAsked(ActiveOf, who, !isAsked);
  useFollowed(["PURCHASE"], () => isAsked && again());
  const active = data?.purchases.nodes.find(({ student, course }) => student.id === who.studentId && course.id === who.courseId);

  const send = (values: Values, idempotencyKey: string) => {
    const { studentId, courseId, tier, lastDay, isReplacing, reason, ...slot } = values;
    const input = {
      studentId: studentId.trim(),
      courseId,
      purchaseTier: tier,
      expiryDate: lastDay ? endOf(lastDay, slot.timeZone) : null,
      metadata: metadataOf(slot),
      reason,
      onExisting: isReplacing ? ("REPLACE" as const) : ("RETURN" as const),
      idempotencyKey,
    };
    return sent(client, GrantPurchase, { input }, (answered) => answered.createPurchase, granted);
  };

  return (
    <Screen title="Grant a course" kind={<a href={link(["purchases"])}>← Purchases</a>}>
      <ReasonedForm<Values>
        key={name}
        name={name}
        initial={initial}
        fields={(form) => <GrantFields form={form} catalogue={catalogue} onWho={setWho} />}
        preview={(values) => previewOf(values, courses, active)}
        button={() => "Grant the course"}
        send={send}
        after={() => (
          <p>
            <a href={link(["purchases"], { student: who.studentId })}>All purchases of this student</a>
          </p>
        )}
      />
    </Screen>
  );
}

type Granted = Exclude<GrantPurchaseMutation["createPurchase"], { __typename: "InvalidInput" | "NotFound" | "IdempotencyKeyReused" }>;

function granted(answer: Granted): Told {
  switch (answer.__typename) {
    case "CreatePurchaseSuccess":
      if (answer.alreadyProcessed) {
        return doneBefore("The student has it already", "The same tier and the same slot: nothing was done now.", answer.purchase.id);
      }
      return done(
        "It is granted",
        answer.replaced ? `It took the place of ${answer.replaced.tier}; the sessions used carried over.` : "The student can use it.",
        answer.purchase.id,
      );
    case "ActivePurchaseExists":
      return {
        tone: "warn",
        title: "Nothing was done",
        text: `The student has ${answer.existingPurchase?.tier ?? "another tier"} of this course. To put this in its place, choose “Replace what the student has”.`,
        ...(answer.existingPurchase && { about: answer.existingPurchase.id }),
      };
    case "MetadataConflict":
      return {
        tone: "warn",
        title: "Nothing was done",
        text: `The student has this tier already, with another slot. To change it, correct that purchase. ${answer.fields
          .map(({ field, stored, given }) => `${wordOf(field)} is ${stored}, not ${given}`)
          .join("; ")}.`,
        ...(answer.existingPurchase && { about: answer.existingPurchase.id }),
      };
    default:
      return never(answer);
  }
}

/** After the last letter of a student's id, what they have is looked up. */
const PAUSE_MS = 300;

interface GrantFieldsProps {
  form: Form<Values>;
  catalogue: Known;
  onWho: (who: { studentId: string; courseId: string }) => void;
}

function GrantFields({ form, catalogue, onWho }: GrantFieldsProps) {
  const { values, set, problemOf } = form;
  const tiers = catalogue.courses.find(({ id }) => id === values.courseId)?.tiers ?? [];
  const [studentId, courseId] = [values.studentId.trim(), values.courseId];
  useEffect(() => {
    const timer = setTimeout(() => onWho({ studentId, courseId }), PAUSE_MS);
    return () => clearTimeout(timer);
  }, [onWho, studentId, courseId]);
  return (
    <>
      <TextField
        label="Student"
        value={values.studentId}
        set={(to) => set({ studentId: to })}
        hint="The platform’s id of them, as their token has it."
        problem={problemOf("studentId")}
        isRequired
      />
      <div className="row">
        <CourseField
          known={catalogue}
          value={values.courseId}
          set={(to) => set({ courseId: to, tier: "" })}
          none="Choose…"
          problem={problemOf("courseId")}
        />
        <SelectField
          label="Tier"
          value={values.tier}
          set={(tier) => set({ tier })}
          options={[
            ["", "Choose…"],
            ...tiers.map(({ code, sessionCount, price }) => [code, `${code}: ${count(sessionCount, "session")}, ${money(price)}`] as const),
          ]}
          problem={problemOf("purchaseTier")}
        />
      </div>
      <SlotFields form={form} />
      <TextField
        label="Last day"
        type="date"
        value={values.lastDay}
        set={(lastDay) => set({ lastDay })}
        hint="Left out, it follows from the tier."
        problem={problemOf("expiryDate")}
      />
      <CheckField label="Replace what the student has, if that is another tier" value={values.isReplacing} set={(isReplacing) => set({ isReplacing })} />
    </>
  );
}

function previewOf(values: Values, courses: CoursePartsFragment[], active: Active | undefined): Preview {
  const course = courses.find(({ id }) => id === values.courseId);
  const tier = course?.tiers.find(({ code }) => code === values.tier);
  const missing =
    values.studentId.trim() === ""
      ? "Say which student."
      : course === undefined
        ? "Choose a course."
        : tier === undefined
          ? "Choose a tier."
          : missingOf(values);
  if (course === undefined || tier === undefined || values.studentId.trim() === "") {
    return { lines: ["Choose student, course and tier."], ...(missing && { missing }) };
  }
  const ends = values.lastDay
    ? `until ${day(values.lastDay)}`
    : tier.validityDays == null
      ? "without an end"
      : `for ${count(tier.validityDays, "day")}`;
  const lines = [`${values.studentId.trim()} gets ${course.title}, ${tier.code}: ${count(tier.sessionCount, "session")}, ${ends}.`, "No money moves."];
  if (active === undefined) return { lines, ...(missing && { missing }) };
  const has = <a href={link(["purchases", active.id])}>{active.tier}</a>;
  if (active.tier === tier.code) {
    return {
      lines: [<>The student has {has} of this course already: with the same slot nothing is done, with another one it is refused.</>],
      ...(missing && { missing }),
    };
  }
  return {
    lines: values.isReplacing
      ? [...lines, <>It takes the place of {has}, which counts as superseded; the sessions used carry over.</>]
      : [<>The student has {has} of this course, so nothing is done, unless you choose to replace it.</>],
    ...(missing && { missing }),
  };
}
