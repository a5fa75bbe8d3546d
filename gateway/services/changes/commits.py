"""What a commit changed, as subscribers need to know it: ids, and the student and the course of a purchase."""

from collections.abc import Set
from dataclasses import dataclass
from uuid import UUID

from db.feed import Note
from gateway.services.core.model.state import Changes
from gateway.services.core.model.values import Purchase


@dataclass(frozen=True, slots=True)
class Changed:
    """A purchase that changed, with what decides which subscribers it concerns."""

    purchase_id: UUID
    student_id: str
    course_id: UUID


@dataclass(frozen=True, slots=True)
class Commit:
    """The payments and purchases that one commit changed. A payment changes with its refunds and its purchase too,
    for they are read through it."""

    id: UUID
    payments: tuple[UUID, ...]
    purchases: tuple[Changed, ...]


def commit_of(changes: Changes, commit_id: UUID, quiet: Set[UUID] = frozenset()) -> Commit | None:
    """What the changes of a turn come to; None where no payment and no purchase is among them.

    Args:
        quiet: payments and purchases of which nobody is told.
    """
    purchases = {purchase.id: purchase for purchase in changes.purchases}
    payments = dict.fromkeys([payment.id for payment in changes.payments])
    payments.update(dict.fromkeys([refund.payment_id for refund in changes.refunds]))
    payments.update(dict.fromkeys([each.payment_id for each in purchases.values() if each.payment_id]))
    if quiet:
        purchases = {key: each for key, each in purchases.items() if key not in quiet}
        payments = {key: None for key in payments if key not in quiet}
    if not payments and not purchases:
        return None
    return Commit(commit_id, tuple(payments), tuple(map(_changed, purchases.values())))


def note_of(commit: Commit) -> Note:
    """The commit as its note in the database."""
    body = {
        "payments": [payment_id.hex for payment_id in commit.payments],
        "purchases": [[each.purchase_id.hex, each.student_id, each.course_id.hex] for each in commit.purchases],
    }
    return Note(commit.id, body)


def commit_from(note: Note) -> Commit:
    """The commit that a note in the database stands for."""
    purchases = (Changed(UUID(key), student_id, UUID(course)) for key, student_id, course in note.body["purchases"])
    return Commit(note.id, tuple(map(UUID, note.body["payments"])), tuple(purchases))


def _changed(purchase: Purchase) -> Changed:
    return Changed(purchase.id, purchase.student_id, purchase.course_id)
