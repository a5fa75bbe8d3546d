"""The lists among the queries: filtered, ordered, page by page."""

from typing import Annotated

import strawberry
from strawberry import field

from gateway.resolvers.finding.attention import page_of_attention
from gateway.resolvers.finding.filters import wanted_jobs, wanted_payments, wanted_purchases, wanted_refunds
from gateway.resolvers.inputs import GatewayInfo
from gateway.schema import filters
from gateway.schema.conventions.connections import After, Before, Connection, First, Last, asked, connection_of
from gateway.schema.conventions.cursors import Cursors
from gateway.schema.conventions.directives import ADMIN_ONLY
from gateway.schema.courses import Course
from gateway.schema.filters import OrderDirection
from gateway.schema.jobs import Job
from gateway.schema.overview.finding import AttentionItem
from gateway.schema.purchases import Payment, Purchase, Refund
from gateway.services.reading import lists
from gateway.services.reading.filters import JobFilter, PaymentFilter, PurchaseFilter, RefundFilter

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
REFUNDS = {
    direction: Cursors("refunds", is_timed=True, is_newest_first=direction is OrderDirection.DESC)
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
        wanted = await wanted_purchases(info.context, filter) if filter else PurchaseFilter()
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
        wanted = await wanted_payments(info.context, filter) if filter else PaymentFilter()
        return connection_of(await info.context.reads.page(lists.PAYMENTS, window, wanted), cursors)

    @field(description="All refunds and disputes, the latest first unless ordered otherwise.", directives=ADMIN_ONLY)
    async def refunds(
        self,
        info: GatewayInfo,
        filter: Annotated[filters.RefundFilter | None, WHICH] = None,  # noqa: A002
        order_by: Annotated[filters.RefundOrder | None, IN_ORDER] = None,
        first: First = None,
        after: After = None,
        last: Last = None,
        before: Before = None,
    ) -> Connection[Refund]:
        cursors = REFUNDS[order_by.direction if order_by else OrderDirection.DESC]
        window = asked(first, after, last, before, cursors)
        wanted = await wanted_refunds(info.context, filter) if filter else RefundFilter()
        return connection_of(await info.context.reads.page(lists.REFUNDS, window, wanted), cursors)

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
        wanted = await wanted_jobs(info.context, filter) if filter else JobFilter()
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
