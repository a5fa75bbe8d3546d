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
  return instantOf(date, "00:00", timeZone);
}

/** The instant of a wall-clock time. One that the clocks skip is as much later as they jump; of two, it is the first. */
export function instantOf(date: string, time: string, timeZone: string): string {
  const asUtc = Date.parse(`${date}T${time}:00Z`);
  // The offset before that day and the one after it: one of them is in force, or the clocks jump between them.
  const before = asUtc - offsetAt(asUtc - DAY_MS, timeZone);
  const after = asUtc - offsetAt(asUtc + DAY_MS, timeZone);
  const fits = (instant: number) => instant + offsetAt(instant, timeZone) === asUtc;
  const fitting = [before, after].filter(fits);
  return new Date(fitting.length > 0 ? Math.min(...fitting) : before).toISOString();
}

/** The wall-clock time of an instant: `17:30`. */
export function timeOf(instant: string, timeZone: string): string {
  const options = { timeZone, hourCycle: "h23", hour: "2-digit", minute: "2-digit" } as const;
  return new Intl.DateTimeFormat("en-GB", options).format(new Date(instant));
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
