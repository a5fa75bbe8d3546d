"""What must be true of refunds beside the entries of their payment's history."""

from collections.abc import Callable

from gateway.services.core.rules.refunds.books import RETURNED
from gateway.services.verification.model import Check
from gateway.services.verification.words import Words


def amount_is_told_by_none(w: Words, entries: Callable[[str], str]) -> str:
    """That no entry which must have a refund's amount and origin has them: of one that failed, which keeps the amount
    that it had then, that of its end; of one that went back, one with its reference; of one that waits, any, or that of
    the retry that made it."""
    text = "CAST(refund.amount_minor AS TEXT)"
    amount = w.entry("told.changes", "amountMinor")
    recounted = f"CAST({w.last_of('told.changes', 'amountMinor')} AS TEXT)"
    is_it = f"{amount} = {text} AND {w.entry('told.changes', 'origin')} = refund.origin"
    of_it = f"{w.entry('told.changes', 'reference')} = refund.reference"
    was_recounted = f"{recounted} = {text} AND {w.entry('told.changes', 'origin')} = refund.origin"
    retried = f"""told.action = 'job.retried' AND coalesce({amount}, {text}) = {text} AND
        coalesce({w.is_id(w.last_of("told.changes", "refundId"), "refund.id")}, TRUE)"""
    ends = "told.at = refund.settled_at AND told.action <> 'payment.refunded'"
    return f"""CASE refund.status
        WHEN 'FAILED' THEN {entries(f"{is_it} AND {ends}")}
        WHEN 'SUCCEEDED' THEN {entries(f"({is_it} OR {was_recounted}) AND {of_it}")}
        ELSE {entries(f"{is_it} OR {was_recounted} OR {retried}")}
        END = 0"""


def entries_of_refunds(w: Words, shows: tuple[str, ...]) -> tuple[Check, ...]:
    """Of audit entries, beside the refunds that they tell of."""
    said = {name: w.entry("audit_entry.changes", name) for name in ("reference", "amountMinor", "origin", "settledAt")}

    def made(condition: str) -> str:
        return f"""(SELECT count(*) FROM refund AS made
            WHERE made.payment_id = audit_entry.subject_id AND ({condition}))"""

    return (
        Check(
            made(f"made.created_at = audit_entry.at OR made.reference = {said['reference']}") + " = 0",
            "The refund that this entry tells of is not there.",
            shows,
            of=("payment.refunded", "payment.refund_requested", "payment.dispute_opened", "payment.dispute_lost"),
        ),
        # What goes back may be less than was asked for, where others took money meanwhile.
        Check(
            made(f"""made.origin = {said["origin"]} AND (made.created_at = audit_entry.at
                AND CAST(made.amount_minor AS TEXT) = {said["amountMinor"]}
                OR made.status = 'SUCCEEDED' OR made.origin <> 'GATEWAY' OR made.failure_code = '{RETURNED.code}')""")
            + " = 0",
            "Its payment has no refund of this amount and origin that was asked for in that moment.",
            shows,
            of=("payment.refund_requested",),
        ),
        Check(
            f"""{made(f"{w.iso('made.created_at')} = {said['settledAt']}")} = 0 OR (SELECT count(*) FROM audit_entry
                AS same WHERE same.subject_id = audit_entry.subject_id AND same.action = audit_entry.action) > 1""",
            "Of a payment that came over, what had gone back before is one refund, which is there.",
            shows,
            of=("payment.refund_imported",),
        ),
        Check(
            f"""{made(f"made.reference = {said['reference']}")} = 0 OR (SELECT count(*) FROM audit_entry AS same
                WHERE same.subject_id = audit_entry.subject_id AND same.action = audit_entry.action
                AND {w.entry("same.changes", "reference")} = {said["reference"]}) > 1""",
            "The provider's name of what had gone back before is told once, and a refund has it.",
            shows,
            of=("payment.refund_named",),
        ),
    )
