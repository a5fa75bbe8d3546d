// What the screens that find things ask for.

import { graphql } from "../gql";

export const StudentById = graphql(`
  query StudentById($id: ID!) {
    student(id: $id) {
      id
      purchases(first: 50) { nodes { ...PurchaseRow } pageInfo { hasNextPage } }
      payments(first: 50) { nodes { ...PaymentRow } pageInfo { hasNextPage } }
      refunds(first: 50) { nodes { ...RefundParts payment { id } } pageInfo { hasNextPage } }
      latest: history(first: 1) { nodes { at action } }
    }
  }
`);

export const StudentHistory = graphql(`
  query StudentHistory($id: ID!, $first: Int, $after: String) {
    student(id: $id) {
      id
      history(first: $first, after: $after) {
        nodes { ...EntryParts subject { __typename id } }
        pageInfo { hasNextPage endCursor }
      }
    }
  }
`);

export const NeedingAttention = graphql(`
  query NeedingAttention($first: Int, $after: String, $last: Int, $before: String) {
    needsAttention(first: $first, after: $after, last: $last, before: $before) {
      nodes {
        id
        kind
        reason
        since
        job { id kind }
        payment { id student { id } amount { ...MoneyParts } amountCaptured { ...MoneyParts } }
        purchase { id student { id } tier course { id title } }
        refund { id amount { ...MoneyParts } }
        calls { mutation effect }
      }
      pageInfo { hasNextPage hasPreviousPage startCursor endCursor }
    }
  }
`);

export const EraseStudent = graphql(`
  mutation EraseStudent($input: EraseStudentInput!) {
    eraseStudent(input: $input) {
      __typename
      ... on EraseStudentSuccess { alreadyProcessed pseudonym payments purchases }
      ... on StudentHasOpenBusiness { open { kind id endsAt } }
      ... on InvalidInput { fields { path message } }
      ... on Problem { message }
    }
  }
`);

export const SearchFor = graphql(`
  query SearchFor($text: String!) {
    search(text: $text, first: 30) {
      __typename
      ... on Student { id }
      ... on Purchase { id student { id } course { id title } tier purchaseStatus: status }
      ... on Payment { id student { id } amount { ...MoneyParts } amountCaptured { ...MoneyParts } paymentStatus: status provider providerReference }
      ... on Refund { id refunded: amount { ...MoneyParts } refundStatus: status reason of: payment { id } }
      ... on Job { id kind state }
      ... on Course { id title }
    }
  }
`);
