// Money, days and times as the reader's language writes them, and amounts as people type them.

import { configured } from "./config";

export interface Money {
  amountMinor: number;
  currency: string;
}

/** Names that some browsers still give for zones whose cities are called otherwise by now. */
const OUTDATED: Record<string, string> = {
  "Asia/Calcutta": "Asia/Kolkata",
  "Asia/Katmandu": "Asia/Kathmandu",
  "Asia/Rangoon": "Asia/Yangon",
  "Asia/Saigon": "Asia/Ho_Chi_Minh",
  "Europe/Kiev": "Europe/Kyiv",
};

export function inUse(timeZone: string): string {
  return OUTDATED[timeZone] ?? timeZone;
}

/** The reader's own. */
export const ZONE = inUse(Intl.DateTimeFormat().resolvedOptions().timeZone);

export function digitsOf(currency: string): number {
  return configured().digits[currency] ?? 2;
}

/** From minor units: 199900 INR are ₹1,999.00, 1999 JPY are ¥1,999. */
export function money({ amountMinor, currency }: Money): string {
  const digits = digitsOf(currency);
  const options = { style: "currency", currency, minimumFractionDigits: digits, maximumFractionDigits: digits } as const;
  return new Intl.NumberFormat(undefined, options).format(amountMinor / 10 ** digits);
}

/** For the side of a chart: ₹65K. */
export function briefly({ amountMinor, currency }: Money): string {
  const options = { style: "currency", currency, notation: "compact", maximumFractionDigits: 1 } as const;
  return new Intl.NumberFormat(undefined, options).format(amountMinor / 10 ** digitsOf(currency));
}

/** As a plain number that a spreadsheet can add up, and a field can be filled with: 1999.00. */
export function plainAmount({ amountMinor, currency }: Money): string {
  const digits = digitsOf(currency);
  if (digits === 0) return String(amountMinor);
  const text = String(Math.abs(amountMinor)).padStart(digits + 1, "0");
  return `${amountMinor < 0 ? "-" : ""}${text.slice(0, -digits)}.${text.slice(-digits)}`;
}

/** What somebody typed, in minor units; null where it is no amount of that currency. No float comes near it. */
export function minorOf(text: string, currency: string): number | null {
  const digits = digitsOf(currency);
  const match = /^(\d{1,13})(?:\.(\d+))?$/.exec(text.trim());
  if (match === null || (match[2] ?? "").length > digits) return null;
  const minor = Number(`${match[1]}${(match[2] ?? "").padEnd(digits, "0")}`);
  return Number.isSafeInteger(minor) ? minor : null;
}

export function moment(instant: string): string {
  return new Intl.DateTimeFormat(undefined, { dateStyle: "medium", timeStyle: "short" }).format(new Date(instant));
}

export function momentIn(instant: string, timeZone: string): string {
  const options = { dateStyle: "medium", timeStyle: "short", timeZone } as const;
  return new Intl.DateTimeFormat(undefined, options).format(new Date(instant));
}

export function clockTime(instant: Date): string {
  return new Intl.DateTimeFormat(undefined, { timeStyle: "short" }).format(instant);
}

/** A day of the calendar, which is in no time zone: `2026-12-06`. */
export function day(date: string): string {
  const options = { dateStyle: "medium", timeZone: "UTC" } as const;
  return new Intl.DateTimeFormat(undefined, options).format(new Date(`${date}T00:00:00Z`));
}

export function shortDay(date: string): string {
  const options = { day: "numeric", month: "short", timeZone: "UTC" } as const;
  return new Intl.DateTimeFormat(undefined, options).format(new Date(`${date}T00:00:00Z`));
}

export function place(timeZone: string): string {
  return timeZone.replaceAll("_", " ");
}

/** The words of a constant: `PAYMENT_REFUND` is "Payment refund". */
export function words(constant: string): string {
  const text = constant.toLowerCase().replaceAll(/[_.]+/g, " ");
  return text.charAt(0).toUpperCase() + text.slice(1);
}

/** What the API calls its own way, in texts that tell what to do. */
const CALLS: Record<string, string> = {
  revokePurchase: "revoke the purchase",
  refundPayment: "refund the payment",
  retryJob: "have it run again",
  cancelJob: "take it off the list",
  createPurchase: "grant the course",
  extendPurchase: "extend the purchase",
  saveCourse: "save the course",
};

/** A text of the gateway's as a person reads it: amounts of money, what to do, and codes. */
export function plainly(text: string): string {
  if (/^[a-z]+(_[a-z]+)+$/.test(text)) return words(text);
  return text
    .replaceAll(/(\d+) ([A-Z]{3}) \(minor units\)/g, (_, minor: string, currency: string) => money({ amountMinor: Number(minor), currency }))
    .replaceAll(/\b[a-z]+[A-Z][a-z]+\b/g, (call) => CALLS[call] ?? call);
}

export function count(number: number, one: string, many = `${one}s`): string {
  return `${new Intl.NumberFormat().format(number)} ${number === 1 ? one : many}`;
}
