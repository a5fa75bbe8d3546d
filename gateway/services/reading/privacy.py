"""The reads of erasure and retention: whole tables, a page after the other, beside the writer."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import ColumnElement, Integer, bindparam, func, literal_column, select, tuple_, union_all

from db.compiled import Statement
from db.notes import first_id_of
from db.statements import AUDIT, EVENT, JOB, PAYMENT, PURCHASE, RECORD, REFUND
from db.types import Id, Instant
from gateway.services.core.model.jobs import JobKind, JobState
from gateway.services.core.model.privacy.retention import EndedEvent, EndedJob
from gateway.services.core.model.records import IdempotencyKey
from gateway.services.reading.source import Source

_STUDENT = bindparam("student", type_=PAYMENT.c.student_id.type)
_RESULTS = union_all(
    select(PAYMENT.c.id).where(PAYMENT.c.student_id == _STUDENT),
    select(PURCHASE.c.id).where(PURCHASE.c.student_id == _STUDENT),
    select(REFUND.c.id)
    .join_from(PAYMENT, REFUND, REFUND.c.payment_id == PAYMENT.c.id)
    .where(PAYMENT.c.student_id == _STUDENT),
)
_RECORDS = Statement(
    select(RECORD.c.actor_id, RECORD.c.operation, RECORD.c.key).where(RECORD.c.result_id.in_(_RESULTS))
)


class Erasures:
    """What is looked for before a student is erased, since no index leads to it: the writer need not wait for that."""

    def __init__(self, source: Source) -> None:
        self._source = source

    async def records_of(self, student_id: str) -> list[IdempotencyKey]:
        """The callers' keys that led to what is the student's."""
        return [IdempotencyKey(*row) for row in await self._source.rows(_RECORDS, student=student_id)]


_AFTER, _UNTIL = bindparam("after", type_=Id()), bindparam("until", type_=Id())
_MOST = bindparam("most", type_=Integer())
_JOBS = Statement(
    select(JOB.c.id, JOB.c.kind, JOB.c.state, JOB.c.finished_at)
    .where(JOB.c.id > _AFTER, JOB.c.id < _UNTIL)
    .order_by(JOB.c.id)
    .limit(_MOST)
)
_page = select(EVENT.c.id, EVENT.c.state).where(EVENT.c.id > _AFTER, EVENT.c.id < _UNTIL)
_event = _page.order_by(EVENT.c.id).limit(_MOST).subquery("event")
_handling = JOB.alias("handling")
_HANDLED_IT: ColumnElement[bool] = literal_column("(handling.kind = 'webhook.handle' AND handling.state = 'COMPLETED')")
_handled_by = (
    select(_handling.c.id).where(_handling.c.subject_id == _event.c.id, _HANDLED_IT).order_by(_handling.c.id).limit(1)
)
_others = select(func.count()).where(_handling.c.subject_id == _event.c.id, ~_HANDLED_IT)
_told_of = select(func.count()).where(AUDIT.c.subject_id == _event.c.id)
_EVENTS = Statement(
    select(
        _event.c.id,
        _event.c.state,
        _handled_by.scalar_subquery().label("job_id"),
        (_others.scalar_subquery() + _told_of.scalar_subquery()).label("tied"),
    ).order_by(_event.c.id)
)
_key = tuple_(RECORD.c.actor_id, RECORD.c.operation, RECORD.c.key)
_after_key = tuple_(*(bindparam(f"after_{each.name}", type_=each.type) for each in RECORD.primary_key))
_is_old = RECORD.c.created_at < bindparam("before", type_=Instant())
_OLD_RECORDS = Statement(
    select(RECORD.c.actor_id, RECORD.c.operation, RECORD.c.key, _is_old)
    .where(_key > _after_key)
    .order_by(*RECORD.primary_key)
    .limit(_MOST)
)


class Outdated:
    """Pages of tables, in the order of their keys, to look for what may go; an empty one is after the last."""

    def __init__(self, source: Source) -> None:
        self._source = source

    async def jobs(self, after: UUID, before: datetime, most: int) -> list[EndedJob]:
        """Those that were created before then, in the order in which they were."""
        rows = await self._source.rows(_JOBS, after=after, until=first_id_of(before), most=most)
        return [EndedJob(key, JobKind(kind), JobState(state), finished_at) for key, kind, state, finished_at in rows]

    async def events(self, after: UUID, before: datetime, most: int) -> list[tuple[UUID, EndedEvent | None]]:
        """Those that were stored before then. None instead of one that something is tied to: it is not handled, has
        another job, a case, or a history."""
        rows = await self._source.rows(_EVENTS, after=after, until=first_id_of(before), most=most)
        return [
            (key, None if tied or state == "PENDING" else EndedEvent(key, job_id)) for key, state, job_id, tied in rows
        ]

    async def records(self, after: IdempotencyKey, before: datetime, most: int) -> list[tuple[IdempotencyKey, bool]]:
        """All of them, each with whether it was written before then: no index is in the order of time."""
        given = {"after_actor_id": after.actor_id, "after_operation": after.operation, "after_key": after.key}
        rows = await self._source.rows(_OLD_RECORDS, before=before, most=most, **given)
        return [(IdempotencyKey(*key), bool(is_old)) for *key, is_old in rows]
