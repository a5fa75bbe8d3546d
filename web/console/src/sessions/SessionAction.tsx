// A session recorded as held, or the record of one taken back.

import { useState } from "react";
import { useClient } from "urql";
import { ActionForm, type Preview } from "../actions/ActionForm";
import { done, doneBefore, never, type Told } from "../actions/answers";
import { TextField } from "../actions/fields";
import { ReasonedForm } from "../actions/ReasonedForm";
import { sent } from "../actions/sending";
import { instantOf, timeOf, today } from "../calendar";
import { momentIn, place } from "../format";
import type { RecordSessionMutation, SessionPartsFragment } from "../gql/graphql";
import { Loaded } from "../parts/Loaded";
import { useFollowed } from "../parts/useFollowed";
import { OfPurchase, type Found } from "../purchases/OfPurchase";
import { RecordSession, SessionsOf, WithdrawSession } from "./operations";
import { useAsked } from "../parts/useAsked";

interface Props {
  id: string;
  number: number;
  what: "record" | "withdraw";
}

export function SessionAction({ id, number, what }: Props) {
  const { data, error, again } = useAsked(SessionsOf, { id, first: 1, after: number - 1 });
  const session = data?.purchase?.sessions[0];
  const title = what === "record" ? `Record session ${number}` : `Withdraw session ${number}`;
  useFollowed(["PURCHASE"], again);
  return (
    <OfPurchase id={id} title={title}>
      {(purchase) => (
        <Loaded error={error} isThere={data !== undefined} askAgain={again}>
          {session === undefined ? (
            <p className="empty">This purchase has no session {number}.</p>
          ) : what === "record" ? (
            <Recording purchase={purchase} session={session} />
          ) : (
            <Withdrawing purchase={purchase} session={session} />
          )}
        </Loaded>
      )}
    </OfPurchase>
  );
}

interface FormProps {
  purchase: Found;
  session: SessionPartsFragment;
}

interface Held {
  day: string;
  time: string;
}

function Recording({ purchase, session }: FormProps) {
  const client = useClient();
  const zone = purchase.metadata.timeSlot.timeZone;
  const [now] = useState(() => new Date().toISOString());
  const usual = session.startsAt && session.startsAt < now ? session.startsAt : now;
  const send = ({ day, time }: Held, idempotencyKey: string) => {
    const input = { purchaseId: purchase.id, sessionNumber: session.number, heldAt: instantOf(day, time, zone), idempotencyKey };
    return sent(client, RecordSession, { input }, (data) => data.recordSession, (answer) => recorded(answer, purchase.id, zone));
  };
  return (
    <ActionForm<Held>
      name={`purchases/${purchase.id}/record/${session.number}`}
      initial={{ day: today(zone, new Date(usual)), time: timeOf(usual, zone) }}
      fields={({ values, set, problemOf }) => (
        <div className="row">
          <TextField label="Day" type="date" value={values.day} set={(day) => set({ day })} problem={problemOf("heldAt")} />
          <TextField label="Began at" type="time" value={values.time} set={(time) => set({ time })} hint={`In ${place(zone)}`} />
        </div>
      )}
      preview={(values) => recordPreview(purchase, session, values)}
      button={() => `Record session ${session.number}`}
      send={send}
    />
  );
}

type Recorded = Extract<RecordSessionMutation["recordSession"], { __typename: "RecordSessionSuccess" | "PurchaseEnded" }>;

function recorded(answer: Recorded, id: string, zone: string): Told {
  switch (answer.__typename) {
    case "RecordSessionSuccess": {
      const { sessionsUsed = 0, sessionsTotal = 0 } = answer.purchase.access ?? {};
      const used = `${sessionsUsed} of ${sessionsTotal} are used now.`;
      return answer.alreadyProcessed
        ? doneBefore("It was recorded already", `As held ${momentIn(answer.session.heldAt, zone)}. ${used}`, id)
        : done("It is recorded", used, id);
    }
    case "PurchaseEnded":
      return {
        tone: "bad",
        title: "Nothing was done",
        text: `The purchase ended ${momentIn(answer.endedAt, zone)}: it takes what was held before.${answer.activePurchase ? " The student has another one now." : ""}`,
        about: answer.activePurchase?.id ?? id,
      };
    default:
      return never(answer);
  }
}

function recordPreview({ access, student }: Found, { number, isUsed, record }: SessionPartsFragment, { day, time }: Held): Preview {
  if (record && !record.withdrawnAt) return { lines: [], blocked: `Session ${number} is recorded already, by ${record.recordedBy.id}.` };
  const missing = day === "" || time === "" ? "Say when it began." : undefined;
  const used = access ? access.sessionsUsed + (isUsed ? 0 : 1) : 0;
  return {
    lines: [`Session ${number} of ${student.id} counts as used: ${used} of ${access?.sessionsTotal ?? 0}.`, "It can be withdrawn again, with a reason."],
    ...(missing !== undefined && { missing }),
  };
}

function Withdrawing({ purchase, session }: FormProps) {
  const client = useClient();
  const send = ({ reason }: { reason: string }, idempotencyKey: string) => {
    const input = { purchaseId: purchase.id, sessionNumber: session.number, reason, idempotencyKey };
    return sent(client, WithdrawSession, { input }, (data) => data.withdrawSession, ({ alreadyProcessed, purchase: now }) => {
      const used = `${now.access?.sessionsUsed ?? 0} of ${now.access?.sessionsTotal ?? 0} are used now.`;
      return alreadyProcessed ? doneBefore("It was withdrawn already", used, now.id) : done("It is withdrawn", used, now.id);
    });
  };
  return (
    <ReasonedForm
      name={`purchases/${purchase.id}/withdraw/${session.number}`}
      initial={{ reason: "" }}
      preview={() => withdrawPreview(purchase, session)}
      button={() => `Withdraw session ${session.number}`}
      send={send}
    />
  );
}

function withdrawPreview({ access, student }: Found, { number, record }: SessionPartsFragment): Preview {
  if (!record || record.withdrawnAt) return { lines: [], blocked: `Session ${number} is not recorded.` };
  const used = Math.max(0, (access?.sessionsUsed ?? 1) - 1);
  return {
    lines: [`Session ${number} of ${student.id} no longer counts as used: ${used} of ${access?.sessionsTotal ?? 0}.`, "It may be recorded again."],
  };
}
