// What the screens about sessions ask for.

import { graphql } from "../gql";

export const SessionsOf = graphql(`
  query SessionsOf($id: ID!, $first: Int!, $after: Int!) {
    purchase(id: $id) {
      id
      sessions(first: $first, after: $after) { ...SessionParts }
    }
  }
`);

export const SessionParts = graphql(`
  fragment SessionParts on PurchaseSession {
    number
    startsAt
    endsAt
    isUsed
    record { heldAt recordedAt recordedBy { id } withdrawnAt }
  }
`);

export const RecordSession = graphql(`
  mutation RecordSession($input: RecordSessionInput!) {
    recordSession(input: $input) {
      __typename
      ... on RecordSessionSuccess { alreadyProcessed purchase { ...PurchaseRow } session { number heldAt } }
      ... on PurchaseEnded { endedAt activePurchase { id } }
      ... on InvalidInput { fields { path message } }
      ... on Problem { message }
    }
  }
`);

export const WithdrawSession = graphql(`
  mutation WithdrawSession($input: WithdrawSessionInput!) {
    withdrawSession(input: $input) {
      __typename
      ... on WithdrawSessionSuccess { alreadyProcessed purchase { ...PurchaseRow } session { number } }
      ... on InvalidInput { fields { path message } }
      ... on Problem { message }
    }
  }
`);
