"""What must be true where a student was erased: a check of the audit, beside the rows that it is about."""

from gateway.services.core.rules.inputs.subjects import PSEUDONYM
from gateway.services.verification.model import Check, Invariant
from gateway.services.verification.words import Words, any_of

SAID = ("audit_entry.action", "audit_entry.at", "audit_entry.changes")


def is_of(w: Words, kind: str) -> str:
    """Whether an entry is of a kind of history, or in any, as that its student was erased."""
    return any_of(w.begins("audit_entry.action", kind), "audit_entry.action = 'student.erased'")


def erased(w: Words) -> Invariant:
    pseudonym = w.entry("audit_entry.changes", "pseudonym")
    return Invariant(
        "Whose student was erased, stands under the pseudonym.",
        "audit_entry",
        "Erase the student again: `gateway student erase`. Who restored a backup may have brought them back.",
        (
            Check(
                f"""coalesce({pseudonym}, '') NOT LIKE '{PSEUDONYM}%' OR payment.student_id <> {pseudonym}
                    OR purchase.student_id <> {pseudonym} OR audit_entry.reason IS NULL""",
                "The student of the payment or purchase is the pseudonym of the erasure, which says why.",
                (*SAID, "payment.student_id", "purchase.student_id"),
                of=("student.erased",),
            ),
        ),
    )
