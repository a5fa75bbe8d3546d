"""The filters of lists, as they are given and as they are asked for: each wrong one named."""

from datetime import datetime, timedelta
from typing import Protocol
from uuid import UUID

from strawberry import ID

from gateway.context import Context
from gateway.resolvers.finding.references import ids_of_payments, ids_of_purchases, ids_of_refunds
from gateway.resolvers.inputs import id_argument
from gateway.schema import filters
from gateway.schema.conventions import ids
from gateway.schema.conventions.errors import bad_input
from gateway.services.core.model.currencies import HIGHEST_AMOUNT_MINOR
from gateway.services.core.rules.inputs.subjects import LONGEST_SUBJECT
from gateway.services.core.rules.inputs.texts import text_problem
from gateway.services.reading.filters import AmountRange, JobFilter, PaymentFilter, PurchaseFilter, RefundFilter
from gateway.services.reading.lookups import REFUNDS_OF_PAYMENT

LONGEST_REFERENCE = 255
LONGEST_PERIOD = timedelta(days=92)
"""In which amounts are looked for: a quarter. No index has them, and all of the period is gone through."""


class MoneyFilter(Protocol):
    """What the filters of purchases, payments and refunds have in common."""

    student_id: ID | None
    provider_reference: str | None
    amount: filters.AmountFilter | None
    created_from: datetime | None
    created_before: datetime | None


async def wanted_purchases(context: Context, given: filters.PurchaseFilter) -> PurchaseFilter:
    reference, amount = _checked(context, given)
    return PurchaseFilter(
        ids=None if reference is None else await ids_of_purchases(context, reference),
        student_id=_text(given.student_id, "studentId"),
        course_id=_course_key(given.course_id),
        tier=_text(given.tier, "tier"),
        status=given.status,
        origin=given.origin,
        created_from=given.created_from,
        created_before=given.created_before,
        amount=amount,
    )


async def wanted_payments(context: Context, given: filters.PaymentFilter) -> PaymentFilter:
    reference, amount = _checked(context, given)
    return PaymentFilter(
        ids=None if reference is None else await ids_of_payments(context, reference),
        student_id=_text(given.student_id, "studentId"),
        course_id=_course_key(given.course_id),
        tier=_text(given.tier, "tier"),
        provider=given.provider,
        status=given.status,
        fulfilment=given.fulfilment,
        created_from=given.created_from,
        created_before=given.created_before,
        amount=amount,
    )


async def wanted_refunds(context: Context, given: filters.RefundFilter) -> RefundFilter:
    reference, amount = _checked(context, given)
    return RefundFilter(
        ids=None if reference is None else await ids_of_refunds(context, reference),
        student_id=_text(given.student_id, "studentId"),
        status=given.status,
        origin=given.origin,
        created_from=given.created_from,
        created_before=given.created_before,
        amount=amount,
    )


async def wanted_jobs(context: Context, given: filters.JobFilter) -> JobFilter:
    about: set[UUID] | None = None
    if given.payment_id is not None:
        payment_id = id_argument(ids.PAYMENT, given.payment_id, "filter.paymentId")
        refunds = await context.reads.find(REFUNDS_OF_PAYMENT, payment_id)
        about = {payment_id, *(refund.id for refund in refunds)}
    if given.purchase_id is not None:
        purchase = {id_argument(ids.PURCHASE, given.purchase_id, "filter.purchaseId")}
        about = purchase if about is None else about & purchase
    return JobFilter(given.state, given.kind, None if about is None else frozenset(about))


def _checked(context: Context, given: MoneyFilter) -> tuple[str | None, AmountRange | None]:
    """The provider's id and the amount, as they are asked for."""
    start, end = given.created_from, given.created_before
    if start is not None and end is not None and start > end:
        raise bad_input("filter.createdFrom must not be later than filter.createdBefore")
    reference = _text(given.provider_reference, "providerReference", LONGEST_REFERENCE)
    if given.amount is None:
        return reference, None
    is_few = given.student_id is not None or reference is not None
    if not is_few and (start is None or (end or context.now) - start > LONGEST_PERIOD):
        raise bad_input(
            f"filter.amount is looked for among what was created in at most {LONGEST_PERIOD.days} days: give "
            "filter.createdFrom and filter.createdBefore as well, or filter.studentId, or filter.providerReference"
        )
    return reference, _amount(given.amount)


def _amount(given: filters.AmountFilter) -> AmountRange:
    least = 0 if given.least_minor is None else given.least_minor
    most = HIGHEST_AMOUNT_MINOR if given.most_minor is None else given.most_minor
    if least > most:
        raise bad_input("filter.amount.leastMinor must not be more than filter.amount.mostMinor")
    return AmountRange(given.currency, least, most)


def _course_key(given: ID | None) -> UUID | None:
    return None if given is None else id_argument(ids.COURSE, given, "filter.courseId")


def _text(given: str | None, name: str, longest: int = LONGEST_SUBJECT) -> str | None:
    if given is not None and (problem := text_problem(given, longest)):
        raise bad_input(f"filter.{name} {problem}")
    return given
