// Money, days and times as the student's language writes them.

export interface Money {
  amountMinor: number;
  currency: string;
}

/** From minor units, by the currency's own number of digits: 199900 INR are ₹1,999.00, 1999 JPY are ¥1,999. */
export function money({ amountMinor, currency }: Money): string {
  const format = new Intl.NumberFormat(undefined, { style: "currency", currency });
  const digits = format.resolvedOptions().maximumFractionDigits ?? 2;
  return format.format(amountMinor / 10 ** digits);
}

export function day(instant: string, timeZone: string): string {
  return in_(timeZone, { weekday: "short", day: "numeric", month: "long", year: "numeric" }).format(new Date(instant));
}

export function hours(start: string, end: string, timeZone: string): string {
  return in_(timeZone, { timeStyle: "short" }).formatRange(new Date(start), new Date(end));
}

export function moment(instant: string): string {
  return new Intl.DateTimeFormat(undefined, { dateStyle: "medium", timeStyle: "short" }).format(new Date(instant));
}

/** A wall-clock time, which belongs to no day: `17:30`. */
export function clock(time: string): string {
  return in_("UTC", { timeStyle: "short" }).format(new Date(`1970-01-01T${time}Z`));
}

export function place(timeZone: string): string {
  return timeZone.replaceAll("_", " ");
}

export function validity(days: number | null | undefined): string {
  return days == null ? "no end date" : `valid for ${days} days`;
}

export function tierName(code: string): string {
  const words = code.toLowerCase().replaceAll(/[_-]+/g, " ");
  return words.charAt(0).toUpperCase() + words.slice(1);
}

function in_(timeZone: string, options: Intl.DateTimeFormatOptions): Intl.DateTimeFormat {
  return new Intl.DateTimeFormat(undefined, { ...options, timeZone });
}
