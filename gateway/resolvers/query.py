"""The queries: one thing by its id, and lists."""

import asyncio
from typing import Annotated, Protocol, TypeVar

import strawberry
from strawberry import ID, field

from gateway.context import Context
from gateway.resolvers.accesses import Accesses
from gateway.resolvers.finding.numbers import Numbers
from gateway.resolvers.finding.search import search
from gateway.resolvers.finding.students import is_known
from gateway.resolvers.inputs import GatewayInfo, id_argument
from gateway.resolvers.lists import Lists
from gateway.resolvers.permissions import may_see, may_see_purchase, viewer_of
from gateway.schema.conventions import ids
from gateway.schema.conventions.connections import DEFAULT_SIZE, MOST, size_of
from gateway.schema.conventions.costs import COST, LOOKUP
from gateway.schema.conventions.directives import ADMIN_ONLY
from gateway.schema.conventions.errors import bad_input
from gateway.schema.conventions.ids import Node
from gateway.schema.courses import Course
from gateway.schema.jobs import Job
from gateway.schema.overview.finding import SearchHit
from gateway.schema.purchases import Payment, Purchase, Refund, Student
from gateway.schema.viewer import Viewer
from gateway.services.core.model.values import Role
from gateway.services.core.rules.inputs.subjects import subject_problem
from gateway.services.reading.lookups import COURSE_BY_ID, JOB_BY_ID, PAYMENT_BY_ID, PURCHASE_BY_ID, REFUND_BY_ID
from gateway.services.reading.reader import Finder

Key = Annotated[ID, strawberry.argument(description="Its id.")]
By = TypeVar("By")
Found = TypeVar("Found")


class Find(Protocol):
    """How the operation's reads find something by a key: by itself, or together with others."""

    async def __call__(self, finder: Finder[By, Found], key: By, /) -> Found: ...


@strawberry.type(description="What can be read.")
class Query(Lists, Accesses, Numbers):
    @field(description="Anything by its id; null where it does not exist, or not for you.")
    async def node(self, info: GatewayInfo, id: Key) -> Node | None:  # noqa: A002
        return await find_node(info.context, info.context.reads.find_alone, id, "id")

    @field(description="Many things by their ids, in the order of the ids; null for each that `node` has nothing for.")
    async def nodes(
        self,
        info: GatewayInfo,
        ids: Annotated[list[ID], strawberry.argument(description="Their ids, at most 100.")],
    ) -> list[Node | None]:
        if len(ids) > MOST:
            raise bad_input(f"ids must be at most {MOST}; these are {len(ids)}")
        context = info.context
        each = (find_node(context, context.reads.find, id_, f"ids.{place}") for place, id_ in enumerate(ids))
        return await asyncio.gather(*each)

    @field(description="Who is asking; null without a token.")
    def viewer(self, info: GatewayInfo) -> Viewer | None:
        return None if info.context.viewer is None else Viewer.of(info.context.viewer)

    @field(description="A course of the catalogue. Needs no token.")
    async def course(self, info: GatewayInfo, id: Key) -> Course | None:  # noqa: A002
        return await _course(info.context.reads.find_alone, id)

    @field(description="A payment: for its student and for admins; to anyone else it does not exist.")
    async def payment(self, info: GatewayInfo, id: Key) -> Payment | None:  # noqa: A002
        context = info.context
        return await _payment(context, context.reads.find_alone, id)

    @field(description="A purchase: for its student, for admins and for services; to anyone else it does not exist.")
    async def purchase(self, info: GatewayInfo, id: Key) -> Purchase | None:  # noqa: A002
        context = info.context
        return await _purchase(context, context.reads.find_alone, id)

    @field(
        description="A student, with all that is theirs; null for one who never had anything here.",
        directives=ADMIN_ONLY,
    )
    async def student(
        self,
        info: GatewayInfo,
        id: Annotated[ID, strawberry.argument(description="The platform's id of the student.")],  # noqa: A002
    ) -> Student | None:
        if problem := subject_problem(id):
            raise bad_input(f"id {problem}")
        return Student.of(id) if await is_known(info.context, id) else None

    @field(
        description="Whatever a text names, what it names exactly first: ids of ours in either spelling; a provider's "
        "ids of checkouts, attempts, refunds, disputes and events; students by their ids or how these begin; "
        "courses by what is in their titles.",
        directives=ADMIN_ONLY,
        metadata={COST: LOOKUP},
    )
    async def search(
        self,
        info: GatewayInfo,
        text: Annotated[str, strawberry.argument(description="1 to 255 characters; blanks around it mean nothing.")],
        first: Annotated[
            int | None, strawberry.argument(description="How many at most: 0 to 100; 20 if left out.")
        ] = None,
    ) -> list[SearchHit]:
        return await search(info.context, text, DEFAULT_SIZE if first is None else size_of(first))


async def find_node(context: Context, find: Find, text: str, name: str) -> Node | None:
    """Anything by its id, for who asks. `name`: of the argument that gave it."""
    match ids.prefix_of(text):
        case ids.COURSE:
            return await _course(find, text)
        case ids.PAYMENT:
            return await _payment(context, find, text)
        case ids.PURCHASE:
            return await _purchase(context, find, text)
        case ids.REFUND:
            return await _refund(context, find, text)
        case ids.JOB:
            return await _job(context, find, text)
        case _:
            raise bad_input(f"{name} must be an id such as {ids.EXAMPLES[ids.PURCHASE]}")


async def _course(find: Find, text: str) -> Course | None:
    course = await find(COURSE_BY_ID, id_argument(ids.COURSE, text))
    return None if course is None else Course.of(course)


async def _payment(context: Context, find: Find, text: str) -> Payment | None:
    viewer, key = viewer_of(context), id_argument(ids.PAYMENT, text)
    payment = await find(PAYMENT_BY_ID, key)
    if payment is None or not may_see(viewer, payment.student_id):
        return None
    return Payment.of(payment)


async def _purchase(context: Context, find: Find, text: str) -> Purchase | None:
    viewer, key = viewer_of(context), id_argument(ids.PURCHASE, text)
    purchase = await find(PURCHASE_BY_ID, key)
    if purchase is None or not may_see_purchase(viewer, purchase.student_id):
        return None
    return Purchase.of(purchase)


async def _refund(context: Context, find: Find, text: str) -> Refund | None:
    """A refund belongs to whose payment it gives back."""
    viewer, key = viewer_of(context), id_argument(ids.REFUND, text)
    refund = await find(REFUND_BY_ID, key)
    payment = await find(PAYMENT_BY_ID, refund.payment_id) if refund else None
    if not refund or not payment or not may_see(viewer, payment.student_id):
        return None
    return Refund.of(refund)


async def _job(context: Context, find: Find, text: str) -> Job | None:
    """Jobs are nobody's but the admins', see `jobs`."""
    if viewer_of(context).role is not Role.ADMIN:
        return None
    job = await find(JOB_BY_ID, id_argument(ids.JOB, text))
    return None if job is None else Job.of(job)
