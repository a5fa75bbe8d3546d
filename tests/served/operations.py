"""The operations that the tests over HTTP send, as a client would write them."""

from typing import Any

METADATA = {
    "isSundayOnly": True,
    "sessionDuration": 60,
    "timeSlot": {"start": "17:30", "timeZone": "Asia/Kolkata"},
}

PURCHASE = """
fragment PurchaseFields on Purchase {
  id status tier origin expiryDate createdAt endedAt
  student { id } course { id title } payment { id }
  metadata { isSundayOnly sessionDuration date timeSlot { start end timeZone } labels { key value } }
  access { status sessionsTotal sessionsUsed startsAt expiresAt schedule(first: 5) { number startsAt endsAt } }
  supersedes { id } supersededBy { id }
}
"""

PROBLEM = """
fragment ProblemFields on Problem {
  __typename code message retryable
  ... on InvalidInput { fields { path message } }
}
"""

CREATE_PAYMENT = (
    PROBLEM
    + """
mutation CreatePayment($input: CreatePaymentInput!) {
  createPayment(input: $input) {
    __typename
    ... on CreatePaymentSuccess {
      alreadyProcessed clientSecret
      payment { id status fulfilment provider providerReference tier amount { amountMinor currency } purchase { id } }
    }
    ... on ActivePurchaseExists { existingPurchase { id tier } }
    ...ProblemFields
  }
}
"""
)

CONFIRM_PAYMENT = (
    PURCHASE
    + PROBLEM
    + """
mutation ConfirmPayment($input: ConfirmPaymentInput!) {
  confirmPayment(input: $input) {
    __typename
    ... on ConfirmPaymentSuccess {
      alreadyProcessed
      payment { id status fulfilment confirmedAt amountRefunded { amountMinor } }
      purchase { ...PurchaseFields }
    }
    ... on PaymentPending { retryAfterSeconds payment { id status } }
    ... on PaymentDeclined { payment { id status fulfilment failure { code message } } }
    ... on DuplicatePayment {
      payment { id fulfilment } existingPurchase { id } refund { status amount { amountMinor currency } }
    }
    ... on MetadataConflict { fields { field stored given } existingPurchase { id } }
    ...ProblemFields
  }
}
"""
)

CREATE_PURCHASE = (
    PURCHASE
    + PROBLEM
    + """
mutation CreatePurchase($input: CreatePurchaseInput!) {
  createPurchase(input: $input) {
    __typename
    ... on CreatePurchaseSuccess {
      alreadyProcessed purchase { ...PurchaseFields createdBy { id role } } replaced { id status }
    }
    ... on ActivePurchaseExists { existingPurchase { id tier } }
    ... on MetadataConflict { fields { field stored given } existingPurchase { id } }
    ...ProblemFields
  }
}
"""
)

CREATE_PURCHASES = (
    PURCHASE
    + PROBLEM
    + """
mutation CreatePurchases($input: [CreatePurchaseInput!]!) {
  createPurchases(input: $input) {
    __typename
    ... on CreatePurchaseSuccess {
      alreadyProcessed purchase { ...PurchaseFields createdBy { id role } } replaced { id status }
    }
    ... on ActivePurchaseExists { existingPurchase { id tier } }
    ... on MetadataConflict { fields { field stored given } existingPurchase { id } }
    ...ProblemFields
  }
}
"""
)

EXTEND_PURCHASE = (
    PURCHASE
    + PROBLEM
    + """
mutation ExtendPurchase($input: ExtendPurchaseInput!) {
  extendPurchase(input: $input) {
    __typename
    ... on ExtendPurchaseSuccess { alreadyProcessed purchase { ...PurchaseFields } }
    ... on ActivePurchaseExists { existingPurchase { id tier } }
    ...ProblemFields
  }
}
"""
)

CORRECT_PURCHASE_METADATA = (
    PURCHASE
    + PROBLEM
    + """
mutation CorrectPurchaseMetadata($input: CorrectPurchaseMetadataInput!) {
  correctPurchaseMetadata(input: $input) {
    __typename
    ... on CorrectPurchaseMetadataSuccess { alreadyProcessed purchase { ...PurchaseFields } }
    ...ProblemFields
  }
}
"""
)

REVOKE_PURCHASE = (
    PURCHASE
    + PROBLEM
    + """
mutation RevokePurchase($input: RevokePurchaseInput!) {
  revokePurchase(input: $input) {
    __typename
    ... on RevokePurchaseSuccess { alreadyProcessed purchase { ...PurchaseFields } }
    ...ProblemFields
  }
}
"""
)

SAVE_COURSE = (
    PROBLEM
    + """
mutation SaveCourse($input: SaveCourseInput!) {
  saveCourse(input: $input) {
    __typename
    ... on SaveCourseSuccess {
      alreadyProcessed
      course { id title tiers { code sessionCount price { amountMinor currency } validityDays rank } }
    }
    ...ProblemFields
  }
}
"""
)

PAYMENT_BY_ID = """
query Payment($id: ID!) {
  payment(id: $id) {
    id status fulfilment tier provider providerReference createdAt confirmedAt
    student { id } course { id } purchase { id }
    amount { amountMinor currency } amountRefunded { amountMinor currency }
    failure { code message } metadata { date }
  }
}
"""

PURCHASE_BY_ID = (
    PURCHASE
    + """
query Purchase($id: ID!) {
  purchase(id: $id) { ...PurchaseFields }
}
"""
)

PURCHASES = """
query Purchases(
  $filter: PurchaseFilter, $orderBy: PurchaseOrder, $first: Int, $after: String, $last: Int, $before: String
) {
  purchases(filter: $filter, orderBy: $orderBy, first: $first, after: $after, last: $last, before: $before) {
    nodes { id }
    edges { cursor node { id } }
    pageInfo { hasNextPage hasPreviousPage startCursor endCursor }
  }
}
"""

COURSE: dict[str, Any] = {
    "title": "Yoga",
    "tiers": [
        {
            "code": "BASIC",
            "sessionCount": 4,
            "price": {"amountMinor": 199900, "currency": "INR"},
            "validityDays": 90,
            "rank": 1,
        },
        {
            "code": "STANDARD",
            "sessionCount": 12,
            "price": {"amountMinor": 499900, "currency": "INR"},
            "validityDays": 180,
            "rank": 2,
        },
        {"code": "PREMIUM", "sessionCount": 24, "price": {"amountMinor": 899900, "currency": "INR"}, "rank": 3},
    ],
}
