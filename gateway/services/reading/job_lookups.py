"""The reads of jobs: which jobs are due, and what a provider is to be asked about."""

from collections.abc import Collection, Iterable
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar
from uuid import UUID

from sqlalchemy import Integer, bindparam, func, literal_column, or_, select, text, tuple_

from db.compiled import Raw, Statement
from db.installation import InstallationRow
from db.job_tables import LIVE_JOB
from db.keys import Among
from db.statements import ACCESS, EVENT, JOB, PAYMENT, REFUND, table_of
from db.tables import TO_BE_ASKED
from db.types import Id, Instant
from gateway.services.core.model.events import ProviderEvent
from gateway.services.core.model.jobs import LONGEST_LEASE_S, LONGEST_WAIT_S, JobKind
from gateway.services.core.model.values import Payment, Provider, Refund
from gateway.services.reading.reader import Reader
from gateway.services.rows.kinds import PAYMENTS, REFUNDS, Kind
from gateway.services.rows.lookups import EVENT_BY_ID, PAYMENT_BY_REFERENCE

Value = TypeVar("Value")

BEFORE_ALL = UUID(int=0)
BEFORE_ALL_TIMES = datetime.min.replace(tzinfo=UTC)
"""No id and no instant comes before these."""

_NOW = bindparam("now", type_=Instant())
_MOST = bindparam("most", type_=Integer())
_ONE = literal_column("1", Integer)

# ------------------------------------------------------------------------------------------------------------ jobs
# Conditions of partial indexes are literal text: the planner uses such an index only where it can read its condition.

_earlier = JOB.alias("earlier")
_HAS_TO_WAIT = (
    select(_ONE)
    .where(text(f"earlier.{LIVE_JOB}"), text("earlier.kind = 'event.deliver'"))
    .where(_earlier.c.subject_id == JOB.c.subject_id, _earlier.c.target == JOB.c.target, _earlier.c.id < JOB.c.id)
    .correlate(JOB)
    .exists()
)
"""Whether an earlier event of the same purchase is still to be delivered to the same subscriber. Only events have a
target, so no other job waits."""

_KINDS = Among(JOB.c.kind)
_IS_WAITING = text("job.state IN ('PENDING', 'RETRYING')")
_LEASE_ENDS = (JOB.c.lease_until <= _NOW) | (JOB.c.lease_until > bindparam("longest_lease", type_=Instant()))
_IS_LOST = text("job.state = 'RUNNING'") & _LEASE_ENDS
_DUE = Statement(
    select(JOB.c.id)
    .where(text(f"job.{LIVE_JOB}"), JOB.c.run_at <= _NOW)  # a job that runs was due as well, when it was claimed
    .where(or_(_IS_WAITING, _IS_LOST), _KINDS, ~_HAS_TO_WAIT)
    .order_by(JOB.c.run_at, JOB.c.id)
    .limit(_MOST)
)
_MISPLANNED = Statement(
    select(JOB.c.id)
    .where(text(f"job.{LIVE_JOB}"), JOB.c.run_at > bindparam("latest", type_=Instant()))
    .where(or_(_IS_WAITING, _IS_LOST), _KINDS, ~_HAS_TO_WAIT)
    .order_by(JOB.c.run_at, JOB.c.id)
    .limit(_MOST)
)
"""Jobs that a wrong clock planned beyond any schedule. There are none: a step into the index finds that."""
_NEXT_DUE = Statement(
    select(JOB.c.run_at)
    .where(text(f"job.{LIVE_JOB}"), JOB.c.run_at > bindparam("after", type_=Instant()))
    .where(_IS_WAITING, _KINDS, ~_HAS_TO_WAIT)
    .order_by(JOB.c.run_at)
    .limit(_ONE)
)

# -------------------------------------------------------------------------------------------- what providers are asked

