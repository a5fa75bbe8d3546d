"""Settings to services: what every door stands on, opened together and closed together."""

import asyncio
from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Any

from sqlalchemy.exc import DBAPIError

from db import feed
from db.standing import Standing, standing_by
from gateway.clock import CLOCK, start_clock
from gateway.services import ends, tracing
from gateway.services.background import BackgroundTask
from gateway.services.changes.follower import Live
from gateway.services.changes.hub import Hub
from gateway.services.core.model.jobs import Job
from gateway.services.core.model.values import Provider
from gateway.services.jobs.leases import Leases
from gateway.services.jobs.pace import Pace
from gateway.services.jobs.runner import MESSAGES, MONEY, Runner
from gateway.services.jobs.work import Work, work_on
from gateway.services.measures import recording
from gateway.services.outages import Damaged, Unavailable
from gateway.services.providers.base import PaymentProvider
from gateway.services.providers.observed import Observed
from gateway.services.providers.registry import ProviderRegistry
from gateway.services.providers.sandbox import Sandbox
from gateway.services.purchases import Purchases
from gateway.services.reading.job_lookups import JobLookups
from gateway.services.reading.lookups import PAYMENT_BY_ID, PURCHASE_BY_ID
from gateway.services.reading.privacy import Erasures, Outdated
from gateway.services.reading.reader import Reader
from gateway.services.reading.snapshot import Snapshot
from gateway.services.reading.source import Source
from gateway.services.subscribers.base import Subscriber
from gateway.services.writing.group_commit import GroupCommit
from gateway.settings.model import Settings
from gateway.verifying import look_through
from gateway.writer import event_subscribers, own_writer, subscribers_of
from gateway.writer import now as now

if TYPE_CHECKING:
    from gateway.services.writer_process.remote import RemoteWriter

WRITER_READY_S = 30.0
"""How long a process that starts waits for the writer's, which imports as much as it does itself."""

READY_S = 1.5
"""How long the database may take to say how it stands, of the two seconds that whoever asks has."""

STEP_S = 0.1
"""Of that time."""

READY_TURN_S = 1.5
"""How long a turn of the writer may take where it can serve. One takes milliseconds."""


@dataclass(frozen=True, slots=True)
class Services:
    """What a door needs: the stories, the reads, and what they stand on."""

    purchases: Purchases
    work: Work
    reader: Reader
    writer: "GroupCommit | RemoteWriter"
    runners: Sequence[Runner]
    live: Live
    standing: "StandingNow"
    background: list[BackgroundTask] = field(default_factory=list)
    """What goes on beside requests."""

    def snapshot(self) -> Snapshot:
        """The reads of one more operation."""
        return Snapshot(self.reader)

    @property
    def trouble(self) -> str | None:
        """Why nothing can be written now, in words of ours; None where it can, or another process knows."""
        return self.writer.trouble if isinstance(self.writer, GroupCommit) else None

    @property
    def is_clock_proven(self) -> bool:
        """Whether nothing speaks against the time that this process began with."""
        return CLOCK.is_proven

    async def _is_writer_alive(self) -> bool:
        looking = asyncio.create_task(self.writer.look(), name="look")
        try:
            return await _is_done(looking, READY_S) and looking.result()
        finally:
            looking.cancel()

    async def readiness(self) -> "Readiness":
        """How the database and the writer stand, asked now."""
        schema, is_alive = await asyncio.gather(self.standing.asked(within_s=READY_S), self._is_writer_alive())
        is_writing = is_alive and self.writer.held_up_s < READY_TURN_S
        return Readiness(
            schema is not None,
            schema or Standing(None),
            is_writing,
            CLOCK.is_going_on,
            CLOCK.is_proven,
            self.reader.source.lost_for,
            sorted({each.name for each in self.background if not each.is_well}),
        )


class StandingNow:
    """How the database stands. One question at a time: who comes while it hangs waits for the same answer."""

    def __init__(self, source: Source) -> None:
        self._source = source
        self._asking: asyncio.Task[Standing | None] | None = None

    async def asked(self, within_s: float) -> Standing | None:
        """None where it is out of reach, or does not answer within that time. The question goes on meanwhile, for it
        could be given up no sooner."""
        asking = self._asking
        if asking is None or asking.done():
            asking = self._asking = asyncio.create_task(self._ask(), name="standing")
        return asking.result() if await _is_done(asking, within_s) else None

    async def _ask(self) -> Standing | None:
        try:
            await self._source.fetch("SELECT 1")
            return await standing_by(self._source.fetch, self._source.dialect)
        except (DBAPIError, Unavailable, Damaged):
            return None


async def _is_done(asked: "asyncio.Task[Any]", within_s: float) -> bool:
    """Whether it is within that time, in steps: what holds this process up is not the database's time."""
    while within_s > 0 and not asked.done():
        await asyncio.wait({asked}, timeout=STEP_S)
        within_s -= STEP_S
    return asked.done()


