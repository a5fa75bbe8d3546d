// What the console asks of the gateway, as far as several screens share it. From all documents, `npm run generate` makes
// the types.

import { graphql } from "./gql";

export const MoneyParts = graphql(`
  fragment MoneyParts on Money { amountMinor currency }
`);

export const CountParts = graphql(`
  fragment CountParts on Count { count precision }
`);

export const EntryParts = graphql(`
  fragment EntryParts on AuditEntry { at actor { id role } action reason changes }
`);

export const MetadataParts = graphql(`
  fragment MetadataParts on PurchaseMetadata {
    isSundayOnly
    sessionDuration
    timeSlot { start end timeZone }
    date
    labels { key value }
  }
`);

export const PurchaseRow = graphql(`
  fragment PurchaseRow on Purchase {
    id
    student { id }
    course { id title }
    tier
    status
    origin
    createdAt
    endedAt
    expiryDate
    access { status sessionsTotal sessionsUsed }
    payment { id amount { ...MoneyParts } }
  }
`);

export const PurchaseParts = graphql(`
  fragment PurchaseParts on Purchase {
    ...PurchaseRow
    metadata { ...MetadataParts }
    createdBy { id role }
    access { startsAt expiresAt }
    payment { id status amount { ...MoneyParts } amountCaptured { ...MoneyParts } amountRefunded { ...MoneyParts } }
    supersedes { id tier }
    supersededBy { id tier }
  }
`);

export const RefundParts = graphql(`
  fragment RefundParts on Refund {
    id
    amount { ...MoneyParts }
    status
    origin
    reason
    failure { code message }
    providerReference
    createdAt
    settledAt
  }
`);

export const PaymentRow = graphql(`
  fragment PaymentRow on Payment {
    id
    student { id }
    course { id title }
    tier
    amount { ...MoneyParts }
    amountCaptured { ...MoneyParts }
    amountRefunded { ...MoneyParts }
    status
    fulfilment
    provider
    providerReference
    createdAt
    confirmedAt
  }
`);

export const PaymentParts = graphql(`
  fragment PaymentParts on Payment {
    ...PaymentRow
    failure { code message }
    metadata { ...MetadataParts }
    purchase { id status tier supersedes { id tier } }
    refunds { ...RefundParts }
  }
`);

export const JobParts = graphql(`
  fragment JobParts on Job {
    id
    kind
    state
    attempts
    runAt
    lastError
    createdAt
    finishedAt
    subscriber
    payment { id student { id } }
    purchase { id student { id } }
  }
`);

export const CourseParts = graphql(`
  fragment CourseParts on Course {
    id
    title
    tiers { code sessionCount price { ...MoneyParts } validityDays rank }
  }
`);

export const Catalogue = graphql(`
  query Catalogue($after: String) {
    courses(first: 100, after: $after) {
      nodes { ...CourseParts }
      pageInfo { hasNextPage endCursor }
    }
  }
`);

export const PaymentNow = graphql(`
  subscription PaymentNow($id: ID!) {
    payment(id: $id) { ...PaymentParts }
  }
`);

export const PurchasesNow = graphql(`
  subscription PurchasesNow {
    purchases { ...PurchaseRow }
  }
`);

export const ChangedNow = graphql(`
  subscription ChangedNow($kinds: [ChangedKind!]) {
    changed(kinds: $kinds) { kinds }
  }
`);
