// Money, days and times as the student's language writes them.

export interface Money {
  amountMinor: number;
  currency: string;
}

/** ISO 4217: the currencies whose minor unit is not a hundredth. A browser's own digits are those of price tags, where
 * an ariary or a dinar has none; an amount divided by them would be a hundred times too high. */
const NO_DIGITS = "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX VND VUV XAF XOF XPF".split(" ");
const THREE_DIGITS = "BHD IQD JOD KWD LYD OMR TND".split(" ");

/** From minor units, by the currency's own number of digits: 199900 INR are ₹1,999.00, 1999 JPY are ¥1,999. */
export function money({ amountMinor, currency }: Money): string {
  const digits = NO_DIGITS.includes(currency) ? 0 : THREE_DIGITS.includes(currency) ? 3 : 2;
  const options = { style: "currency", currency, minimumFractionDigits: digits, maximumFractionDigits: digits } as const;
  return new Intl.NumberFormat(undefined, options).format(amountMinor / 10 ** digits);
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
