// When the sessions shall take place.

import { useId, useMemo, type ReactNode } from "react";
import { firstDay, type Wish } from "./wish";
import { zonesWith } from "./zones";

interface Props {
  wish: Wish;
  change: (changes: Partial<Wish>) => void;
  /** What the gateway found wrong, by the field's name in the API. */
  problems: readonly { name: string; message: string }[];
}

const LENGTHS_MIN = [30, 45, 60, 90];

export function SlotFields({ wish, change, problems }: Props) {
  const regions = useMemo(() => zonesWith(wish.timeZone), [wish.timeZone]);
  const earliest = firstDay(wish.isSundayOnly, wish.timeZone);
  const problem = (name: string) => problems.find((each) => each.name === name)?.message;
  const setRhythm = (isSundayOnly: boolean) =>
    change({ isSundayOnly, date: isSundayOnly ? firstDay(true, wish.timeZone) : wish.date });

  return (
    <fieldset>
      <legend>When?</legend>
      <div className="rhythm">
        <label className="choice">
          <input type="radio" name="rhythm" checked={wish.isSundayOnly} onChange={() => setRhythm(true)} />
          <span className="title">Sundays only</span>
        </label>
        <label className="choice">
          <input type="radio" name="rhythm" checked={!wish.isSundayOnly} onChange={() => setRhythm(false)} />
          <span className="title">Every day</span>
        </label>
      </div>
      <div className="fields">
        <Field label="Time" problem={problem("start")}>
          {(props) => (
            <input {...props} type="time" required value={wish.start} onChange={(event) => change({ start: event.target.value })} />
          )}
        </Field>
        <Field label="Length" problem={problem("sessionDuration")}>
          {(props) => (
            <select {...props} value={wish.minutes} onChange={(event) => change({ minutes: Number(event.target.value) })}>
              {LENGTHS_MIN.map((minutes) => (
                <option key={minutes} value={minutes}>
                  {minutes} minutes
                </option>
              ))}
            </select>
          )}
        </Field>
        <Field label="Time zone" problem={problem("timeZone")}>
          {(props) => (
            <select {...props} value={wish.timeZone} onChange={(event) => change({ timeZone: event.target.value })}>
              {regions.map(({ region, zones }) => (
                <optgroup key={region} label={region}>
                  {zones.map(({ id, name }) => (
                    <option key={id} value={id}>
                      {name}
                    </option>
                  ))}
                </optgroup>
              ))}
            </select>
          )}
        </Field>
        <Field label={wish.isSundayOnly ? "First Sunday" : "First day"} problem={problem("date")}>
          {(props) => (
            <input
              {...props}
              type="date"
              required
              min={earliest}
              step={wish.isSundayOnly ? 7 : 1}
              value={wish.date}
              onChange={(event) => change({ date: event.target.value })}
            />
          )}
        </Field>
      </div>
    </fieldset>
  );
}

interface FieldProps {
  label: string;
  problem: string | undefined;
  children: (props: { id: string; "aria-invalid": boolean; "aria-describedby": string | undefined }) => ReactNode;
}

function Field({ label, problem, children }: FieldProps) {
  const id = useId();
  const hasProblem = problem !== undefined;
  return (
    <div className="field">
      <label htmlFor={id}>{label}</label>
      {children({ id, "aria-invalid": hasProblem, "aria-describedby": hasProblem ? `${id}-problem` : undefined })}
      {hasProblem && (
        <p id={`${id}-problem`} className="problem">
          {problem}
        </p>
      )}
    </div>
  );
}