_PROVIDER = bindparam("provider", type_=PAYMENT.c.provider.type)
_TO_BE_ASKED = Statement(
    PAYMENTS.select.where(PAYMENT.c.provider == _PROVIDER, text(TO_BE_ASKED)).order_by(PAYMENT.c.ask_at).limit(_MOST)
)
_ASKED_AFTER = Statement(
    PAYMENTS.select.where(PAYMENT.c.provider == _PROVIDER, text(TO_BE_ASKED))
    .where(PAYMENT.c.ask_at > bindparam("after", type_=Instant()))
    .order_by(PAYMENT.c.ask_at)
    .limit(_MOST)
)
_UNSCHEDULED = Statement(
    select(PAYMENT.c.id)
    .where(text("fulfilment <> 'FULFILLED'"), text("fulfilment = 'PENDING'"))
    .where(PAYMENT.c.created_at >= bindparam("since", type_=Instant()), PAYMENT.c.ask_at.is_(None))
    .where(text("status <> 'CANCELED'"), PAYMENT.c.reference.is_not(None))
    .order_by(PAYMENT.c.created_at, PAYMENT.c.id)
    .limit(_MOST)
)
_EVENT_NAMES = Among(EVENT.c.event_id)
_KNOWN_EVENTS = Statement(select(EVENT.c.event_id).where(EVENT.c.provider == _PROVIDER, _EVENT_NAMES))
_REFERENCES = Among(PAYMENT.c.reference)
_TAKEN = Statement(
    select(PAYMENT.c.reference, PAYMENT.c.attempt)
    .where(PAYMENT.c.provider == _PROVIDER, _REFERENCES)
    .where(PAYMENT.c.reference.is_not(None), text("fulfilment <> 'PENDING'"))
)
_OF_PAYMENT = len(PAYMENTS.select.selected_columns)
_asked = REFUND.alias("asked")
_PAYMENT_OF_REFUND = select(_asked.c.payment_id).where(_asked.c.id == bindparam("refund_id", type_=Id()))
_PAYMENT_WITH_REFUNDS = Statement(
    select(*PAYMENTS.select.selected_columns, *REFUNDS.select.selected_columns)
    .where(PAYMENT.c.id == _PAYMENT_OF_REFUND.scalar_subquery(), REFUND.c.payment_id == PAYMENT.c.id)
    .order_by(REFUND.c.id)
)
_lapsed_last = ACCESS.alias("lapsed_last")
_AFTER = bindparam("after", type_=Id())
_LAPSED_LAST = select(_lapsed_last.c.expires_at).where(_lapsed_last.c.purchase_id == _AFTER).scalar_subquery()
_LAPSED_FROM = func.coalesce(_LAPSED_LAST, bindparam("from_beginning", BEFORE_ALL_TIMES, type_=Instant()))
# In the order of the index of accesses that end: in that of their ids, all of them would be gone through.
_LAPSED = Statement(
    select(ACCESS.c.purchase_id)
    .where(text("student_access.status = 'GRANTED'"), ACCESS.c.expires_at <= _NOW)
    .where(tuple_(ACCESS.c.expires_at, ACCESS.c.purchase_id) > tuple_(_LAPSED_FROM, _AFTER))
    .order_by(ACCESS.c.expires_at, ACCESS.c.purchase_id)
    .limit(_MOST)
)
_INSTALLATION = Statement(select(table_of(InstallationRow).c.id))


