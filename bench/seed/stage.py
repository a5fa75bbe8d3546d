"""The product on a small database of its own, with a clock that is set and ids that follow from it."""

from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, time, timedelta
from functools import partial
from typing import ClassVar
from uuid import UUID

from db.engine import writer_engine
from gateway.services.core.commands.confirm_payment import ConfirmPayment
from gateway.services.core.commands.create_purchase import CreatePurchase
from gateway.services.core.commands.lapse_purchases import LapsePurchases
from gateway.services.core.commands.open_payment import OpenPayment
from gateway.services.core.commands.refund_payment import RefundPayment
from gateway.services.core.commands.save_course import SaveCourse
from gateway.services.core.model.events import EventSubscriber, OutgoingEvent
from gateway.services.core.model.metadata import Label, Metadata, TimeSlot
from gateway.services.core.model.outcomes import Confirmed, CourseSaved, Created, Opened, Outcome
from gateway.services.core.model.proofs import SandboxProof
from gateway.services.core.model.records import Door
from gateway.services.core.model.values import (
    Actor,
    Course,
    Payment,
    Provider,
    Purchase,
    Purpose,
    Role,
    TierChoice,
)
from gateway.services.jobs.planned_asks import PlannedAsks
from gateway.services.jobs.runner import Runner
from gateway.services.jobs.sweeps import start_sweeps
from gateway.services.jobs.work import Work, work_on
from gateway.services.providers.registry import ProviderRegistry
from gateway.services.providers.sandbox import Sandbox
from gateway.services.purchases import Purchases
from gateway.services.reading.job_lookups import JobLookups
from gateway.services.reading.privacy import Erasures
from gateway.services.reading.reader import Reader
from gateway.services.reading.source import Source
from gateway.services.rows.lookups import PAYMENT_BY_ID
from gateway.services.subscribers.base import Subscriber
from gateway.services.writing.group_commit import GroupCommit

BEGINNING = datetime(2026, 1, 1, 9, tzinfo=UTC)
ADMIN = Actor("admin-1", Role.ADMIN)
NAME = "name-of-whom-it-is-about"
"""Stands for the student, and in a course's story for the course, wherever a text names them."""

STUDENT = Actor(NAME, Role.STUDENT)
METADATA = Metadata(True, 60, TimeSlot(time(17, 30), "Asia/Kolkata"), None, (Label("campaign", "spring"),))
SUBSCRIBER = "platform"


@dataclass
class Clock:
    """Stands still until it is told otherwise, and is right."""

    now: datetime = BEGINNING
    is_certain: ClassVar[bool] = True

    def note(self) -> None:
        """No machine's."""

    def __call__(self) -> datetime:
        return self.now


@dataclass
class Mint:
    """Makes UUIDv7 ids (RFC 9562) that count on within a millisecond, and leaves their last 32 bits free."""

    clock: Clock
    minted: list[UUID] = field(default_factory=list)

    def __call__(self) -> UUID:
        ms = int(self.clock().timestamp() * 1000)
        count = len(self.minted)
        self.minted.append(UUID(int=(ms << 80) | (0x7 << 76) | (0b10 << 62) | (count << 32)))
        return self.minted[-1]


class Platform:
    """A subscriber that takes whatever it is sent."""

    name = SUBSCRIBER

    def wants(self, event_type: str) -> bool:
        return event_type == "purchase.created"

    async def send(self, event: OutgoingEvent) -> None:
        """It is taken."""

    async def close(self) -> None:
        """Nothing is open."""


