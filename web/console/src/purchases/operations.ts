// What the screens about purchases ask for.

import { graphql } from "../gql";

export const Purchases = graphql(`
  query Purchases($filter: PurchaseFilter, $first: Int, $after: String, $last: Int, $before: String) {
    purchases(filter: $filter, first: $first, after: $after, last: $last, before: $before) {
      nodes { ...PurchaseRow }
      pageInfo { hasNextPage hasPreviousPage startCursor endCursor }
    }
  }
`);

export const PurchasesCount = graphql(`
  query PurchasesCount($filter: PurchaseFilter) {
    purchases(filter: $filter, first: 0) { totalCount { ...CountParts } }
  }
`);

export const PurchaseById = graphql(`
  query PurchaseById($id: ID!, $after: String) {
    purchase(id: $id) {
      ...PurchaseParts
      history(first: 100, after: $after) {
        nodes { ...EntryParts }
        pageInfo { hasNextPage endCursor }
      }
    }
  }
`);

export const ActiveOf = graphql(`
  query ActiveOf($studentId: ID!, $courseId: ID!) {
    purchases(first: 1, filter: { studentId: $studentId, courseId: $courseId, status: ACTIVE }) {
      nodes { ...PurchaseRow }
    }
  }
`);

export const RevokePurchase = graphql(`
  mutation RevokePurchase($input: RevokePurchaseInput!) {
    revokePurchase(input: $input) {
      __typename
      ... on RevokePurchaseSuccess { alreadyProcessed purchase { ...PurchaseRow } }
      ... on InvalidInput { fields { path message } }
      ... on Problem { message }
    }
  }
`);

export const ExtendPurchase = graphql(`
  mutation ExtendPurchase($input: ExtendPurchaseInput!) {
    extendPurchase(input: $input) {
      __typename
      ... on ExtendPurchaseSuccess { alreadyProcessed purchase { ...PurchaseRow } }
      ... on ActivePurchaseExists { existingPurchase { ...PurchaseRow } }
      ... on InvalidInput { fields { path message } }
      ... on Problem { message }
    }
  }
`);

export const CorrectPurchase = graphql(`
  mutation CorrectPurchase($input: CorrectPurchaseMetadataInput!) {
    correctPurchaseMetadata(input: $input) {
      __typename
      ... on CorrectPurchaseMetadataSuccess { alreadyProcessed purchase { ...PurchaseParts } }
      ... on InvalidInput { fields { path message } }
      ... on Problem { message }
    }
  }
`);

export const GrantPurchase = graphql(`
  mutation GrantPurchase($input: CreatePurchaseInput!) {
    createPurchase(input: $input) {
      __typename
      ... on CreatePurchaseSuccess { alreadyProcessed purchase { ...PurchaseRow } replaced { id tier } }
      ... on ActivePurchaseExists { existingPurchase { ...PurchaseRow } }
      ... on MetadataConflict { fields { field stored given } existingPurchase { ...PurchaseRow } }
      ... on InvalidInput { fields { path message } }
      ... on Problem { message }
    }
  }
`);
