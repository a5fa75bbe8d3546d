"""What must be true of a refund: whose money it gives back, who wanted it, and how it ended."""

from gateway.services.core.model.currencies import HIGHEST_AMOUNT_MINOR
from gateway.services.core.model.values import RefundOrigin, RefundStatus, Role
from gateway.services.core.rules.inputs.fields import LONGEST_REASON
from gateway.services.core.rules.inputs.subjects import LONGEST_SUBJECT
from gateway.services.core.rules.refunds.books import EXCEEDS_CAPTURED, NOT_MADE, RETURNED, WON
from gateway.services.verification.model import Check, Gathered, Invariant, Related, Table
from gateway.services.verification.tables.payments.refunded import amount_is_told_by_none
from gateway.services.verification.words import Words, among, any_of, n, not_among, quoted

ENDED = (
    "refund.status",
    "refund.origin",
    "refund.reference",
    "refund.failure_code",
    "refund.failure_message",
    "refund.settled_at",
)
AMOUNTS = (
    "refund.amount_minor",
    "refund.currency",
    "refund.status",
    "refund.failure_code",
    "paid.captured_minor",
    "paid.captured_currency",
)
CARRIED_OUT = Gathered(
    "work",
    "job",
    "subject_id",
    {
        "jobs": "count(*)",
        "unfinished": "sum(CASE WHEN work.state <> 'COMPLETED' THEN 1 ELSE 0 END)",
        "live": "sum(CASE WHEN work.state IN ('PENDING', 'RUNNING', 'RETRYING') THEN 1 ELSE 0 END)",
    },
    "work.kind = 'payment.refund'",
)
_DASHBOARD = "Look for it in the provider's dashboard, by the payment's reference: what is there is right."


def refunds(w: Words) -> Table:
    joined = (Related("paid", "payment", "paid.id = refund.payment_id"), CARRIED_OUT)
    return Table("refund", ("id",), joined, (_carried_out(w), _of_payment(), _ended(w), _told(w)))


def _carried_out(w: Words) -> Invariant:
    # A retry of a failed refund makes another one, and its job is about that from then on. Entries of older
    # releases do not say which.
    replaced = w.first_of("told.changes", "refundId")
    return Invariant(
        "A promised refund has a job: one that will carry it out, or one that an admin called off or must mend.",
        "refund",
        "retryJob, where its job FAILED or was CANCELED; where it has none, refundPayment for what is left.",
        (
            Check(
                f"refund.status = 'PENDING' AND refund.origin = 'GATEWAY' AND {n('work.unfinished')} = 0",
                "It is PENDING and ours, and no payment.refund job is there that will make it, or that says why not.",
                (*ENDED, "work.live"),
            ),
            Check(
                f"""refund.origin = 'GATEWAY' AND refund.status IN ('SUCCEEDED', 'FAILED') AND {n("work.jobs")} = 0
                    AND (SELECT count(*) FROM audit_entry AS told WHERE told.subject_id = refund.payment_id
                    AND told.action = 'job.retried' AND ({w.entry("told.changes", "refundId")} IS NULL
                    OR {w.is_id(replaced, "refund.id")})) = 0""",
                "It is ours and SUCCEEDED or FAILED, and the payment.refund job that made it, or could not, is gone.",
                ENDED,
            ),
            Check(
                f"{n('work.live')} > 1",
                "Several live jobs would make it.",
                ("refund.status", "work.live"),
            ),
        ),
    )


def _of_payment() -> Invariant:
    is_beyond = f"coalesce(refund.failure_code, '') = '{EXCEEDS_CAPTURED}'"
    return Invariant(
        "A refund gives back money that its payment captured, in the same currency.",
        "refund",
        _DASHBOARD,
        (
            Check(
                "paid.id IS NULL OR paid.captured_minor IS NULL",
                "There is no such payment, or none that captured money.",
                ("refund.payment_id", *AMOUNTS),
            ),
            Check(
                f"""refund.amount_minor NOT BETWEEN 1 AND {HIGHEST_AMOUNT_MINOR}
                    OR refund.amount_minor > paid.captured_minor AND NOT {is_beyond}""",
                "Its amount is at least 1, and at most what was captured.",
                AMOUNTS,
            ),
            Check(
                f"refund.currency <> paid.captured_currency AND NOT {is_beyond} OR length(refund.currency) <> 3",
                "Its currency must be that of the captured money.",
                AMOUNTS,
            ),
        ),
    )


def _ended(w: Words) -> Invariant:
    return Invariant(
        "A refund is on its way, was made, or says why it was not.",
        "refund",
        _DASHBOARD,
        (
            Check(
                any_of(*_said_otherwise()),
                "Of its failure's code and message, the one says something else than the other.",
                ENDED,
            ),
            Check(
                f"{not_among('refund.status', RefundStatus)} OR {not_among('refund.origin', RefundOrigin)}"
                f" OR {w.is_no_uuid7('refund.id')}",
                f"An id is a UUIDv7, the status is one of {', '.join(RefundStatus)}, the origin one of"
                f" {', '.join(RefundOrigin)}.",
                ENDED,
            ),
            Check(
                """(refund.status = 'PENDING') <> (refund.settled_at IS NULL)
                    OR (refund.status = 'FAILED') <> (refund.failure_code IS NOT NULL)
                    OR (refund.failure_code IS NULL) <> (refund.failure_message IS NULL)
                    OR length(refund.failure_code) = 0""",
                "settled_at is set once it is not PENDING, a failure's code and message where it FAILED.",
                ENDED,
            ),
            Check(
                """refund.reference IS NULL AND (refund.status = 'SUCCEEDED' OR refund.origin <> 'GATEWAY')
                    OR refund.reference IS NOT NULL AND refund.status = 'PENDING' AND refund.origin = 'GATEWAY'
                    OR length(refund.reference) = 0""",
                "It has the provider's reference once the provider knows it: where it SUCCEEDED, or is the provider's.",
                ENDED,
            ),
            Check(
                """refund.reference IS NOT NULL AND (SELECT count(*) FROM refund AS same
                    WHERE same.payment_id = refund.payment_id AND same.reference = refund.reference) > 1""",
                "Another refund of the payment has the same reference: the same money would be counted twice.",
                ENDED,
            ),
        ),
    )


