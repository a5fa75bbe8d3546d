// Days and wall-clock times of a time zone, and the instants that they are.

/** Today by the calendar of a time zone: `2026-12-06`. */
export function today(timeZone: string, now = new Date()): string {
  return new Intl.DateTimeFormat("en-CA", { timeZone, year: "numeric", month: "2-digit", day: "2-digit" }).format(now);
}

/** The day so many days later, by the calendar alone. */
export function later(date: string, days: number): string {
  const day = new Date(`${date}T00:00:00Z`);
  day.setUTCDate(day.getUTCDate() + days);
  return day.toISOString().slice(0, 10);
}

/** The first instant of a day in a time zone. Where clocks skip midnight, that is when they have jumped. */
export function startOf(date: string, timeZone: string): string {
  const asUtc = Date.parse(`${date}T00:00:00Z`);
  let best = Number.POSITIVE_INFINITY;
  // The offset before the day and that after it: one of them is in force at its start, or the clocks jump there.
  for (const offset of new Set([offsetAt(asUtc - DAY_MS, timeZone), offsetAt(asUtc + DAY_MS, timeZone)])) {
    const instant = asUtc - offset;
    if (today(timeZone, new Date(instant)) === date && today(timeZone, new Date(instant - 1)) !== date) {
      best = Math.min(best, instant);
    }
  }
  return new Date(Number.isFinite(best) ? best : firstOf(date, asUtc, timeZone)).toISOString();
}

/** The instant at which a day is over: the first of the next one. */
export function endOf(date: string, timeZone: string): string {
  return startOf(later(date, 1), timeZone);
}

/** The last day on which something that ends at an instant still runs. */
export function lastDayOf(end: string, timeZone: string): string {
  return today(timeZone, new Date(Date.parse(end) - 1));
}

const DAY_MS = 24 * 3600 * 1000;

/** Milliseconds that the zone's clocks are ahead of UTC at an instant. */
function offsetAt(instant: number, timeZone: string): number {
  const options = { timeZone, hourCycle: "h23", year: "numeric", month: "2-digit", day: "2-digit", hour: "2-digit", minute: "2-digit", second: "2-digit" } as const;
  const parts = Object.fromEntries(
    new Intl.DateTimeFormat("en-US", options).formatToParts(instant).map(({ type, value }) => [type, Number(value)]),
  );
  const { year = 0, month = 1, day = 1, hour = 0, minute = 0, second = 0 } = parts;
  return Date.UTC(year, month - 1, day, hour, minute, second) - Math.floor(instant / 1000) * 1000;
}

/** By halving: where clocks jump over midnight, the first instant whose day it is. */
function firstOf(date: string, asUtc: number, timeZone: string): number {
  let [early, late] = [asUtc - 2 * DAY_MS, asUtc + 2 * DAY_MS];
  while (late - early > 1) {
    const middle = Math.floor((early + late) / 2);
    if (today(timeZone, new Date(middle)) < date) early = middle;
    else late = middle;
  }
  return late;
}
