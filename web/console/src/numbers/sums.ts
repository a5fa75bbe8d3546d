// The numbers of days, summed up by day, by course and by currency.

import type { DailyNumbersQuery } from "../gql/graphql";

export type Days = DailyNumbersQuery["dailyNumbers"];

export interface Sums {
  captured: number;
  refunded: number;
  payments: number;
  bought: number;
  granted: number;
}

export const NOTHING: Sums = { captured: 0, refunded: 0, payments: 0, bought: 0, granted: 0 };

/** Amounts are of one currency; counts, where none is named, of all. */
export function sumOf(entries: Days[number]["courses"], currency: string | null): Sums {
  return entries
    .filter((entry) => currency === null || entry.captured?.currency === currency)
    .reduce((sums, { captured, refunded, payments, bought, granted }) => {
      return {
        captured: sums.captured + (captured?.amountMinor ?? 0),
        refunded: sums.refunded + (refunded?.amountMinor ?? 0),
        payments: sums.payments + payments,
        bought: sums.bought + bought,
        granted: sums.granted + granted,
      };
    }, NOTHING);
}

export function currenciesOf(days: Days): string[] {
  return [...new Set(days.flatMap(({ courses }) => courses.flatMap(({ captured }) => captured?.currency ?? [])))].sort();
}

export interface OfCourse {
  id: string;
  title: string;
  entries: Days[number]["courses"];
}

/** In the order of the catalogue, as ids follow time. */
export function byCourse(days: Days): OfCourse[] {
  const courses = new Map<string, OfCourse>();
  for (const entry of days.flatMap((day) => day.courses)) {
    const { id, title } = entry.course;
    const known = courses.get(id) ?? { id, title, entries: [] };
    courses.set(id, { ...known, entries: [...known.entries, entry] });
  }
  return [...courses.values()].sort((one, other) => (one.id < other.id ? -1 : 1));
}
