// When and how sessions take place, as a form holds it and as the gateway takes it.

import type { Form } from "../actions/ActionForm";
import { CheckField, TextField } from "../actions/fields";
import { useId } from "react";
import { inUse, ZONE } from "../format";
import type { MetadataPartsFragment, PurchaseMetadataInput } from "../gql/graphql";

export interface Slot {
  isSundayOnly: boolean;
  minutes: string;
  start: string;
  timeZone: string;
  firstDay: string;
  labels: { key: string; value: string }[];
}

export const EMPTY_SLOT: Slot = { isSundayOnly: false, minutes: "60", start: "17:30", timeZone: ZONE, firstDay: "", labels: [] };

export function slotOf(metadata: MetadataPartsFragment): Slot {
  const { isSundayOnly, sessionDuration, timeSlot, date, labels } = metadata;
  return {
    isSundayOnly,
    minutes: String(sessionDuration),
    start: timeSlot.start,
    timeZone: timeSlot.timeZone,
    firstDay: date ?? "",
    labels: labels.map(({ key, value }) => ({ key, value })),
  };
}

export function metadataOf(slot: Slot): PurchaseMetadataInput {
  return {
    isSundayOnly: slot.isSundayOnly,
    sessionDuration: Number(slot.minutes),
    timeSlot: { start: slot.start, timeZone: slot.timeZone.trim() },
    date: slot.firstDay || null,
    labels: slot.labels.filter(({ key }) => key.trim() !== ""),
  };
}

export function missingOf(slot: Slot): string | undefined {
  if (!/^\d+$/.test(slot.minutes)) return "Say how many minutes a session lasts.";
  if (slot.start === "") return "Say when a session begins.";
  if (slot.timeZone.trim() === "") return "Say in which time zone.";
  return undefined;
}

const ZONES = [...new Set(Intl.supportedValuesOf("timeZone").map(inUse))];

export function SlotFields<Values extends Slot>({ form }: { form: Form<Values> }) {
  const { values, problemOf } = form;
  const zones = useId();
  const set = (change: Partial<Slot>) => form.set(change as Partial<Values>);
  return (
    <>
      <div className="row">
        <TextField label="Begins" type="time" value={values.start} set={(start) => set({ start })} problem={problemOf("start")} />
        <TextField
          label="Minutes"
          type="number"
          inputMode="numeric"
          value={values.minutes}
          set={(minutes) => set({ minutes })}
          problem={problemOf("sessionDuration")}
        />
        <TextField
          label="Time zone"
          value={values.timeZone}
          set={(timeZone) => set({ timeZone })}
          list={zones}
          problem={problemOf("timeZone")}
        />
        <datalist id={zones}>
          {ZONES.map((zone) => (
            <option key={zone} value={zone} />
          ))}
        </datalist>
      </div>
      <CheckField label="Sundays only" value={values.isSundayOnly} set={(isSundayOnly) => set({ isSundayOnly })} />
      <TextField
        label="First day"
        type="date"
        value={values.firstDay}
        set={(firstDay) => set({ firstDay })}
        hint="Left out, the sessions begin with the access."
        problem={problemOf("date")}
      />
      <Labels labels={values.labels} set={(labels) => set({ labels })} problem={problemOf("labels")} />
    </>
  );
}

interface LabelsProps {
  labels: Slot["labels"];
  set: (labels: Slot["labels"]) => void;
  problem: string | undefined;
}

function Labels({ labels, set, problem }: LabelsProps) {
  const change = (at: number, part: Partial<Slot["labels"][number]>) =>
    set(labels.map((label, index) => (index === at ? { ...label, ...part } : label)));
  return (
    <fieldset className="labels">
      <legend>Labels</legend>
      {labels.map(({ key, value }, index) => (
        <div className="row" key={index}>
          <TextField label={`Name ${index + 1}`} value={key} set={(to) => change(index, { key: to })} />
          <TextField label={`Value ${index + 1}`} value={value} set={(to) => change(index, { value: to })} />
          <button type="button" className="quiet" onClick={() => set(labels.filter((_, at) => at !== index))}>
            Remove label {index + 1}
          </button>
        </div>
      ))}
      {problem && <p className="problem">{problem}</p>}
      <button type="button" onClick={() => set([...labels, { key: "", value: "" }])}>
        Add a label
      </button>
    </fieldset>
  );
}
