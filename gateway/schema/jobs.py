"""Jobs in the API: what the gateway still has to do, and what it gave up."""

import datetime as dt

from strawberry import ID
from strawberry import type as graphql_type

from gateway.schema.conventions import ids
from gateway.schema.conventions.enums import JobKind, JobState
from gateway.schema.conventions.ids import Node
from gateway.schema.purchases import Payment, Purchase, Refund
from gateway.schema.relations import FieldsOf, Wraps
from gateway.services.core.model import jobs

OF_PURCHASES = frozenset({JobKind.EVENT_DELIVER, JobKind.CASE_REVIEW})
OF_PAYMENTS = OF_PURCHASES | {JobKind.PAYMENT_CHECK, JobKind.PAYMENT_REFUND}
"""The kinds of job whose subject may be one; the subject of PAYMENT_REFUND is the refund."""

_job = FieldsOf[jobs.Job]()


@graphql_type(description="Work that follows from a commit and is done by a runner.")
class Job(Node, Wraps[jobs.Job]):
    id: ID = ids.id_field(ids.JOB)
    kind: JobKind = _job.field("What it does.", lambda job: job.kind)
    state: JobState = _job.field("Its state.", lambda job: job.state)
    attempts: int = _job.field("How many runs were begun.", lambda job: job.attempts)
    run_at: dt.datetime = _job.field("When it is due.", lambda job: job.run_at)
    last_error: str | None = _job.field(
        "Why the last run did not finish; for a case, what happened and what ends it.",
        lambda job: job.last_error,
    )
    created_at: dt.datetime = _job.field("When it was created.", lambda job: job.created_at)
    finished_at: dt.datetime | None = _job.field("When it ended.", lambda job: job.finished_at)
    subscriber: str | None = _job.field("Who is told, where the job tells of an event.", lambda job: job.target)
    payment: Payment | None = _job.relation(
        "The payment that it checks, refunds, tells an event of, or is a case of; null for others.",
        by=lambda job: (job.kind, job.subject_id) if job.kind in OF_PAYMENTS else None,
    )
    refund: Refund | None = _job.relation(
        "The refund that it carries out; null for others.",
        by=lambda job: job.subject_id if job.kind is JobKind.PAYMENT_REFUND else None,
    )
    purchase: Purchase | None = _job.relation(
        "The purchase that it tells an event of, or is a case of; null for others.",
        by=lambda job: job.subject_id if job.kind in OF_PURCHASES else None,
    )