@dataclass
class Stage:
    """What a story is told with: each deed waits for its commit, and fails where its outcome is not what it was for."""

    purchases: Purchases
    lookups: JobLookups
    work: Work
    clock: Clock
    mint: Mint
    _course: Course | None = None

    @property
    def course(self) -> Course:
        assert self._course is not None, "it was put into the catalogue"
        return self._course

    @property
    def course_id(self) -> UUID | None:
        """The course's id, once there is one."""
        return None if self._course is None else self._course.id

    def wait(self, days: float) -> None:
        self.clock.now += timedelta(days=days)

    async def put_into_the_catalogue(self, course: Callable[[UUID], SaveCourse]) -> None:
        saved = await self.purchases.submit(course(self.mint()))
        assert isinstance(saved, CourseSaved), saved
        self._course = saved.course

    async def open(self, tier: str, purpose: Purpose = Purpose.PURCHASE) -> Payment:
        opened = await self.purchases.open(
            OpenPayment(
                STUDENT, self.mint(), self.course.id, TierChoice(tier, None), METADATA, Provider.SANDBOX, purpose
            )
        )
        assert isinstance(opened, Opened), opened
        return opened.payment

    async def confirm(self, payment: Payment, token: str | None = None) -> Outcome:
        command = ConfirmPayment(STUDENT, payment.id, self.mint(), None, door=Door.CONFIRM_PAYMENT)
        return await self.purchases.confirm(command, None if token is None else SandboxProof(token))

    async def buy(self, tier: str, purpose: Purpose = Purpose.PURCHASE) -> Confirmed:
        confirmed = await self.confirm(await self.open(tier, purpose))
        assert isinstance(confirmed, Confirmed), confirmed
        return confirmed

    async def grant(self, tier: str) -> Purchase:
        purchase_id = self.mint()
        created = await self.purchases.submit(
            CreatePurchase(
                ADMIN,
                purchase_id,
                NAME,
                self.course.id,
                TierChoice(tier, None),
                METADATA,
                "scholarship",
                key=f"grant:{purchase_id}",
            )
        )
        assert isinstance(created, Created), created
        return created.purchase

    async def refund(self, payment: Payment, amount_minor: int | None = None) -> None:
        key = None if amount_minor is None else f"refund:{payment.id}"
        await self.purchases.submit(RefundPayment(ADMIN, self.mint(), payment.id, amount_minor, "asked for", key=key))
        await self.run_jobs()

    async def lapse(self, purchase: Purchase) -> None:
        await self.purchases.submit(LapsePurchases((purchase.id,)))
        await self.run_jobs()

    async def run_jobs(self) -> None:
        """Everything that is due, and what follows from that."""
        runner = Runner(self.work, self.lookups.due_jobs, self.lookups.next_due, self.clock, draw=lambda: 0.0)
        while await runner.run_due():
            pass

    async def start_sweeps(self) -> None:
        for sweep in start_sweeps(self.purchases.providers.by_name):
            await self.purchases.submit(sweep)

    async def ask(self, times: int) -> None:
        """Let the schedule of unpaid checkouts pass: so many times the provider is asked, and nobody has paid."""
        for _ in range(times):
            [payment] = await self.lookups.next_asks(Provider.SANDBOX, 2)
            assert payment.ask_at is not None, "it is still open"
            self.clock.now = payment.ask_at
            asks = PlannedAsks(self.work.reconciler, self.lookups)
            await asks.run(Provider.SANDBOX, None, self.clock.now)

    async def stands_until(self) -> datetime:
        """When the provider is asked next."""
        [payment] = await self.lookups.next_asks(Provider.SANDBOX, 2)
        assert payment.ask_at is not None, "it is still open"
        return payment.ask_at


@asynccontextmanager
async def stage(url: str) -> AsyncIterator[Stage]:
    """The product on a migrated database, with its writer running."""
    clock = Clock()
    mint = Mint(clock)
    platform = Platform()
    subscribers: Mapping[str, Subscriber] = {SUBSCRIBER: platform}
    source = Source(url)
    reader = Reader(source)
    lookups = JobLookups(reader)
    wanted = [EventSubscriber(SUBSCRIBER, ("purchase.created",))]
    writer = GroupCommit(writer_engine(url), clock=clock, new_id=mint, subscribers=wanted)
    providers = ProviderRegistry({Provider.SANDBOX: Sandbox()}, Provider.SANDBOX, lookups.installation)
    find_payment, records_of = partial(reader.find, PAYMENT_BY_ID), Erasures(source).records_of
    purchases = Purchases(writer.submit, writer.submit_all, find_payment, providers, mint, records_of)
    writer.start()
    try:
        yield Stage(purchases, lookups, work_on(purchases, lookups, clock, subscribers, {}, clock), clock, mint)
    finally:
        await writer.close()
        await source.close()
