"""What must be true of an idempotency record: it leads to what its call made, or found as it wished it to be.

Of several callers who want the same of a purchase or a course in one moment, one does it, and the others find it so:
the history names the one.
"""

from gateway.services.core.rules.imports.sameness import FINGERPRINT_BYTES as OF_IMPORTS
from gateway.services.core.rules.inputs.fields import LONGEST_KEY
from gateway.services.core.rules.inputs.subjects import LONGEST_SUBJECT
from gateway.services.core.rules.privacy.naming import ERASED
from gateway.services.verification.model import Check, Invariant, Related, Table
from gateway.services.verification.words import Words, key, not_among, quoted

MAKES = {
    "createPayment": "payment",
    "createPurchase": "purchase",
    "extendPurchase": "purchase",
    "correctPurchaseMetadata": "purchase",
    "revokePurchase": "purchase",
    "recordSession": "purchase",
    "withdrawSession": "purchase",
    "refundPayment": "refund",
    "saveCourse": "course",
    "importPurchase": "purchase",
    "importSuccessor": "purchase",
}
"""The table of a call's result, by the name of its operation: each command's `operation`."""

IMPORTS = "idempotency_record.operation IN ('importPurchase', 'importSuccessor')"
"""Whose actor is no person but the old system within which its key, the old id, is unique."""
FINGERPRINT_BYTES = 32
"""Of SHA-256."""

RECORD = ("idempotency_record.result_id", "idempotency_record.created_at")


def idempotency_records(w: Words) -> Table:
    def of(table: str) -> str:
        operations = ", ".join(quoted(name) for name, made in MAKES.items() if made == table)
        return f"idempotency_record.operation IN ({operations})"

    tables = sorted(set(MAKES.values()))
    joined = tuple(
        Related(table, table, key(f"{table}.id", "idempotency_record.result_id", of(table))) for table in tables
    )
    missing = " OR ".join(f"{of(table)} AND {table}.id IS NULL" for table in tables)
    at = "idempotency_record.created_at"

    def entries(condition: str) -> str:
        return f"""(SELECT count(*) FROM audit_entry AS done WHERE done.subject_id = idempotency_record.result_id
            AND done.at = {at} AND {condition})"""

    old_id, key_of = w.entry("done.changes", "oldId"), "idempotency_record.key"
    source = w.entry("done.changes", "source")
    # Of an erased student it is gone: an operator may have called it what they liked.
    from_there = f"""done.action = 'purchase.imported'
        AND ({source} = {quoted(ERASED)} OR 'import:' || {source} = idempotency_record.actor_id)"""
    return Table(
        "idempotency_record",
        ("actor_id", "operation", "key"),
        joined,
        (
            Invariant(
                "Every idempotency key leads to the result of its call.",
                "idempotency_record",
                "Delete the record: the caller's next call with this key is then a new one.",
                (
                    Check(
                        f"{not_among('idempotency_record.operation', MAKES)} OR {missing}",
                        "Its operation is none that takes a key, or its result is not there.",
                        RECORD,
                    ),
                    Check(
                        f"""length(idempotency_record.key) NOT BETWEEN 1 AND {LONGEST_KEY}
                            OR length(idempotency_record.actor_id) NOT BETWEEN 1 AND {LONGEST_SUBJECT}
                            OR {w.bytes("idempotency_record.fingerprint")}
                            <> CASE WHEN {IMPORTS} THEN {OF_IMPORTS} ELSE {FINGERPRINT_BYTES} END""",
                        f"A key has 1 to {LONGEST_KEY} characters, a fingerprint {FINGERPRINT_BYTES} bytes; that of an"
                        f" import {OF_IMPORTS}.",
                        RECORD,
                    ),
                    Check(
                        f"""payment.student_id <> idempotency_record.actor_id OR {at} > :latest
                            OR {at} <> payment.created_at OR {at} <> refund.created_at
                            OR {w.is_before(at, "purchase.created_at")} OR {w.is_before(at, "course.created_at")}
                            OR refund.requested_by_id <> idempotency_record.actor_id""",
                        "It was written by whom its result is, or who asked for it, and when that was made.",
                        (*RECORD, "payment.student_id", "payment.created_at", "refund.created_at"),
                    ),
                    Check(
                        f"""{IMPORTS} AND {entries(from_there)} = 0
                            OR idempotency_record.operation = 'importPurchase' AND {entries(f"{old_id} = {key_of}")} = 0
                            OR idempotency_record.operation = 'importSuccessor' AND purchase.supersedes IS NULL""",
                        "The purchase came over in that moment, from this old system, with this old id.",
                        RECORD,
                    ),
                ),
            ),
        ),
    )
