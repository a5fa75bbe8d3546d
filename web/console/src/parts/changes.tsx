// What an entry of a history says that changed, in a person's words: each field by its name, its value as elsewhere.

import type { ReactNode } from "react";
import { day, moment, money, place, plainly, words } from "../format";
import type { RefundOrigin } from "../gql/graphql";
import { asked, Id, StudentLink } from "./bits";
import history from "./history.json";

type Form = "code" | "day" | "door" | "end" | "id" | "instant" | "list" | "minor" | "money" | "origin" | "place" | "sentence" | "student" | "text" | "words" | "yes";

/** The words of each field that the gateway may name, see `CHANGED_FIELDS` there; and how its value is shown. */
const FIELDS = new Map(Object.entries(history as unknown as Record<string, [name: string, form: Form]>));

const DOORS: Record<string, string> = {
  confirmPayment: "the student’s page",
  webhook: "a webhook",
  "check job": "a check of the gateway’s",
  "refund job": "the job of a refund",
  schedule: "the payment’s schedule of asking",
  "change list": "the provider’s list of changes",
};

/** What a field is called, which the gateway names in its own way. */
export function wordOf(field: string): string {
  return FIELDS.get(field)?.[0] ?? words(field);
}

export function Changes({ of }: { of: unknown }) {
  if (typeof of !== "object" || of === null) return null;
  const { currency, ...rest } = of as Record<string, unknown>;
  // A currency alone is told; beside an amount it is told with it.
  const isOfAmount = "amountMinor" in rest || "refundedMinor" in rest;
  const told = currency === undefined || isOfAmount ? rest : { ...rest, currency };
  const entries = Object.entries(told).filter(([, value]) => value !== null);
  if (entries.length === 0) return null;
  return (
    <ul className="changes">
      {entries.map(([name, value]) => {
        const [word, form] = FIELDS.get(name) ?? [words(name), "text"];
        return (
          <li key={name}>
            {word}: <Value value={value} form={form} currency={typeof currency === "string" ? currency : null} />
          </li>
        );
      })}
    </ul>
  );
}

interface ValueProps {
  value: unknown;
  form: Form;
  currency: string | null;
}

/** One, or what it was and what it became. */
function Value({ value, form, currency }: ValueProps) {
  const isPair = Array.isArray(value) && value.length === 2 && (form !== "list" || value.every((each) => each === null || Array.isArray(each)));
  if (!isPair) return <>{shown(value, form, currency)}</>;
  return (
    <>
      <del>{shown(value[0], form, currency)}</del> → <ins>{shown(value[1], form, currency)}</ins>
    </>
  );
}

function shown(value: unknown, form: Form, currency: string | null): ReactNode {
  if (value === null || value === undefined) return form === "end" ? "never" : "nothing";
  if (form === "minor" && typeof value === "number") return currency ? money({ amountMinor: value, currency }) : `${value} (minor units)`;
  if (form === "money" && isMoney(value)) return money(value);
  if (form === "list" && Array.isArray(value)) return value.join(", ") || "none";
  if (typeof value !== "string") return typeof value === "object" ? JSON.stringify(value) : String(value);
  switch (form) {
    case "code":
      return <code>{value}</code>;
    case "day":
      return /^\d{4}-\d\d-\d\d$/.test(value) ? day(value) : value;
    case "door":
      return DOORS[value] ?? value;
    case "instant":
    case "end":
      return Number.isNaN(Date.parse(value)) ? value : moment(value);
    case "id":
      return <Id of={value} />;
    case "origin":
      return asked(value as RefundOrigin);
    case "place":
      return place(value);
    case "sentence":
      return plainly(value);
    case "student":
      return <StudentLink id={value} />;
    case "words":
      return words(value);
    case "yes":
      return value === "true" ? "yes" : "no";
    default:
      return value; // a title, or a tier's code, letter for letter
  }
}

function isMoney(value: unknown): value is { amountMinor: number; currency: string } {
  return typeof value === "object" && value !== null && "amountMinor" in value && "currency" in value;
}
