"""The working set of a turn: the rows that its commands may look at, and the changes decided so far."""

from collections.abc import Callable, Iterable, Sequence, Set
from copy import copy
from dataclasses import dataclass, field, fields
from datetime import datetime
from itertools import chain
from operator import add, attrgetter
from typing import Any
from uuid import UUID

from gateway.services.core.frozen import quick
from gateway.services.core.model.events import ProviderEvent
from gateway.services.core.model.jobs import Job, JobKind
from gateway.services.core.model.outcomes import Outcome
from gateway.services.core.model.privacy.erasure import Erasure, StudentBooks
from gateway.services.core.model.privacy.retention import Gone
from gateway.services.core.model.records import AuditEntry, IdempotencyKey, IdempotencyRecord
from gateway.services.core.model.sessions.records import RecordedSession
from gateway.services.core.model.values import Course, Payment, Provider, Purchase, PurchaseStatus, Refund

Pair = tuple[str, UUID]
"""A student and a course: at most one purchase of a pair is active."""


@dataclass(frozen=True, slots=True)
class Moment:
    """The time of a turn and the source of its new ids: both come from outside, so that decisions are pure."""

    now: datetime
    new_id: Callable[[], UUID]


@quick
@dataclass(frozen=True, slots=True)
class RowKeys:
    """The keys of all rows that a decision may look at, known before anything is loaded.

    Args:
        references: payments by their provider and its id of the intent.
        purchases_with_pair: purchases, with all others of the same student and course.
        pairs: the active purchase of each student and course.
        whole_pairs: every purchase of each student and course.
        jobs_with_refunds: jobs, each with its refund, if it is about one, and all others of the same payment.
        idempotency_keys: by actor, operation and key.
        cases: the cases of these subjects.
        sweeps: the live jobs of these sweeps' subjects.
        event_names: events by their provider and its id.
        refunds: refunds, with all others of the same payment.
        payments_with_refunds: payments with all their refunds: how much is left of one depends on those.
        references_with_refunds: the same, for payments by their provider and its id of the intent.
        sessions: recorded sessions by purchase and number, with those of the same number of the pair's other purchases,
            and all that `purchases_with_pair` has.
        students: what an erasure of a student needs to know, with the erasure's own id.
    """

    payments: Set[UUID] = frozenset()
    references: Set[tuple[str, str]] = frozenset()
    purchases: Set[UUID] = frozenset()
    purchases_with_pair: Set[UUID] = frozenset()
    pairs: Set[Pair] = frozenset()
    courses: Set[UUID] = frozenset()
    idempotency_keys: Set[tuple[str, str, str]] = frozenset()
    jobs: Set[UUID] = frozenset()
    jobs_with_refunds: Set[UUID] = frozenset()
    cases: Set[UUID] = frozenset()
    events: Set[UUID] = frozenset()
    sweeps: Set[UUID] = frozenset()
    event_names: Set[tuple[str, str]] = frozenset()
    refunds: Set[UUID] = frozenset()
    payments_with_refunds: Set[UUID] = frozenset()
    references_with_refunds: Set[tuple[str, str]] = frozenset()
    sessions: Set[tuple[UUID, int]] = frozenset()
    students: Set[tuple[str, UUID]] = frozenset()
    whole_pairs: Set[Pair] = frozenset()

    def __or__(self, other: "RowKeys") -> "RowKeys":
        return RowKeys.all_of((self, other))

    @classmethod
    def all_of(cls, parts: Iterable["RowKeys"]) -> "RowKeys":
        """The keys of many decisions as one."""
        listed = list(parts)
        if len(listed) == 1:
            return listed[0]
        return cls(*(frozenset[Any]().union(*of_kind) for of_kind in zip(*map(_keys_of, listed), strict=True)))


_keys_of = attrgetter(*(each.name for each in fields(RowKeys)))
"""The keys, kind by kind: a new kind is gathered without further code."""


@quick
@dataclass(frozen=True, slots=True)
class Changes:
    """Rows as they are to be after a command, and the entries that are written with them."""

    payments: tuple[Payment, ...] = ()
    purchases: tuple[Purchase, ...] = ()
    courses: tuple[Course, ...] = ()
    records: tuple[IdempotencyRecord, ...] = ()
    refunds: tuple[Refund, ...] = ()
    jobs: tuple[Job, ...] = ()
    events: tuple[ProviderEvent, ...] = ()
    sessions: tuple[RecordedSession, ...] = ()
    audit: tuple[AuditEntry, ...] = ()
    erasures: tuple[Erasure, ...] = ()
    gone: tuple[Gone, ...] = ()

    def __add__(self, other: "Changes") -> "Changes":
        if self is NOTHING or other is NOTHING:  # the usual case, and on the path of every confirmation
            return other if self is NOTHING else self
        return Changes(*map(add, _rows_of(self), _rows_of(other)))

    @classmethod
    def all_of(cls, parts: Iterable["Changes"]) -> "Changes":
        """Many changes as one, in their order."""
        listed = list(parts)
        if len(listed) == 1:
            return listed[0]
        return cls(*(tuple(chain.from_iterable(of_kind)) for of_kind in zip(*map(_rows_of, listed), strict=True)))


_rows_of = attrgetter(*(each.name for each in fields(Changes)))
"""The rows of changes, kind by kind: a new kind is summed without further code."""

NOTHING = Changes()


