"""The queries: one thing by its id, and lists."""

import asyncio
from typing import Annotated

import strawberry
from strawberry import ID, field

from gateway.context import Context
from gateway.resolvers.inputs import GatewayInfo, id_argument
from gateway.resolvers.lists import Lists
from gateway.resolvers.permissions import may_see, viewer_of
from gateway.schema.conventions import ids
from gateway.schema.conventions.connections import MOST
from gateway.schema.conventions.errors import bad_input
from gateway.schema.conventions.ids import Node
from gateway.schema.courses import Course
from gateway.schema.jobs import Job
from gateway.schema.purchases import Payment, Purchase
from gateway.schema.refunds import Refund
from gateway.schema.viewer import Viewer
from gateway.services.core.model.values import Role
from gateway.services.reading.lookups import COURSE_BY_ID, JOB_BY_ID, PAYMENT_BY_ID, PURCHASE_BY_ID, REFUND_BY_ID

Key = Annotated[ID, strawberry.argument(description="Its id.")]


@strawberry.type(description="What can be read.")
class Query(Lists):
    @field(description="Anything by its id; null where it does not exist, or not for you.")
    async def node(self, info: GatewayInfo, id: Key) -> Node | None:  # noqa: A002
        return await _node(info.context, id, "id")

    @field(description="Many things by their ids, in the order of the ids; null for each that `node` has nothing for.")
    async def nodes(
        self,
        info: GatewayInfo,
        ids: Annotated[list[ID], strawberry.argument(description="Their ids, at most 100.")],
    ) -> list[Node | None]:
        if len(ids) > MOST:
            raise bad_input(f"ids must be at most {MOST}; these are {len(ids)}")
        return await asyncio.gather(*(_node(info.context, id_, f"ids.{place}") for place, id_ in enumerate(ids)))

    @field(description="Who is asking; null without a token.")
    def viewer(self, info: GatewayInfo) -> Viewer | None:
        return None if info.context.viewer is None else Viewer.of(info.context.viewer)

    @field(description="A course of the catalogue. Needs no token.")
    async def course(self, info: GatewayInfo, id: Key) -> Course | None:  # noqa: A002
        return await _course(info.context, id)

    @field(description="A payment: for its student and for admins; to anyone else it does not exist.")
    async def payment(self, info: GatewayInfo, id: Key) -> Payment | None:  # noqa: A002
        return await _payment(info.context, id)

    @field(description="A purchase: for its student and for admins; to anyone else it does not exist.")
    async def purchase(self, info: GatewayInfo, id: Key) -> Purchase | None:  # noqa: A002
        return await _purchase(info.context, id)


async def _node(context: Context, text: str, name: str) -> Node | None:
    match ids.prefix_of(text):
        case ids.COURSE:
            return await _course(context, text)
        case ids.PAYMENT:
            return await _payment(context, text)
        case ids.PURCHASE:
            return await _purchase(context, text)
        case ids.REFUND:
            return await _refund(context, text)
        case ids.JOB:
            return await _job(context, text)
        case _:
            raise bad_input(f"{name} must be an id such as {ids.EXAMPLES[ids.PURCHASE]}")


async def _course(context: Context, text: str) -> Course | None:
    course = await context.reads.find(COURSE_BY_ID, id_argument(ids.COURSE, text))
    return None if course is None else Course.of(course)


async def _payment(context: Context, text: str) -> Payment | None:
    viewer, key = viewer_of(context), id_argument(ids.PAYMENT, text)
    payment = await context.reads.find(PAYMENT_BY_ID, key)
    if payment is None or not may_see(viewer, payment.student_id):
        return None
    return Payment.of(payment)


async def _purchase(context: Context, text: str) -> Purchase | None:
    viewer, key = viewer_of(context), id_argument(ids.PURCHASE, text)
    purchase = await context.reads.find(PURCHASE_BY_ID, key)
    if purchase is None or not may_see(viewer, purchase.student_id):
        return None
    return Purchase.of(purchase)


async def _refund(context: Context, text: str) -> Refund | None:
    """A refund belongs to whose payment it gives back."""
    viewer, key = viewer_of(context), id_argument(ids.REFUND, text)
    refund = await context.reads.find(REFUND_BY_ID, key)
    payment = await context.reads.find(PAYMENT_BY_ID, refund.payment_id) if refund else None
    if not refund or not payment or not may_see(viewer, payment.student_id):
        return None
    return Refund.of(refund)


async def _job(context: Context, text: str) -> Job | None:
    """Jobs are nobody's but the admins', see `jobs`."""
    if viewer_of(context).role is not Role.ADMIN:
        return None
    job = await context.reads.find(JOB_BY_ID, id_argument(ids.JOB, text))
    return None if job is None else Job.of(job)
