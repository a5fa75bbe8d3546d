"""Jobs in the API: what the gateway still has to do, and what it gave up."""

import datetime as dt
from typing import Self

from strawberry import ID, Private, field
from strawberry import type as graphql_type

from gateway.schema.conventions import ids
from gateway.schema.conventions.enums import JobKind, JobState
from gateway.schema.conventions.ids import Node
from gateway.schema.purchases import Payment, Purchase
from gateway.schema.relations import RequestInfo
from gateway.services.core.model import jobs


@graphql_type(description="Work that follows from a commit, and that a runner does.")
class Job(Node):
    value: Private[jobs.Job]
    kind: JobKind = field(description="What it does.")
    state: JobState = field(description="Where it stands.")
    attempts: int = field(description="How many runs were begun.")
    run_at: dt.datetime = field(description="When it is due.")
    last_error: str | None = field(
        description="Why the last run did not come to an end; of a case, what happened and what ends it."
    )
    created_at: dt.datetime = field(description="When it came to be.")
    finished_at: dt.datetime | None = field(description="When it ended.")
    subscriber: str | None = field(description="Who is told, where the job tells of an event.")

    @field(description="The payment that it checks, refunds, tells an event of, or is a case of; null for others.")
    async def payment(self, info: RequestInfo) -> Payment | None:
        payment_id = self.value.subject_id
        match self.value.kind:
            case JobKind.PAYMENT_REFUND:
                refund = await info.context.loads.refund(payment_id)
                payment = refund and await info.context.loads.payment(refund.payment_id)
            case JobKind.PAYMENT_CHECK | JobKind.EVENT_DELIVER | JobKind.CASE_REVIEW:
                payment = await info.context.loads.payment(payment_id)
            case _:
                return None
        return Payment.of(payment) if payment else None

    @field(description="The purchase that it tells an event of, or is a case of; null for others.")
    async def purchase(self, info: RequestInfo) -> Purchase | None:
        if self.value.kind not in (JobKind.EVENT_DELIVER, JobKind.CASE_REVIEW):
            return None
        purchase = await info.context.loads.purchase(self.value.subject_id)
        return Purchase.of(purchase) if purchase else None

    @classmethod
    def of(cls, job: jobs.Job) -> Self:
        return cls(
            value=job,
            id=ID(ids.to_text(ids.JOB, job.id)),
            kind=job.kind,
            state=job.state,
            attempts=job.attempts,
            run_at=job.run_at,
            last_error=job.last_error,
            created_at=job.created_at,
            finished_at=job.finished_at,
            subscriber=job.target,
        )
