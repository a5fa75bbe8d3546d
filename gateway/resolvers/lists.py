"""The lists among the queries: filtered, ordered, page by page."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

import strawberry
from strawberry import ID, field

from gateway.context import Context
from gateway.resolvers.finding.attention import page_of_attention
from gateway.resolvers.inputs import GatewayInfo, id_argument
from gateway.schema import filters
from gateway.schema.conventions import ids
from gateway.schema.conventions.connections import After, Before, Connection, First, Last, asked, connection_of
from gateway.schema.conventions.cursors import Cursors
from gateway.schema.conventions.directives import ADMIN_ONLY
from gateway.schema.conventions.errors import bad_input
from gateway.schema.courses import Course
from gateway.schema.filters import OrderDirection
from gateway.schema.jobs import AttentionItem, Job
from gateway.schema.purchases import Payment, Purchase
from gateway.services.core.rules.inputs.subjects import LONGEST_SUBJECT
from gateway.services.core.rules.inputs.texts import text_problem
from gateway.services.reading import lists
from gateway.services.reading.filters import JobFilter, PaymentFilter, PurchaseFilter
from gateway.services.reading.lookups import REFUNDS_OF_PAYMENT

COURSES = Cursors("courses")
JOBS = Cursors("jobs", is_newest_first=True)
PAYMENTS = {
    direction: Cursors("payments", is_timed=True, is_newest_first=direction is OrderDirection.DESC)
    for direction in OrderDirection
}
PURCHASES = {
    direction: Cursors("purchases", is_timed=True, is_newest_first=direction is OrderDirection.DESC)
    for direction in OrderDirection
}
ATTENTION = {
    direction: Cursors("needsAttention", is_newest_first=direction is OrderDirection.DESC)
    for direction in OrderDirection
}
WHICH = strawberry.argument(description="Which ones.")
IN_ORDER = strawberry.argument(description="In which order.")


@strawberry.type(description="What can be listed.")
class Lists:
    @field(description="The catalogue, in the order that it was added. Needs no token.")
    async def courses(
        self, info: GatewayInfo, first: First = None, after: After = None, last: Last = None, before: Before = None
    ) -> Connection[Course]:
        page = await info.context.reads.page(lists.COURSES, asked(first, after, last, before, COURSES))
        return connection_of(page, COURSES)

    @field(description="All purchases, the latest first unless ordered otherwise.", directives=ADMIN_ONLY)
    async def purchases(
        self,
        info: GatewayInfo,
        filter: Annotated[filters.PurchaseFilter | None, WHICH] = None,  # noqa: A002
        order_by: Annotated[filters.PurchaseOrder | None, IN_ORDER] = None,
        first: First = None,
        after: After = None,
        last: Last = None,
        before: Before = None,
    ) -> Connection[Purchase]:
        cursors = PURCHASES[order_by.direction if order_by else OrderDirection.DESC]
        window = asked(first, after, last, before, cursors)
        wanted = _wanted_purchases(filter) if filter else PurchaseFilter()
        return connection_of(await info.context.reads.page(lists.PURCHASES, window, wanted), cursors)

    @field(description="All payments, the latest first unless ordered otherwise.", directives=ADMIN_ONLY)
    async def payments(
        self,
        info: GatewayInfo,
        filter: Annotated[filters.PaymentFilter | None, WHICH] = None,  # noqa: A002
        order_by: Annotated[filters.PaymentOrder | None, IN_ORDER] = None,
        first: First = None,
        after: After = None,
        last: Last = None,
        before: Before = None,
    ) -> Connection[Payment]:
        cursors = PAYMENTS[order_by.direction if order_by else OrderDirection.DESC]
        window = asked(first, after, last, before, cursors)
        wanted = _wanted_payments(filter) if filter else PaymentFilter()
        return connection_of(await info.context.reads.page(lists.PAYMENTS, window, wanted), cursors)

    @field(
        description="What the gateway still has to do, and what it gave up, the latest first.", directives=ADMIN_ONLY
    )
    async def jobs(
        self,
        info: GatewayInfo,
        filter: Annotated[filters.JobFilter | None, WHICH] = None,  # noqa: A002
        first: First = None,
        after: After = None,
        last: Last = None,
        before: Before = None,
    ) -> Connection[Job]:
        window = asked(first, after, last, before, JOBS)
        wanted = await _wanted_jobs(info.context, filter) if filter else JobFilter()
        return connection_of(await info.context.reads.page(lists.JOBS, window, wanted), JOBS)

    @field(
        description="What waits for a person: jobs that FAILED, cases and open disputes, the latest first unless "
        "ordered otherwise. Each says why, what it is about, and the calls that end it.",
        directives=ADMIN_ONLY,
    )
    async def needs_attention(
        self,
        info: GatewayInfo,
        order_by: Annotated[filters.AttentionOrder | None, IN_ORDER] = None,
        first: First = None,
        after: After = None,
        last: Last = None,
        before: Before = None,
    ) -> Connection[AttentionItem]:
        cursors = ATTENTION[order_by.direction if order_by else OrderDirection.DESC]
        page = await page_of_attention(info.context, asked(first, after, last, before, cursors))
        return connection_of(page, cursors)


def _wanted_purchases(given: filters.PurchaseFilter) -> PurchaseFilter:
    _refuse_reversed(given.created_from, given.created_before)
    return PurchaseFilter(
        student_id=_text(given.student_id, "studentId"),
        course_id=_course_key(given.course_id),
        tier=_text(given.tier, "tier"),
        status=given.status,
        origin=given.origin,
        created_from=given.created_from,
        created_before=given.created_before,
    )


def _wanted_payments(given: filters.PaymentFilter) -> PaymentFilter:
    _refuse_reversed(given.created_from, given.created_before)
    return PaymentFilter(
        student_id=_text(given.student_id, "studentId"),
        course_id=_course_key(given.course_id),
        tier=_text(given.tier, "tier"),
        provider=given.provider,
        status=given.status,
        fulfilment=given.fulfilment,
        created_from=given.created_from,
        created_before=given.created_before,
    )


async def _wanted_jobs(context: Context, given: filters.JobFilter) -> JobFilter:
    about: set[UUID] | None = None
    if given.payment_id is not None:
        payment_id = id_argument(ids.PAYMENT, given.payment_id, "filter.paymentId")
        refunds = await context.reads.find(REFUNDS_OF_PAYMENT, payment_id)
        about = {payment_id, *(refund.id for refund in refunds)}
    if given.purchase_id is not None:
        purchase = {id_argument(ids.PURCHASE, given.purchase_id, "filter.purchaseId")}
        about = purchase if about is None else about & purchase
    return JobFilter(given.state, given.kind, None if about is None else frozenset(about))


def _course_key(given: ID | None) -> UUID | None:
    return None if given is None else id_argument(ids.COURSE, given, "filter.courseId")


def _text(given: str | None, name: str) -> str | None:
    if given is not None and (problem := text_problem(given, LONGEST_SUBJECT)):
        raise bad_input(f"filter.{name} {problem}")
    return given


def _refuse_reversed(created_from: datetime | None, created_before: datetime | None) -> None:
    if created_from is not None and created_before is not None and created_from > created_before:
        raise bad_input("filter.createdFrom must not be later than filter.createdBefore")
