"""A database in which everything happened that can be asked about, and the service on it, in the test's own process."""

import sqlite3
from collections.abc import AsyncIterator, Callable, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager, closing, contextmanager
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from itertools import count
from unittest.mock import patch
from uuid import UUID

from sqlalchemy import Connection

from db import feed
from db.engine import writer_engine
from db.urls import file_of
from gateway.context import Context
from gateway.execution.executor import Executor
from gateway.execution.operations import Operation
from gateway.execution.schema import build_schema
from gateway.schema.conventions import ids
from gateway.services.changes.follower import Live
from gateway.services.changes.hub import Hub
from gateway.services.core.model.values import Actor, OnExisting, Role
from gateway.services.reading.lookups import PAYMENT_BY_ID, PURCHASE_BY_ID
from gateway.services.reading.snapshot import Snapshot
from gateway.settings.model import Settings
from tests.callers import Unlimited
from tests.execution.differential.values import Json, Pool
from tests.service import ADMIN, BASIC, METADATA, STANDARD, Service, running, student

VIEWERS: Mapping[str, Actor | None] = {
    "admin": ADMIN,
    "student": student("student-1"),
    "service": Actor("webshop", Role.SERVICE),
    "nobody": None,
}

TABLES = {"course": ids.COURSE, "payment": ids.PAYMENT, "purchase": ids.PURCHASE, "refund": ids.REFUND, "job": ids.JOB}
STUDENTS = ("student-1", "student-2", "student-3", "student-4", "student-5", "nobody's")
FIRST_ID = 0x019A_0000_0000_7000_8000_0000_0000_0000


@dataclass(frozen=True)
class World:
    """The service, and the contexts in which it is asked."""

    service: Service
    live: Live

    def context(self, viewer: Actor | None) -> Context:
        service = self.service
        return Context(
            viewer=viewer,
            now=service.clock(),
            purchases=service.purchases,
            reads=Snapshot(service.reader),
            caller=Unlimited(),
            live=self.live,
            clock=service.clock,
        )

    def contexts(self) -> Sequence[Callable[[], Context]]:
        """One for each kind of caller."""
        return [partial(self.context, viewer) for viewer in VIEWERS.values()]

    async def pool(self) -> Pool:
        """What of this world an operation can speak of."""
        with self.service.beside() as connection:
            named = _ids(connection)
        executor = Executor(build_schema(), Settings())
        lists = (await executor.run(Operation(LISTS), self.context(ADMIN))).payload["data"]
        for name, found in lists.items():
            cursors = [edge["cursor"] for edge in found["edges"]]
            named |= {f"{name}.after": cursors, f"{name}.before": cursors}
        return Pool({**NAMED, **named}, SCALARS)


@asynccontextmanager
async def world(url: str) -> AsyncIterator[World]:
    """A world whose clock stands still, and whose ids are the same each time."""
    hub = Hub()
    async with running(url, new_ids(20_000), on_commit=hub.publish) as service:
        service.clock.advance(days=40)
        find_payment = partial(service.reader.find, PAYMENT_BY_ID)
        live = Live(hub, partial(feed.follow, url), find_payment, partial(service.reader.find, PURCHASE_BY_ID))
        yield World(service, live)


async def seed(url: str, *, until_now: bool = True) -> None:
    """Have everything happen in a database that a checkout, an admin or a job can bring about.

    Args:
        until_now: whether jobs are run as well, in an order that is not always the same.
    """
    with patch("tests.service.uuid7", new_ids(0)):
        async with running(url, new_ids(10_000)) as service:
            await _begin(service)
            if until_now:
                await _go_on(service)


async def seed_twins(one: str, other: str) -> None:
    """Have the same happen in both."""
    if not one.startswith("sqlite"):
        for url in (one, other):
            await seed(url, until_now=False)
        return
    await seed(one)
    with closing(sqlite3.connect(file_of(one))) as source, closing(sqlite3.connect(file_of(other))) as target:
        source.backup(target)


def new_ids(start: int) -> Callable[[], UUID]:
    """Ids one after another, as a clock that goes on makes them."""
    numbers = count(FIRST_ID + start)
    return lambda: UUID(int=next(numbers))


async def _begin(service: Service) -> None:
    yoga, chess = await service.save_course(), await service.save_course(BASIC, STANDARD, title="Chess")
    for name in STUDENTS[:3]:
        await service.paid(student(name), yoga)
    upgraded, _ = await service.paid(student("student-1"), yoga, "STANDARD")
    await service.refund(upgraded, 100, key="a part")
    await service.refund((await service.paid(student("student-4"), chess))[0])
    open_payment = await service.opened(student("student-1"), chess)
    await service.confirm(student("student-1"), open_payment, "tok_decline_no_funds")
    for token in ("tok_process_9", "tok_cancel", "tok_capture_5_INR"):
        await service.confirm(student("student-2"), await service.opened(student("student-2"), chess), token)
    both = [await service.opened(student("student-3"), chess) for _ in range(2)]
    for each in both:
        await service.confirm(student("student-3"), each)
    await service.created(yoga, "student-4")
    await service.created(yoga, "student-4", "PREMIUM", on_existing=OnExisting.REPLACE)
    await service.correct(await service.created(chess, "student-1", reason="a gift"), METADATA)
    await service.revoke(await service.created(chess, "student-2"))
    await service.opened(student("student-5"), chess)
    lasting = await service.created(yoga, "student-5")
    await service.extend(lasting, service.clock.now + timedelta(days=400))
    for number in (1, 2, 3):
        await service.recorded(lasting, number)
    await service.withdrawn(lasting, 2)


