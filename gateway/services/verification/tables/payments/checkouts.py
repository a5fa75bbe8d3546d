"""What must be true of a payment as a checkout: what it sells, and how far its provider was asked about it."""

from datetime import timedelta

from gateway.services.core.model.values import Provider, Purpose
from gateway.services.core.rules.asks import CLOSED_AFTER, FIRST_ASK_S, RARELY_S, SPREAD, WAITS_FOR_REFUNDS_S, WAITS_S
from gateway.services.core.rules.inputs.courses import LONGEST_VALIDITY_DAYS, MOST_SESSIONS
from gateway.services.verification.model import Check, Gathered, Invariant
from gateway.services.verification.tables.payments.histories import HAS, IS_TOLD
from gateway.services.verification.tables.plans import saved_before
from gateway.services.verification.words import SECOND, Words, any_of, n, not_among

OFFER = (
    "payment.tier",
    "payment.tier_rank",
    "payment.session_count",
    "payment.validity_days",
    "payment.amount_minor",
    "payment.currency",
)
TIER = ("tier.rank", "tier.session_count", "tier.validity_days", "tier.price_minor", "tier.currency", "tier.course_id")
ASKED = (
    "payment.status",
    "payment.fulfilment",
    "payment.reference",
    "payment.ask_at",
    "payment.asks",
    "payment.checks",
)

IS_OPEN = "payment.fulfilment = 'PENDING' AND payment.status <> 'CANCELED'"
CHECKED_BY = Gathered(
    "checking",
    "job",
    "subject_id",
    {"checks": "sum(CASE WHEN checking.state <> 'COMPLETED' THEN 1 ELSE 0 END)"},
    "checking.kind = 'payment.check'",
)
"""Its jobs that ask after it, but for those that are done: what became of a FAILED or CANCELED one, jobs tell."""

_LONGEST_WAIT_S = max(WAITS_S)
_CORRECT = "Compare with the payment's history, which says what it was opened for, and correct the row."


def checkouts(w: Words) -> tuple[Invariant, ...]:
    """Of `payment`, with what is joined to it in `payments`."""
    return (
        Invariant(
            "A payment sells what its tier was when it was opened.",
            "payment",
            _CORRECT,
            (
                Check(
                    f"""payment.session_count NOT BETWEEN 1 AND {MOST_SESSIONS}
                        OR payment.validity_days NOT BETWEEN 1 AND {LONGEST_VALIDITY_DAYS}
                        OR {not_among("payment.purpose", Purpose)} OR {not_among("payment.provider", Provider)}""",
                    f"Sessions are 1 to {MOST_SESSIONS}, a validity is 1 to {LONGEST_VALIDITY_DAYS} days or none, the"
                    f" purpose is one of {', '.join(Purpose)}, the provider one of {', '.join(Provider)}.",
                    (*OFFER, "payment.purpose", "payment.provider"),
                ),
                Check(
                    f"""payment.extra_of IS NULL AND {HAS["imports"]} = 0
                        AND (tier.code IS NULL OR tier.rank <> payment.tier_rank
                        OR tier.session_count <> payment.session_count
                        OR coalesce(tier.validity_days, 0) <> coalesce(payment.validity_days, 0)
                        OR {HAS["openings"]} > 0 AND (tier.price_minor <> payment.amount_minor
                        OR tier.currency <> payment.currency))
                        AND payment.created_at > {saved_before("payment.course_id", w)}""",
                    "The course was not changed since this payment was opened, and yet its tier is another: either the"
                    " payment or the tier was changed by hand.",
                    (*OFFER, *TIER),
                ),
                Check(
                    f"payment.expires_at IS NOT NULL AND payment.extra_of IS NULL AND {HAS['openings']} > 0",
                    "Only a checkout that another system opened has an end that was agreed as a date (expires_at).",
                    ("payment.expires_at",),
                ),
            ),
        ),
        Invariant(
            "A payment under way has a job that asks after it.",
            "payment",
            "confirmPayment, as an admin, asks the provider now and makes the job anew.",
            (
                Check(
                    f"payment.status = 'PROCESSING' AND {n('checking.checks')} = 0",
                    "It is PROCESSING, and no payment.check job is there that will ask, or that says why not.",
                    ASKED,
                ),
            ),
        ),
        Invariant(
            "A checkout that may be paid at its provider yet has the time at which that is asked after next.",
            "payment",
            "confirmPayment, as an admin, asks the provider now; `gateway worker` plans what has no time within a day.",
            (
                Check(
                    f"{IS_OPEN} AND payment.reference IS NOT NULL AND payment.ask_at IS NULL",
                    "It is open, so ask_at must be set.",
                    ASKED,
                ),
            ),
        ),
        Invariant(
            "A payment is asked after just as long as something can come of it, and by its schedule.",
            "payment",
            "Set ask_at to now: the next ask plans the one after it, or ends them.",
            (
                Check(
                    f"""payment.ask_at IS NOT NULL AND (payment.reference IS NULL
                        OR payment.fulfilment <> 'PENDING' AND {n("back.refunds")} = 0
                        AND (SELECT count(*) FROM payment AS extra WHERE extra.student_id = payment.student_id
                        AND extra.extra_of = payment.id) = 0
                        OR payment.status = 'CANCELED' AND coalesce(payment.failure_code, '') <> 'price_refused')
                        OR payment.ask_at IS NULL AND payment.asks <> 0""",
                    "It has a next ask, although it is settled, and no refund of it or of extra money was ever made; or"
                    " a count of asks without a next one.",
                    (*ASKED, "back.refunds"),
                ),
                Check(
                    f"""payment.asks < 0 OR payment.ask_at IS NOT NULL
                    AND ({any_of(*_too_late(w), w.is_before("payment.ask_at", "payment.created_at"))})""",
                    "The next ask is later than its schedule has it after so many asks, or before there was a payment.",
                    (*ASKED, "payment.created_at"),
                ),
                Check(
                    f"""payment.checks < 0 OR (payment.checks > 0) <> ({HAS["asks"]} > 0) AND {IS_TOLD}
                        OR payment.status = 'PROCESSING' AND payment.checks = 0""",
                    "checks counts answers that settled nothing, and the first of them is in its history.",
                    (*ASKED, "history.asks"),
                ),
            ),
        ),
    )


def _too_late(w: Words) -> list[str]:
    """The conditions of an ask that lies further ahead than its schedule has it, by how often it was asked."""
    rarely = w.after("payment.created_at", timedelta_us(CLOSED_AFTER))
    latest = {0: FIRST_ASK_S, **dict(enumerate(WAITS_S, 1))}
    steps = [f"payment.asks = {asks} AND payment.ask_at > {_ahead(w, wait_s)}" for asks, wait_s in latest.items()]
    return [
        *[f"{IS_OPEN} AND {rarely} > :now AND {step}" for step in steps],
        f"{IS_OPEN} AND {rarely} > :now AND payment.ask_at > {_ahead(w, _LONGEST_WAIT_S)}",
        f"NOT ({IS_OPEN}) AND payment.ask_at > {_ahead(w, max(_LONGEST_WAIT_S, *WAITS_FOR_REFUNDS_S))}",
        f"payment.ask_at > {_ahead(w, RARELY_S)}",
    ]


def _ahead(w: Words, wait_s: int) -> str:
    return w.after(":latest", int(wait_s * (1 + SPREAD) * SECOND))


def timedelta_us(duration: timedelta) -> int:
    return duration // timedelta(microseconds=1)