@quick
@dataclass(frozen=True, slots=True)
class Decision:
    """The outcome of a command, and the changes that must be written with it.

    `parts` are set where the changes were decided in several steps, each in the state after the one before it:
    subscribers are told of one step after the other.
    """

    outcome: Outcome
    changes: Changes = NOTHING
    parts: tuple[Changes, ...] = ()

    @classmethod
    def in_steps(cls, outcome: Outcome, steps: Sequence[Changes]) -> "Decision":
        """A decision that was made in these steps."""
        return cls(outcome, Changes.all_of(steps), tuple(steps))

    @property
    def steps(self) -> tuple[Changes, ...]:
        """The changes as they are announced, one after the other."""
        return self.parts or (self.changes,)

    def with_step(self, changes: Changes) -> "Decision":
        """The decision with a further step, of changes that no subscriber is told of, such as those of jobs."""
        return Decision.in_steps(self.outcome, (*self.steps, changes))


@dataclass(slots=True)
class State:
    """Rows by id, and sessions by purchase and number, with the look-ups that decisions need, kept up to date as
    decisions are applied.

    Later commands of a batch see what earlier ones decided. `loaded` holds the ids of the rows that the database has
    already; `journal` is everything applied since loading, in order. `quiet` are the payments and purchases of which no
    subscriber is told, see `BaseCommand.is_silent`.
    """

    payments: dict[UUID, Payment] = field(default_factory=dict)
    purchases: dict[UUID, Purchase] = field(default_factory=dict)
    courses: dict[UUID, Course] = field(default_factory=dict)
    records: dict[IdempotencyKey, IdempotencyRecord] = field(default_factory=dict)
    refunds: dict[UUID, Refund] = field(default_factory=dict)
    jobs: dict[UUID, Job] = field(default_factory=dict)
    events: dict[UUID, ProviderEvent] = field(default_factory=dict)
    sessions: dict[tuple[UUID, int], RecordedSession] = field(default_factory=dict)
    live_jobs: set[tuple[JobKind, UUID]] = field(default_factory=set)
    students: dict[str, StudentBooks] = field(default_factory=dict)
    active: dict[Pair, UUID] = field(default_factory=dict)
    by_payment: dict[UUID, UUID] = field(default_factory=dict)
    loaded: set[UUID] = field(default_factory=set)
    journal: list[Changes] = field(default_factory=list)
    quiet: set[UUID] = field(default_factory=set)

    def load_purchases(self, purchases: Iterable[Purchase]) -> None:
        for purchase in purchases:
            self._put_purchase(purchase)

    def active_purchase(self, student_id: str, course_id: UUID) -> Purchase | None:
        """The purchase whose row is ACTIVE; its expiry may have passed, see `granting.standing`."""
        purchase_id = self.active.get((student_id, course_id))
        return None if purchase_id is None else self.purchases[purchase_id]

    def purchase_of(self, payment: Payment) -> Purchase | None:
        purchase_id = self.by_payment.get(payment.id)
        return None if purchase_id is None else self.purchases[purchase_id]

    def payment_by_reference(self, provider: Provider, reference: str) -> Payment | None:
        of_all = self.payments.values()
        return next((each for each in of_all if each.reference == reference and each.provider is provider), None)

    def after(self, changes: Changes) -> "State":
        """The state with the changes applied; this one stays as it is."""
        copies = {each.name: copy(getattr(self, each.name)) for each in fields(self)}
        changed = State(**copies)
        changed.apply(changes)
        return changed

    def apply(self, changes: Changes) -> None:
        for payment in changes.payments:
            self.payments[payment.id] = payment
        for purchase in _ended_first(changes.purchases):
            self._put_purchase(purchase)
        for course in changes.courses:
            self.courses[course.id] = course
        for record in changes.records:
            self.records[record.key] = record
        for refund in changes.refunds:
            self.refunds[refund.id] = refund
        for event in changes.events:
            self.events[event.id] = event
        for session in changes.sessions:
            self.sessions[session.purchase_id, session.number] = session
        for job in changes.jobs:
            self._put_job(job)
        self.students |= {erasure.student_id: StudentBooks() for erasure in changes.erasures}
        self.journal.append(changes)

    def refunds_of(self, payment_id: UUID) -> list[Refund]:
        return [refund for refund in self.refunds.values() if refund.payment_id == payment_id]

    def _put_job(self, job: Job) -> None:
        self.jobs[job.id] = job
        subject = (job.kind, job.subject_id)
        if job.is_live:
            self.live_jobs.add(subject)
        else:
            self.live_jobs.discard(subject)

    def _put_purchase(self, purchase: Purchase) -> None:
        pair = (purchase.student_id, purchase.course_id)
        self.purchases[purchase.id] = purchase
        if purchase.payment_id is not None:
            self.by_payment[purchase.payment_id] = purchase.id
        if purchase.status is PurchaseStatus.ACTIVE:
            assert self.active.get(pair, purchase.id) == purchase.id, "two active purchases of one pair"
            self.active[pair] = purchase.id
        elif self.active.get(pair) == purchase.id:
            del self.active[pair]


def _ended_first(purchases: Sequence[Purchase]) -> Iterable[Purchase]:
    """The last version of each, those that ended first: a pair must be free before its next purchase takes it."""
    if len(purchases) < 2:
        return purchases
    last = {purchase.id: purchase for purchase in purchases}.values()
    return sorted(last, key=lambda each: each.status is PurchaseStatus.ACTIVE)
