"""Who is asking in the API, with what is their own."""

from typing import Annotated, Self

import strawberry
from strawberry import ID, Private, field
from strawberry import type as graphql_type

from gateway.schema.conventions import ids
from gateway.schema.conventions.connections import After, Before, Connection, First, Last, asked, connection_of
from gateway.schema.conventions.cursors import Cursors
from gateway.schema.conventions.enums import PurchaseStatus, Role
from gateway.schema.purchases import Payment, Purchase, StudentAccess
from gateway.schema.relations import RequestInfo
from gateway.services.core.model import values

PURCHASES = Cursors("viewer.purchases", is_timed=True, is_newest_first=True)
PAYMENTS = Cursors("viewer.payments", is_timed=True, is_newest_first=True)


@graphql_type(description="Who is asking. Only a student has purchases and payments; for another role there are none.")
class Viewer:
    actor: Private[values.Actor]
    id: ID = field(description="The `sub` of the token.")
    role: Role = field(description="The role of the token.")

    @field(description="Your purchases, the latest first.")
    async def purchases(
        self,
        info: RequestInfo,
        status: Annotated[PurchaseStatus | None, strawberry.argument(description="Only those standing so.")] = None,
        first: First = None,
        after: After = None,
        last: Last = None,
        before: Before = None,
    ) -> Connection[Purchase]:
        window = asked(first, after, last, before, PURCHASES)
        page = await info.context.loads.purchases_of_student(self._student_id, status, window)
        return connection_of(page, PURCHASES, Purchase.of)

    @field(description="Your payments, the latest first.")
    async def payments(
        self, info: RequestInfo, first: First = None, after: After = None, last: Last = None, before: Before = None
    ) -> Connection[Payment]:
        window = asked(first, after, last, before, PAYMENTS)
        page = await info.context.loads.payments_of_student(self._student_id, window)
        return connection_of(page, PAYMENTS, Payment.of)

    @field(
        description="What you may use of a course: by your active purchase of it, or else by the latest that there "
        "was. Null where there never was one."
    )
    async def access(
        self,
        info: RequestInfo,
        course_id: Annotated[ID, strawberry.argument(description="The course.")],
    ) -> StudentAccess | None:
        course = ids.id_argument(ids.COURSE, course_id, "courseId")
        student_id = self._student_id
        purchase = None if student_id is None else await info.context.loads.held_purchase(student_id, course)
        return StudentAccess.of(purchase) if purchase else None

    @classmethod
    def of(cls, actor: values.Actor) -> Self:
        return cls(actor=actor, id=ID(actor.id), role=actor.role)

    @property
    def _student_id(self) -> str | None:
        """Whose things are the viewer's own. A token of another role may well have a student's `sub`."""
        return self.actor.id if self.actor.role is Role.STUDENT else None
