"""The service in the test's own process, on a real database: what the tests of its rules speak to."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from uuid import UUID

from uuid_utils.compat import uuid7

from db.engine import reader_engine, writer_engine
from gateway.services.catalog import Catalog
from gateway.services.core.commands import (
    ConfirmPayment,
    CreatePurchase,
    OpenPayment,
    SaveCourse,
    TierChoice,
)
from gateway.services.core.outcomes import CourseSaved, Opened, Outcome
from gateway.services.core.proofs import SandboxProof
from gateway.services.core.values import (
    Actor,
    Course,
    Metadata,
    Money,
    OnExisting,
    Payment,
    Provider,
    Purpose,
    Role,
    Tier,
    TimeSlot,
)
from gateway.services.group_commit import GroupCommit
from gateway.services.providers.sandbox import Sandbox
from gateway.services.purchases import Purchases

ADMIN = Actor("admin-1", Role.ADMIN)
METADATA = Metadata(is_sunday_only=True, session_duration=60, slot=TimeSlot(time(17, 30), "Asia/Kolkata"))
BASIC = Tier("BASIC", 4, Money(199_900, "INR"), 90, 1)
STANDARD = Tier("STANDARD", 12, Money(499_900, "INR"), 180, 2)
PREMIUM = Tier("PREMIUM", 24, Money(899_900, "INR"), None, 3)
TIERS = (BASIC, STANDARD, PREMIUM)


def student(name: str = "student-1") -> Actor:
    return Actor(name, Role.STUDENT)


class Clock:
    """A clock that stands still until it is told otherwise."""

    def __init__(self) -> None:
        self.now = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now

    def advance(self, **by: float) -> None:
        self.now += timedelta(**by)


@dataclass
class Service:
    """The service with short ways to say what a test says often."""

    purchases: Purchases
    catalog: Catalog
    writer: GroupCommit
    clock: Clock
    url: str

    async def save_course(self, *tiers: Tier, course_id: UUID | None = None, title: str = "Yoga") -> Course:
        command = SaveCourse(ADMIN, course_id or uuid7(), course_id is None, title, tiers or TIERS)
        outcome = await self.purchases.submit(command)
        assert isinstance(outcome, CourseSaved), outcome
        return outcome.course

    async def open(self, actor: Actor, course: Course, tier: str = "BASIC", **changes: object) -> Outcome:
        return await self.purchases.open(self.opening(actor, course, tier, **changes))

    async def opened(self, actor: Actor, course: Course, tier: str = "BASIC", **changes: object) -> Payment:
        outcome = await self.open(actor, course, tier, **changes)
        assert isinstance(outcome, Opened), outcome
        return outcome.payment

    async def confirm(
        self, actor: Actor, payment: Payment, token: str | None = None, metadata: Metadata | None = None
    ) -> Outcome:
        command = ConfirmPayment(actor, payment.id, uuid7(), None, metadata)
        return await self.purchases.confirm(command, None if token is None else SandboxProof(token))

    async def create(
        self, course: Course, student_id: str = "student-1", tier: str = "BASIC", **changes: object
    ) -> Outcome:
        return await self.purchases.submit(self.creating(course, student_id, tier, **changes))

    def opening(self, actor: Actor, course: Course, tier: str = "BASIC", **changes: object) -> OpenPayment:
        fields: dict[str, object] = {
            "actor": actor,
            "payment_id": uuid7(),
            "course_id": course.id,
            "tier": TierChoice(tier, None),
            "metadata": METADATA,
            "provider": Provider.SANDBOX,
            "purpose": Purpose.PURCHASE,
        }
        return OpenPayment(**{**fields, **changes})  # type: ignore[arg-type]  # the fields of the command, by name

    def creating(
        self, course: Course, student_id: str = "student-1", tier: str = "BASIC", **changes: object
    ) -> CreatePurchase:
        fields: dict[str, object] = {
            "actor": ADMIN,
            "purchase_id": uuid7(),
            "student_id": student_id,
            "course_id": course.id,
            "tier": TierChoice(tier, None),
            "metadata": METADATA,
            "reason": "a test",
            "on_existing": OnExisting.RETURN,
        }
        return CreatePurchase(**{**fields, **changes})  # type: ignore[arg-type]  # the fields of the command, by name

    def rows(self, sql: str) -> list[tuple[object, ...]]:
        """What a statement reads from the database, beside all caches."""
        engine = writer_engine(self.url)
        with engine.begin() as connection:
            found = [tuple(row) for row in connection.exec_driver_sql(sql)]
        engine.dispose()
        return found

    def count(self, table: str, where: str = "1 = 1") -> int:
        [(number,)] = self.rows(f"SELECT count(*) FROM {table} WHERE {where}")
        assert isinstance(number, int)
        return number


@asynccontextmanager
async def running(url: str, **bounds: int) -> AsyncIterator[Service]:
    """A service on the database, with its writer running; `bounds` are those of GroupCommit."""
    clock, readers = Clock(), reader_engine(url)
    writer = GroupCommit(writer_engine(url), clock=clock, new_id=uuid7, **bounds)
    catalog = Catalog(readers)

    async def find_payment(payment_id: UUID) -> Payment | None:
        return (await catalog.payments([payment_id])).get(payment_id)

    purchases = Purchases(writer.submit, find_payment, {Provider.SANDBOX: Sandbox()}, Provider.SANDBOX, uuid7)
    writer.start()
    try:
        yield Service(purchases, catalog, writer, clock, url)
    finally:
        await writer.close()
        await readers.dispose()
