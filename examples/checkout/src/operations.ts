// What the page asks of the gateway: the documents, from which `npm run generate` makes the types.

import { graphql } from "./gql";

export const MoneyParts = graphql(`
  fragment MoneyParts on Money {
    amountMinor
    currency
  }
`);

export const MetadataParts = graphql(`
  fragment MetadataParts on PurchaseMetadata {
    isSundayOnly
    sessionDuration
    timeSlot { start end timeZone }
  }
`);

export const PurchaseParts = graphql(`
  fragment PurchaseParts on Purchase {
    id
    tier
    status
    course { id title }
    metadata { ...MetadataParts }
    access {
      status
      sessionsTotal
      sessionsUsed
      expiresAt
      schedule(first: 100) { number startsAt endsAt }
    }
  }
`);

export const PaymentParts = graphql(`
  fragment PaymentParts on Payment {
    id
    status
    fulfilment
    tier
    course { id title }
    amount { ...MoneyParts }
    failure { code message }
    metadata { ...MetadataParts }
    purchase { ...PurchaseParts }
    refunds {
      id
      status
      amount { ...MoneyParts }
      settledAt
    }
  }
`);

export const TierParts = graphql(`
  fragment TierParts on CourseTier {
    code
    sessionCount
    price { ...MoneyParts }
    validityDays
    rank
  }
`);

export const OwnedParts = graphql(`
  fragment OwnedParts on Purchase {
    id
    tier
    course { id title }
    metadata { ...MetadataParts }
    access {
      sessionsTotal
      sessionsUsed
      expiresAt
      schedule(first: 100) { startsAt endsAt }
    }
  }
`);

export const Catalogue = graphql(`
  query Catalogue {
    viewer {
      id
      purchases(status: ACTIVE, first: 20) { nodes { ...OwnedParts } }
    }
    courses(first: 100) {
      nodes {
        id
        title
        description
        tiers { ...TierParts }
      }
    }
  }
`);

export const CreatePayment = graphql(`
  mutation CreatePayment($input: CreatePaymentInput!) {
    createPayment(input: $input) {
      __typename
      ... on CreatePaymentSuccess { payment { id } }
      ... on ActivePurchaseExists { code existingPurchase { ...PurchaseParts } }
      ... on InvalidInput { fields { path message } }
      ... on Problem { message }
    }
  }
`);

export const ConfirmPayment = graphql(`
  mutation ConfirmPayment($input: ConfirmPaymentInput!) {
    confirmPayment(input: $input) {
      __typename
      ... on ConfirmPaymentSuccess { payment { ...PaymentParts } }
      ... on PaymentPending { code payment { ...PaymentParts } }
      ... on PaymentDeclined { payment { ...PaymentParts } }
      ... on DuplicatePayment { payment { ...PaymentParts } existingPurchase { ...PurchaseParts } }
      ... on MetadataConflict { fields { field stored given } }
      ... on InvalidInput { fields { path message } }
      ... on Problem { message }
    }
  }
`);

export const PaymentNow = graphql(`
  subscription PaymentNow($id: ID!) {
    payment(id: $id) { ...PaymentParts }
  }
`);
