// The operations that every client sends, as text; each client parses them in its own way.

export const SAVE_COURSE = `
mutation SaveCourse($input: SaveCourseInput!) {
  saveCourse(input: $input) {
    __typename
    ... on SaveCourseSuccess { course { id title } }
    ... on Problem { code message }
  }
}`;

export const COURSE = `
query Course($id: ID!) {
  course(id: $id) { id title tiers { code sessionCount price { amountMinor currency } } }
}`;

export const CREATE_PAYMENT = `
mutation CreatePayment($input: CreatePaymentInput!) {
  createPayment(input: $input) {
    __typename
    ... on CreatePaymentSuccess { alreadyProcessed payment { id status amount { amountMinor currency } } }
    ... on Problem { code message retryable }
    ... on InvalidInput { fields { path message } }
  }
}`;

export const CONFIRM_PAYMENT = `
mutation ConfirmPayment($input: ConfirmPaymentInput!) {
  confirmPayment(input: $input) {
    __typename
    ... on ConfirmPaymentSuccess { alreadyProcessed purchase { id status tier } payment { id status } }
    ... on Problem { code message retryable }
  }
}`;

export const PAYMENT = `
query Payment($id: ID!) {
  payment(id: $id) { id status purchase { id } }
}`;

export const PAYMENT_CHANGES = `
subscription PaymentChanges($id: ID!) {
  payment(id: $id) { id status purchase { id } }
}`;

export const NO_PAYMENT = "pay_01j0000000e008000000000009";

export const courseInput = (title) => ({
  title,
  tiers: [
    { code: "STANDARD", sessionCount: 12, price: { amountMinor: 499900, currency: "INR" }, validityDays: 180, rank: 1 },
  ],
});

export const paymentInput = (courseId) => ({
  courseId,
  tier: "STANDARD",
  metadata: {
    isSundayOnly: true,
    sessionDuration: 60,
    timeSlot: { start: "17:30", timeZone: "Asia/Kolkata" },
  },
});
