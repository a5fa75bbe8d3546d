"""Who is asking in the API, with what is their own."""

from typing import Annotated
from uuid import UUID

import strawberry
from strawberry import ID
from strawberry import type as graphql_type

from gateway.schema.access import StudentAccess
from gateway.schema.conventions import ids
from gateway.schema.conventions.connections import After, Before, Connection, First, Last, answer_in, asked
from gateway.schema.conventions.cursors import Cursors
from gateway.schema.conventions.enums import PurchaseStatus, Role
from gateway.schema.purchases import Payment, Purchase
from gateway.schema.relations import FieldsOf, Wraps, relation_by
from gateway.services.core.model import values
from gateway.services.core.model.pages import Window

PURCHASES = Cursors("viewer.purchases", is_timed=True, is_newest_first=True)
PAYMENTS = Cursors("viewer.payments", is_timed=True, is_newest_first=True)

_viewer = FieldsOf[values.Actor]()


@graphql_type(description="Who is asking. Only a student has purchases and payments; for another role there are none.")
class Viewer(Wraps[values.Actor]):
    id: ID = _viewer.field("The `sub` of the token.", lambda viewer: ID(viewer.id))
    role: Role = _viewer.field("The role of the token.", lambda viewer: viewer.role)

    @relation_by(Connection[Purchase], "Your purchases, the latest first.", answer_in(PURCHASES))
    def purchases(
        self,
        status: Annotated[PurchaseStatus | None, strawberry.argument(description="Only those in this state.")] = None,
        first: First = None,
        after: After = None,
        last: Last = None,
        before: Before = None,
    ) -> tuple[str | None, PurchaseStatus | None, Window]:
        return self.student_id, status, asked(first, after, last, before, PURCHASES)

    @relation_by(Connection[Payment], "Your payments, the latest first.", answer_in(PAYMENTS))
    def payments(
        self, first: First = None, after: After = None, last: Last = None, before: Before = None
    ) -> tuple[str | None, Window]:
        return self.student_id, asked(first, after, last, before, PAYMENTS)

    @relation_by(
        StudentAccess | None,
        "What you may use of a course: by your active purchase of it, or else by your latest one. Null where you never "
        "had one.",
        StudentAccess.of,
    )
    def access(
        self, course_id: Annotated[ID, strawberry.argument(description="The course.")]
    ) -> tuple[str, UUID] | None:
        course = ids.id_argument(ids.COURSE, course_id, "courseId")
        return None if self.student_id is None else (self.student_id, course)

    @property
    def student_id(self) -> str | None:
        """Whose things are the viewer's own. A token of another role may well have a student's `sub`."""
        return self.value.id if self.value.role is Role.STUDENT else None
