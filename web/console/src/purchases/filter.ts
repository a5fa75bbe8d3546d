// The address's query as the gateway's filter of purchases.

import { later, startOf } from "../calendar";
import { minorOf, ZONE } from "../format";
import type { AmountFilter, PurchaseFilter, PurchaseOrigin, PurchaseStatus } from "../gql/graphql";
import type { FilterField } from "../parts/Filters";

export const STATUSES = ["ACTIVE", "SUPERSEDED", "EXPIRED", "REVOKED", "REFUNDED"] as const satisfies readonly PurchaseStatus[];
export const ORIGINS = ["PAYMENT", "ADMIN"] as const satisfies readonly PurchaseOrigin[];

export const PURCHASE_FIELDS: FilterField[] = [
  { name: "student", label: "Student", is: "text" },
  { name: "course", label: "Course", is: "course" },
  { name: "tier", label: "Tier", is: "text" },
  { name: "status", label: "State", is: "one of", values: STATUSES },
  { name: "origin", label: "Made by", is: "one of", values: ORIGINS },
  { name: "from", label: "From", is: "day" },
  { name: "to", label: "Up to and with", is: "day" },
];

export function purchaseFilter(query: URLSearchParams): PurchaseFilter {
  return {
    ...(query.get("student") && { studentId: query.get("student") }),
    ...(query.get("course") && { courseId: query.get("course") }),
    ...(query.get("tier") && { tier: query.get("tier") }),
    ...oneOf("status", STATUSES, query),
    ...oneOf("origin", ORIGINS, query),
    ...daysOf(query),
  };
}

/** An amount counts in a currency: without one, it is left out. */
export function amountIn(query: URLSearchParams): { amount?: AmountFilter } {
  const currency = query.get("currency")?.toUpperCase() ?? "";
  if (!/^[A-Z]{3}$/.test(currency)) return {};
  const [leastMinor, mostMinor] = ["least", "most"].map((name) => minorOf(query.get(name) ?? "", currency));
  return { amount: { currency, leastMinor: leastMinor ?? null, mostMinor: mostMinor ?? null } };
}

/** A value that the address has and the schema does not know is left out: the address can be typed by hand. */
export function oneOf<Name extends string, Value extends string>(name: Name, values: readonly Value[], query: URLSearchParams) {
  const value = values.find((each) => each === query.get(name));
  return (value === undefined ? {} : { [name]: value }) as { [name in Name]?: Value };
}

/** Days of the reader's calendar, both ends with them. */
export function daysOf(query: URLSearchParams): { createdFrom?: string; createdBefore?: string } {
  const [from, to] = [query.get("from"), query.get("to")];
  return {
    ...(isDay(from) && { createdFrom: startOf(from, ZONE) }),
    ...(isDay(to) && { createdBefore: startOf(later(to, 1), ZONE) }),
  };
}

function isDay(text: string | null): text is string {
  return text !== null && /^\d{4}-\d\d-\d\d$/.test(text) && !Number.isNaN(Date.parse(text));
}
