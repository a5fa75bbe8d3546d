// An action: what is typed, what will happen, and what came of it.

import { useEffect, useId, useRef, useState, type FormEvent, type ReactNode } from "react";
import { Id, pageOf } from "../parts/bits";
import { Notice } from "../parts/Notice";
import { whoami } from "../session/session";
import type { FieldSaid, Told } from "./answers";
import { isOfAnother, useDraft } from "./draft";

export interface Form<Values> {
  values: Values;
  set: (change: Partial<Values>) => void;
  /** While it was sent and nobody knows whether it was done, it stays as it was sent. */
  isLocked: boolean;
  /** What the gateway said of a field, by the end of its path. */
  problemOf: (name: string) => string | undefined;
}

export interface Preview {
  lines: ReactNode[];
  /** Why it cannot be done, as things stand. */
  blocked?: ReactNode;
  /** What is missing before it can be sent. */
  missing?: string;
}

export interface ActionProps<Values> {
  /** Where the form is, without the `#/`: it names the draft as well. */
  name: string;
  initial: Values;
  fields: (form: Form<Values>) => ReactNode;
  preview: (values: Values) => Preview;
  button: (values: Values) => string;
  isDangerous?: boolean;
  send: (values: Values, key: string) => Promise<Told>;
  /** Follows what was done, below what was said of it. */
  after?: (told: Told) => ReactNode;
}

export function ActionForm<Values extends object>(props: ActionProps<Values>) {
  const { name, initial, fields, preview, button, isDangerous, send, after } = props;
  const { draft, keep, drop } = useDraft(name, initial);
  const [told, setTold] = useState<Told | null>(null);
  const [isSending, setSending] = useState(false);
  const outcome = useRef<HTMLDivElement>(null);
  const willHappen = useId();

  const isLocked = isSending || draft.unansweredBy !== null;
  const set = (change: Partial<Values>) => {
    if (isLocked) return;
    // What was refused was not done, so what is sent next is another intention and takes a key of its own.
    const key = told === null ? draft.key : crypto.randomUUID();
    setTold(null);
    keep({ ...draft, values: { ...draft.values, ...change }, key });
  };
  const form: Form<Values> = {
    values: draft.values,
    set,
    isLocked,
    problemOf: (field) => told?.fields?.find(({ path }) => path === field || path.endsWith(`.${field}`))?.message,
  };
  const seen = preview(draft.values);
  const present = JSON.stringify(initial);
  const isFilledFromBefore = draft.base !== present && draft.unansweredBy === null && told === null && !isSending;
  const isUntouched = JSON.stringify(draft.values) === draft.base;
  useEffect(() => {
    if (isFilledFromBefore && isUntouched) drop(JSON.parse(present) as Values);
  }, [isFilledFromBefore, isUntouched, present, drop]);

  const submit = async (event: FormEvent) => {
    event.preventDefault();
    if (isSending || told?.isDone) return;
    if (draft.unansweredBy === null && (seen.blocked || seen.missing)) {
      setTold({ tone: "warn", title: "Not sent", text: seen.missing ?? "It cannot be done as things stand." });
      return;
    }
    if (isOfAnother(draft)) return;
    setSending(true);
    setTold(null);
    // Kept before it leaves: a page that is closed meanwhile finds it unanswered.
    keep({ ...draft, unansweredBy: whoami() });
    const answer = await send(draft.values, draft.key);
    setSending(false);
    setTold(answer);
    if (answer.isDone) drop(initial);
    else if (!answer.isUnanswered) keep({ ...draft, unansweredBy: null });
  };
  useEffect(() => {
    if (told?.isDone) outcome.current?.focus();
  }, [told]);

  const about = told?.about === undefined ? null : pageOf(told.about);
  const isWaiting = draft.unansweredBy !== null && !isSending && told === null;
  return (
    <>
      <div role="status" ref={outcome} tabIndex={-1} className="outcome">
        {told && (
          <Notice tone={told.tone} title={told.title}>
            {told.text && <p>{told.text}</p>}
            <Said fields={told.fields} />
            {told.obstacles && (
              <ul>
                {told.obstacles.map(({ id, why }) => (
                  <li key={id}>
                    {why}: <Id of={id} />
                  </li>
                ))}
              </ul>
            )}
            {about && (
              <p>
                <a href={about}>See {told.about}</a>
              </p>
            )}
          </Notice>
        )}
        {isFilledFromBefore && !isUntouched && (
          <Notice tone="warn" title="It changed while you were here">
            <p>This form was filled from what stood before; what will happen, below, is reckoned from what stands now.</p>
            <div className="actions">
              <button onClick={() => drop(initial)}>Begin anew with what stands now</button>
            </div>
          </Notice>
        )}
        {isWaiting && (
          <Notice tone="warn" title="This was sent, and no answer came">
            <p>
              {isOfAnother(draft)
                ? `It was sent as ${draft.unansweredBy}, and nobody knows whether it was done. Look at the history before you do it as ${whoami()}.`
                : "Nobody knows whether it was done. Send it again as it is: it is not done twice."}
            </p>
            <div className="actions">
              <button onClick={() => drop(initial)}>I have looked at the history: begin anew</button>
            </div>
          </Notice>
        )}
      </div>
      {told?.isDone ? (
        after?.(told)
      ) : (
        <form className="action" onSubmit={(event) => void submit(event)} aria-describedby={willHappen} noValidate>
          <fieldset disabled={isLocked}>{fields(form)}</fieldset>
          <section className="will-happen" id={willHappen} aria-live="polite">
            <h2>{seen.blocked ? "This cannot be done" : "What will happen"}</h2>
            {seen.blocked ? (
              <p>{seen.blocked}</p>
            ) : (
              <ul>
                {seen.lines.map((line, index) => (
                  <li key={index}>{line}</li>
                ))}
              </ul>
            )}
          </section>
          <button
            type="submit"
            className={isDangerous ? "primary danger" : "primary"}
            aria-disabled={isSending || isOfAnother(draft) || (draft.unansweredBy === null && Boolean(seen.blocked))}
          >
            {isSending ? "Sending…" : draft.unansweredBy !== null ? "Send it again as it is" : button(draft.values)}
          </button>
        </form>
      )}
    </>
  );
}

function Said({ fields }: { fields: FieldSaid[] | undefined }) {
  if (fields === undefined) return null;
  return (
    <ul>
      {fields.map(({ path, message }) => (
        <li key={path}>
          <code>{path}</code> {message}
        </li>
      ))}
    </ul>
  );
}
