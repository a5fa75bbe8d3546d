// What the screens about payments ask for.

import { graphql } from "../gql";

export const Payments = graphql(`
  query Payments($filter: PaymentFilter, $first: Int, $after: String, $last: Int, $before: String) {
    payments(filter: $filter, first: $first, after: $after, last: $last, before: $before) {
      nodes { ...PaymentRow }
      pageInfo { hasNextPage hasPreviousPage startCursor endCursor }
    }
  }
`);

export const PaymentsCount = graphql(`
  query PaymentsCount($filter: PaymentFilter) {
    payments(filter: $filter, first: 0) { totalCount { ...CountParts } }
  }
`);

export const PaymentById = graphql(`
  query PaymentById($id: ID!) {
    payment(id: $id) {
      ...PaymentParts
      history(first: 100) {
        nodes { ...EntryParts }
        pageInfo { hasNextPage }
      }
    }
    jobs(first: 20, filter: { paymentId: $id }) { nodes { ...JobParts } }
  }
`);

export const RefundPayment = graphql(`
  mutation RefundPayment($input: RefundPaymentInput!) {
    refundPayment(input: $input) {
      __typename
      ... on RefundPaymentSuccess { alreadyProcessed refund { ...RefundParts } payment { ...PaymentParts } }
      ... on InvalidInput { fields { path message } }
      ... on Problem { message }
    }
  }
`);
