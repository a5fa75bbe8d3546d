// The smallest parts: an instant, an amount, a state, an id that is a link.

import { moment, money, words, type Money } from "../format";
import type { RefundOrigin } from "../gql/graphql";
import { link } from "../router";

export function Instant({ at }: { at: string }) {
  return (
    <time dateTime={at} title={at}>
      {moment(at)}
    </time>
  );
}

export function Amount({ of }: { of: Money }) {
  return <span className="amount">{money(of)}</span>;
}

const TONES: Record<string, string> = {
  ACTIVE: "good",
  GRANTED: "good",
  SUCCEEDED: "good",
  FULFILLED: "good",
  COMPLETED: "good",
  FAILED: "bad",
  UNFULFILLABLE: "bad",
  DUPLICATE: "warn",
  REFUNDED: "warn",
  PARTIALLY_REFUNDED: "warn",
  REVOKED: "warn",
  RETRYING: "warn",
  PROCESSING: "wait",
  PENDING: "wait",
  RUNNING: "wait",
  REQUIRES_PAYMENT: "wait",
};

export function State({ of }: { of: string }) {
  return <span className={`state ${TONES[of] ?? ""}`}>{words(of)}</span>;
}

const PAGES: Record<string, string> = { pur: "purchases", pay: "payments", job: "jobs", crs: "courses" };

/** The page of a thing by its id; null where it has none of its own. */
export function pageOf(id: string): string | null {
  const page = PAGES[id.split("_", 1)[0] ?? ""];
  return page === undefined ? null : link([page, id]);
}

export function Id({ of }: { of: string }) {
  const href = pageOf(of);
  return href === null ? <code>{of}</code> : <a href={href}><code>{of}</code></a>;
}

export function StudentLink({ id }: { id: string }) {
  return <a href={link(["students", id])}>{id}</a>;
}

const ASKED: Record<RefundOrigin, string> = {
  GATEWAY: "here",
  PROVIDER: "at the provider’s dashboard",
  DISPUTE: "by the student’s bank",
};

/** Where a refund was asked for. */
export function asked(origin: RefundOrigin): string {
  return ASKED[origin] ?? words(origin);
}