def _told(w: Words) -> Invariant:
    def entries(condition: str) -> str:
        return f"""(SELECT count(*) FROM audit_entry AS told WHERE told.subject_id = refund.payment_id
            AND (told.action LIKE 'payment.%' OR told.action = 'job.retried') AND ({condition}))"""

    of_it = f"{w.entry('told.changes', 'reference')} = refund.reference"
    settled = w.entry("told.changes", "settledAt")
    began, came = (
        entries(f"told.action = 'payment.refund_imported' AND {settled} = {w.iso(f'refund.{name}_at')}")
        for name in ("created", "settled")
    )
    return Invariant(
        "A refund is in its payment's history: who wanted it, why, and how it ended.",
        "refund",
        "Nobody but the gateway writes histories. Find out who changed the refund, or took an entry away.",
        (
            Check(
                f"""refund.created_at > :latest OR refund.settled_at > :latest
                    OR {w.is_before("refund.settled_at", "refund.created_at")}
                    OR {w.is_before("refund.created_at", "paid.confirmed_at")}
                    OR {entries("told.at = refund.created_at")} + {began} = 0
                    OR {entries(f"{w.is_before('told.at', 'refund.created_at')} AND {of_it}")} > 0""",
                "It was created when an entry of its payment says, after the capture, and not after now.",
                ("refund.created_at", "refund.settled_at", "paid.confirmed_at"),
            ),
            Check(
                f"""refund.settled_at IS NOT NULL AND {
                    entries('''told.at = refund.settled_at AND told.action IN (
                    'payment.refunded', 'payment.refund_rejected', 'payment.refund_returned', 'payment.dispute_lost',
                    'payment.dispute_won', 'payment.refund_recounted')''')
                } + {came} = 0""",
                "It ended when an entry of its payment says.",
                ("refund.settled_at", "refund.status"),
            ),
            Check(
                f"""{not_among("refund.requested_by_role", Role)}
                    OR length(refund.requested_by_id) NOT BETWEEN 1 AND {LONGEST_SUBJECT}
                    OR {
                    entries('''told.actor_id = refund.requested_by_id
                    AND told.actor_role = refund.requested_by_role''')
                } = 0""",
                "An entry of its payment names who requested it.",
                ("refund.requested_by_id", "refund.requested_by_role"),
            ),
            Check(
                f"""length(refund.reason) = 0 OR length(refund.reason) > 10 * {LONGEST_REASON}
                    OR {entries("told.reason = refund.reason")} = 0
                    AND coalesce(refund.failure_code, '') <> '{EXCEEDS_CAPTURED}'""",
                "An entry of its payment gives the same reason.",
                ("refund.reason", "refund.origin"),
            ),
            Check(
                amount_is_told_by_none(w, entries),
                "An entry of its payment has its amount and its origin: of one that ended, the entry of its end.",
                ("refund.amount_minor", "refund.origin", "refund.status", "refund.settled_at"),
            ),
            Check(
                f"""refund.reference IS NOT NULL
                    AND {entries(f'''{w.entry("told.changes", "reference")} = refund.reference''')} = 0""",
                "An entry of its payment has its reference.",
                ("refund.reference",),
            ),
            Check(
                f"""refund.status = 'SUCCEEDED' AND {
                    entries('''told.at = refund.settled_at
                    AND told.action IN ('payment.refunded', 'payment.dispute_lost')''')
                } + {came} = 0
                    OR refund.status = 'FAILED' AND {
                    entries('''told.at = refund.settled_at AND told.action IN (
                    'payment.refund_rejected', 'payment.refund_returned', 'payment.dispute_won', 'payment.dispute_lost')
                    ''')
                } = 0 OR refund.status = 'FAILED' AND refund.failure_code NOT IN ('returned')
                    AND {
                    entries(f'''told.at = refund.settled_at AND told.reason = refund.failure_message
                    AND coalesce({w.entry("told.changes", "code")}, refund.failure_code) = refund.failure_code''')
                } = 0""",
                "Its history says that it ended otherwise, or for another reason.",
                ENDED,
            ),
        ),
    )


def _said_otherwise() -> list[str]:
    """The conditions of a failure that the gateway gave its words, and that has other ones."""
    messages: dict[str, list[str]] = {}
    for failure in (RETURNED, WON, NOT_MADE):
        messages.setdefault(failure.code, []).append(failure.message)
    return [
        f"(refund.failure_code = {quoted(code)}) <> ({among('refund.failure_message', words)})"
        for code, words in messages.items()
    ]
