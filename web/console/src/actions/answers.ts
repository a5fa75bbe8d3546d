// What an action came to, in words: every expected failure by its type, and what may have happened where no answer came.

import type { CombinedError } from "urql";
import { adviceOn } from "../trouble";
import type { Tone } from "../parts/Notice";

export interface FieldSaid {
  /** The path without `input`: `metadata.date`. */
  path: string;
  message: string;
}

export interface Told {
  tone: Tone;
  title: string;
  text?: string;
  fields?: FieldSaid[];
  /** Done: by this call, or, as it turned out, before it. */
  isDone?: boolean;
  /** Nobody knows whether it was done. */
  isUnanswered?: boolean;
  /** The thing that it came to, or that stands in its way. */
  about?: string;
  /** Things that stand in its way, each with why. */
  obstacles?: { id: string; why: string }[];
}

export function done(title: string, text?: string, about?: string): Told {
  return { tone: "good", title, isDone: true, ...(text !== undefined && { text }), ...(about !== undefined && { about }) };
}

/** Somebody had done it, or this very call had been answered before. */
export function doneBefore(title: string, text: string, about?: string): Told {
  return { tone: "wait", title, text, isDone: true, ...(about !== undefined && { about }) };
}

export type Refusal =
  | { __typename: "InvalidInput"; message: string; fields: { path: string[]; message: string }[] }
  | { __typename: "NotFound"; message: string }
  | { __typename: "IdempotencyKeyReused"; message: string };

/** The refusals that most actions have in common. */
export function refused(answer: Refusal): Told {
  switch (answer.__typename) {
    case "InvalidInput":
      return {
        tone: "bad",
        title: "Nothing was done",
        text: "The gateway does not take this as it is:",
        fields: answer.fields.map(({ path, message }) => ({ path: path.filter((part) => part !== "input").join("."), message })),
      };
    case "NotFound":
      return { tone: "bad", title: "Nothing was done", text: `It does not exist, or no longer. ${answer.message}` };
    case "IdempotencyKeyReused":
      return {
        tone: "bad",
        title: "Nothing was done now",
        text: "Something else had been sent under the key of this form. Look at the history, then open the form anew.",
      };
  }
}

/** No answer, or an error: what is certain is said, and nothing beyond. */
export function unanswered(error: CombinedError | undefined): Told {
  if (error === undefined) return { tone: "bad", title: "The gateway gave no answer", isUnanswered: true };
  const { title, text, isUndone } = adviceOn(error);
  if (isUndone) return { tone: "bad", title, text: `Nothing was done. ${text}` };
  return {
    tone: "warn",
    title,
    text: `Nobody knows yet whether it was done. ${text} Sent again as it is, it is not done twice.`,
    isUnanswered: true,
  };
}

/** A member that the schema got and this page does not know yet is an error when it is built. */
export function never(answer: never): never {
  throw new Error(`unknown answer: ${JSON.stringify(answer)}`);
}
