"""The service in the test's own process, on a real database: what the tests of its rules speak to."""

import asyncio
import sqlite3
from collections.abc import AsyncIterator, Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, time, timedelta
from functools import partial
from typing import Any, TypeVar
from unittest.mock import patch
from uuid import UUID

from sqlalchemy import Connection, Engine, literal_column, select, update
from sqlmodel import SQLModel
from uuid_utils.compat import uuid7

from db.compiled import Statement
from db.engine import writer_engine
from db.statements import JOB, PAYMENT, PURCHASE, table_of
from db.tables import AuditEntryRow, PaymentRow, Row, StudentAccessRow
from gateway.services.core.commands.amend_purchase import CorrectPurchaseMetadata, ExtendPurchase, RevokePurchase
from gateway.services.core.commands.confirm_payment import ConfirmPayment
from gateway.services.core.commands.create_purchase import CreatePurchase
from gateway.services.core.commands.every import Command
from gateway.services.core.commands.open_payment import OpenPayment
from gateway.services.core.commands.reconcile import Reconcile
from gateway.services.core.commands.refund_payment import RefundPayment
from gateway.services.core.commands.save_course import SaveCourse
from gateway.services.core.commands.sessions.record import RecordSession
from gateway.services.core.commands.sessions.withdraw import WithdrawSession
from gateway.services.core.model.jobs import ClockNote, Job
from gateway.services.core.model.metadata import Metadata, TimeSlot
from gateway.services.core.model.outcomes import Confirmed, CourseSaved, Created, Opened, Outcome
from gateway.services.core.model.privacy.retention import Retention
from gateway.services.core.model.proofs import SandboxProof
from gateway.services.core.model.records import Door
from gateway.services.core.model.sessions.outcomes import SessionRecorded, SessionWithdrawn
from gateway.services.core.model.values import (
    Actor,
    Course,
    Money,
    OnExisting,
    Payment,
    Provider,
    Purchase,
    Purpose,
    Role,
    Tier,
    TierChoice,
)
from gateway.services.core.model.verdicts import Captured, ProviderRecord, RefundRecord, Verdict
from gateway.services.jobs.pace import Pace
from gateway.services.jobs.privacy.pruning import Pruning
from gateway.services.jobs.provider_events import ProviderEvents
from gateway.services.jobs.runner import Runner
from gateway.services.jobs.work import work_on
from gateway.services.providers.registry import ProviderRegistry
from gateway.services.providers.sandbox import Sandbox
from gateway.services.purchases import Purchases
from gateway.services.reading import lookups as views
from gateway.services.reading.job_lookups import JobLookups
from gateway.services.reading.privacy import Erasures, Outdated
from gateway.services.reading.reader import Reader
from gateway.services.reading.source import Source
from gateway.services.rows.kinds import JOBS, PAYMENTS, PURCHASES, Kind
from gateway.services.rows.lookups import Lookup
from gateway.services.subscribers.base import Subscriber
from gateway.services.writing.group_commit import GroupCommit
from tests.beside import Kept

ADMIN = Actor("admin-1", Role.ADMIN)
LMS = Actor("lms", Role.SERVICE)
"""The service that holds the classes."""
ALL_PAYMENTS = Statement(PAYMENTS.select.order_by(PAYMENT.c.id))
ALL_PURCHASES = Statement(PURCHASES.select.order_by(PURCHASE.c.id))
FAILED_JOBS = Statement(JOBS.select.where(JOB.c.state == literal_column("'FAILED'")).order_by(JOB.c.id))
Key = TypeVar("Key")
Value = TypeVar("Value")

HELD = "purchase.session_recorded"
"""What the history of a purchase has for each session that is recorded."""
OPENED = ("payment.opened", "payment.intent_opened")
"""How the history of every payment of ours begins."""
METADATA = Metadata(is_sunday_only=True, session_duration=60, slot=TimeSlot(time(17, 30), "Asia/Kolkata"))
BASIC = Tier("BASIC", 4, Money(199_900, "INR"), 90, 1)
STANDARD = Tier("STANDARD", 12, Money(499_900, "INR"), 180, 2)
PREMIUM = Tier("PREMIUM", 24, Money(899_900, "INR"), None, 3)
TIERS = (BASIC, STANDARD, PREMIUM)
INSTALLATION = "a-gateway"
"""The mark of one that is told which it is; the service in this process has its database's own."""


