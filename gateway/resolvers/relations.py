"""What finds each relation of the schema."""

from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from typing import Any, TypeAlias, TypeVar, overload
from uuid import UUID

from gateway.context import Context
from gateway.schema.jobs import Job
from gateway.schema.problems import DuplicatePayment
from gateway.schema.purchases import Payment, Purchase
from gateway.schema.relations import RelationBy, Wraps
from gateway.schema.viewer import Viewer
from gateway.services.core.model import values
from gateway.services.core.model.jobs import JobKind
from gateway.services.core.model.pages import Page, Window
from gateway.services.core.model.records import AuditEntry
from gateway.services.reading.filters import PaymentFilter, PurchaseFilter
from gateway.services.reading.histories import Histories
from gateway.services.reading.lists import PAYMENTS, PURCHASES
from gateway.services.reading.lookups import (
    COURSE_BY_ID,
    HELD_PURCHASE,
    PAYMENT_BY_ID,
    PURCHASE_BY_ID,
    PURCHASE_OF_PAYMENT,
    REFUND_BY_ID,
    REFUNDS_OF_PAYMENT,
    SUCCESSOR,
)

Value = TypeVar("Value")
Found: TypeAlias = Value | Awaitable[Value]
"""At once where it is known, else to be awaited."""
Key = TypeVar("Key")
Finder = Callable[[Context, Any], object]


@overload
def bound(
    relation: Wraps[Value] | None, find: Callable[[Context, Any], Found[Value | None]]
) -> tuple[object, Finder]: ...


@overload
def bound(
    relation: Sequence[Wraps[Value]], find: Callable[[Context, Any], Found[Collection[Value]]]
) -> tuple[object, Finder]: ...


@overload
def bound(
    relation: RelationBy[Key, Value], find: Callable[[Context, Key], Found[Value | None]]
) -> tuple[object, Finder]: ...


def bound(relation: object, find: Finder) -> tuple[object, Finder]:
    return relation, find


async def _first_refund(context: Context, payment_id: UUID) -> values.Refund | None:
    return next(iter(await context.reads.find(REFUNDS_OF_PAYMENT, payment_id)), None)


async def _payment_of_job(context: Context, subject: tuple[JobKind, UUID]) -> values.Payment | None:
    kind, subject_id = subject
    if kind is JobKind.PAYMENT_REFUND:
        refund = await context.reads.find(REFUND_BY_ID, subject_id)
        return await context.reads.find(PAYMENT_BY_ID, refund.payment_id) if refund else None
    return await context.reads.find(PAYMENT_BY_ID, subject_id)


def _history(context: Context, key: tuple[UUID, Window]) -> Found[Page[AuditEntry]]:
    subject_id, window = key
    return context.reads.ask(Histories(window), subject_id)


async def _purchases_of_student(
    context: Context, key: tuple[str | None, values.PurchaseStatus | None, Window]
) -> Page[values.Purchase]:
    student_id, status, window = key
    if student_id is None:
        return NOBODYS
    return await context.reads.page(PURCHASES, window, PurchaseFilter(student_id=student_id, status=status))


async def _payments_of_student(context: Context, key: tuple[str | None, Window]) -> Page[values.Payment]:
    student_id, window = key
    return NOBODYS if student_id is None else await context.reads.page(PAYMENTS, window, PaymentFilter(student_id))


NOBODYS: Page[Any] = Page((), (), has_previous=False, has_next=False)
"""A list of what nobody has."""

FINDERS: Mapping[object, Finder] = dict(
    [
        bound(Payment.course, lambda context, course_id: context.reads.ask(COURSE_BY_ID, course_id)),
        bound(Payment.purchase, lambda context, payment_id: context.reads.ask(PURCHASE_OF_PAYMENT, payment_id)),
        bound(Payment.refunds, lambda context, payment_id: context.reads.ask(REFUNDS_OF_PAYMENT, payment_id)),
        bound(Payment.history, _history),
        bound(Purchase.course, lambda context, course_id: context.reads.ask(COURSE_BY_ID, course_id)),
        bound(Purchase.payment, lambda context, payment_id: context.reads.ask(PAYMENT_BY_ID, payment_id)),
        bound(Purchase.supersedes, lambda context, purchase_id: context.reads.ask(PURCHASE_BY_ID, purchase_id)),
        bound(Purchase.superseded_by, lambda context, purchase_id: context.reads.ask(SUCCESSOR, purchase_id)),
        bound(Purchase.history, _history),
        bound(Job.payment, _payment_of_job),
        bound(Job.purchase, lambda context, purchase_id: context.reads.ask(PURCHASE_BY_ID, purchase_id)),
        bound(DuplicatePayment.refund, _first_refund),
        bound(Viewer.purchases, _purchases_of_student),
        bound(Viewer.payments, _payments_of_student),
        bound(Viewer.access, lambda context, key: context.reads.ask(HELD_PURCHASE, key)),
    ]
)
