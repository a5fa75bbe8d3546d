"""The look-ups: values found by keys, shared by the readers and the writer."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from operator import itemgetter
from typing import Any, Generic, TypeVar, cast
from uuid import UUID

from sqlalchemy import Column, ColumnElement, Dialect, bindparam, literal_column

from db.compiled import Raw, Statement
from db.job_tables import LIVE_JOB
from db.keys import Among, stored_parameters
from db.statements import COURSE, EVENT, JOB, PAYMENT, PURCHASE, RECORD, REFUND, SESSION
from db.tables import ATTEMPTED
from db.types import Id
from gateway.services.core.model.values import Purchase, PurchaseStatus
from gateway.services.rows.kinds import (
    COURSES,
    EVENTS,
    JOBS,
    PAYMENTS,
    PURCHASES,
    RECORDS,
    REFUNDS,
    SESSIONS,
    SUBJECTS_OF_JOBS,
    Kind,
    Many,
)

Key = TypeVar("Key")
Value = TypeVar("Value")
KeyOf = TypeVar("KeyOf", contravariant=True)
Found = TypeVar("Found")
FoundOf = TypeVar("FoundOf", covariant=True)
Condition = ColumnElement[bool]


@dataclass(frozen=True, slots=True, eq=False)
class Single(Generic[KeyOf, FoundOf]):
    """A look-up by one key, ready for one database: by far the most are asked so, and need none of what many do.

    Args:
        sql: the driver's statement.
        bound: its parameters, of the key.
        found: what the driver's rows say.
    """

    dialect: Dialect
    sql: str
    bound: Callable[[KeyOf], Sequence[object]]
    found: Callable[[Sequence[Raw]], FoundOf]


class Lookup(Generic[Key, Value, Found]):
    """Values of a kind by a key of theirs, those of many keys by one statement.

    Args:
        by: the columns that hold the key.
        where: further conditions, as literal text and not as parameters: the planner uses a partial index only where it
            can read its condition.
        gather: makes what is found for each key, from the values of all keys in their kind's order.
        absent: what is found for a key that nothing has.
        is_brief: whether few rows have a key, and an index leads straight to them: a statement of microseconds.
        is_single: whether what is found is one value, the last that has the key.
    """

    def __init__(
        self,
        kind: Kind[Value],
        by: Sequence[Column[Any]],
        gather: Callable[[Iterable[Value]], Mapping[Key, Found]],
        absent: Found,
        where: Sequence[Condition] = (),
        *,
        is_brief: bool = True,
        is_single: bool = False,
    ) -> None:
        self.kind = kind
        self.name = f"{kind.order[0].table.name}_by_{'_'.join(column.key for column in by)}"
        """For whoever counts what is read."""
        self._by, self._where = by, where
        self.among = Among(*by)
        self.gather = gather
        self.absent = absent
        self.is_brief, self.is_single = is_brief, is_single
        self.is_by_id = [type(column.type) for column in by] == [Id]
        self._names = [column.key for column in by]
        rows = kind.select.where(*where).order_by(*kind.order)
        select = rows.where(self.among)
        one = rows.where(*(column == bindparam(column.key, type_=column.type) for column in by))
        self.of_one = Statement(one)
        """Of a single key, which most are asked for with: half of what an array of one costs."""
        self.statement = Statement(select)
        self.locking = Statement(select if kind.locks is None else select.with_for_update(of=kind.locks))
        """The same for a writer: the rows are locked in the order of their ids, so that two writers wait for each
        other and not in a circle."""
        self.locking_one = Statement(one if kind.locks is None else one.with_for_update(of=kind.locks))
        self.viewed = Viewed(self)
        """The same look-up, which finds views of the values: see `gateway.services.rows.views`."""

    def of(self, kind: Kind[Value]) -> "Lookup[Key, Value, Found]":
        """The same, which reads rows of the kind with just some of their columns."""
        return Lookup(
            kind, self._by, self.gather, self.absent, self._where, is_brief=self.is_brief, is_single=self.is_single
        )

    def asked(self, keys: Sequence[Key], dialect: Dialect) -> tuple[str, Sequence[object]]:
        """The driver's statement that finds keys that differ, and its parameters."""
        return self._asked(keys, dialect, self.of_one, self.statement)

    def asked_locked(self, keys: Sequence[Key], dialect: Dialect) -> tuple[str, Sequence[object]]:
        """The same for a writer."""
        return self._asked(keys, dialect, self.locking_one, self.locking)

    def _asked(
        self, keys: Sequence[Key], dialect: Dialect, of_one: Statement, of_many: Statement
    ) -> tuple[str, Sequence[object]]:
        if len(keys) == 1:
            one, [key] = of_one.on(dialect), keys
            parts = key if isinstance(key, tuple) else (key,)
            return one.sql, one.bound(dict(zip(self._names, parts, strict=True)))
        many = of_many.on(dialect)
        return many.sql, many.bound(self.among.parameters(keys, dialect))

    def asked_stored(self, ids: Sequence[bytes], dialect: Dialect) -> tuple[str, Sequence[object]]:
        """The same as `asked`, by ids as SQLite stores them. Raises: ValueError, for what is none."""
        parameters = stored_parameters(ids)
        if len(ids) == 1:
            return self.of_one.on(dialect).sql, (bytearray(ids[0]),)
        many = self.statement.on(dialect)
        return many.sql, many.bound(parameters)

    def gather_stored(self, views: Sequence[Value]) -> Mapping[bytes, Found]:
        """What views of SQLite's rows say of each id, by the ids as they are stored."""
        is_there = self._names[0] in self.kind.columns  # else to read it says that it was not read
        if is_there and self.is_single and views and getattr(type(views[0]), "lying", None) is not None:
            keys: Any = map(itemgetter(self.kind.columns.index(self._names[0])), cast(Any, views))
            return dict(zip(keys, cast(Any, views), strict=True))
        gathered: Mapping[Any, Found] = self.gather(views)
        return {key.bytes: found for key, found in gathered.items()}

    def single(self, dialect: Dialect) -> Single[Key, Found] | None:
        """The same as `asked` and `found` for one key; None where it is not brief."""
        return self.single_of(self.kind.on(dialect).values, dialect)

    def single_of(self, made: Many[Value], dialect: Dialect) -> Single[Key, Found] | None:
        """The same. `made`: what rows become."""
        if not self.is_brief:
            return None
        compiled, names = self.of_one.on(dialect), self._names
        bound = compiled.binder() if len(names) == 1 else lambda key: compiled.bound(dict(zip(names, key, strict=True)))
        if self.is_single:
            return Single(dialect, compiled.sql, bound, lambda rows: cast(Any, made(rows)[-1]) if rows else self.absent)
        return Single(
            dialect, compiled.sql, bound, lambda rows: next(iter(self.gather(made(rows)).values()), self.absent)
        )

    def found(self, rows: Iterable[Raw], dialect: Dialect) -> Mapping[Key, Found]:
        """What the driver's rows say of each key; those that nothing has are left out."""
        return self.gather(self.kind.on(dialect).values(rows))