def _choice(tier: str | TierChoice) -> TierChoice:
    return tier if isinstance(tier, TierChoice) else TierChoice(tier, None)


def values_of(kind: Kind[Value], rows: Iterable[Sequence[Any]]) -> list[Value]:
    """Values of rows whose columns are converted already, as SQLAlchemy and `Source.rows` give them."""
    return kind.form(kind.columns, {}).values(rows)


def student(name: str = "student-1") -> Actor:
    return Actor(name, Role.STUDENT)


class Clock:
    """A clock that stands still until it is told otherwise, and is right."""

    is_certain: bool = True

    def note(self) -> ClockNote | None:
        return None

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
    reader: Reader
    work: JobLookups
    writer: GroupCommit
    clock: Clock
    url: str
    engine: Engine
    """The writer's, to listen to."""
    source: Source
    others: Kept

    async def find(self, lookup: Lookup[Key, Value, Value | None], key: Key) -> Value:
        """What stands under the key."""
        found = await self.reader.find(lookup, key)
        assert found is not None, key
        return found

    async def save_course(self, *tiers: Tier, course_id: UUID | None = None, title: str = "Yoga") -> Course:
        command = SaveCourse(ADMIN, course_id or uuid7(), course_id is None, title, tiers or TIERS)
        outcome = await self.purchases.submit(command)
        assert isinstance(outcome, CourseSaved), outcome
        return outcome.course

    async def open(self, actor: Actor, course: Course, tier: str | TierChoice = "BASIC", **changes: object) -> Outcome:
        return await self.purchases.open(self.opening(actor, course, tier, **changes))

    async def opened(
        self, actor: Actor, course: Course, tier: str | TierChoice = "BASIC", **changes: object
    ) -> Payment:
        outcome = await self.open(actor, course, tier, **changes)
        assert isinstance(outcome, Opened), outcome
        return outcome.payment

    async def confirm(
        self, actor: Actor, payment: Payment, token: str | None = None, metadata: Metadata | None = None
    ) -> Outcome:
        command = ConfirmPayment(actor, payment.id, uuid7(), None, metadata, door=Door.CONFIRM_PAYMENT)
        return await self.purchases.confirm(command, None if token is None else SandboxProof(token))

    async def paid(
        self, actor: Actor, course: Course, tier: str | TierChoice = "BASIC", **changes: object
    ) -> tuple[Payment, Purchase]:
        """A payment and the purchase that it led to."""
        outcome = await self.confirm(actor, await self.opened(actor, course, tier, **changes))
        assert isinstance(outcome, Confirmed), outcome
        return outcome.payment, outcome.purchase

    async def create(
        self, course: Course, student_id: str = "student-1", tier: str | TierChoice = "BASIC", **changes: object
    ) -> Outcome:
        return await self.purchases.submit(self.creating(course, student_id, tier, **changes))

    async def created(
        self, course: Course, student_id: str = "student-1", tier: str | TierChoice = "BASIC", **changes: object
    ) -> Purchase:
        outcome = await self.create(course, student_id, tier, **changes)
        assert isinstance(outcome, Created), outcome
        return outcome.purchase

    async def together(self, *commands: Command) -> list[Outcome]:
        """What the commands come to when all of them wait at once, and so share one turn."""
        turns = self.writer.turns
        outcomes = await asyncio.gather(*map(self.purchases.write, commands))
        assert self.writer.turns == turns + 1
        return outcomes

    def confirming(
        self, payment: Payment, verdict: Verdict | None = None, actor: Actor | None = None
    ) -> ConfirmPayment:
        """A confirmation as it reaches the writer: with its verdict, by default that the money is there."""
        captured = Captured("attempt-1", payment.amount, payment.student_id, payment.course_id)
        return ConfirmPayment(
            actor or student(payment.student_id), payment.id, uuid7(), verdict or captured, door=Door.CONFIRM_PAYMENT
        )

    def reconciling(self, payment: Payment, *refunds: RefundRecord, **changes: Any) -> Reconcile:
        """What a job hands over where the provider took the payment's money by the attempt that we know, or by the
        first, and tells of these refunds; `changes` are fields of its record."""
        [row] = self.stored(PaymentRow, id=payment.id)
        captured = Captured(row.attempt or "attempt-1", payment.captured or payment.amount)
        record = replace(ProviderRecord(captured, refunds), **changes)
        return Reconcile(payment.id, payment.provider, uuid7(), record, door=Door.WEBHOOK)

    def runner(
        self,
        draw: float = 0.0,
        subscribers: Mapping[str, Subscriber] | None = None,
        paces: Mapping[Provider, Pace] | None = None,
        pruning: Pruning | None = None,
    ) -> Runner:
        """Runs the jobs of this service, whose waits are all as short, or as long, as they may be."""
        work = work_on(self.purchases, self.work, self.clock, subscribers or {}, paces or {}, self.clock)
        work = replace(work, pruning=pruning)
        return Runner(work, self.work.runnable_jobs, self.work.next_due, self.clock, draw=lambda: draw)

    def pruning(self, retention: Retention | None = None) -> Pruning:
        """Deletes what is kept for long enough, by default as long as an operator who sets nothing has it."""
        return Pruning(self.purchases, Outdated(self.source), retention or Retention(), self.clock)

    @property
    def events(self) -> ProviderEvents:
        return self.runner().work.events

    def set_up(self, **changes: Any) -> None:
        """Have the service take payments by other providers; `changes` are fields of its `ProviderRegistry`."""
        self.purchases = replace(self.purchases, providers=replace(self.purchases.providers, **changes))

    async def refund(self, payment: Payment, amount_minor: int | None = None, key: str | None = None) -> Outcome:
        """A part has a key of its own where none is given, for it needs one."""
        name = str(uuid7()) if key is None and amount_minor is not None else key
        return await self.purchases.submit(RefundPayment(ADMIN, uuid7(), payment.id, amount_minor, "a test", key=name))

    async def extend(
        self, purchase: Purchase, until: datetime, reason: str = "a test", key: str | None = None
    ) -> Outcome:
        return await self.purchases.submit(ExtendPurchase(ADMIN, purchase.id, until, reason, key=key))

    async def correct(
        self, purchase: Purchase, metadata: Metadata, reason: str = "a test", key: str | None = None
    ) -> Outcome:
        return await self.purchases.submit(CorrectPurchaseMetadata(ADMIN, purchase.id, metadata, reason, key=key))

    async def revoke(self, purchase: Purchase, reason: str = "a test", key: str | None = None) -> Outcome:
        return await self.purchases.submit(RevokePurchase(ADMIN, purchase.id, reason, key=key))

    async def record(
        self,
        purchase: Purchase,
        number: int,
        held_at: datetime | None = None,
        *,
        actor: Actor = LMS,
        key: str | None = None,
    ) -> Outcome:
        return await self.purchases.submit(RecordSession(actor, uuid7(), purchase.id, number, held_at, key=key))

    async def recorded(self, purchase: Purchase, number: int, held_at: datetime | None = None) -> SessionRecorded:
        outcome = await self.record(purchase, number, held_at)
        assert isinstance(outcome, SessionRecorded), outcome
        return outcome

    async def withdraw(
        self, purchase: Purchase, number: int, reason: str = "a test", *, actor: Actor = LMS, key: str | None = None
    ) -> Outcome:
        return await self.purchases.submit(WithdrawSession(actor, purchase.id, number, reason, key=key))

    async def withdrawn(self, purchase: Purchase, number: int) -> SessionWithdrawn:
        outcome = await self.withdraw(purchase, number)
        assert isinstance(outcome, SessionWithdrawn), outcome
        return outcome

    async def hold(self, purchase: Purchase, used: int) -> None:
        """Record the next sessions of a purchase, until so many are used."""
        [access] = self.stored(StudentAccessRow, purchase_id=purchase.id)
        for number in range(access.sessions_used + 1, used + 1):
            await self.recorded(purchase, number)

    def used(self, purchase: Purchase) -> tuple[int, int]:
        """How many of its sessions are used, of how many."""
        [access] = self.stored(StudentAccessRow, purchase_id=purchase.id)
        return access.sessions_used, access.sessions_total

    def opening(self, actor: Actor, course: Course, tier: str | TierChoice = "BASIC", **changes: object) -> OpenPayment:
        fields: dict[str, object] = {
            "actor": actor,
            "payment_id": uuid7(),
            "course_id": course.id,
            "tier": _choice(tier),
            "metadata": METADATA,
            "provider": Provider.SANDBOX,
            "purpose": Purpose.PURCHASE,
        }
        return OpenPayment(**{**fields, **changes})  # type: ignore[arg-type]  # the fields of the command, by name

    def creating(
        self, course: Course, student_id: str = "student-1", tier: str | TierChoice = "BASIC", **changes: object
    ) -> CreatePurchase:
        fields: dict[str, object] = {
            "actor": ADMIN,
            "purchase_id": uuid7(),
            "student_id": student_id,
            "course_id": course.id,
            "tier": _choice(tier),
            "metadata": METADATA,
            "reason": "a test",
            "on_existing": OnExisting.RETURN,
        }
        return CreatePurchase(**{**fields, **changes})  # type: ignore[arg-type]  # the fields of the command, by name

    async def payments(self) -> Sequence[Payment]:
        """All payments as they were last committed, the first one first."""
        return values_of(PAYMENTS, await self.source.rows(ALL_PAYMENTS))

    async def bought(self) -> Sequence[Purchase]:
        """All purchases, likewise."""
        return values_of(PURCHASES, await self.source.rows(ALL_PURCHASES))

    async def failed_jobs(self) -> Sequence[Job]:
        return values_of(JOBS, await self.source.rows(FAILED_JOBS))

    @property
    def commits(self) -> Any:
        """Whose `do_commit` makes the writer's work durable."""
        return self.engine.dialect

    def lose_connection(self, connection: Any) -> None:
        """Have the writer's connection lost under it, as it commits, which this raises. One to a file is not closed by
        that: the last one that is copies the log, and deletes it."""
        driver = connection.dbapi_connection
        if isinstance(driver, sqlite3.Connection):
            raise sqlite3.ProgrammingError("Cannot operate on a closed database.")
        driver.close()
        driver.cursor()

    @contextmanager
    def beside(self) -> Iterator[Connection]:
        """A transaction of another process: it sees what is committed, and commits at its end."""
        with self.others.beside() as connection:
            yield connection

    def rows(self, sql: str) -> list[tuple[object, ...]]:
        """What a statement reads from the database, beside all caches."""
        with self.beside() as connection:
            return [tuple(row) for row in connection.exec_driver_sql(sql)]

    def count(self, table: str, where: str = "1 = 1") -> int:
        [(number,)] = self.rows(f"SELECT count(*) FROM {table} WHERE {where}")
        assert isinstance(number, int)
        return number

    def stored(self, row: type[SQLModel], **equal: object) -> list[Any]:
        """The rows of a table whose columns equal what is given, in the order of their keys."""
        table = table_of(row)
        wanted = select(table).filter_by(**equal).order_by(*table.primary_key)
        with self.beside() as connection:
            return list(connection.execute(wanted))

    def actions(self, subject_id: UUID) -> list[str]:
        """What the audit says was done to a payment, a purchase or a course, in its order."""
        return [entry.action for entry in self.stored(AuditEntryRow, subject_id=subject_id)]

    def everything(self) -> dict[str, list[str]]:
        """Every row of every table: equal before and after where nothing was done."""
        with self.beside() as connection:
            return {
                table.name: sorted(map(repr, connection.exec_driver_sql(f"SELECT * FROM {table.name}")))
                for table in Row.metadata.sorted_tables
            }

    def change(self, row: type[SQLModel], key: UUID, **columns: object) -> None:
        """Change a row behind the service's back."""
        table = table_of(row)
        [key_column] = table.primary_key
        with self.beside() as connection:
            connection.execute(update(table).where(key_column == key).values(**columns))


