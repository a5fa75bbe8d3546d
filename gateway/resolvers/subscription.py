"""The subscriptions: the present state first, then each change."""

import asyncio
from collections.abc import AsyncGenerator, Hashable, Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Annotated, TypeVar
from uuid import UUID

import strawberry
from strawberry import ID

from gateway.context import Context
from gateway.resolvers.inputs import GatewayInfo, id_argument
from gateway.resolvers.permissions import may_see, viewer_of
from gateway.resolvers.query import Key
from gateway.schema.conventions import ids
from gateway.schema.conventions.directives import ADMIN_ONLY
from gateway.schema.conventions.enums import ChangedKind
from gateway.schema.conventions.errors import bad_input, busy, forbidden, not_found, subscription_lost
from gateway.schema.overview.changed import Changed
from gateway.schema.purchases import Payment, Purchase
from gateway.services.changes.follower import FeedUnavailable
from gateway.services.changes.hub import Inbox, SubscriptionLost, TooManySubscribers, Topic
from gateway.services.core.model import values
from gateway.services.core.model.pages import Window
from gateway.services.core.model.values import Role
from gateway.services.reading.filters import PurchaseFilter
from gateway.services.reading.lists import PURCHASES

Waited = TypeVar("Waited", bound=Hashable)

MOST_PRESENT = 100
"""Purchases that a subscription begins with: as many as a list's page holds at most."""

RETRY_AFTER_S = 5
"""When to try again where a subscription cannot be begun."""


CHANGED_PACE_S = 0.5
"""Between two results about what changed: of quick changes, one is enough to ask again by."""


@strawberry.type(
    description="What can be waited for: over WebSocket (graphql-transport-ws), as server-sent events, or as multipart "
    "responses. Each begins with the present state. A state may come twice, and quick changes may come as one; the "
    "last state always comes. A subscription that has to end says why by `extensions.code`: "
    "UNAUTHENTICATED when its token expires, SUBSCRIPTION_LOST when you should subscribe again."
)
class Subscription:
    @strawberry.subscription(
        description="The payment, now and at every change, of its refunds and its purchase as well: a checkout page "
        "waits on this instead of polling. For its student and for admins; for anyone else it ends with the error code "
        "NOT_FOUND, as if there were none."
    )
    async def payment(self, info: GatewayInfo, id: Key) -> AsyncGenerator[Payment, None]:  # noqa: A002
        context = info.context
        viewer, key = viewer_of(context), id_argument(ids.PAYMENT, id)
        with _opened(context.live.hub.inbox(Topic(payment_id=key))) as inbox:
            await _ready(context)
            while True:
                context.renew()
                yield await _payment(context, viewer, key)
                await _next(inbox)

    @strawberry.subscription(
        description="Every purchase that changes: the viewer's own, or all of them for an admin. It begins with "
        "the 100 latest, the earliest of them first; for an admin who names no course it begins with the next change."
    )
    async def purchases(
        self,
        info: GatewayInfo,
        course_id: Annotated[ID | None, strawberry.argument(description="Only those of this course.")] = None,
    ) -> AsyncGenerator[Purchase, None]:
        context = info.context
        topic = _whose(viewer_of(context), course_id)
        with _opened(context.live.hub.inbox(topic)) as inbox:
            await _ready(context)
            context.renew()
            for present in await _present(context, topic):
                context.turn()
                yield Purchase.of(present)
            while True:
                key = await _next(inbox)
                context.renew()
                purchase = await context.live.find_purchase(key)
                assert purchase is not None, "a purchase is never deleted"
                if topic.student_id in (None, purchase.student_id):  # else they were erased since
                    yield Purchase.of(purchase)

    @strawberry.subscription(
        description="That something changed, and of which kinds: for a page that asks for its lists again. It begins "
        "with all the kinds; then it tells at most twice a second, and names each kind once.",
        directives=ADMIN_ONLY,
    )
    async def changed(
        self,
        info: GatewayInfo,
        kinds: Annotated[
            list[ChangedKind] | None, strawberry.argument(description="Only these; all if left out.")
        ] = None,
    ) -> AsyncGenerator[Changed, None]:
        context = info.context
        wanted = list(ChangedKind) if kinds is None else kinds
        if not wanted:
            raise bad_input("kinds must name at least one, or be left out")
        with _opened(context.live.hub.inbox_of_kinds(wanted)) as inbox:
            await _ready(context)
            while True:
                present = await inbox.take_all()
                context.renew()
                yield Changed(kinds=present)
                await asyncio.sleep(CHANGED_PACE_S)


def _whose(viewer: values.Actor, course_id: ID | None) -> Topic:
    course_key = None if course_id is None else id_argument(ids.COURSE, course_id, "courseId")
    if viewer.role is Role.SERVICE:
        raise forbidden(f"{Role.ADMIN} or {Role.STUDENT}")
    return Topic(student_id=None if viewer.role is Role.ADMIN else viewer.id, course_id=course_key)


async def _payment(context: Context, viewer: values.Actor, key: UUID) -> Payment:
    payment = await context.live.find_payment(key)
    if payment is None or not may_see(viewer, payment.student_id):
        raise not_found("payment")
    return Payment.of(payment)


async def _present(context: Context, topic: Topic) -> list[values.Purchase]:
    if topic.student_id is None and topic.course_id is None:
        return []
    wanted = PurchaseFilter(student_id=topic.student_id, course_id=topic.course_id)
    page = await context.reads.page(PURCHASES, Window(MOST_PRESENT, is_newest_first=True), wanted)
    return list(reversed(page.items))


@contextmanager
def _opened(opening: AbstractContextManager[Inbox[Waited]]) -> Iterator[Inbox[Waited]]:
    """Open before anything is read, so that what is committed meanwhile is in it."""
    try:
        with opening as inbox:
            yield inbox
    except TooManySubscribers:
        raise busy(RETRY_AFTER_S) from None


async def _ready(context: Context) -> None:
    try:
        await context.live.ready()
    except FeedUnavailable:
        raise busy(RETRY_AFTER_S) from None


async def _next(inbox: Inbox[UUID]) -> UUID:
    try:
        return await inbox.take()
    except SubscriptionLost:
        raise subscription_lost("Changes may have been lost.") from None
