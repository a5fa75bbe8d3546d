"""The erasure of a student: what the books have of one, what stands in its way, and what takes the student's place."""

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from gateway.services.core.frozen import quick
from gateway.services.core.model.records import IdempotencyKey


class OpenKind(StrEnum):
    """What of a student has to end before they are erased."""

    ACTIVE_PURCHASE = "ACTIVE_PURCHASE"
    PAYMENT_UNDER_WAY = "PAYMENT_UNDER_WAY"
    REFUND_UNDER_WAY = "REFUND_UNDER_WAY"
    DISPUTE_OPEN = "DISPUTE_OPEN"
    NEEDS_ATTENTION = "NEEDS_ATTENTION"


@quick
@dataclass(frozen=True, slots=True)
class OpenBusiness:
    """One thing that has to end: a purchase, a payment, a refund, or, where it needs attention, a job."""

    kind: OpenKind
    id: UUID
    ends_at: datetime | None = None
    """When it ends by itself; None where it does not, or nobody knows."""


@dataclass(frozen=True, slots=True)
class StudentBooks:
    """What the books have of a student, as far as their erasure needs to know.

    Args:
        open: what may have to end first.
        erased_as: the pseudonym, where this same erasure was committed before, in a turn whose answer was lost.
    """

    payments: tuple[UUID, ...] = ()
    purchases: tuple[UUID, ...] = ()
    open: tuple[OpenBusiness, ...] = ()
    erased_as: str | None = None

    @property
    def is_empty(self) -> bool:
        return not (self.payments or self.purchases)


@dataclass(frozen=True, slots=True)
class Erasure:
    """A student's id, to be replaced by a pseudonym wherever the books have it, and what people wrote about them to be
    taken away.

    Args:
        records: the callers' keys that led to rows of theirs, as they were found before the turn.
        is_of_keys: whether the rest is done, and these are the keys that were used meanwhile.
    """

    id: UUID
    student_id: str
    pseudonym: str
    records: tuple[IdempotencyKey, ...] = field(default=())
    is_of_keys: bool = False
