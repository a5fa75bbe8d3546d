// What a student wants to buy, as the form holds it, and as the gateway is asked for it.

import type { CreatePaymentInput } from "./gql/graphql";

export interface Wish {
  tier: string;
  isSundayOnly: boolean;
  start: string;
  timeZone: string;
  date: string;
  minutes: number;
  isRenewal: boolean;
}

export function firstWish(tier: string): Wish {
  const timeZone = inUse(Intl.DateTimeFormat().resolvedOptions().timeZone);
  const date = firstDay(true, timeZone);
  return { tier, isSundayOnly: true, start: "17:30", timeZone, date, minutes: 60, isRenewal: false };
}

export function inputOf(courseId: string, wish: Wish, checkoutId: string): CreatePaymentInput {
  const { tier, isSundayOnly, start, timeZone, date, minutes, isRenewal } = wish;
  return {
    courseId,
    tier,
    purpose: isRenewal ? "RENEWAL" : "PURCHASE",
    metadata: { isSundayOnly, sessionDuration: minutes, timeSlot: { start, timeZone }, date: date || null },
    // Whoever changes their mind makes another wish: the key names the checkout and all that was chosen in it.
    idempotencyKey: [checkoutId, tier, isSundayOnly, start, timeZone, date, minutes, isRenewal].join(" "),
  };
}

/** Tomorrow, or the first Sunday from then on, by the calendar of the time zone: `2026-12-06`. */
export function firstDay(isSundayOnly: boolean, timeZone: string): string {
  const day = new Date(`${today(timeZone)}T00:00:00Z`);
  do day.setUTCDate(day.getUTCDate() + 1);
  while (isSundayOnly && day.getUTCDay() !== 0);
  return day.toISOString().slice(0, 10);
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

function today(timeZone: string): string {
  return new Intl.DateTimeFormat("en-CA", { timeZone, dateStyle: "short" }).format(new Date());
}
