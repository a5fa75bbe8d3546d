// What the screens about jobs ask for.

import { graphql } from "../gql";

export const Jobs = graphql(`
  query Jobs($filter: JobFilter, $first: Int, $after: String, $last: Int, $before: String) {
    jobs(filter: $filter, first: $first, after: $after, last: $last, before: $before) {
      nodes { ...JobParts }
      pageInfo { hasNextPage hasPreviousPage startCursor endCursor }
    }
  }
`);

export const JobById = graphql(`
  query JobById($id: ID!) {
    node(id: $id) { __typename ... on Job { ...JobParts } }
  }
`);

export const RetryJob = graphql(`
  mutation RetryJob($input: RetryJobInput!) {
    retryJob(input: $input) {
      __typename
      ... on RetryJobSuccess { job { ...JobParts } }
      ... on InvalidInput { fields { path message } }
      ... on Problem { message }
    }
  }
`);

export const CancelJob = graphql(`
  mutation CancelJob($input: CancelJobInput!) {
    cancelJob(input: $input) {
      __typename
      ... on CancelJobSuccess { job { ...JobParts } }
      ... on InvalidInput { fields { path message } }
      ... on Problem { message }
    }
  }
`);