@contextmanager
def statements_of(engine: Engine) -> Iterator[list[str]]:
    """The SQL of what a writer executes meanwhile; rows that are written one after the other count once."""
    statements: list[str] = []

    def note(statement: str) -> None:
        is_more = not statement.startswith("SELECT") and statements and _deed(statements[-1]) == _deed(statement)
        if not is_more:
            statements.append(statement)

    with heard(engine, note):
        yield statements


def _deed(statement: str) -> Sequence[str]:
    """What is done, and to which table."""
    return statement.split()[:3]


@contextmanager
def heard(engine: Engine, hear: Callable[[str], object]) -> Iterator[None]:
    """Each statement of a writer is told of meanwhile, before it is executed."""
    dialect: Any = engine.dialect
    execute = dialect.do_execute

    def hear_and_execute(cursor: Any, statement: str, *given: Any) -> None:
        hear(statement)
        execute(cursor, statement, *given)

    dialect.do_execute = hear_and_execute
    try:
        yield
    finally:
        dialect.do_execute = execute


@contextmanager
def ends_of(engine: Engine) -> Iterator[list[str]]:
    """How a writer's transactions end meanwhile: each as a commit or a rollback."""
    dialect: Any = engine.dialect
    commit, rollback = dialect.do_commit, dialect.do_rollback
    ends: list[str] = []

    def note_commit(connection: Any) -> None:
        commit(connection)
        ends.append("commit")

    def note_rollback(connection: Any) -> None:
        rollback(connection)
        ends.append("rollback")

    dialect.do_commit, dialect.do_rollback = note_commit, note_rollback
    try:
        yield ends
    finally:
        dialect.do_commit, dialect.do_rollback = commit, rollback