@dataclass(frozen=True, slots=True, eq=False)
class OfLookup(Generic[Key, Value, Found]):
    """What asks as a look-up does, whatever it makes of the rows."""

    lookup: Lookup[Key, Value, Found]
    _ready: list[Single[Key, Found]] = field(init=False, default_factory=list)
    """For the database that was asked last."""

    @property
    def name(self) -> str:
        return self.lookup.name

    @property
    def absent(self) -> Found:
        return self.lookup.absent

    @property
    def is_brief(self) -> bool:
        return self.lookup.is_brief

    def asked(self, keys: Sequence[Key], dialect: Dialect) -> tuple[str, Sequence[object]]:
        return self.lookup.asked(keys, dialect)

    def single(self, dialect: Dialect) -> Single[Key, Found] | None:
        ready = self._ready
        if not ready or ready[0].dialect is not dialect:
            single = self.lookup.single_of(lambda rows: self.views(cast(Any, rows), dialect), dialect)
            if single is None:
                return None
            ready[:] = [single]
        return ready[0]

    def views(self, rows: Sequence[Raw], dialect: Dialect) -> list[Value]:
        """What it makes of the rows."""
        raise NotImplementedError

    def found(self, rows: Sequence[Raw], dialect: Dialect) -> Mapping[Key, Found]:
        return self.lookup.gather(self.views(rows, dialect))


@dataclass(frozen=True, slots=True, eq=False)
class Viewed(OfLookup[Key, Value, Found]):
    """A look-up for whoever reads some fields of what it finds."""

    def views(self, rows: Sequence[Raw], dialect: Dialect) -> list[Value]:
        return self.lookup.kind.on(dialect).views(rows)


def _one(
    kind: Kind[Value], key_of: Callable[[Value], Key], *by: Column[Any], where: Sequence[Condition] = ()
) -> Lookup[Key, Value, Value | None]:
    """Finds a value; the last one where several have the key."""
    return Lookup(kind, by, lambda values: {key_of(value): value for value in values}, None, where, is_single=True)


def _all(
    kind: Kind[Value], key_of: Callable[[Value], Key], *by: Column[Any], where: Sequence[Condition] = ()
) -> Lookup[Key, Value, Sequence[Value]]:
    """Finds all that have the key."""

    def gather(values: Iterable[Value]) -> Mapping[Key, Sequence[Value]]:
        found: dict[Key, list[Value]] = {}
        for value in values:
            found.setdefault(key_of(value), []).append(value)
        return found

    return Lookup(kind, by, gather, (), where)


