"""The gateway without a database: the same stories and the same decisions, over rows that lie in memory.

A history is told here in a tenth of the time. Whatever looks at the rows afterwards reads them from a database into
which they are written for that, and so is the same for every kind.
"""

import asyncio
from collections.abc import AsyncIterator, Collection, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager
from copy import copy
from dataclasses import dataclass, fields
from datetime import datetime, timedelta
from itertools import chain, islice
from typing import Any, cast
from uuid import UUID

from sqlalchemy import Connection
from uuid_utils.compat import uuid7

from db.engine import writer_engine
from db.saves import saves_of
from db.writer import open_writer
from gateway.services.core.commands.every import Command
from gateway.services.core.model.events import ProviderEvent
from gateway.services.core.model.jobs import LONGEST_WAIT_S, Job, JobKind, JobState
from gateway.services.core.model.outcomes import Outcome
from gateway.services.core.model.state import Moment, State
from gateway.services.core.model.values import (
    AccessStatus,
    Fulfilment,
    Payment,
    PaymentStatus,
    Provider,
    Purchase,
    Refund,
)
from gateway.services.providers.registry import ProviderRegistry
from gateway.services.providers.sandbox import Sandbox
from gateway.services.purchases import Purchases
from gateway.services.writing import saving
from gateway.services.writing.deciding import Result, decide_all
from tests.beside import Kept
from tests.service import INSTALLATION, Clock, Service

Waiting = tuple[Sequence[Command], asyncio.Future[list[Result]]]


class AnswerLost(Exception):
    """What was committed is committed, and the writer does not know."""


