"""What finds each relation of the schema."""

from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from typing import Any, TypeVar, overload
from uuid import UUID

from gateway.context import Context
from gateway.schema.jobs import Job
from gateway.schema.problems import DuplicatePayment
from gateway.schema.purchases import Payment, Purchase
from gateway.schema.relations import RelationBy, Wraps
from gateway.schema.viewer import Viewer
from gateway.services.core.model import values
from gateway.services.core.model.jobs import JobKind

Found = TypeVar("Found")
Key = TypeVar("Key")
Finder = Callable[[Context, Any], object]


@overload
def bound(
    relation: Wraps[Found] | None, find: Callable[[Context, Any], Found | Awaitable[Found | None] | None]
) -> tuple[object, Finder]: ...


@overload
def bound(
    relation: Sequence[Wraps[Found]], find: Callable[[Context, Any], Collection[Found] | Awaitable[Collection[Found]]]
) -> tuple[object, Finder]: ...


@overload
def bound(
    relation: RelationBy[Key, Found], find: Callable[[Context, Key], Found | Awaitable[Found | None] | None]
) -> tuple[object, Finder]: ...


def bound(relation: object, find: Finder) -> tuple[object, Finder]:
    return relation, find


async def _refunds_of_payment(context: Context, payment_id: UUID) -> Collection[values.Refund]:
    return await context.loads.refunds_of_payment(payment_id) or ()


async def _first_refund(context: Context, payment_id: UUID) -> values.Refund | None:
    return next(iter(await _refunds_of_payment(context, payment_id)), None)


async def _payment_of_job(context: Context, subject: tuple[JobKind, UUID]) -> values.Payment | None:
    kind, subject_id = subject
    if kind is JobKind.PAYMENT_REFUND:
        refund = await context.loads.refund(subject_id)
        return await context.loads.payment(refund.payment_id) if refund else None
    return await context.loads.payment(subject_id)


FINDERS: Mapping[object, Finder] = dict(
    [
        bound(Payment.course, lambda context, course_id: context.loads.course(course_id)),
        bound(Payment.purchase, lambda context, payment_id: context.loads.purchase_of_payment(payment_id)),
        bound(Payment.refunds, _refunds_of_payment),
        bound(Payment.history, lambda context, key: context.loads.history(*key)),
        bound(Purchase.course, lambda context, course_id: context.loads.course(course_id)),
        bound(Purchase.payment, lambda context, payment_id: context.loads.payment(payment_id)),
        bound(Purchase.supersedes, lambda context, purchase_id: context.loads.purchase(purchase_id)),
        bound(Purchase.superseded_by, lambda context, purchase_id: context.loads.successor(purchase_id)),
        bound(Purchase.history, lambda context, key: context.loads.history(*key)),
        bound(Job.payment, _payment_of_job),
        bound(Job.purchase, lambda context, purchase_id: context.loads.purchase(purchase_id)),
        bound(DuplicatePayment.refund, _first_refund),
        bound(Viewer.purchases, lambda context, key: context.loads.purchases_of_student(*key)),
        bound(Viewer.payments, lambda context, key: context.loads.payments_of_student(*key)),
        bound(Viewer.access, lambda context, key: context.loads.held_purchase(*key)),
    ]
)