def _active_or_latest(purchases: Iterable[Purchase]) -> Mapping[tuple[str, UUID], Purchase]:
    ordered = sorted(purchases, key=lambda each: (each.status is PurchaseStatus.ACTIVE, each.created_at, each.id))
    return {_pair(purchase): purchase for purchase in ordered}


def _pair(purchase: Purchase) -> tuple[str, UUID]:
    return purchase.student_id, purchase.course_id


_IS_ACTIVE = PURCHASE.c.status == literal_column("'ACTIVE'")
_IS_CASE = JOB.c.kind == literal_column("'case.review'")
_IS_LIVE: Condition = literal_column(LIVE_JOB)

PAYMENT_BY_ID = _one(PAYMENTS, lambda payment: payment.id, PAYMENT.c.id)
PAYMENT_BY_REFERENCE = _one(
    PAYMENTS,
    lambda payment: (payment.provider.value, payment.reference),
    PAYMENT.c.provider,
    PAYMENT.c.reference,
    where=[PAYMENT.c.reference.is_not(None)],
)
PAYMENTS_OF_ATTEMPT = _all(
    PAYMENTS, lambda payment: payment.attempt, PAYMENT.c.attempt, where=[literal_column(ATTEMPTED)]
)
"""By the provider's id of the latest attempt; those of the sandbox have none that tells them apart."""
PURCHASE_BY_ID = _one(PURCHASES, lambda purchase: purchase.id, PURCHASE.c.id)
PURCHASE_OF_PAYMENT = _one(
    PURCHASES, lambda purchase: purchase.payment_id, PURCHASE.c.payment_id, where=[PURCHASE.c.payment_id.is_not(None)]
)
"""The purchase that a payment led to."""
SUCCESSOR = _one(
    PURCHASES, lambda purchase: purchase.supersedes, PURCHASE.c.supersedes, where=[PURCHASE.c.supersedes.is_not(None)]
)
"""The purchase that superseded another, by the superseded one's id; the latest where there were several."""
ACTIVE_PURCHASE = _one(PURCHASES, _pair, PURCHASE.c.student_id, PURCHASE.c.course_id, where=[_IS_ACTIVE])
PURCHASES_OF_PAIR = _all(PURCHASES, _pair, PURCHASE.c.student_id, PURCHASE.c.course_id)
HELD_PURCHASE: Lookup[tuple[str, UUID], Purchase, Purchase | None] = Lookup(
    PURCHASES, (PURCHASE.c.student_id, PURCHASE.c.course_id), _active_or_latest, None, is_brief=False
)
"""What counts for a student and a course: the active purchase, or else the latest that there was."""
SESSION_BY_NUMBER = _one(
    SESSIONS, lambda session: (session.purchase_id, session.number), SESSION.c.purchase_id, SESSION.c.number
)
SESSIONS_OF_PURCHASE = _all(SESSIONS, lambda session: session.purchase_id, SESSION.c.purchase_id)
"""The sessions recorded under a purchase, also those that were withdrawn, by their numbers."""
COURSE_BY_ID = _one(COURSES, lambda course: course.id, COURSE.c.id)
REFUND_BY_ID = _one(REFUNDS, lambda refund: refund.id, REFUND.c.id)
REFUNDS_OF_PAYMENT = _all(REFUNDS, lambda refund: refund.payment_id, REFUND.c.payment_id)
"""A payment's refunds, the first one first."""
REFUNDS_OF_REFERENCE = _all(
    REFUNDS, lambda refund: refund.reference, REFUND.c.reference, where=[REFUND.c.reference.is_not(None)]
)
JOB_BY_ID = _one(JOBS, lambda job: job.id, JOB.c.id)
CASES_OF_SUBJECT = _all(JOBS, lambda job: job.subject_id, JOB.c.subject_id, where=[_IS_CASE])
LIVE_JOBS_OF_SUBJECT = _all(SUBJECTS_OF_JOBS, lambda subject: subject[1], JOB.c.subject_id, where=[_IS_LIVE])
EVENT_BY_ID = _one(EVENTS, lambda event: event.id, EVENT.c.id)
EVENT_BY_NAME = _one(EVENTS, lambda event: (event.provider.value, event.event_id), EVENT.c.provider, EVENT.c.event_id)
RECORD_BY_KEY = _one(
    RECORDS,
    lambda record: (record.key.actor_id, record.key.operation, record.key.key),
    RECORD.c.actor_id,
    RECORD.c.operation,
    RECORD.c.key,
)