async def _go_on(service: Service) -> None:
    service.clock.advance(minutes=5)
    while await service.runner().run_due():
        service.clock.advance(days=1)
    dance = await service.save_course(title="Dance")
    await service.refund((await service.paid(student("student-5"), dance))[0])


@contextmanager
def altered(url: str) -> Iterator[Connection]:
    """Where a hand may do to a database what its rules forbid."""
    engine = writer_engine(url)
    with engine.begin() as connection:
        if connection.dialect.name == "sqlite":
            connection.exec_driver_sql("PRAGMA ignore_check_constraints = ON")
        yield connection
    engine.dispose()


def spoil(url: str) -> None:
    """Have some rows hold what no value can be made of, as a hand may do that forgets to ask."""
    with altered(url) as connection:
        if connection.dialect.name != "sqlite":
            for table, rule in _checks(connection):
                connection.exec_driver_sql(f'ALTER TABLE {table} DROP CONSTRAINT "{rule}"')
        for table, change in (
            ("payment", "status = 'LOST'"),
            ("purchase", "time_zone = '../etc/passwd', labels = '\"text\"'"),
            ("refund", "status = 'LOST'"),
            ("audit_entry", "actor_role = 'NOBODY'"),
        ):
            keys = [row[0] for row in connection.exec_driver_sql(f"SELECT id FROM {table} ORDER BY id")][::3]
            for key in keys:
                text = f"'{key}'" if isinstance(key, UUID) else f"x'{key.hex()}'"
                connection.exec_driver_sql(f"UPDATE {table} SET {change} WHERE id = {text}")
        connection.exec_driver_sql("UPDATE tier SET currency = 'nothing of the kind' WHERE code = 'STANDARD'")


def take_apart(url: str) -> None:
    """Have tables be gone, as after a restore that went half-way."""
    with altered(url) as connection:
        for table in ("refund", "audit_entry", "tier"):
            connection.exec_driver_sql(f"ALTER TABLE {table} RENAME TO {table}_gone")


def _checks(connection: Connection) -> Sequence[tuple[str, str]]:
    asked = "SELECT conrelid::regclass::text, conname FROM pg_constraint WHERE contype = 'c' AND conrelid <> 0"
    return [(table, rule) for table, rule in connection.exec_driver_sql(asked)]


def _ids(connection: Connection) -> dict[str, Sequence[Json]]:
    """The ids of each table, by the names of the arguments that ask for them."""
    named: dict[str, Sequence[Json]] = {}
    for table, prefix in TABLES.items():
        keys = [row[0] for row in connection.exec_driver_sql(f"SELECT id FROM {table} ORDER BY id")]
        texts = [ids.to_text(prefix, key if isinstance(key, UUID) else UUID(bytes=key)) for key in keys]
        named |= {f"{table}.id": texts, f"{table}Id": texts}
    every = [each for name, texts in named.items() if name.endswith(".id") for each in texts[:6]]
    return {**named, "id": every, "ids": every}


LISTED = ("courses", "payments", "purchases", "jobs", "refunds", "needsAttention")
LISTS = "{ " + " ".join(f"{each} {{ edges {{ cursor }} }}" for each in LISTED) + " }"

NAMED: Mapping[str, Sequence[Json]] = {
    "first": (0, 1, 2, 3, 5),
    "last": (1, 2, 4),
    "sessionCount": (4, 12, 24, 5),
    "sessionDuration": (60, 45),
    "studentId": STUDENTS,
    "student.id": STUDENTS,
    "search.text": (*STUDENTS, "student", "sandbox", ""),
    "studentIds": STUDENTS,
    "sessionNumber": (1, 2, 3, 4, 5),
    "sessions.after": (0, 1, 3, 50),
    "heldAt": ("2026-11-24T09:00:00Z", "2026-12-20T09:00:00Z", "2090-01-01T00:00:00Z"),
    "rank": (1, 2, 3, 4),
    "token": ("tok_succeed", "tok_decline_no_funds", "tok_process_2", "tok_unpaid", "tok_capture_5_INR"),
    "idempotencyKey": ("one", "two"),
}

SCALARS: Mapping[str, Sequence[Json]] = {
    "DateTime": ("2090-12-31T18:30:00Z", "2026-11-23T09:00:00+05:30", "2027-03-01T00:00:00.5Z"),
    "Date": ("2090-12-31", "2027-01-01"),
    "LocalTime": ("17:30", "00:00"),
    "TimeZone": ("Asia/Kolkata", "UTC", "Nowhere/At_All"),
    "Currency": ("INR", "JPY", "XYZ"),
    "PurchaseTier": ("BASIC", "STANDARD", "PREMIUM", "GOLD"),
    "MinorUnits": (199_900, 0, 1, 2**53 - 1),
    "String": ("a reason", "Yoga", ""),
}
