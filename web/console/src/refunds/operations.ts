// What the list of refunds asks for.

import { graphql } from "../gql";

export const RefundRow = graphql(`
  fragment RefundRow on Refund {
    ...RefundParts
    payment { id student { id } course { id title } provider }
  }
`);

export const Refunds = graphql(`
  query Refunds($filter: RefundFilter, $first: Int, $after: String, $last: Int, $before: String) {
    refunds(filter: $filter, first: $first, after: $after, last: $last, before: $before) {
      nodes { ...RefundRow }
      pageInfo { hasNextPage hasPreviousPage startCursor endCursor }
    }
  }
`);

export const RefundsCount = graphql(`
  query RefundsCount($filter: RefundFilter) {
    refunds(filter: $filter, first: 0) { totalCount { ...CountParts } }
  }
`);
