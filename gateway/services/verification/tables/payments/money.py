"""What must be true of a payment's money: what its status says of it, what it became, and what went back."""

from gateway.services.core.model.currencies import HIGHEST_AMOUNT_MINOR, exponents
from gateway.services.core.model.values import Fulfilment, PaymentStatus
from gateway.services.verification.model import Check, Gathered, Invariant, Related
from gateway.services.verification.words import SKEW_US, Words, n, not_among

MONEY = (
    "payment.status",
    "payment.fulfilment",
    "payment.amount_minor",
    "payment.currency",
    "payment.captured_minor",
    "payment.captured_currency",
    "payment.refunded_minor",
)
_ASK_PROVIDER = (
    "Compare the payment with the provider's dashboard, by its reference. Confirm it once more (confirmPayment as an"
    " admin), which brings our books up to date; where it stays so, correct the row in a transaction with the audit."
)
_PENDING = "back.status = 'PENDING'"

_AMOUNT = f"CASE WHEN back.amount_minor BETWEEN 0 AND {HIGHEST_AMOUNT_MINOR} THEN back.amount_minor ELSE 0 END"
"""What is no amount adds nothing: the sum of two might be more than the database's integers hold."""

RETURNS = Gathered(
    "back",
    "refund",
    "payment_id",
    {
        "refunds": "count(*)",
        "returned": f"sum(CASE WHEN back.status = 'SUCCEEDED' THEN {_AMOUNT} ELSE 0 END)",
        "requested": f"sum(CASE WHEN {_PENDING} AND back.origin = 'GATEWAY' THEN {_AMOUNT} ELSE 0 END)",
        "reserved": f"sum(CASE WHEN {_PENDING} AND back.origin <> 'GATEWAY' THEN {_AMOUNT} ELSE 0 END)",
        "ours": "sum(CASE WHEN back.origin = 'GATEWAY' THEN 1 ELSE 0 END)",
        "made": "sum(CASE WHEN back.status = 'SUCCEEDED' THEN 1 ELSE 0 END)",
    },
)
BOUGHT = Gathered(
    "bought",
    "purchase",
    "payment_id",
    {"purchases": "count(*)", "active": "sum(CASE WHEN bought.status = 'ACTIVE' THEN 1 ELSE 0 END)"},
)
DUPLICATED = Related("standing", "purchase", "standing.id = payment.duplicate_of")
FIRST = Related("first", "payment", "first.id = payment.extra_of")


