"""What an admin may do about the gateway's own work."""

from typing import Annotated

import strawberry

from gateway.resolvers.answers import mutation
from gateway.resolvers.inputs import GatewayInfo, InputReader, mutation_context
from gateway.resolvers.permissions import viewer_of
from gateway.schema.conventions import ids
from gateway.schema.conventions.directives import ADMIN_ONLY
from gateway.schema.mutations.jobs import CancelJobInput, CancelJobResult, RetryJobInput, RetryJobResult
from gateway.services.core.commands.jobs.retries import CancelJob, RetryJob
from gateway.services.core.model.outcomes import Outcome


@strawberry.type
class JobMutations:
    @mutation(
        RetryJobResult,
        "Runs a job again that was given up or called off, from now. A case (CASE_REVIEW) has nothing to run.",
        ADMIN_ONLY,
    )
    async def retry_job(
        self,
        info: GatewayInfo,
        input: Annotated[RetryJobInput, strawberry.argument(description="Which job, and why.")],  # noqa: A002
    ) -> Outcome:
        reader, context = InputReader(), mutation_context(info)
        command = RetryJob(viewer_of(context), reader.id(ids.JOB, input.job_id, "jobId"), input.reason)
        return await context.purchases.submit(command, reader.problems)

    @mutation(
        CancelJobResult,
        "Calls a job off, or takes one that FAILED off the list once it is dealt with; a case "
        "(CASE_REVIEW) ends so. A refund whose job is called off is still owed. Audited.",
        ADMIN_ONLY,
    )
    async def cancel_job(
        self,
        info: GatewayInfo,
        input: Annotated[CancelJobInput, strawberry.argument(description="Which job, and why.")],  # noqa: A002
    ) -> Outcome:
        reader, context = InputReader(), mutation_context(info)
        command = CancelJob(viewer_of(context), reader.id(ids.JOB, input.job_id, "jobId"), input.reason)
        return await context.purchases.submit(command, reader.problems)
