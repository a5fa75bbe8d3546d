"""The queries of the services that hold classes: who may come in."""

from collections.abc import Sequence
from typing import Annotated
from uuid import UUID

import strawberry
from strawberry import ID, field

from gateway.context import Context
from gateway.resolvers.inputs import GatewayInfo, id_argument
from gateway.schema.conventions import ids
from gateway.schema.conventions.connections import MOST
from gateway.schema.conventions.directives import SERVICE_OR_ADMIN
from gateway.schema.conventions.errors import bad_input
from gateway.schema.course_access import CourseAccess, Held
from gateway.services.core.rules.access import has_lapsed
from gateway.services.core.rules.inputs.subjects import subject_problem
from gateway.services.reading.later import Later
from gateway.services.reading.lookups import ACTIVE_PURCHASE

OfCourse = Annotated[ID, strawberry.argument(description="The course.")]


@strawberry.type
class Accesses:
    @field(
        description="What a student may use of a course now. The course need not exist: then nobody has access.",
        directives=SERVICE_OR_ADMIN,
    )
    async def access(
        self,
        info: GatewayInfo,
        student_id: Annotated[ID, strawberry.argument(description="The platform's id of the student.")],
        course_id: OfCourse,
    ) -> CourseAccess:
        [one] = await _accesses(info.context, [_student(student_id, "studentId")], _course(course_id))
        return one

    @field(
        description=f"`access` for up to {MOST} students at once, such as a whole class, in the order of their ids.",
        directives=SERVICE_OR_ADMIN,
    )
    async def accesses(
        self,
        info: GatewayInfo,
        student_ids: Annotated[
            list[ID], strawberry.argument(description=f"The platform's ids of the students, at most {MOST}.")
        ],
        course_id: OfCourse,
    ) -> list[CourseAccess]:
        if len(student_ids) > MOST:
            raise bad_input(f"studentIds must be at most {MOST}; these are {len(student_ids)}")
        students = [_student(each, f"studentIds.{place}") for place, each in enumerate(student_ids)]
        return await _accesses(info.context, students, _course(course_id))


async def _accesses(context: Context, students: Sequence[str], course: UUID) -> list[CourseAccess]:
    """All of them by one statement."""
    found = context.reads.find_all(ACTIVE_PURCHASE, [(student, course) for student in students])
    purchases = await found if isinstance(found, Later) else found
    held = (each if each and not has_lapsed(each.access, context.now) else None for each in purchases)
    return [CourseAccess.of(Held(student, each)) for student, each in zip(students, held, strict=True)]


def _student(given: str, name: str) -> str:
    if problem := subject_problem(given):
        raise bad_input(f"{name} {problem}")
    return given


def _course(given: str) -> UUID:
    return id_argument(ids.COURSE, given, "courseId")
