// A student erased: the books stay, and nothing in them names the person.

import { useClient } from "urql";
import type { Preview } from "../actions/ActionForm";
import { done, doneBefore, never, type Told } from "../actions/answers";
import { TextField } from "../actions/fields";
import { ReasonedForm } from "../actions/ReasonedForm";
import { sent } from "../actions/sending";
import { count, moment } from "../format";
import type { EraseStudentMutation, StudentByIdQuery } from "../gql/graphql";
import { Loaded } from "../parts/Loaded";
import { Screen } from "../parts/Screen";
import { link } from "../router";
import { EraseStudent, StudentById } from "./operations";
import { useAsked } from "../parts/useAsked";

interface Values {
  typed: string;
  reason: string;
}

type Student = StudentByIdQuery["student"];

export function Erase({ id }: { id: string }) {
  const client = useClient();
  const { data, error, again } = useAsked(StudentById, { id });
  const send = ({ reason }: Values) => sent(client, EraseStudent, { input: { studentId: id, reason } }, (answered) => answered.eraseStudent, erased);
  return (
    <Screen title="Erase a student" kind={<a href={link(["students", id])}>← The student</a>}>
      <Loaded error={error} isThere={data !== undefined} askAgain={again}>
        {data && (
          <ReasonedForm<Values>
            name={link(["students", id, "erase"]).slice("#/".length)}
            initial={{ typed: "", reason: "" }}
            fields={({ values, set, problemOf }) => (
              <TextField
                label="The student’s id, once more"
                value={values.typed}
                set={(typed) => set({ typed })}
                hint={<>It is <code>{id}</code>. There is no way back, so it has to be typed.</>}
                problem={problemOf("studentId")}
              />
            )}
            preview={(values) => previewOf(id, data.student, values)}
            button={() => "Erase the student for good"}
            isDangerous
            send={send}
          />
        )}
      </Loaded>
    </Screen>
  );
}

function erased(answer: Exclude<EraseStudentMutation["eraseStudent"], { __typename: "InvalidInput" }>): Told {
  switch (answer.__typename) {
    case "EraseStudentSuccess": {
      if (answer.alreadyProcessed) return doneBefore("Nothing has this id", "The student was erased before, or never was here.");
      const under = `${count(answer.payments, "payment")} and ${count(answer.purchases, "purchase")}`;
      return done("The student is erased", answer.pseudonym ? `${under} stand under ${answer.pseudonym} now.` : "Nothing had to be kept.");
    }
    case "StudentHasOpenBusiness":
      return {
        tone: "bad",
        title: "Nothing was done",
        text: "These have to end first:",
        obstacles: answer.open.map(({ kind, id, endsAt }) => ({ id, why: `${WHY[kind]}${endsAt ? ` (${moment(endsAt)})` : ""}` })),
      };
    default:
      return never(answer);
  }
}

type Kind = Extract<EraseStudentMutation["eraseStudent"], { __typename: "StudentHasOpenBusiness" }>["open"][number]["kind"];

const WHY: Record<Kind, string> = {
  ACTIVE_PURCHASE: "A purchase is in force: revoke it, or refund its payment",
  PAYMENT_UNDER_WAY: "A payment is under way: it ends by itself",
  REFUND_UNDER_WAY: "Money is on its way back: that ends by itself",
  DISPUTE_OPEN: "The student’s bank claims money: it has to decide",
  NEEDS_ATTENTION: "Something needs a person: deal with it first",
};

function previewOf(id: string, student: Student, { typed }: Values): Preview {
  if (!student) return { lines: [], blocked: "There is nothing of this student." };
  return {
    lines: [
      "Money, dates, courses and what happened stay in the books, under a name drawn by chance.",
      "What people wrote about the student is taken away: reasons, labels.",
      "Whoever comes back under the same id is a new student.",
      "It cannot be undone. The reason stays, so it must not name the student.",
    ],
    ...(typed.trim() !== id && { missing: "Type the student’s id, as it stands above." }),
  };
}
