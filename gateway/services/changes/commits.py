"""What a commit changed, as subscribers need to know it: ids, whose and of which course a purchase is, and kinds."""

from collections.abc import Iterator, Set
from dataclasses import dataclass
from uuid import UUID

from db.feed import Note
from gateway.services.core.model.overview.changed import ChangedKind
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
    """The payments and purchases that one commit changed, and the kinds of all that it changed. A payment changes with
    its refunds and its purchase too, for they are read through it."""

    id: UUID
    payments: tuple[UUID, ...]
    purchases: tuple[Changed, ...]
    kinds: tuple[ChangedKind, ...] = ()


def commit_of(changes: Changes, commit_id: UUID, quiet: Set[UUID] = frozenset()) -> Commit | None:
    """What the changes of a turn come to; None where nothing is among them that anybody follows.

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
    kinds = tuple(_kinds(changes, bool(payments), bool(purchases)))
    if not kinds:
        return None
    return Commit(commit_id, tuple(payments), tuple(map(_changed, purchases.values())), kinds)


def note_of(commit: Commit) -> Note:
    """The commit as its note in the database."""
    body = {
        "payments": [payment_id.hex for payment_id in commit.payments],
        "purchases": [[each.purchase_id.hex, each.student_id, each.course_id.hex] for each in commit.purchases],
        "kinds": commit.kinds,
    }
    return Note(commit.id, body)


def commit_from(note: Note) -> Commit:
    """The commit that a note in the database stands for."""
    purchases = (Changed(UUID(key), student_id, UUID(course)) for key, student_id, course in note.body["purchases"])
    # Other releases may run beside this one: the one before it names no kinds, a later one may name more of them.
    named = note.body.get("kinds", ChangedKind)
    kinds = tuple(kind for kind in ChangedKind if kind in named)
    return Commit(note.id, tuple(map(UUID, note.body["payments"])), tuple(purchases), kinds)


def _kinds(changes: Changes, has_payments: bool, has_purchases: bool) -> Iterator[ChangedKind]:
    is_of_all = bool(changes.erasures)  # whose rows are written elsewhere, see `gateway.services.writing.privacy`
    if has_purchases or is_of_all:
        yield ChangedKind.PURCHASE
    if has_payments or is_of_all:
        yield ChangedKind.PAYMENT
    if (has_payments and changes.refunds) or is_of_all:
        yield ChangedKind.REFUND
    if changes.jobs or is_of_all or any(gone.jobs for gone in changes.gone):
        yield ChangedKind.JOB
    if changes.courses:
        yield ChangedKind.COURSE


def _changed(purchase: Purchase) -> Changed:
    return Changed(purchase.id, purchase.student_id, purchase.course_id)
