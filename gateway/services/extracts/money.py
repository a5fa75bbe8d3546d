"""The extracts of payments and of refunds."""

from sqlalchemy import select

from db.statements import PAYMENT, PURCHASE, REFUND
from gateway.schema.conventions import ids
from gateway.services.extracts.metadata import metadata_columns
from gateway.services.extracts.model import Extract, id_column, instant, text, whole

PAYMENTS = Extract(
    "payments",
    [
        id_column("id", ids.PAYMENT, PAYMENT.c.id, "The payment."),
        instant("createdAt", PAYMENT.c.created_at, "When its checkout was opened."),
        text("studentId", PAYMENT.c.student_id, "Whose it is: the platform's id of the student."),
        id_column("courseId", ids.COURSE, PAYMENT.c.course_id, "What it is for."),
        text("tier", PAYMENT.c.tier, "The tier that was sold."),
        whole("sessionCount", PAYMENT.c.session_count, "The sessions that were sold."),
        whole("validityDays", PAYMENT.c.validity_days, "For how many days; null without an end."),
        instant("expiryDate", PAYMENT.c.expires_at, "The end that was agreed as a date, instead."),
        text("purpose", PAYMENT.c.purpose, "PURCHASE or RENEWAL."),
        text("provider", PAYMENT.c.provider, "Who moves the money."),
        text("providerReference", PAYMENT.c.reference, "The provider's id: Stripe's intent, Razorpay's order."),
        text(
            "providerAttempt", PAYMENT.c.attempt, "Its id of the latest attempt: Stripe's charge, Razorpay's payment."
        ),
        whole("amountMinor", PAYMENT.c.amount_minor, "What was asked for, in the currency's minor unit."),
        text("currency", PAYMENT.c.currency, "Its ISO 4217 code."),
        text("status", PAYMENT.c.status, "What the money is doing."),
        text("fulfilment", PAYMENT.c.fulfilment, "What it led to."),
        instant("confirmedAt", PAYMENT.c.confirmed_at, "When we learnt that the money was captured."),
        whole("capturedMinor", PAYMENT.c.captured_minor, "What was captured."),
        text("capturedCurrency", PAYMENT.c.captured_currency, "In which currency."),
        whole("refundedMinor", PAYMENT.c.refunded_minor, "What went back of it."),
        text("failureCode", PAYMENT.c.failure_code, "Why it led to no purchase, for programs."),
        text("failureMessage", PAYMENT.c.failure_message, "The same for people."),
        id_column("purchaseId", ids.PURCHASE, PURCHASE.c.id, "The purchase that it became."),
        id_column(
            "duplicateOf", ids.PURCHASE, PAYMENT.c.duplicate_of, "What the student had already, if it is DUPLICATE."
        ),
        id_column("extraOf", ids.PAYMENT, PAYMENT.c.extra_of, "The payment whose checkout took this money once more."),
        *metadata_columns(PAYMENT),
    ],
    PAYMENT,
    PAYMENT.join(PURCHASE, PURCHASE.c.payment_id == PAYMENT.c.id, isouter=True),
    (PAYMENT.c.created_at, PAYMENT.c.id),
    PAYMENT.c.created_at,
    lambda student: PAYMENT.c.student_id == student,
    lambda course: PAYMENT.c.course_id == course,
)

REFUNDS = Extract(
    "refunds",
    [
        id_column("id", ids.REFUND, REFUND.c.id, "The refund; a dispute is one as well."),
        instant("createdAt", REFUND.c.created_at, "When it was decided, or we learnt of it."),
        instant("settledAt", REFUND.c.settled_at, "When we learnt how it ended."),
        id_column("paymentId", ids.PAYMENT, REFUND.c.payment_id, "Whose money it is."),
        text("studentId", PAYMENT.c.student_id, "Whose payment that is."),
        id_column("courseId", ids.COURSE, PAYMENT.c.course_id, "What it was for."),
        text("provider", PAYMENT.c.provider, "Who moves the money."),
        text("providerReference", REFUND.c.reference, "The provider's id of the refund or the dispute."),
        text("paymentReference", PAYMENT.c.reference, "The provider's id of the payment."),
        whole("amountMinor", REFUND.c.amount_minor, "How much, in the currency's minor unit."),
        text("currency", REFUND.c.currency, "Its ISO 4217 code."),
        text("status", REFUND.c.status, "SUCCEEDED: the money went back."),
        text("origin", REFUND.c.origin, "GATEWAY: asked for here; PROVIDER: at its dashboard; DISPUTE: by the bank."),
        text("reason", REFUND.c.reason, "Why."),
        text("requestedById", REFUND.c.requested_by_id, "Who asked for it."),
        text("requestedByRole", REFUND.c.requested_by_role, "In which role."),
        text("failureCode", REFUND.c.failure_code, "Why it was not made, for programs."),
        text("failureMessage", REFUND.c.failure_message, "The same for people."),
    ],
    REFUND,
    REFUND.join(PAYMENT, PAYMENT.c.id == REFUND.c.payment_id, isouter=True),
    (REFUND.c.created_at, REFUND.c.id),
    REFUND.c.created_at,
    lambda student: REFUND.c.payment_id.in_(select(PAYMENT.c.id).where(PAYMENT.c.student_id == student)),
    lambda course: REFUND.c.payment_id.in_(select(PAYMENT.c.id).where(PAYMENT.c.course_id == course)),
)
