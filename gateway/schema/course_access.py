"""What a student may use of a course, for the services that let students in."""

from dataclasses import dataclass

from strawberry import type as graphql_type

from gateway.schema.access import StudentAccess
from gateway.schema.purchases import Purchase, Student
from gateway.schema.relations import FieldsOf, Wraps
from gateway.services.core.model import values


@dataclass(frozen=True, slots=True)
class Held:
    """A student and the purchase of the course by which they have access now; None without access."""

    student_id: str
    purchase: values.Purchase | None


_held = FieldsOf[Held]()


@graphql_type(
    description="What a student may use of a course now, by their active purchase. There is one for each student, "
    "also for one whom nobody has seen: `isGranted` is false then."
)
class CourseAccess(Wraps[Held]):
    student: Student = _held.wrapped("The student.", lambda held: held.student_id)
    is_granted: bool = _held.field(
        "Whether the student has access: there is an active purchase, and it has not passed its end. Its access may "
        "begin later, see `access.startsAt`.",
        lambda held: held.purchase is not None,
    )
    access: StudentAccess | None = _held.wrapped(
        "How many sessions, and until when; null without access.", lambda held: held.purchase
    )
    purchase: Purchase | None = _held.wrapped(
        "The active purchase, which sessions are recorded with; null without access.", lambda held: held.purchase
    )
