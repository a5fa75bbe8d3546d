"""What must be true between a payment and its history: what happened has its entry, as often as it happened."""

from gateway.services.core.model.values import Fulfilment
from gateway.services.verification.model import Check, Gathered, Invariant
from gateway.services.verification.tables.digits import OFTEN, Count, counted, gathered
from gateway.services.verification.words import Words, any_of, n

COUNTS = {
    "openings": Count(("payment.opened",)),
    "imports": Count(("payment.imported",)),
    "intents": Count(("payment.intent_opened",)),
    "captures": Count(("payment.captured",)),
    "fulfilled": Count(("payment.fulfilled",)),
    "duplicates": Count(("payment.duplicate",)),
    "unfulfillables": Count(("payment.unfulfillable",)),
    "adoptions": Count(("payment.adopted",)),
    "asks": Count(("payment.asked", "payment.processing"), OFTEN),
    "requests": Count(("payment.refund_requested",), OFTEN),
    "retries": Count(("job.retried",), OFTEN),
    "refunds": Count(("payment.refunded", "payment.dispute_lost", "payment.refund_imported"), OFTEN),
}
HAS = counted("history", COUNTS)
"""How many entries of these kinds a payment has."""

BEGINS = f"({HAS['openings']} + {HAS['adoptions']} + {HAS['imports']})"
IS_TOLD = f"(payment.id >= :told OR {BEGINS} > 0)"
"""Whether its history is whole: payments from before there were histories have some entries only."""

_OTHERS = "Nobody but the gateway writes histories. Find out who changed the payment, or took an entry away."
_BEGINNINGS = ("history.openings", "history.adoptions", "history.imports")
_FAILURE = ("payment.status", "payment.fulfilment", "payment.failure_code", "payment.failure_message")


def history(w: Words) -> Gathered:
    """Its entries, counted; among a page's ids are those of purchases, too."""
    of_payments = any_of(w.begins("history.action", "payment."), "history.action = 'job.retried'")
    return Gathered(
        "history",
        "audit_entry",
        "subject_id",
        gathered("history.action", COUNTS),
        of_payments,
    )