@dataclass(frozen=True, slots=True)
class Readiness:
    """What it takes to serve: a database in reach, a schema that this code may run on, a writer that is alive, and a
    clock that did not leap.

    `is_clock_proven`: nor does anything speak against the time that this process began with.
    """

    is_in_reach: bool
    schema: Standing
    is_writing: bool
    is_clock_going_on: bool
    is_clock_proven: bool
    reason: str | None = None
    """What an operator should know of a database that is not in reach."""
    failing: Sequence[str] = ()
    """What goes on beside requests, ended unexpectedly, and is begun again."""


@asynccontextmanager
async def open_services(settings: Settings) -> AsyncIterator[Services]:
    """The services on an up-to-date database, with the writer running; at the end what waits is written first."""
    await start_clock(settings.database_url, is_right=settings.clock_is_right)
    hub = Hub()
    subscribers = subscribers_of(settings)
    runners: list[Runner] = []
    writer = _writer(settings, hub, runners, subscribers.values())
    source = Source(settings.database_url)
    reader = Reader(source)
    lookups = JobLookups(reader)
    follow = partial(feed.follow, settings.database_url, source.standing)
    live = Live(hub, follow, partial(reader.find, PAYMENT_BY_ID), partial(reader.find, PURCHASE_BY_ID))
    providers = _providers(settings)
    purchases = Purchases(
        write=writer.submit if tracing.spans is None else tracing.waited_for(writer.submit),
        write_all=writer.submit_all if tracing.spans is None else tracing.waited_for(writer.submit_all),
        find_payment=partial(reader.find_alone, PAYMENT_BY_ID),
        providers=ProviderRegistry(providers, settings.default_in_force, partial(_installation, settings, lookups)),
        new_id=CLOCK.new_id,
        records_of=Erasures(source).records_of,
    )
    paces, look = {name: Pace() for name in providers}, look_through(now)
    upkeep = look, settings.verify_every_s, Outdated(source), settings.retention
    work = work_on(purchases, lookups, now, subscribers, paces, CLOCK, *upkeep)
    writer.start()
    if not isinstance(writer, GroupCommit):
        await writer.ready(within_s=WRITER_READY_S)
    background = [BackgroundTask("feed", live.run), BackgroundTask("watch", source.watch)]
    for task in background:
        task.start()
    try:
        runners += [
            Runner(work, lookups.runnable_jobs, lookups.next_due, now, kinds, Leases(settings.job_lease_s))
            for kinds in (MONEY, MESSAGES)
        ]
        yield Services(purchases, work, reader, writer, runners, live, StandingNow(source), background)
    finally:
        await asyncio.gather(*(task.stop(ends.FOLLOWING_S) for task in background))
        await writer.close()
        await source.close()
        clients: Iterable[PaymentProvider | Subscriber] = (*providers.values(), *subscribers.values())
        with suppress(TimeoutError):
            async with asyncio.timeout(ends.CLIENTS_S):
                await asyncio.gather(*(each.close() for each in clients))


def _writer(
    settings: Settings, hub: Hub, runners: Sequence[Runner], subscribers: Iterable[Subscriber]
) -> "GroupCommit | RemoteWriter":
    """The one of a process of its own, where there is one, or one of this process, which starts without the line to
    another."""

    def wake(jobs: Sequence[Job]) -> None:
        for runner in runners:
            runner.wake_for(jobs)

    if settings.writer_socket is None:
        return own_writer(settings, event_subscribers(subscribers), hub.publish, wake)
    from gateway.services.writer_process.remote import RemoteWriter

    return RemoteWriter(
        settings.writer_socket,
        runs_jobs=settings.worker,
        most_waiting=settings.writer_queue,
        is_watched=hub.is_wanted.is_set,
        on_commit=hub.publish,
        on_jobs=wake,
    )


async def _installation(settings: Settings, lookups: JobLookups) -> str:
    return settings.installation or await lookups.installation()


def _providers(settings: Settings) -> Mapping[Provider, PaymentProvider]:
    """Those that are set up, as `settings.offers` has them. Only their libraries are imported."""
    providers: dict[Provider, PaymentProvider] = {}
    if key := settings.stripe_secret_key:
        from gateway.services.providers.stripe.provider import Stripe

        base = settings.stripe_api_base
        secrets = [secret.get_secret_value() for secret in settings.stripe_webhook_secrets]
        providers[Provider.STRIPE] = Stripe(key.get_secret_value(), secrets, str(base) if base else None)
    if settings.razorpay_key_id and settings.razorpay_key_secret:
        from gateway.services.providers.razorpay.provider import Razorpay

        secrets = [secret.get_secret_value() for secret in settings.razorpay_webhook_secrets]
        key_secret, base = settings.razorpay_key_secret.get_secret_value(), settings.razorpay_api_base
        providers[Provider.RAZORPAY] = Razorpay(settings.razorpay_key_id, key_secret, secrets, str(base))
    if settings.is_sandbox_on:
        providers[Provider.SANDBOX] = Sandbox()
    if recording.measures is None and tracing.spans is None:
        return providers
    return {name: Observed(each) for name, each in providers.items()}
