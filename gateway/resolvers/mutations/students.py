"""What an admin may do about a student."""

from typing import Annotated

import strawberry

from gateway.resolvers.answers import mutation
from gateway.resolvers.inputs import GatewayInfo, mutation_context
from gateway.resolvers.permissions import viewer_of
from gateway.schema.conventions.directives import ADMIN_ONLY
from gateway.schema.mutations.students import EraseStudentInput, EraseStudentResult
from gateway.services.core.model.outcomes import Outcome


@strawberry.type
class StudentMutations:
    @mutation(
        EraseStudentResult,
        "Erases a student, for good. The books stay: money, dates, courses, what happened. The student's id is "
        "replaced everywhere by a pseudonym, and whatever people wrote about them is taken away. Nothing of theirs may "
        "be open: see `StudentHasOpenBusiness`. Subscribers are told by `student.erased`. Whoever comes back under the "
        "same id is a new student. Audited, without the id.",
        ADMIN_ONLY,
    )
    async def erase_student(
        self,
        info: GatewayInfo,
        input: Annotated[EraseStudentInput, strawberry.argument(description="Whom, and why.")],  # noqa: A002
    ) -> Outcome:
        context = mutation_context(info)
        return await context.purchases.erase(viewer_of(context), str(input.student_id), input.reason)