def histories(w: Words) -> tuple[Invariant, ...]:
    """Of `payment`, with what is joined to it in `payments`."""
    captures = f"({HAS['captures']} + {HAS['imports']})"
    return (
        Invariant(
            "What was captured is in its payment's history, once.",
            "payment",
            _OTHERS,
            (
                Check(
                    f"""CASE WHEN payment.captured_minor IS NULL THEN {captures} > 0
                        ELSE {captures} > 1 OR {captures} = 0 AND {IS_TOLD} END""",
                    "A capture has one payment.captured entry, or payment.imported, and nothing else has one.",
                    ("payment.captured_minor", "payment.confirmed_at", "history.captures", "history.imports"),
                ),
            ),
        ),
        Invariant(
            "Every payment came to be once, as its history says.",
            "payment",
            _OTHERS,
            (
                Check(
                    f"payment.id >= :told AND {BEGINS} <> CASE WHEN payment.extra_of IS NULL THEN 1 ELSE 0 END",
                    "Its history begins with payment.opened, .adopted or .imported, once; for extra money with none.",
                    ("payment.extra_of", "payment.created_at", *_BEGINNINGS),
                ),
                Check(
                    f"payment.id < :told AND {BEGINS} > 0",
                    "installation.histories_from says that it is from before there were histories, and it has one.",
                    ("history.openings", "history.adoptions"),
                ),
                Check(
                    f"""{IS_TOLD} AND payment.extra_of IS NULL AND {HAS["intents"]} + {HAS["adoptions"]}
                        + {HAS["imports"]} <> CASE WHEN payment.reference IS NULL THEN 0 ELSE 1 END""",
                    "Its history says once which reference it got, if it has one (payment.intent_opened, .adopted or"
                    " .imported).",
                    ("payment.reference", "payment.provider", "history.intents", *_BEGINNINGS),
                ),
                Check(
                    f"""payment.created_at > :latest OR {w.is_before("payment.confirmed_at", "payment.created_at")}
                        OR payment.confirmed_at > :latest
                        OR payment.extra_of IS NOT NULL AND payment.created_at <> payment.confirmed_at""",
                    "It was created before now, and captured after that.",
                    ("payment.created_at", "payment.confirmed_at"),
                ),
            ),
        ),
        Invariant(
            "What a payment's money became is in its history, once.",
            "payment",
            _OTHERS,
            (
                Check(
                    f"""({_as_often("fulfilled", Fulfilment.FULFILLED, f" + {HAS['imports']}")}
                        OR {_as_often("duplicates", Fulfilment.DUPLICATE)}
                        OR {_as_often("unfulfillables", Fulfilment.UNFULFILLABLE)}) AND {IS_TOLD}""",
                    "payment.fulfilled (or payment.imported), .duplicate and .unfulfillable: its history has that of"
                    " its fulfilment, once, and no other.",
                    ("payment.fulfilment", "history.fulfilled", "history.duplicates", "history.unfulfillables"),
                ),
                Check(
                    f"""({n("back.made")} > {HAS["refunds"]} OR {HAS["requests"]} > {n("back.refunds")}
                        OR {HAS["requests"]} + {HAS["retries"]} < {n("back.ours")}) AND {IS_TOLD}""",
                    "Each refund has its entry where it was requested, and only those, and where it was made.",
                    ("back.made", "back.ours", "back.refunds", "history.requests", "history.refunds"),
                ),
            ),
        ),
        Invariant(
            "A payment says why it failed, as its history does, and only then.",
            "payment",
            _OTHERS,
            (
                Check(
                    """(payment.failure_code IS NULL) <> (payment.failure_message IS NULL)
                        OR (payment.failure_code IS NOT NULL) <> (payment.status IN ('FAILED', 'CANCELED')
                        OR payment.fulfilment = 'UNFULFILLABLE') OR length(payment.failure_code) = 0""",
                    "A failure has a code and a message, where the status is FAILED or CANCELED or the fulfilment"
                    " UNFULFILLABLE, and only there.",
                    _FAILURE,
                ),
                Check(
                    f"""payment.failure_code IS NOT NULL AND {IS_TOLD} AND
                        (SELECT count(*) FROM audit_entry AS said WHERE said.subject_id = payment.id
                        AND said.reason = payment.failure_message AND (payment.extra_of IS NOT NULL
                        OR {w.entry("said.changes", "code")} = payment.failure_code)
                        AND said.action = CASE WHEN payment.fulfilment = 'UNFULFILLABLE' THEN 'payment.unfulfillable'
                        WHEN payment.status = 'FAILED' THEN 'payment.declined'
                        WHEN payment.failure_code = 'price_refused' THEN 'payment.refused'
                        ELSE 'payment.canceled' END) = 0""",
                    "Its history has no entry with this code and message: payment.declined for FAILED, payment.canceled"
                    " or payment.refused for CANCELED, payment.unfulfillable.",
                    _FAILURE,
                ),
                Check(
                    f"""payment.status IN ('PROCESSING', 'FAILED') AND {IS_TOLD} AND
                        (SELECT count(*) FROM audit_entry AS tried WHERE tried.subject_id = payment.id
                        AND tried.action IN ('payment.processing', 'payment.declined')
                        AND {w.entry("tried.changes", "attempt")} = payment.attempt) = 0
                        OR payment.attempt IS NOT NULL AND payment.reference IS NULL""",
                    "Its history has no entry of this attempt.",
                    ("payment.status", "payment.attempt", "payment.reference"),
                ),
            ),
        ),
    )


def _as_often(entries: str, fulfilment: Fulfilment, others: str = "") -> str:
    return f"{HAS[entries]}{others} <> CASE WHEN payment.fulfilment = '{fulfilment}' THEN 1 ELSE 0 END"
