"""The queries: one thing by its id, and lists."""

from typing import Annotated
from uuid import UUID

import strawberry
from strawberry import ID, Info, field

from gateway.context import Context
from gateway.resolvers.arguments import id_argument, window
from gateway.resolvers.permissions import viewer_of
from gateway.schema import ids
from gateway.schema.connections import Connection, OrderDirection, PurchaseOrder, connection_of, edges_of
from gateway.schema.courses import Course
from gateway.schema.directives import ADMIN_ONLY
from gateway.schema.errors import bad_input
from gateway.schema.inputs import JobFilter, PurchaseFilter
from gateway.schema.jobs import Job
from gateway.schema.nodes import Node
from gateway.schema.payments import Payment
from gateway.schema.people import Viewer
from gateway.schema.purchases import Purchase
from gateway.services import catalog
from gateway.services.core.checks import LONGEST_STUDENT_ID
from gateway.services.core.metadata import text_problem
from gateway.services.core.values import Role

GatewayInfo = Info[Context, None]
Key = Annotated[ID, strawberry.argument(description="Its id.")]
First = Annotated[
    int | None, strawberry.argument(description="How many, from the beginning: 1 to 100; 20 if left out.")
]
After = Annotated[str | None, strawberry.argument(description="Only what comes after this cursor.")]
Last = Annotated[int | None, strawberry.argument(description="How many, from the end: 1 to 100.")]
Before = Annotated[str | None, strawberry.argument(description="Only what comes before this cursor.")]


@strawberry.type(description="What can be read.")
class Query:
    @field(description="Anything by its id; null where it does not exist, or not for you.")
    async def node(self, info: GatewayInfo, id: Key) -> Node | None:  # noqa: A002
        match ids.prefix_of(id):
            case ids.COURSE:
                return await _course(info.context, id)
            case ids.PAYMENT:
                return await _payment(info.context, id)
            case ids.PURCHASE:
                return await _purchase(info.context, id)
            case ids.REFUND | ids.JOB:
                return None  # read with their payment, and by `jobs`
            case _:
                raise bad_input(f"id must be an id such as {ids.EXAMPLES[ids.PURCHASE]}")

    @field(description="Who is asking; null without a token.")
    def viewer(self, info: GatewayInfo) -> Viewer | None:
        return None if info.context.viewer is None else Viewer.of(info.context.viewer)

    @field(description="The catalogue, in the order that it was added. Needs no token.")
    async def courses(
        self, info: GatewayInfo, first: First = None, after: After = None, last: Last = None, before: Before = None
    ) -> Connection[Course]:
        page = await info.context.catalog.course_page(window(first, after, last, before))
        edges = edges_of([(course.id, course) for course in page.items], Course.of)
        return connection_of(edges, has_previous=page.has_previous, has_next=page.has_next)

    @field(description="A course of the catalogue. Needs no token.")
    async def course(self, info: GatewayInfo, id: Key) -> Course | None:  # noqa: A002
        return await _course(info.context, id)

    @field(description="A payment: for its student and for admins; to anyone else it does not exist.")
    async def payment(self, info: GatewayInfo, id: Key) -> Payment | None:  # noqa: A002
        return await _payment(info.context, id)

    @field(description="A purchase: for its student and for admins; to anyone else it does not exist.")
    async def purchase(self, info: GatewayInfo, id: Key) -> Purchase | None:  # noqa: A002
        return await _purchase(info.context, id)

    @field(description="All purchases, the latest first unless ordered otherwise.", directives=ADMIN_ONLY)
    async def purchases(
        self,
        info: GatewayInfo,
        filter: Annotated[PurchaseFilter | None, strawberry.argument(description="Which ones.")] = None,  # noqa: A002
        order_by: Annotated[PurchaseOrder | None, strawberry.argument(description="In which order.")] = None,
        first: First = None,
        after: After = None,
        last: Last = None,
        before: Before = None,
    ) -> Connection[Purchase]:
        direction = order_by.direction if order_by else OrderDirection.DESC
        asked = window(first, after, last, before, direction)
        page = await info.context.catalog.purchase_page(_wanted(filter), asked)
        edges = edges_of([(purchase.id, purchase) for purchase in page.items], Purchase.of)
        return connection_of(edges, has_previous=page.has_previous, has_next=page.has_next)

    @field(
        description="What the gateway still has to do, and what it gave up, the latest first.", directives=ADMIN_ONLY
    )
    async def jobs(
        self,
        info: GatewayInfo,
        filter: Annotated[JobFilter | None, strawberry.argument(description="Which ones.")] = None,  # noqa: A002
        first: First = None,
        after: After = None,
        last: Last = None,
        before: Before = None,
    ) -> Connection[Job]:
        asked = window(first, after, last, before, OrderDirection.DESC)
        wanted = catalog.JobFilter(filter.state, filter.kind) if filter else catalog.JobFilter()
        page = await info.context.catalog.job_page(wanted, asked)
        edges = edges_of([(job.id, job) for job in page.items], Job.of)
        return connection_of(edges, has_previous=page.has_previous, has_next=page.has_next)


async def _course(context: Context, text: str) -> Course | None:
    course = await context.loads.course(id_argument(ids.COURSE, text))
    return None if course is None else Course.of(course)


async def _payment(context: Context, text: str) -> Payment | None:
    viewer, key = viewer_of(context), id_argument(ids.PAYMENT, text)
    payment = await context.loads.payment(key)
    if payment is None or not may_see(viewer.role, payment.student_id == viewer.id):
        return None
    return Payment.of(payment)


async def _purchase(context: Context, text: str) -> Purchase | None:
    viewer, key = viewer_of(context), id_argument(ids.PURCHASE, text)
    purchase = await context.loads.purchase(key)
    if purchase is None or not may_see(viewer.role, purchase.student_id == viewer.id):
        return None
    return Purchase.of(purchase)


def may_see(role: Role, is_own: bool) -> bool:
    """Whether somebody of that role sees a payment or a purchase, their own or another's."""
    return role is Role.ADMIN or (role is Role.STUDENT and is_own)


def _wanted(given: PurchaseFilter | None) -> catalog.PurchaseFilter:
    if given is None:
        return catalog.PurchaseFilter()
    if given.student_id is not None and (problem := text_problem(given.student_id, LONGEST_STUDENT_ID)):
        raise bad_input(f"filter.studentId {problem}")
    if given.tier is not None and (problem := text_problem(given.tier, LONGEST_STUDENT_ID)):
        raise bad_input(f"filter.tier {problem}")
    return catalog.PurchaseFilter(
        student_id=given.student_id,
        course_id=_course_key(given.course_id),
        tier=given.tier,
        status=given.status,
        origin=given.origin,
        created_from=given.created_from,
        created_before=given.created_before,
    )


def _course_key(given: ID | None) -> UUID | None:
    return None if given is None else id_argument(ids.COURSE, given, "filter.courseId")