@contextmanager
def reads_of(source: Source) -> Iterator[list[tuple[str, Sequence[object]]]]:
    """The statements that a source reads by meanwhile, each with its parameters."""
    reads: list[tuple[str, Sequence[object]]] = []
    fetch, fetch_now = source.fetch, source.fetch_now

    async def noted(sql: str, parameters: Sequence[object] = ()) -> Sequence[Sequence[Any]]:
        reads.append((sql, parameters))
        return await fetch(sql, parameters)

    def noted_now(sql: str, parameters: Sequence[object]) -> Sequence[Sequence[Any]] | None:
        if (rows := fetch_now(sql, parameters)) is not None:
            reads.append((sql, parameters))
        return rows

    with patch.object(source, "fetch", noted), patch.object(source, "fetch_now", noted_now):
        yield reads


@asynccontextmanager
async def running(url: str, new_id: Callable[[], UUID] = uuid7, **bounds: Any) -> AsyncIterator[Service]:
    """A service on the database, with its writer running; `bounds` are those of GroupCommit."""
    clock, source, engine, others = Clock(), Source(url), writer_engine(url), Kept(url)
    writer = GroupCommit(engine, clock=clock, new_id=new_id, **bounds)
    reader = Reader(source)
    work = JobLookups(reader)

    providers = ProviderRegistry({Provider.SANDBOX: Sandbox()}, Provider.SANDBOX, work.installation)
    purchases = Purchases(
        writer.submit,
        writer.submit_all,
        partial(reader.find_alone, views.PAYMENT_BY_ID),
        providers,
        new_id,
        Erasures(source).records_of,
    )
    writer.start()
    try:
        yield Service(purchases, reader, work, writer, clock, url, engine, source, others)
    finally:
        others.close()
        await writer.close()
        await source.close()
