"""The extract of purchases, each with its access and with the payment behind it."""

from db.statements import ACCESS, PAYMENT, PURCHASE
from gateway.schema.conventions import ids
from gateway.services.extracts.metadata import metadata_columns
from gateway.services.extracts.model import Extract, id_column, instant, text, whole

PURCHASES = Extract(
    "purchases",
    [
        id_column("id", ids.PURCHASE, PURCHASE.c.id, "The purchase."),
        instant("createdAt", PURCHASE.c.created_at, "When it was made."),
        text("studentId", PURCHASE.c.student_id, "Whose it is: the platform's id of the student."),
        id_column("courseId", ids.COURSE, PURCHASE.c.course_id, "The course."),
        text("tier", PURCHASE.c.tier, "Its tier."),
        text("status", PURCHASE.c.status, "Its state."),
        text("origin", PURCHASE.c.origin, "PAYMENT, or ADMIN where it was granted."),
        instant("endedAt", PURCHASE.c.ended_at, "When it ended; null while it is ACTIVE."),
        text("accessStatus", ACCESS.c.status, "What the student may use, as it is stored."),
        whole("sessionsTotal", ACCESS.c.sessions_total, "How many sessions there are."),
        whole("sessionsUsed", ACCESS.c.sessions_used, "How many of them were used."),
        instant("startsAt", ACCESS.c.starts_at, "When the access begins."),
        instant("expiresAt", ACCESS.c.expires_at, "When it ends; null without an end."),
        *metadata_columns(PURCHASE),
        text("createdById", PURCHASE.c.created_by_id, "Who made it."),
        text("createdByRole", PURCHASE.c.created_by_role, "In which role."),
        id_column("supersedes", ids.PURCHASE, PURCHASE.c.supersedes, "The purchase that it replaced."),
        id_column("paymentId", ids.PAYMENT, PURCHASE.c.payment_id, "What paid for it; null where nothing did."),
        text("provider", PAYMENT.c.provider, "Who moved that money."),
        text("paymentReference", PAYMENT.c.reference, "The provider's id of it: Stripe's intent, Razorpay's order."),
        text("paymentAttempt", PAYMENT.c.attempt, "Its id of the attempt: Stripe's charge, Razorpay's payment."),
        whole("amountMinor", PAYMENT.c.captured_minor, "What was captured, in the currency's minor unit."),
        text("currency", PAYMENT.c.captured_currency, "Its ISO 4217 code."),
        whole("refundedMinor", PAYMENT.c.refunded_minor, "What went back of it."),
    ],
    PURCHASE,
    PURCHASE.join(ACCESS, ACCESS.c.purchase_id == PURCHASE.c.id, isouter=True).join(
        PAYMENT, PAYMENT.c.id == PURCHASE.c.payment_id, isouter=True
    ),
    (PURCHASE.c.created_at, PURCHASE.c.id),
    PURCHASE.c.created_at,
    lambda student: PURCHASE.c.student_id == student,
    lambda course: PURCHASE.c.course_id == course,
)
