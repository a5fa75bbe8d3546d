"""What a turn reads and writes: the rows that a batch of commands touches, with a fixed number of statements."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeVar
from uuid import UUID

from sqlalchemy import Connection, Select

from db import statements
from db.statements import Saves
from gateway.services import rows
from gateway.services.core.commands import (
    Command,
    ConfirmPayment,
    CreatePurchase,
    OpenPayment,
    RecordIntent,
    SaveCourse,
    key_of,
)
from gateway.services.core.values import Course, JobKind, Payment, Purchase
from gateway.services.core.world import Changes, Pair, World

Value = TypeVar("Value", Payment, Purchase, Course)


@dataclass(slots=True)
class Touched:
    """The keys of all rows that a batch may look at, known before anything is loaded."""

    payments: set[UUID] = field(default_factory=set)
    pairs: set[Pair] = field(default_factory=set)
    courses: set[UUID] = field(default_factory=set)
    keys: set[tuple[str, str, str]] = field(default_factory=set)

    def add(self, command: Command) -> None:
        match command:
            case OpenPayment():
                self.payments.add(command.payment_id)
                self._add_pair(command.actor.id, command.course_id)
            case RecordIntent() | ConfirmPayment():
                self.payments.add(command.payment_id)
            case CreatePurchase():
                self._add_pair(command.student_id, command.course_id)
            case SaveCourse():
                self.courses.add(command.course_id)
        if (key := key_of(command)) is not None:
            self.keys.add((key.actor_id, key.operation, key.key))

    def _add_pair(self, student_id: str, course_id: UUID) -> None:
        self.pairs.add((student_id, course_id))
        self.courses.add(course_id)


def load(connection: Connection, commands: Iterable[Command]) -> World:
    """The working set of a batch, by at most seven statements whatever its size."""
    touched = Touched()
    for command in commands:
        touched.add(command)
    world = World()
    world.records = {
        record.key: record
        for record in map(rows.record_from, _all(connection, statements.RECORDS_BY_KEY, touched.keys))
    }
    results = {record.result_id for record in world.records.values()}
    _load_payments(connection, world, touched.payments | results)
    _load_purchases(connection, world, touched.pairs, results)
    course_ids = touched.courses | results | {payment.course_id for payment in world.payments.values()}
    found = rows.courses_from(_all(connection, statements.COURSES_BY_ID, course_ids))
    world.courses = {course.id: course for course in found}
    world.loaded.update(world.courses)
    return world


def save(connection: Connection, saves: Saves, world: World) -> None:
    """Write what the batch changed: each row once, as it is at the end of the turn."""
    changes = Changes.all_of(world.journal)
    payments = {payment.id: world.payments[payment.id] for payment in changes.payments}
    purchases = {purchase.id: world.purchases[purchase.id] for purchase in changes.purchases}
    new_payments, changed_payments = _split(payments.values(), world.loaded)
    new_purchases, changed_purchases = _split(purchases.values(), world.loaded)

    _save_courses(connection, saves, world, changes)
    saves.add_payments.run(connection, map(rows.payment_columns, new_payments))
    # Purchases that end make room for those that begin, and payments may name either.
    saves.change_purchases.run(connection, map(rows.keyed(rows.purchase_columns), changed_purchases))
    saves.change_accesses.run(connection, map(rows.keyed(rows.access_columns), changed_purchases))
    saves.add_purchases.run(connection, map(rows.purchase_columns, new_purchases))
    saves.add_accesses.run(connection, map(rows.access_columns, new_purchases))
    saves.change_payments.run(connection, map(rows.keyed(rows.payment_columns), changed_payments))
    saves.add_audit.run(connection, map(rows.audit_columns, changes.audit))
    saves.add_records.run(connection, map(rows.record_columns, changes.records))
    saves.add_jobs.run(connection, map(rows.job_columns, changes.jobs))


def _load_payments(connection: Connection, world: World, payment_ids: Collection[UUID]) -> None:
    found = map(rows.payment_from, _all(connection, statements.PAYMENTS_BY_ID, payment_ids))
    world.payments = {payment.id: payment for payment in found}
    live = _all(connection, statements.LIVE_JOBS_BY_SUBJECT, world.payments)
    world.live_jobs = {(JobKind(row.kind), row.subject_id) for row in live}
    world.loaded.update(world.payments)


def _load_purchases(connection: Connection, world: World, pairs: set[Pair], results: Collection[UUID]) -> None:
    payments = world.payments.values()
    all_pairs = pairs | {(payment.student_id, payment.course_id) for payment in payments}
    by_id = {payment.duplicate_of for payment in payments if payment.duplicate_of} | set(results)
    found = {
        purchase.id: purchase
        for statement, keys in (
            (statements.ACTIVE_PURCHASES_BY_PAIR, all_pairs),
            (statements.PURCHASES_BY_PAYMENT, world.payments.keys()),
            (statements.PURCHASES_BY_ID, by_id),
        )
        for purchase in map(_purchase, _all(connection, statement, keys))
    }
    world.load_purchases(found.values())
    world.loaded.update(found)


def _purchase(row: Any) -> Purchase:
    return rows.purchase_from(row, rows.access_from(row, row.access_status))


def _save_courses(connection: Connection, saves: Saves, world: World, changes: Changes) -> None:
    courses = [world.courses[course_id] for course_id in dict.fromkeys(c.id for c in changes.courses)]
    new, changed = _split(courses, world.loaded)
    saves.add_courses.run(connection, map(rows.course_columns, new))
    saves.change_courses.run(connection, map(rows.keyed(rows.course_columns), changed))
    saves.drop_tiers.run(connection, ({"course_id": course.id} for course in changed))
    saves.add_tiers.run(connection, (tier for course in courses for tier in rows.tier_columns(course)))


def _split(values: Iterable[Value], loaded: set[UUID]) -> tuple[list[Value], list[Value]]:
    """Those that are to be inserted and those that are to be updated."""
    listed = list(values)
    return (
        [value for value in listed if value.id not in loaded],
        [value for value in listed if value.id in loaded],
    )


def _all(connection: Connection, statement: Select[Any], keys: Collection[Any]) -> Sequence[Any]:
    """All rows for the keys; no statement for none. Sorted, so that writers lock in one order."""
    return connection.execute(statement, {"keys": sorted(keys)}).all() if keys else ()
