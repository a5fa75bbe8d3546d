// Labelled fields of an action's form, each with what the gateway said of it.

import { useId, type ReactNode } from "react";

interface FieldProps {
  label: string;
  hint?: ReactNode;
  problem?: string | undefined;
  children: (its: { id: string; "aria-invalid": boolean; "aria-describedby": string }) => ReactNode;
}

export function Field({ label, hint, problem, children }: FieldProps) {
  const id = useId();
  return (
    <div className="field">
      <label htmlFor={id}>{label}</label>
      {children({ id, "aria-invalid": problem !== undefined, "aria-describedby": `${id}-said` })}
      <div id={`${id}-said`}>
        {problem && <p className="problem">{problem}</p>}
        {hint && <p className="hint">{hint}</p>}
      </div>
    </div>
  );
}

interface TextProps {
  label: string;
  value: string;
  set: (value: string) => void;
  hint?: ReactNode;
  problem?: string | undefined;
  type?: "text" | "date" | "time" | "number" | "search";
  list?: string;
  inputMode?: "decimal" | "numeric";
  isRequired?: boolean;
}

export function TextField({ label, value, set, hint, problem, isRequired, ...input }: TextProps) {
  return (
    <Field label={label} hint={hint} problem={problem}>
      {(its) => (
        <input
          {...its}
          {...input}
          autoComplete="off"
          value={value}
          aria-required={isRequired}
          onChange={(event) => set(event.target.value)}
        />
      )}
    </Field>
  );
}

interface LinesProps {
  label: string;
  value: string;
  set: (value: string) => void;
  hint?: ReactNode;
  problem?: string | undefined;
}

/** A text of several lines. */
export function LinesField({ label, value, set, hint, problem }: LinesProps) {
  return (
    <Field label={label} hint={hint} problem={problem}>
      {(its) => <textarea {...its} rows={5} value={value} onChange={(event) => set(event.target.value)} />}
    </Field>
  );
}

interface SelectProps {
  label: string;
  value: string;
  set: (value: string) => void;
  options: readonly (readonly [value: string, text: string])[];
  hint?: ReactNode;
  problem?: string | undefined;
}

export function SelectField({ label, value, set, options, hint, problem }: SelectProps) {
  return (
    <Field label={label} hint={hint} problem={problem}>
      {(its) => (
        <select {...its} value={value} onChange={(event) => set(event.target.value)}>
          {options.map(([option, text]) => (
            <option key={option} value={option}>
              {text}
            </option>
          ))}
        </select>
      )}
    </Field>
  );
}

export function ReasonField({ value, set, problem }: { value: string; set: (value: string) => void; problem?: string | undefined }) {
  return (
    <Field label="Reason" hint="For the audit: everybody who looks at the history reads it." problem={problem}>
      {(its) => (
        <textarea {...its} rows={2} maxLength={500} value={value} aria-required onChange={(event) => set(event.target.value)} />
      )}
    </Field>
  );
}

export function CheckField({ label, value, set }: { label: string; value: boolean; set: (value: boolean) => void }) {
  const id = useId();
  return (
    <div className="check">
      <input id={id} type="checkbox" checked={value} onChange={(event) => set(event.target.checked)} />
      <label htmlFor={id}>{label}</label>
    </div>
  );
}