class Memory:
    """All rows, the one writer of them, and what jobs read."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.clock = Clock()
        self._state = State()
        self._waiting: list[Waiting] = []

    async def submit(self, command: Command) -> Outcome:
        [outcome] = await self.submit_all([command])
        return outcome

    async def submit_all(self, commands: Sequence[Command]) -> list[Outcome]:
        """As `GroupCommit` has it: whoever waits at the same moment shares a turn."""
        loop = asyncio.get_running_loop()
        done: asyncio.Future[list[Result]] = loop.create_future()
        if not self._waiting:
            loop.call_soon(self._run_waiting)
        self._waiting.append((commands, done))
        outcomes = []
        for result in await done:
            if isinstance(result, Exception):
                raise result
            outcomes.append(result)
        return outcomes

    def do_commit(self, state: State) -> None:
        """Named as its like is named in a database's dialect: a test that has commits fail replaces either."""
        self._state = state

    def flush(self) -> None:
        """Write the rows that are new or changed into the database."""
        if not self._state.journal:
            return
        engine = writer_engine(self.url)
        writer = open_writer(engine)
        writer.run("PRAGMA foreign_keys = OFF")  # rows of a whole history name each other
        writer.begin()
        saving.save(writer, saves_of(engine.dialect), self._state)
        assert writer.fetch("PRAGMA foreign_key_check") == []
        writer.commit()
        writer.close()
        rows = (self._state.payments, self._state.purchases, self._state.courses, self._state.refunds)
        self._state.loaded.update(chain(*rows, self._state.jobs, self._state.events))
        self._state.loaded.update(session.id for session in self._state.sessions.values())
        self._state.journal.clear()

    def _run_waiting(self) -> None:
        waiting, self._waiting = self._waiting, []
        commands = [command for group, _ in waiting for command in group]
        try:
            results: Iterator[Result] = iter(self._turn(commands))
        except Exception as error:  # noqa: BLE001  whatever it is, it must reach the caller it belongs to
            results = iter([error for _ in commands])
        for group, done in waiting:
            if not done.done():
                done.set_result([*islice(results, len(group))])

    def _turn(self, commands: Sequence[Command]) -> list[Result]:
        state = State(**{each.name: copy(getattr(self._state, each.name)) for each in fields(State)})
        results = decide_all(commands, state, Moment(self.clock(), uuid7))
        try:
            if len(state.journal) > len(self._state.journal):
                self.do_commit(state)
        except AnswerLost:
            return self._turn(commands)
        return results

    async def installation(self) -> str:
        return INSTALLATION

    async def payment(self, payment_id: UUID) -> Payment | None:
        return self._state.payments.get(payment_id)

    async def event(self, event_id: UUID) -> ProviderEvent | None:
        return self._state.events.get(event_id)

    async def payment_by_reference(self, provider: Provider, reference: str) -> Payment | None:
        found = (each for each in self.payments() if (each.provider, each.reference) == (provider, reference))
        return next(found, None)

    async def payment_with_refunds(self, refund_id: UUID) -> tuple[Payment, list[Refund]] | None:
        refund = self._state.refunds.get(refund_id)
        if refund is None:
            return None
        others = sorted(self._state.refunds_of(refund.payment_id), key=lambda each: each.id)
        return self._state.payments[refund.payment_id], others

    async def due_jobs(self, now: datetime, most: int, kinds: Collection[JobKind] = tuple(JobKind)) -> list[UUID]:
        due = [job for job in self._runnable(kinds) if job.is_waiting and job.run_at <= now]
        due += [job for job in self._runnable(kinds) if job.lease_until is not None and job.lease_until <= now]
        return [job.id for job in sorted(due, key=lambda job: (job.run_at, job.id))[:most]]

    async def misplanned_jobs(
        self, now: datetime, most: int, kinds: Collection[JobKind] = tuple(JobKind)
    ) -> list[UUID]:
        latest = now + timedelta(seconds=LONGEST_WAIT_S)
        return [job.id for job in self._runnable(kinds) if job.is_waiting and job.run_at > latest][:most]

    async def runnable_jobs(self, now: datetime, most: int, kinds: Collection[JobKind] = tuple(JobKind)) -> list[UUID]:
        return await self.due_jobs(now, most, kinds) or await self.misplanned_jobs(now, most, kinds)

    async def next_due(self, after: datetime, kinds: Collection[JobKind] = tuple(JobKind)) -> datetime | None:
        waiting = (job.run_at for job in self._runnable(kinds) if job.is_waiting)
        return min((run_at for run_at in waiting if run_at > after), default=None)

    async def next_asks(self, provider: Provider, most: int) -> list[Payment]:
        asked = [(each.ask_at, each.id, each) for each in self.payments() if each.provider is provider and each.ask_at]
        return [payment for _, _, payment in sorted(asked)[:most]]

    async def asks_after(self, provider: Provider, at: datetime, most: int) -> list[Payment]:
        return [
            each
            for each in await self.next_asks(provider, len(self._state.payments))
            if each.ask_at and each.ask_at > at
        ][:most]

    async def unscheduled(self, since: datetime, most: int) -> list[UUID]:
        missed = [
            payment
            for payment in self.payments()
            if (payment.fulfilment, payment.ask_at) == (Fulfilment.PENDING, None)
            and payment.status is not PaymentStatus.CANCELED
            and payment.reference is not None
            and payment.created_at >= since
        ]
        return [payment.id for payment in sorted(missed, key=lambda each: (each.created_at, each.id))[:most]]

    async def known_events(self, provider: Provider, event_ids: Collection[str]) -> set[str]:
        known = {event.event_id for event in self._state.events.values() if event.provider is provider}
        return known & set(event_ids)

    async def known_captures(self, provider: Provider, captures: Collection[tuple[str, str]]) -> set[tuple[str, str]]:
        taken = {
            (str(each.reference), str(each.attempt))
            for each in self.payments()
            if each.provider is provider and each.reference and each.fulfilment is not Fulfilment.PENDING
        }
        return {pair for pair in captures if pair in taken or (pair[1], pair[1]) in taken}

    async def lapsed_purchases(self, now: datetime, after: UUID | None, most: int) -> list[UUID]:
        lapsed = [
            (purchase.access.expires_at, purchase.id)
            for purchase in self._state.purchases.values()
            if purchase.access.status is AccessStatus.GRANTED
            and purchase.access.expires_at is not None
            and purchase.access.expires_at <= now
        ]
        last = None if after is None else (self._state.purchases[after].access.expires_at, after)
        return [purchase_id for _, purchase_id in sorted(each for each in lapsed if last is None or each > last)][:most]

    def purchases(self) -> list[Purchase]:
        return sorted(self._state.purchases.values(), key=lambda each: each.id)

    def payments(self) -> list[Payment]:
        return sorted(self._state.payments.values(), key=lambda each: each.id)

    def failed_jobs(self) -> list[Job]:
        failed = [job for job in self._state.jobs.values() if job.state is JobState.FAILED]
        return sorted(failed, key=lambda each: each.id)

    def _runnable(self, kinds: Collection[JobKind]) -> list[Job]:
        """Live jobs of those kinds; of the events of one purchase for one subscriber, the first that is on its way."""
        live = sorted((job for job in self._state.jobs.values() if job.is_live), key=lambda job: job.id)
        first: dict[object, UUID] = {}
        for job in live:
            if job.kind is JobKind.EVENT_DELIVER:
                first.setdefault((job.subject_id, job.target), job.id)
        return [job for job in live if job.kind in kinds and first.get((job.subject_id, job.target), job.id) == job.id]


@dataclass
class InMemory(Service):
    """The service whose rows lie in memory; whoever looks beside it finds them in the database."""

    memory: Memory

    @property
    def commits(self) -> Memory:
        return self.memory

    def lose_connection(self, connection: object) -> None:
        raise AnswerLost

    @contextmanager
    def beside(self) -> Iterator[Connection]:
        self.memory.flush()
        with super().beside() as connection:
            yield connection

    async def payments(self) -> Sequence[Payment]:
        return self.memory.payments()

    async def bought(self) -> Sequence[Purchase]:
        return self.memory.purchases()

    async def failed_jobs(self) -> Sequence[Job]:
        return self.memory.failed_jobs()


@asynccontextmanager
async def remembering(memory: Memory) -> AsyncIterator[InMemory]:
    """A service over those rows, with a clock of its own. It may be closed and opened again as any other."""
    memory.clock = Clock()
    providers = ProviderRegistry({Provider.SANDBOX: Sandbox()}, Provider.SANDBOX, memory.installation)
    nothing: Any = None  # of what only a service on a database has
    purchases = Purchases(memory.submit, memory.submit_all, memory.payment, providers, uuid7, nothing)
    others, work, reads = Kept(memory.url), cast(Any, memory), nothing
    yield InMemory(purchases, reads, work, nothing, memory.clock, memory.url, nothing, nothing, others, memory)
    others.close()
