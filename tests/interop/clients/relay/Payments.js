// What a page of a student's payments would ask, as Relay's components do; relay-compiler reads it, nothing runs it.
import { graphql } from "relay-runtime";

graphql`
  fragment Payments_payment on Payment {
    id
    status
    amount {
      amountMinor
      currency
    }
    purchase {
      id
      status
    }
  }
`;

graphql`
  fragment Payments_fulfilment on Payment @refetchable(queryName: "PaymentsRefetchQuery") {
    fulfilment
    metadata {
      date
    }
  }
`;

graphql`
  fragment Payments_viewer on Viewer
  @argumentDefinitions(count: { type: "Int", defaultValue: 2 }, cursor: { type: "String" })
  @refetchable(queryName: "PaymentsPageQuery") {
    payments(first: $count, after: $cursor) @connection(key: "Payments_payments") {
      edges {
        node {
          id
          ...Payments_payment
        }
      }
    }
  }
`;

graphql`
  query PaymentsQuery {
    viewer {
      id
      role
      ...Payments_viewer
    }
  }
`;

graphql`
  query PaymentsNodeQuery($id: ID!) {
    node(id: $id) {
      __typename
      ...Payments_payment @alias
      ...Payments_fulfilment @alias
    }
  }
`;

graphql`
  mutation PaymentsConfirmMutation($input: ConfirmPaymentInput!) {
    confirmPayment(input: $input) {
      __typename
      ... on ConfirmPaymentSuccess {
        payment {
          ...Payments_payment @relay(mask: false)
        }
      }
      ... on Problem {
        code
        message
      }
    }
  }
`;

graphql`
  subscription PaymentsChangesSubscription($id: ID!) {
    payment(id: $id) {
      ...Payments_payment @relay(mask: false)
    }
  }
`;
