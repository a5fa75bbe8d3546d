"""What an admin may do about the catalogue."""

from typing import Annotated

import strawberry

from gateway.resolvers.answers import mutation
from gateway.resolvers.inputs import GatewayInfo, InputReader, mutation_context
from gateway.resolvers.permissions import viewer_of
from gateway.schema.conventions import ids
from gateway.schema.conventions.directives import ADMIN_ONLY
from gateway.schema.mutations.courses import SaveCourseInput, SaveCourseResult
from gateway.services.core.commands.save_course import SaveCourse
from gateway.services.core.model.outcomes import Outcome
from gateway.services.core.model.values import Described
from gateway.services.core.rules.inputs.texts import tidy_lines


@strawberry.type
class CourseMutations:
    @mutation(SaveCourseResult, "Puts a course and its tiers into the catalogue, or changes one.", ADMIN_ONLY)
    async def save_course(
        self,
        info: GatewayInfo,
        input: Annotated[SaveCourseInput, strawberry.argument(description="The course as it is to be.")],  # noqa: A002
    ) -> Outcome:
        reader, context = InputReader(), mutation_context(info)
        command = SaveCourse(
            actor=viewer_of(context),
            course_id=context.purchases.new_id() if input.id is None else reader.id(ids.COURSE, input.id, "id"),
            is_new=input.id is None,
            title=input.title,
            tiers=tuple(tier.to_value() for tier in input.tiers),
            description=None if input.description is strawberry.UNSET else Described(tidy_lines(input.description)),
            key=input.idempotency_key,
        )
        return await context.purchases.submit(command, reader.problems)
