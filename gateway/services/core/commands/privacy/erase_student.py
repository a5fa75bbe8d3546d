"""A student erased: the books stay, under a pseudonym, and the person goes."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import ClassVar
from uuid import UUID

from gateway.services.core.model.command import BaseCommand
from gateway.services.core.model.outcomes import (
    Busy,
    FieldProblem,
)
from gateway.services.core.model.privacy.erasure import Erasure, OpenBusiness, OpenKind, StudentBooks
from gateway.services.core.model.privacy.outcomes import StudentErased, StudentHasOpenBusiness
from gateway.services.core.model.records import AuditEntry, IdempotencyKey
from gateway.services.core.model.state import NOTHING, Changes, Decision, Moment, RowKeys, State
from gateway.services.core.model.values import Actor
from gateway.services.core.rules.granting import audit
from gateway.services.core.rules.inputs.fields import living_student_problems, reason_problems
from gateway.services.core.rules.privacy.naming import is_named


@dataclass(frozen=True, slots=True)
class EraseStudent(BaseCommand):
    """Replace a student's id by a pseudonym wherever the books have it, and take away what people wrote about them.

    Args:
        erasure_id: the erasure's own: a turn that is run again after a lost answer finds it, and its pseudonym.
        pseudonym: drawn by chance, so that it tells nothing of the id.
        records: the callers' keys that led to rows of the student's: they are looked for before, beside the writer.
    """

    precedence: ClassVar[int] = 2
    """What others decide in the same turn comes first, so that nothing of it is overlooked."""

    actor: Actor
    student_id: str
    reason: str
    erasure_id: UUID
    pseudonym: str
    records: tuple[IdempotencyKey, ...] = field(default=())

    def problems(self) -> list[FieldProblem]:
        return [*living_student_problems(self.student_id), *reason_problems(self.reason), *_named(self)]

    def keys(self) -> RowKeys:
        return RowKeys(students={(self.student_id, self.erasure_id)})

    def decide(self, state: State, moment: Moment) -> Decision:
        """The pseudonym; or what has to end first. Where nothing is there under the id, nothing is done: it was erased
        before, or never was here, which nobody can tell apart any more.

        Handed over once more, it is done, but for the keys that it has now; whoever has come back under the id since is
        somebody new."""
        books = state.students[self.student_id]
        if books.erased_as is not None:
            keys = Erasure(self.erasure_id, self.student_id, books.erased_as, self.records, is_of_keys=True)
            done = StudentErased(books.erased_as, len(books.payments), len(books.purchases), already_processed=False)
            return Decision(done, Changes(erasures=(keys,)) if self.records else NOTHING)
        if books.is_empty:
            return Decision(StudentErased(None, 0, 0, already_processed=True))
        if _is_just_changed(self.student_id, books, state):
            return Decision(Busy())
        if still_open := tuple(each for each in books.open if not _has_ended(each, moment)):
            return Decision(StudentHasOpenBusiness(still_open))
        erasure = Erasure(self.erasure_id, self.student_id, self.pseudonym, self.records)
        erased = StudentErased(self.pseudonym, len(books.payments), len(books.purchases), already_processed=False)
        return Decision(erased, Changes(erasures=(erasure,), audit=tuple(_entries(self, books, moment))))


def _named(command: EraseStudent) -> Iterable[FieldProblem]:
    if is_named(command.student_id, command.reason):
        yield FieldProblem(("reason",), "must not name the student: it stays in the audit")


def _has_ended(business: OpenBusiness, moment: Moment) -> bool:
    """A purchase past its expiry has ended, even if its row is still ACTIVE."""
    is_purchase = business.kind is OpenKind.ACTIVE_PURCHASE
    return is_purchase and business.ends_at is not None and business.ends_at <= moment.now


def _is_just_changed(student_id: str, books: StudentBooks, state: State) -> bool:
    """Whether a command of this same turn changed something of theirs: what was loaded before it says too little."""
    payments, theirs = {*books.payments}, {*books.payments, *books.purchases}
    return any(
        any(record.result_id in theirs for record in changes.records)
        or any(payment.student_id == student_id for payment in changes.payments)
        or any(purchase.student_id == student_id for purchase in changes.purchases)
        or any(refund.payment_id in payments for refund in changes.refunds)
        for changes in state.journal
    )


def _entries(command: EraseStudent, books: StudentBooks, moment: Moment) -> Iterable[AuditEntry]:
    """One for the erasure, and one for each history that it changed."""
    sums: dict[str, object] = {"payments": len(books.payments), "purchases": len(books.purchases)}
    for subject_id in (command.erasure_id, *books.payments, *books.purchases):
        changes: dict[str, object] = {"pseudonym": command.pseudonym}
        if subject_id == command.erasure_id:
            changes |= sums
        yield audit(subject_id, "student.erased", command.actor, moment, command.reason, changes)
