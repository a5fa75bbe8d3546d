// The operations of the typed program, as GraphQL Code Generator reads them.
import { graphql } from "../generated/typed/gql/gql.js";

export const SaveTypedCourse = graphql(`
  mutation SaveTypedCourse($input: SaveCourseInput!) {
    saveCourse(input: $input) {
      __typename
      ... on SaveCourseSuccess { course { id title tiers { code price { amountMinor currency } } } }
      ... on Problem { code message }
    }
  }
`);

export const OpenTypedPayment = graphql(`
  mutation OpenTypedPayment($input: CreatePaymentInput!) {
    createPayment(input: $input) {
      __typename
      ... on CreatePaymentSuccess { payment { id status } }
      ... on ActivePurchaseExists { existingPurchase { id tier } }
      ... on InvalidInput { fields { path message } }
      ... on Problem { code message retryable }
    }
  }
`);

export const ConfirmTypedPayment = graphql(`
  mutation ConfirmTypedPayment($input: ConfirmPaymentInput!) {
    confirmPayment(input: $input) {
      __typename
      ... on ConfirmPaymentSuccess { alreadyProcessed purchase { id expiryDate access { schedule(first: 1) { startsAt } } } }
      ... on PaymentPending { retryAfterSeconds }
      ... on PaymentDeclined { payment { failure { code } } }
      ... on DuplicatePayment { existingPurchase { id } refund { status } }
      ... on MetadataConflict { existingPurchase { id } fields { field stored given } }
      ... on InvalidInput { invalid: fields { path message } }
      ... on NotFound { message }
      ... on Problem { code }
    }
  }
`);
