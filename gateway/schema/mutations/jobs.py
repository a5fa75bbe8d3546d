"""What an admin may ask about jobs: inputs, what each answers, and what it may come to."""

from typing import Annotated

import strawberry
from strawberry import ID, field
from strawberry import type as graphql_type

from gateway.schema.jobs import Job
from gateway.schema.mutations.descriptions import WHY
from gateway.schema.problems import (
    InvalidInput,
    NotFound,
)
from gateway.schema.relations import FieldsOf, Wraps
from gateway.services.core.model import job_outcomes

_changed = FieldsOf[job_outcomes.JobChanged]()


@strawberry.input(description="A job that ended without success, to be run again.")
class RetryJobInput:
    job_id: ID = field(description="The job.")
    reason: str = field(description=WHY)


@graphql_type(description="The job will run again.")
class RetryJobSuccess(Wraps[job_outcomes.JobChanged]):
    job: Job = _changed.wrapped("The job.", lambda changed: changed.job)


RetryJobResult = Annotated[
    RetryJobSuccess | InvalidInput | NotFound,
    strawberry.union("RetryJobResult", description="What `retryJob` answers."),
]


@strawberry.input(description="A job to be called off, or one that FAILED and is dealt with.")
class CancelJobInput:
    job_id: ID = field(description="The job.")
    reason: str = field(description=WHY)


@graphql_type(description="The job will not run any more.")
class CancelJobSuccess(Wraps[job_outcomes.JobChanged]):
    job: Job = _changed.wrapped("The job.", lambda changed: changed.job)


CancelJobResult = Annotated[
    CancelJobSuccess | InvalidInput | NotFound,
    strawberry.union("CancelJobResult", description="What `cancelJob` answers."),
]
