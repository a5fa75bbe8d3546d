// What the screens that find things ask for.

import { graphql } from "../gql";

export const StudentById = graphql(`
  query StudentById($id: ID!) {
    purchases(first: 50, filter: { studentId: $id }) {
      nodes { ...PurchaseRow history(first: 20) { nodes { ...EntryParts } } }
      pageInfo { hasNextPage }
    }
    payments(first: 50, filter: { studentId: $id }) {
      nodes { ...PaymentRow history(first: 20) { nodes { ...EntryParts } } }
      pageInfo { hasNextPage }
    }
  }
`);

export const NeedingAttention = graphql(`
  query NeedingAttention($first: Int, $after: String, $last: Int, $before: String) {
    jobs(filter: { state: FAILED }, first: $first, after: $after, last: $last, before: $before) {
      nodes { ...JobParts }
      pageInfo { hasNextPage hasPreviousPage startCursor endCursor }
    }
  }
`);
