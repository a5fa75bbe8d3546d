"""The reads of whoever does the gateway's own work: what is due, and what a provider is to be asked about."""

import inspect
from collections.abc import Callable, Collection, Iterator, Sequence
from datetime import datetime
from typing import TypeVar
from uuid import UUID

from sqlalchemy import ColumnElement, text
from sqlalchemy.ext.asyncio import AsyncEngine
from sqlalchemy.orm import aliased
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from db.installation import InstallationRow
from db.job_tables import LIVE_JOB, JobRow, ProviderEventRow
from db.tables import TO_BE_ASKED, PaymentRow, RefundRow, StudentAccessRow
from gateway.services.core.model.events import ProviderEvent
from gateway.services.core.model.jobs import JobKind
from gateway.services.core.model.values import Payment, Provider, Refund
from gateway.services.rows.jobs import event_from
from gateway.services.rows.payments import payment_from, refund_from

Name = TypeVar("Name")
Value = TypeVar("Value")

AT_ONCE = 500
"""Of names in one statement."""


class WorkCatalog:
    """Reads by SQLModel over the readers' engine, as it was last committed; each call is one statement."""

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine
        self._installation: str | None = None

    async def installation(self) -> str:
        """The database's own id, which no migration changes: read once."""
        if self._installation is None:
            async with AsyncSession(self._engine) as session:
                self._installation = str((await session.exec(select(InstallationRow.id))).one())
        return self._installation

    async def due_jobs(self, now: datetime, most: int, kinds: Collection[JobKind] = tuple(JobKind)) -> list[UUID]:
        """Jobs of those kinds whose time has come, or whose runner is gone, the longest due first.

        An event waits until its subscriber has those before it of the same purchase, or they were given up.
        """
        is_waiting = col(JobRow.state).in_(["PENDING", "RETRYING"]) & (col(JobRow.run_at) <= now)
        is_abandoned = (col(JobRow.state) == "RUNNING") & (col(JobRow.lease_until) <= now)
        statement = (
            select(JobRow.id)
            .where(text(f"job.{LIVE_JOB}"), is_waiting | is_abandoned)  # the first is the index's own condition
            .where(col(JobRow.kind).in_([kind.value for kind in kinds]), ~_has_to_wait())
            .order_by(col(JobRow.run_at), col(JobRow.id))
            .limit(most)
        )
        async with AsyncSession(self._engine) as session:
            return list(await session.exec(statement))

    async def next_due(self, kinds: Collection[JobKind] = tuple(JobKind)) -> datetime | None:
        """When the next job of those kinds is due that waits for nothing but its time, be it past; None without one."""
        statement = (
            select(JobRow.run_at)
            .where(text(f"job.{LIVE_JOB}"), col(JobRow.state).in_(["PENDING", "RETRYING"]))
            .where(col(JobRow.kind).in_([kind.value for kind in kinds]), ~_has_to_wait())
            .order_by(col(JobRow.run_at))
            .limit(1)
        )
        async with AsyncSession(self._engine) as session:
            return (await session.exec(statement)).first()

    async def event(self, event_id: UUID) -> ProviderEvent | None:
        async with AsyncSession(self._engine) as session:
            row = (await session.exec(select(ProviderEventRow).where(col(ProviderEventRow.id) == event_id))).first()
        return None if row is None else _made(event_from, row)

    async def payment_by_reference(self, provider: Provider, reference: str) -> Payment | None:
        statement = select(PaymentRow).where(
            col(PaymentRow.provider) == provider.value, col(PaymentRow.reference) == reference
        )
        async with AsyncSession(self._engine) as session:
            row = (await session.exec(statement)).first()
        return None if row is None else _made(payment_from, row)

    async def payment_with_refunds(self, refund_id: UUID) -> tuple[Payment, list[Refund]] | None:
        """The payment of a refund, with all of its refunds, the first one first; None where there is no such refund."""
        named = select(RefundRow.payment_id).where(col(RefundRow.id) == refund_id).scalar_subquery()
        statement = (
            select(PaymentRow, RefundRow)
            .join(RefundRow, col(RefundRow.payment_id) == col(PaymentRow.id))
            .where(col(PaymentRow.id) == named)
            .order_by(col(RefundRow.id))
        )
        async with AsyncSession(self._engine) as session:
            found = (await session.exec(statement)).all()
        return (_made(payment_from, found[0][0]), [_made(refund_from, row) for _, row in found]) if found else None

    async def next_asks(self, provider: Provider, most: int) -> list[Payment]:
        """The payments whose next ask has a time, the earliest first, whether or not that has come."""
        statement = (
            select(PaymentRow)
            .where(col(PaymentRow.provider) == provider.value, text(TO_BE_ASKED))
            .order_by(col(PaymentRow.ask_at))
            .limit(most)
        )
        async with AsyncSession(self._engine) as session:
            return [_made(payment_from, row) for row in await session.exec(statement)]

    async def unscheduled(self, since: datetime, most: int) -> list[UUID]:
        """Payments that were opened since then, may be paid yet, and have no time for the next ask."""
        statement = (
            select(PaymentRow.id)
            .where(text("fulfilment <> 'FULFILLED'"), col(PaymentRow.fulfilment) == "PENDING")  # the index's own, first
            .where(col(PaymentRow.created_at) >= since, col(PaymentRow.ask_at).is_(None))
            .where(col(PaymentRow.status) != "CANCELED", col(PaymentRow.reference).is_not(None))
            .order_by(col(PaymentRow.created_at), col(PaymentRow.id))
            .limit(most)
        )
        async with AsyncSession(self._engine) as session:
            return list(await session.exec(statement))

    async def known_events(self, provider: Provider, event_ids: Collection[str]) -> set[str]:
        """Those of the ids whose events are in our books."""
        name = col(ProviderEventRow.event_id)
        found: set[str] = set()
        async with AsyncSession(self._engine) as session:
            for some in _in_parts(event_ids):
                statement = select(name).where(col(ProviderEventRow.provider) == provider.value, name.in_(some))
                found.update(await session.exec(statement))
        return found

    async def known_captures(self, provider: Provider, captures: Collection[tuple[str, str]]) -> set[tuple[str, str]]:
        """Those of the pairs of an intent and an attempt that our books have as money that was taken: by the intent
        itself, or once more by that attempt."""
        reference, attempt = col(PaymentRow.reference), col(PaymentRow.attempt)
        taken: set[tuple[str, str]] = set()
        async with AsyncSession(self._engine) as session:
            for some in _in_parts(captures):
                statement = select(reference, attempt).where(
                    col(PaymentRow.provider) == provider.value,
                    reference.in_({name for pair in some for name in pair}),
                    reference.is_not(None),
                    col(PaymentRow.fulfilment) != "PENDING",
                )
                taken.update((str(row[0]), str(row[1])) for row in await session.exec(statement))
        return {pair for pair in captures if pair in taken or (pair[1], pair[1]) in taken}

    async def lapsed_purchases(self, now: datetime, after: UUID | None, most: int) -> list[UUID]:
        """Purchases whose access is past its expiry and still granted, in the order of their ids."""
        beyond = [] if after is None else [col(StudentAccessRow.purchase_id) > after]
        statement = (
            select(StudentAccessRow.purchase_id)
            .where(text("status = 'GRANTED'"), col(StudentAccessRow.expires_at) <= now, *beyond)
            .order_by(col(StudentAccessRow.purchase_id))
            .limit(most)
        )
        async with AsyncSession(self._engine) as session:
            return list(await session.exec(statement))


def _made(make: Callable[..., Value], row: object) -> Value:
    return make(*(getattr(row, name) for name in inspect.signature(make).parameters))


def _in_parts(names: Collection[Name]) -> Iterator[Sequence[Name]]:
    listed = list(names)
    return (listed[start : start + AT_ONCE] for start in range(0, len(listed), AT_ONCE))


def _has_to_wait() -> ColumnElement[bool]:
    """Whether an earlier event of the same purchase is still on its way to the same subscriber.

    The first two conditions are the index's own. Only events have a target, so that nothing else ever waits.
    """
    earlier = aliased(JobRow, name="earlier")
    return (
        select(1)
        .where(text(f"earlier.{LIVE_JOB}"), text("earlier.kind = 'event.deliver'"))
        .where(
            col(earlier.subject_id) == col(JobRow.subject_id),
            col(earlier.target) == col(JobRow.target),
            col(earlier.id) < col(JobRow.id),
        )
        .correlate(JobRow)
        .exists()
    )
