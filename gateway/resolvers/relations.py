"""What finds each relation of the schema."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from itertools import chain
from typing import Any, TypeAlias, TypeVar, overload
from uuid import UUID

from gateway.context import Context
from gateway.resolvers import steps
from gateway.resolvers.finding.attention import calls_of
from gateway.resolvers.steps import Find
from gateway.schema.audit import AuditEntry
from gateway.schema.conventions.connections import Connection
from gateway.schema.conventions.ids import Node
from gateway.schema.courses import Course
from gateway.schema.jobs import Job
from gateway.schema.overview.finding import AttentionItem
from gateway.schema.overview.numbers import CourseNumbers
from gateway.schema.problems import DuplicatePayment
from gateway.schema.purchases import Payment, Purchase, Refund, Student
from gateway.schema.relations import RelationBy, Wraps
from gateway.schema.viewer import Viewer
from gateway.services.core.model import records, values
from gateway.services.core.model.jobs import JobKind
from gateway.services.core.model.pages import Count, Page, Window
from gateway.services.core.rules.recording.lists import SessionOfPurchase, listed
from gateway.services.core.rules.recording.numbers import run_of
from gateway.services.reading.filters import PaymentFilter, PurchaseFilter
from gateway.services.reading.finding.counts import total
from gateway.services.reading.lists import PAYMENTS, PURCHASES
from gateway.services.reading.lookups import (
    COURSE_BY_ID,
    HELD_PURCHASE,
    PAYMENT_BY_ID,
    PURCHASE_BY_ID,
    PURCHASE_OF_PAYMENT,
    PURCHASES_OF_PAIR,
    REFUND_BY_ID,
    REFUNDS_OF_PAYMENT,
    SESSIONS_OF_PURCHASE,
    SUCCESSOR,
)
from gateway.services.reading.owned import (
    ENTRIES_OF_STUDENT,
    ENTRIES_OF_SUBJECT,
    PAYMENTS_OF_STUDENT,
    PURCHASES_OF_STUDENT,
    REFUNDS_OF_STUDENT,
    Owned,
    Ownership,
)
from gateway.services.reading.reader import Finder

Value = TypeVar("Value")
Key = TypeVar("Key")
Found: TypeAlias = Value | Awaitable[Value]
"""The value itself where it is known, else an awaitable."""
Bound = tuple[object, Find]


def relations() -> Mapping[object, Find]:
    """Each relation, and what finds it by its key. One that is left out fails when the schema is built."""
    return dict(
        [
            bound(Payment.course, COURSE_BY_ID),
            bound(CourseNumbers.course, COURSE_BY_ID),
            bound(Payment.purchase, PURCHASE_OF_PAYMENT),
            bound(Payment.refunds, REFUNDS_OF_PAYMENT),
            found_by(Payment.history, _history),
            found_by(AuditEntry.subject, _subject),
            bound(Refund.payment, PAYMENT_BY_ID),
            found_by(Connection.total_count, _total),
            found_by(Student.purchases, _purchases_of_named_student),
            found_by(Student.payments, _of_student(PAYMENTS_OF_STUDENT)),
            found_by(Student.refunds, _of_student(REFUNDS_OF_STUDENT)),
            bound(Student.access, HELD_PURCHASE),
            found_by(Student.history, _of_student(ENTRIES_OF_STUDENT)),
            bound(Purchase.course, COURSE_BY_ID),
            bound(Purchase.payment, PAYMENT_BY_ID),
            bound(Purchase.supersedes, PURCHASE_BY_ID),
            bound(Purchase.superseded_by, SUCCESSOR),
            found_by(Purchase.sessions, _sessions),
            found_by(Purchase.history, _history),
            bound(Job.purchase, PURCHASE_BY_ID),
            bound(Job.refund, REFUND_BY_ID),
            found_by(AttentionItem.payment, _payment_of_job),
            bound(AttentionItem.purchase, PURCHASE_BY_ID),
            bound(AttentionItem.refund, REFUND_BY_ID),
            found_by(AttentionItem.calls, calls_of),
            found_by(Job.payment, _payment_of_job),
            found_by(DuplicatePayment.refund, _first_refund),
            found_by(Viewer.purchases, _purchases_of_student),
            found_by(Viewer.payments, _payments_of_student),
            bound(Viewer.access, HELD_PURCHASE),
        ]
    )


@overload
def bound(relation: Wraps[Value] | None, finder: Finder[Any, Value | None]) -> Bound: ...


@overload
def bound(relation: Sequence[Wraps[Value]], finder: Finder[Any, Sequence[Value]]) -> Bound: ...


@overload
def bound(relation: RelationBy[Key, Value], finder: Finder[Key, Value | None]) -> Bound: ...


def bound(relation: object, finder: Finder[Any, Any]) -> Bound:
    """A relation that one look-up finds."""
    return relation, steps.Found(finder)


@overload
def found_by(relation: Wraps[Value] | None, find: Callable[[Context, Any], Found[Value | None]]) -> Bound: ...


@overload
def found_by(relation: Sequence[Wraps[Value]], find: Callable[[Context, Any], Found[Sequence[Value]]]) -> Bound: ...


@overload
def found_by(relation: RelationBy[Key, Value], find: Callable[[Context, Key], Found[Value | None]]) -> Bound: ...


def found_by(relation: object, find: Find) -> Bound:
    """A relation that takes more than a look-up."""
    return relation, find


def _history(context: Context, key: tuple[UUID, Window]) -> Found[Page[records.AuditEntry]]:
    subject_id, window = key
    return context.reads.ask(Owned(ENTRIES_OF_SUBJECT, window), subject_id)


async def _sessions(context: Context, key: tuple[values.Purchase, int, int]) -> Sequence[SessionOfPurchase]:
    """Those of all purchases that share its numbers: two look-ups, each gathered for a whole page."""
    purchase, first, after = key
    pair = await context.reads.find(PURCHASES_OF_PAIR, (purchase.student_id, purchase.course_id))
    run = run_of(purchase, pair)
    found = await asyncio.gather(*(context.reads.find(SESSIONS_OF_PURCHASE, each.id) for each in run))
    return listed(purchase, run, chain.from_iterable(found), first, after)


async def _payment_of_job(context: Context, subject: tuple[JobKind, UUID]) -> values.Payment | None:
    kind, subject_id = subject
    if kind is JobKind.PAYMENT_REFUND:
        refund = await context.reads.find(REFUND_BY_ID, subject_id)
        return await context.reads.find(PAYMENT_BY_ID, refund.payment_id) if refund else None
    return await context.reads.find(PAYMENT_BY_ID, subject_id)


async def _first_refund(context: Context, payment_id: UUID) -> values.Refund | None:
    return next(iter(await context.reads.find(REFUNDS_OF_PAYMENT, payment_id)), None)


async def _purchases_of_student(
    context: Context, key: tuple[str | None, values.PurchaseStatus | None, Window]
) -> Page[values.Purchase]:
    student_id, status, window = key
    if student_id is None:
        return _NOBODYS
    return await context.reads.page(PURCHASES, window, PurchaseFilter(student_id=student_id, status=status))


async def _payments_of_student(context: Context, key: tuple[str | None, Window]) -> Page[values.Payment]:
    student_id, window = key
    if student_id is None:
        return _NOBODYS
    return await context.reads.page(PAYMENTS, window, PaymentFilter(student_id=student_id))


def _of_student(of: Ownership[Value]) -> Callable[[Context, tuple[str, Window]], Found[Page[Value]]]:
    """A list of a student's: those of many students take one statement."""

    def find(context: Context, key: tuple[str, Window]) -> Found[Page[Value]]:
        student_id, window = key
        return context.reads.ask(Owned(of, window), student_id)

    return find


def _purchases_of_named_student(
    context: Context, key: tuple[str, values.PurchaseStatus | None, Window]
) -> Found[Page[values.Purchase]]:
    student_id, status, window = key
    return context.reads.ask(Owned(PURCHASES_OF_STUDENT, window, PurchaseFilter(status=status)), student_id)


async def _total(context: Context, counted_by: tuple[object, ...]) -> Count:
    return await total(context.reads, counted_by)


async def _subject(context: Context, key: tuple[str, UUID]) -> Node | None:
    """What an entry's action was done to: its first word says it, but of a job it does not."""
    action, subject_id = key
    kind = action.partition(".")[0]
    if kind in ("payment", "job", "student") and (payment := await context.reads.find(PAYMENT_BY_ID, subject_id)):
        return Payment.of(payment)
    if kind in ("purchase", "job", "student") and (purchase := await context.reads.find(PURCHASE_BY_ID, subject_id)):
        return Purchase.of(purchase)
    if kind == "course" and (course := await context.reads.find(COURSE_BY_ID, subject_id)):
        return Course.of(course)
    return None


_NOBODYS: Page[Any] = Page((), (), has_previous=False, has_next=False)
