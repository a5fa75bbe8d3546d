// What this tab remembers across a reload, and a tab opened from it takes along: one checkout for each course.

import { student } from "./student";
import type { Wish } from "./wish";

export interface Checkout {
  /** Names this checkout in every idempotency key, so that the same wish from here is the same payment. */
  id: string;
  wish: Wish | null;
  paymentId: string | null;
}

const key = (courseId: string) => `checkout:${student()}:${courseId}`;

export function checkoutOf(courseId: string): Checkout {
  const kept = sessionStorage.getItem(key(courseId));
  if (kept !== null) return JSON.parse(kept) as Checkout;
  const begun = { id: crypto.randomUUID(), wish: null, paymentId: null };
  remember(courseId, begun);
  return begun;
}

export function remember(courseId: string, checkout: Checkout): void {
  sessionStorage.setItem(key(courseId), JSON.stringify(checkout));
}

/** The checkout is over: the next one is another wish, with another key. */
export function forget(courseId: string): void {
  sessionStorage.removeItem(key(courseId));
}