def money(w: Words) -> tuple[Invariant, ...]:
    """Of `payment`, with what is joined to it in `payments`."""
    is_captured = "payment.captured_minor IS NOT NULL"
    going = f"({n('back.returned')} + {n('back.requested')} + {n('back.reserved')})"
    return (
        Invariant(
            "A captured payment became exactly one purchase, or all of it goes or went back.",
            "payment",
            "Where the student should have the course, an admin grants it (createPurchase); else the money is owed:"
            " refundPayment. Then find out who changed the rows.",
            (
                Check(
                    f"{is_captured} AND payment.fulfilment = 'FULFILLED' AND {n('bought.purchases')} <> 1",
                    "It is FULFILLED, so exactly one purchase must name it, and as many do as `bought.purchases` says.",
                    (*MONEY, "bought.purchases"),
                ),
                Check(
                    f"{is_captured} AND payment.fulfilment <> 'FULFILLED' AND {n('bought.purchases')} <> 0",
                    "It is not FULFILLED, so no purchase may name it.",
                    (*MONEY, "bought.purchases"),
                ),
                Check(
                    f"{is_captured} AND payment.fulfilment <> 'FULFILLED' AND payment.captured_minor > {going}",
                    "It bought nothing, so all that was captured must be refunded or be on its way back; it is not.",
                    (*MONEY, "back.returned", "back.requested", "back.reserved"),
                ),
            ),
        ),
        Invariant(
            "No payment without captured money became a purchase.",
            "payment",
            "The student has a course that nobody paid for: revokePurchase, unless the provider did take the money.",
            (
                Check(
                    f"payment.captured_minor IS NULL AND {n('bought.purchases')} > 0",
                    "Nothing was captured, so no purchase may name it.",
                    (*MONEY, "bought.purchases"),
                ),
            ),
        ),
        Invariant(
            "A payment refunded in full holds no active purchase.",
            "payment",
            "The student has a course whose money went back: revokePurchase, or let it be paid again.",
            (
                Check(
                    f"payment.status = 'REFUNDED' AND {n('bought.active')} > 0",
                    "It is REFUNDED, so its purchase may not be ACTIVE.",
                    (*MONEY, "bought.active"),
                ),
            ),
        ),
        Invariant(
            "No payment gives back more than was captured, and its books agree with its refunds.",
            "payment",
            "Compare its refunds with the provider's dashboard; what is there is right.",
            (
                Check(
                    f"{n('back.returned')} + {n('back.requested')} > coalesce(payment.captured_minor, 0)"
                    f" OR {n('back.returned')} + {n('back.reserved')} > coalesce(payment.captured_minor, 0)",
                    "Its refunds together are more than was captured.",
                    (*MONEY, "back.returned", "back.requested", "back.reserved"),
                ),
                Check(
                    w.differs("payment.refunded_minor", n("back.returned")),
                    "Its refunded_minor must be the sum of its refunds that SUCCEEDED (`back.returned`).",
                    (*MONEY, "back.returned"),
                ),
            ),
        ),
        Invariant(
            "A payment's status says what its money did.",
            "payment",
            _ASK_PROVIDER,
            (
                Check(
                    f"""CASE WHEN payment.captured_minor IS NULL
                        THEN {not_among("payment.status", ("REQUIRES_PAYMENT", "PROCESSING", "FAILED", "CANCELED"))}
                        WHEN payment.refunded_minor = 0 THEN payment.status <> 'SUCCEEDED'
                        WHEN payment.refunded_minor < payment.captured_minor THEN payment.status <> 'PARTIALLY_REFUNDED'
                        ELSE payment.status <> 'REFUNDED' END""",
                    "With captured money the status is SUCCEEDED, PARTIALLY_REFUNDED or REFUNDED, by how much of it"
                    " went back; without, it is none of these.",
                    MONEY,
                ),
                Check(
                    not_among("payment.status", PaymentStatus),
                    f"The status must be one of {', '.join(PaymentStatus)}.",
                    MONEY,
                ),
                Check(
                    f"""(payment.fulfilment = 'PENDING') <> (payment.captured_minor IS NULL)
                        OR {not_among("payment.fulfilment", Fulfilment)}""",
                    "The fulfilment is PENDING just as long as nothing is captured; then FULFILLED, DUPLICATE or"
                    " UNFULFILLABLE.",
                    MONEY,
                ),
                Check(
                    f"""(payment.captured_currency IS NULL) <> (payment.captured_minor IS NULL)
                        OR (payment.confirmed_at IS NULL) <> (payment.captured_minor IS NULL)
                        OR payment.captured_minor IS NULL AND payment.refunded_minor <> 0
                        OR {is_captured} AND (payment.reference IS NULL OR payment.attempt IS NULL)""",
                    "A capture has an amount, a currency, a moment (confirmed_at), a reference and an attempt; without"
                    " one, there is neither currency nor moment, and nothing went back.",
                    (*MONEY, "payment.confirmed_at", "payment.reference", "payment.attempt"),
                ),
            ),
        ),
        Invariant(
            "Amounts are in a currency that there is, and within what JSON holds exactly.",
            "payment",
            _ASK_PROVIDER,
            (
                Check(
                    f"""payment.amount_minor NOT BETWEEN 1 AND {HIGHEST_AMOUNT_MINOR}
                        OR payment.captured_minor NOT BETWEEN 0 AND {HIGHEST_AMOUNT_MINOR}
                        OR payment.refunded_minor NOT BETWEEN 0 AND {HIGHEST_AMOUNT_MINOR}
                        OR {not_among("payment.currency", sorted(exponents()))}
                        OR payment.captured_currency <> payment.currency
                        AND {not_among("payment.captured_currency", sorted(exponents()))}""",
                    "Amounts are whole minor units from 1 (captured and refunded: from 0), currencies of ISO 4217.",
                    MONEY,
                ),
            ),
        ),
        Invariant(
            "What became a purchase was paid for in full.",
            "payment",
            "Look at the provider's dashboard for what was taken. Where less was paid than was asked for, an admin"
            " takes the purchase back (refundPayment, or revokePurchase).",
            (
                Check(
                    f"""payment.fulfilment IN ('FULFILLED', 'DUPLICATE') AND payment.extra_of IS NULL
                        AND (payment.captured_currency <> payment.currency
                        OR payment.captured_minor <> payment.amount_minor)
                        AND (SELECT count(*) FROM audit_entry AS said WHERE said.subject_id = payment.id
                        AND said.action = 'payment.captured'
                        AND {w.entry("said.changes", "settles", "amountMinor")} = CAST(payment.amount_minor AS TEXT)
                        AND {w.entry("said.changes", "settles", "currency")} = payment.currency) = 0""",
                    "The captured amount and currency must be what was asked for, unless the provider said at the"
                    " capture that its order is paid in full.",
                    MONEY,
                ),
                Check(
                    """payment.failure_code = 'payment_mismatch' AND payment.captured_currency = payment.currency
                        AND payment.captured_minor = payment.amount_minor
                        AND payment.failure_message LIKE 'amount:%' AND payment.failure_message NOT LIKE '%; %'""",
                    "It is UNFULFILLABLE because another amount was captured, and yet the amounts are the same.",
                    (*MONEY, "payment.failure_message"),
                ),
            ),
        ),
        Invariant(
            "A duplicate names the purchase of the same student and course that stood in its way.",
            "payment",
            "Look in the student's purchases for the one that stood then; the refund is right in any case.",
            (
                Check(
                    "(payment.fulfilment = 'DUPLICATE') <> (payment.duplicate_of IS NOT NULL)",
                    "duplicate_of is set just where the fulfilment is DUPLICATE.",
                    ("payment.fulfilment", "payment.duplicate_of"),
                ),
                Check(
                    f"""payment.duplicate_of IS NOT NULL AND (standing.id IS NULL
                        OR standing.student_id <> payment.student_id OR standing.course_id <> payment.course_id
                        OR standing.created_at > {w.after("payment.confirmed_at", SKEW_US)})""",
                    "duplicate_of must be a purchase of the same student and course, and older than the capture.",
                    ("payment.duplicate_of", "payment.student_id", "standing.student_id", "standing.course_id"),
                ),
            ),
        ),
        Invariant(
            "Money that a checkout took more than once has a refund of its own, each time.",
            "payment",
            "The student paid one checkout twice: see both captures in the provider's dashboard, and refundPayment.",
            (
                Check(
                    f"""payment.extra_of IS NOT NULL AND (payment.fulfilment NOT IN ('DUPLICATE', 'UNFULFILLABLE')
                        OR {n("back.refunds")} = 0 AND payment.captured_minor > 0)""",
                    "It is extra money (extra_of), so it is DUPLICATE or UNFULFILLABLE and has a refund.",
                    (*MONEY, "payment.extra_of", "back.refunds"),
                ),
                Check(
                    f"""payment.extra_of IS NOT NULL AND (first.id IS NULL OR first.captured_minor IS NULL
                        OR first.extra_of IS NOT NULL OR first.id = payment.id
                        OR first.student_id <> payment.student_id OR first.course_id <> payment.course_id
                        OR first.provider <> payment.provider OR first.attempt = payment.attempt
                        OR first.tier <> payment.tier OR first.tier_rank <> payment.tier_rank
                        OR first.session_count <> payment.session_count OR first.purpose <> payment.purpose
                        OR {w.differs("first.validity_days", "payment.validity_days")}
                        OR {w.differs("first.expires_at", "payment.expires_at")}
                        OR first.is_sunday_only <> payment.is_sunday_only
                        OR first.session_duration_min <> payment.session_duration_min
                        OR first.slot_start_min <> payment.slot_start_min OR first.time_zone <> payment.time_zone
                        OR {w.differs("first.first_day", "payment.first_day")} OR first.labels <> payment.labels
                        OR payment.reference <> payment.attempt OR payment.amount_minor <> payment.captured_minor
                        OR payment.currency <> payment.captured_currency OR payment.checks <> 0)""",
                    "extra_of must be another captured payment, for the same student, course, tier and plan; its own"
                    " reference is its attempt, and its amount what was captured.",
                    (*MONEY, "payment.extra_of", "first.id", "payment.reference", "payment.attempt"),
                ),
            ),
        ),
    )