class JobLookups:
    """Reads of the books as they were last committed; each call is one statement."""

    def __init__(self, reader: Reader) -> None:
        self._reader = reader
        self._source = reader.source
        self._installation: str | None = None

    async def installation(self) -> str:
        """The database's own id, which no migration changes: read once."""
        if self._installation is None:
            [[found]] = await self._source.rows(_INSTALLATION)
            self._installation = str(found)
        return self._installation

    async def event(self, event_id: UUID) -> ProviderEvent | None:
        return await self._reader.find(EVENT_BY_ID, event_id)

    async def payment_by_reference(self, provider: Provider, reference: str) -> Payment | None:
        return await self._reader.find(PAYMENT_BY_REFERENCE, (provider.value, reference))

    async def payment_with_refunds(self, refund_id: UUID) -> tuple[Payment, list[Refund]] | None:
        """The payment of a refund, with all of its refunds, the first one first; None where there is no such refund."""
        rows = await self._source.raw(_PAYMENT_WITH_REFUNDS, {"refund_id": refund_id})
        payments = self._values(PAYMENTS, (row[:_OF_PAYMENT] for row in rows[:1]))
        return (payments[0], self._values(REFUNDS, (row[_OF_PAYMENT:] for row in rows))) if payments else None

    async def due_jobs(self, now: datetime, most: int, kinds: Collection[JobKind] = tuple(JobKind)) -> list[UUID]:
        """Jobs of those kinds whose time has come, or whose runner is gone, the longest due first.

        An event waits until its subscriber has those before it of the same purchase, or they were given up.
        """
        return await self._firsts(_DUE, now=now, most=most, **self._bounds(now), **self._among(_KINDS, kinds))

    async def misplanned_jobs(
        self, now: datetime, most: int, kinds: Collection[JobKind] = tuple(JobKind)
    ) -> list[UUID]:
        """Jobs of those kinds that a wrong clock planned for later than any schedule leads to: they are due as well."""
        latest = now + timedelta(seconds=LONGEST_WAIT_S)
        among = self._among(_KINDS, kinds)
        return await self._firsts(_MISPLANNED, now=now, latest=latest, most=most, **self._bounds(now), **among)

    async def runnable_jobs(self, now: datetime, most: int, kinds: Collection[JobKind] = tuple(JobKind)) -> list[UUID]:
        """What a runner may claim: what is due, and where nothing is, what will never be."""
        return await self.due_jobs(now, most, kinds) or await self.misplanned_jobs(now, most, kinds)

    async def next_due(self, after: datetime, kinds: Collection[JobKind] = tuple(JobKind)) -> datetime | None:
        """When the next job of those kinds that waits only for its time becomes due after that moment; None without
        one. Of the events that are due already and wait for others, as many as a subscriber missed, none is read."""
        found: list[datetime] = await self._firsts(_NEXT_DUE, after=after, **self._among(_KINDS, kinds))
        return found[0] if found else None

    async def next_asks(self, provider: Provider, most: int) -> list[Payment]:
        """The payments with a next ask, the earliest first, whether or not it is due."""
        found = await self._source.raw(_TO_BE_ASKED, {"provider": provider.value, "most": most})
        return self._values(PAYMENTS, found)

    async def asks_after(self, provider: Provider, at: datetime, most: int) -> list[Payment]:
        """The payments whose next ask is later than that, the earliest first."""
        if most <= 0:
            return []
        found = await self._source.raw(_ASKED_AFTER, {"provider": provider.value, "after": at, "most": most})
        return self._values(PAYMENTS, found)

    async def unscheduled(self, since: datetime, most: int) -> list[UUID]:
        """Payments that were opened since then, can still be paid, and have no next ask."""
        return await self._firsts(_UNSCHEDULED, since=since, most=most)

    async def known_events(self, provider: Provider, event_ids: Collection[str]) -> set[str]:
        """Those of the ids whose events are in our books."""
        if not event_ids:
            return set()
        among = self._among(_EVENT_NAMES, event_ids)
        return set(await self._firsts(_KNOWN_EVENTS, provider=provider.value, **among))

    async def known_captures(self, provider: Provider, captures: Collection[tuple[str, str]]) -> set[tuple[str, str]]:
        """Those of the pairs of an intent and an attempt that our books have as captured: by the intent itself, or once
        more by that attempt."""
        if not captures:
            return set()
        among = self._among(_REFERENCES, {name for pair in captures for name in pair})
        taken = {(row[0], row[1]) for row in await self._source.rows(_TAKEN, provider=provider.value, **among)}
        return {pair for pair in captures if pair in taken or (pair[1], pair[1]) in taken}

    async def lapsed_purchases(self, now: datetime, after: UUID | None, most: int) -> list[UUID]:
        """Purchases whose access is past its expiry and still granted, the one that ended first first. `after` is the
        last one of the page before."""
        return await self._firsts(_LAPSED, now=now, after=after or BEFORE_ALL, most=most)

    def _bounds(self, now: datetime) -> dict[str, object]:
        return {"longest_lease": now + timedelta(seconds=LONGEST_LEASE_S)}

    async def _firsts(self, statement: Statement, **parameters: object) -> list[Any]:
        """The first column of each row."""
        return [row[0] for row in await self._source.rows(statement, **parameters)]

    def _values(self, kind: Kind[Value], rows: Iterable[Raw]) -> list[Value]:
        return kind.on(self._source.dialect).values(rows)

    def _among(self, among: Among, keys: Iterable[str]) -> dict[str, object]:
        return among.parameters(sorted(keys), self._source.dialect)
