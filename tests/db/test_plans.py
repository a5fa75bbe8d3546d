"""No statement of the gateway goes through a whole table, on an empty database or on one that is lived in."""

import importlib
import pkgutil
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import Connection, Integer
from sqlalchemy.sql.visitors import iterate

from bench.seed.filling import Wanted, fill
from db.compiled import Statement
from db.engine import writer_engine
from db.keys import Among
from db.saves import Saves
from db.tables import Row
from db.types import Id, Instant
from gateway import services
from gateway.resolvers.finding.attention import OPEN
from gateway.services.core.model.pages import Place, Window
from gateway.services.reading.filters import AmountRange, Filter, JobFilter, PaymentFilter, PurchaseFilter, RefundFilter
from gateway.services.reading.finding.counts import CountOfOwned, count_statement
from gateway.services.reading.finding.students import BEGINNING, LAST
from gateway.services.reading.lists import DISPUTES, JOBS, PAYMENTS, PURCHASES, REFUNDS, Listing, page_statement
from gateway.services.reading.numbers import COURSE, numbers_parameters, numbers_statement
from gateway.services.reading.owned import (
    ENTRIES_OF_STUDENT,
    ENTRIES_OF_SUBJECT,
    PAYMENTS_OF_STUDENT,
    PURCHASES_OF_STUDENT,
    REFUNDS_OF_STUDENT,
    Owned,
    Ownership,
)
from gateway.services.reading.windows import MOST, View
from gateway.services.rows.lookups import Lookup
from gateway.services.verification.statements import AFTER, UNTIL, Bounds, page_end, page_suspects
from gateway.services.verification.tables.every import tables
from gateway.services.verification.words import Words
from tests.db.planner import Planner
from tests.db.test_list_indexes import OF_JOBS, OF_PAYMENTS, OF_PURCHASES, OF_REFUNDS, WINDOW, subsets

NOW = datetime(2026, 11, 26, 9, tzinfo=UTC)
NUMBERS_OF_KEYS = (1, 2, 64)
OF_STUDENTS = (PURCHASES_OF_STUDENT, PAYMENTS_OF_STUDENT, REFUNDS_OF_STUDENT, ENTRIES_OF_STUDENT)

WAITING = """UPDATE job SET state = 'PENDING', finished_at = NULL
    WHERE kind = 'event.deliver' AND id IN (SELECT id FROM job ORDER BY id LIMIT 1500)"""
"""A subscriber that does not answer has left work."""

HEARD = """INSERT INTO provider_event (id, provider, event_id, type, refs, received_at, state, handled_at)
    SELECT id, 'STRIPE', 'evt_' || row_number() OVER (ORDER BY id), 'charge.updated', payload, created_at, 'HANDLED',
    created_at FROM job"""

HELD = """INSERT INTO recorded_session (id, purchase_id, number, held_at, recorded_at, recorded_by_id, recorded_by_role)
    SELECT id, id, 1, created_at, created_at, 'lms', 'SERVICE' FROM purchase"""

GROWN = "UPDATE sqlite_stat1 SET stat = CAST(stat AS INTEGER) * 1000 || substr(stat, instr(stat, ' '))"
"""As if there were a thousand times as many rows, with as many of each student and so on."""


def lived_in(connection: Connection) -> None:
    """Have it plan as for a database that is lived in: with rows, and with statistics of them."""
    connection.exec_driver_sql(WAITING)
    connection.exec_driver_sql(HEARD)
    connection.exec_driver_sql(HELD)
    connection.exec_driver_sql("ANALYZE")
    if connection.dialect.name == "sqlite":
        connection.exec_driver_sql(GROWN)
        connection.exec_driver_sql("ANALYZE sqlite_schema")  # has them read again


@pytest.fixture(scope="module", params=["empty sqlite", "sqlite", "postgresql"])
def planner(request: pytest.FixtureRequest) -> Iterator[Planner]:
    """Of a database, empty or lived in. What an empty one of PostgreSQL does says nothing: all costs nothing there."""
    maker: Callable[[], str] = request.getfixturevalue(f"new_{request.param.split()[-1]}")
    url, is_empty = maker(), "empty" in request.param
    for _ in () if is_empty else fill(url, Wanted(2_000, left_open=200, courses=50, seed=1, now=NOW)):
        pass
    engine = writer_engine(url)
    with engine.begin() as connection:
        if not is_empty:
            lived_in(connection)
        yield Planner(connection)
    engine.dispose()


WHOLE = {"privacy._RECORDS"}
"""Statements that look through a whole table: which keys led to what is a student's is asked once a student is erased,
beside the writer and the loop, and each confirmation would pay for an index."""


def statements() -> dict[str, Statement]:
    """Every statement that a module of the services has, by itself or in a look-up."""
    found: dict[str, Statement] = {}
    for info in pkgutil.walk_packages(services.__path__, f"{services.__name__}."):
        module = importlib.import_module(info.name)
        for name, value in vars(module).items():
            key = f"{info.name.rpartition('.')[2]}.{name}"
            if isinstance(value, Lookup):
                found |= {key: value.statement, f"{key} locking": value.locking}
            elif isinstance(value, Statement):
                found[key] = value
    return found


def parameters(statement: Statement, number: int, planner: Planner) -> dict[str, object]:
    """Something for each parameter: as many keys, that nothing has, and else a value of its type."""
    given: dict[str, object] = {}
    for name, bound in statement.select.compile(dialect=planner.dialect).binds.items():
        given[name] = bound.value if bound.value is not None else _example(bound.type)
    for part in iterate(statement.select):
        if isinstance(part, Among):
            given |= part.parameters(keys(part, number), planner.dialect)
    return given


def keys(among: Among, number: int) -> list[Any]:
    parts = [[_key(column.type, each) for each in range(number)] for column in among.columns]
    return list(zip(*parts, strict=True)) if len(parts) > 1 else parts[0]


def _key(of: object, number: int) -> object:
    match of:
        case Id():
            return UUID(int=number)
        case Integer():
            return number
        case _:
            return str(number)


def _example(of: object) -> object:
    match of:
        case Id():
            return UUID(int=1)
        case Instant():
            return NOW
        case Integer():
            return 10
        case _:
            return "SANDBOX"


@pytest.mark.parametrize("number", NUMBERS_OF_KEYS)
def test_no_statement_of_the_services_scans(planner: Planner, number: int) -> None:
    found = statements()
    assert len(found) > 40
    scans = {}
    for name, statement in found.items():
        if name in WHOLE:
            continue
        compiled = statement.on(planner.dialect)
        scans[name] = planner.scans(compiled.sql, compiled.bound(parameters(statement, number, planner)))
    assert not {name: of_one for name, of_one in scans.items() if of_one}


@pytest.mark.parametrize("number", NUMBERS_OF_KEYS)
def test_no_page_of_histories_scans(planner: Planner, number: int) -> None:
    place = Place(UUID(int=1))
    for window in (Window(20), Window(20, after=place), Window(20, before=place, from_end=True)):
        histories = Owned(ENTRIES_OF_SUBJECT, window)
        compiled = histories.statement.on(planner.dialect)
        given = histories.parameters([UUID(int=each) for each in range(number)], planner.dialect)
        assert not planner.scans(compiled.sql, compiled.bound(given)), window


@pytest.mark.parametrize("listing", [PURCHASES, PAYMENTS, REFUNDS, JOBS], ids=lambda each: each.order.id.table.name)
def test_no_page_of_a_list_sorts_whatever_it_is_filtered_by(planner: Planner, listing: Listing[Any]) -> None:
    filtered, fields = FILTERS[listing]
    for names in subsets(fields, 2):
        asked = filtered(**{name: fields[name] for name in names}).conditions()
        given = listing.order.parameters(WINDOW)
        for condition, value in asked.items():
            given |= condition.parameters(value, planner.dialect)
        compiled = page_statement(listing, tuple(asked), View.of(WINDOW)).on(planner.dialect)
        assert not planner.sorts(compiled.sql, compiled.bound(given)), names


@pytest.mark.parametrize("number", NUMBERS_OF_KEYS)
@pytest.mark.parametrize("of", OF_STUDENTS, ids=lambda each: each.listing.order.id.table.name)
def test_no_page_of_what_is_a_students_scans(planner: Planner, of: Ownership[Any], number: int) -> None:
    place = Place(UUID(int=1), NOW)
    for window in (Window(20), Window(20, after=place), Window(20, before=place, from_end=True)):
        owned = Owned(of, window)
        compiled = owned.statement.on(planner.dialect)
        given = owned.parameters([f"student-{each}" for each in range(number)], planner.dialect)
        assert not planner.scans(compiled.sql, compiled.bound(given)), window


@pytest.mark.parametrize("window", [Window(20, is_newest_first=True), WINDOW, Window(0)])
@pytest.mark.parametrize(
    ("listing", "wanted"),
    [(REFUNDS, RefundFilter(student_id="student-1")), (DISPUTES, OPEN)],
    ids=["of a student", "disputes"],
)
def test_no_page_of_few_refunds_scans(planner: Planner, listing: Listing[Any], wanted: Filter, window: Window) -> None:
    """It is sorted, and is no more than those few."""
    asked, given = wanted.conditions(), listing.order.parameters(window)
    for condition, value in asked.items():
        given |= condition.parameters(value, planner.dialect)
    compiled = page_statement(listing, tuple(asked), View.of(window)).on(planner.dialect)
    assert not planner.scans(compiled.sql, compiled.bound(given)), window


@pytest.mark.parametrize("table", ["payment", "purchase"])
def test_students_are_found_by_how_their_ids_begin_step_by_step(planner: Planner, table: str) -> None:
    for most in (1, 100):
        compiled = BEGINNING[planner.dialect.name].on(planner.dialect)
        given = compiled.bound({"begin": "student-1", "until": f"student-1{LAST}", "most": most})
        assert [scan for scan in planner.scans(compiled.sql, given) if f" {table} " in scan] == []


@pytest.mark.parametrize("listing", [PURCHASES, PAYMENTS, REFUNDS], ids=lambda each: each.order.id.table.name)
@pytest.mark.parametrize("number", [1, 3])
def test_what_a_providers_id_names_is_found_by_its_ids_whatever_else_is_asked(
    planner: Planner, listing: Listing[Any], number: int
) -> None:
    filtered, fields = FILTERS[listing]
    fields = {**fields, "amount": AmountRange("INR", 100, 200)}
    for names in subsets(fields, 2):
        wanted = filtered(
            ids=frozenset(UUID(int=each) for each in range(number)), **{each: fields[each] for each in names}
        )
        for window in (WINDOW, Window(20, is_newest_first=True)):
            assert _scans_of(planner, listing, wanted, window) == [], (names, window)


@pytest.mark.parametrize("listing", [PURCHASES, PAYMENTS, REFUNDS], ids=lambda each: each.order.id.table.name)
def test_amounts_are_looked_for_in_a_period_alone(planner: Planner, listing: Listing[Any]) -> None:
    filtered, _ = FILTERS[listing]
    wanted = filtered(created_from=NOW, created_before=NOW, amount=AmountRange("INR", 100, 200))
    for window in (WINDOW, Window(20, is_newest_first=True)):
        assert _scans_of(planner, listing, wanted, window) == [], window


@pytest.mark.parametrize("listing", [PURCHASES, PAYMENTS, REFUNDS, JOBS], ids=lambda each: each.order.id.table.name)
def test_no_count_sorts_before_it_has_looked_at_enough(planner: Planner, listing: Listing[Any]) -> None:
    """Each looks at rows as an index has them, and at no more than are counted."""
    filtered, fields = FILTERS[listing]
    for names in subsets(fields, 2):
        asked = filtered(**{name: fields[name] for name in names}).conditions()
        given: dict[str, object] = {MOST.key: 10_001}
        for condition, value in asked.items():
            given |= condition.parameters(value, planner.dialect)
        compiled = count_statement(listing, tuple(asked)).on(planner.dialect)
        assert not planner.sorts(compiled.sql, compiled.bound(given)), names


@pytest.mark.parametrize("number", NUMBERS_OF_KEYS)
@pytest.mark.parametrize("of", [*OF_STUDENTS, ENTRIES_OF_SUBJECT], ids=lambda each: each.listing.order.id.table.name)
def test_no_count_of_what_is_somebodys_scans(planner: Planner, of: Ownership[Any], number: int) -> None:
    keys = [UUID(int=each) if of is ENTRIES_OF_SUBJECT else f"student-{each}" for each in range(number)]
    sql, given = CountOfOwned(of).asked(keys, planner.dialect)
    assert not planner.scans(sql, given)


def _scans_of(planner: Planner, listing: Listing[Any], wanted: Filter, window: Window) -> list[str]:
    asked, given = wanted.conditions(), listing.order.parameters(window)
    for condition, value in asked.items():
        given |= condition.parameters(value, planner.dialect)
    compiled = page_statement(listing, tuple(asked), View.of(window)).on(planner.dialect)
    return planner.scans(compiled.sql, compiled.bound(given))


FILTERS: dict[Listing[Any], tuple[Callable[..., Filter], dict[str, Any]]] = {
    PURCHASES: (PurchaseFilter, OF_PURCHASES),
    PAYMENTS: (PaymentFilter, OF_PAYMENTS),
    REFUNDS: (RefundFilter, OF_REFUNDS),
    JOBS: (JobFilter, OF_JOBS),
}


@pytest.mark.parametrize("number", [1, 100])
@pytest.mark.parametrize("is_of_one", [True, False])
def test_the_numbers_of_days_are_of_the_rows_of_those_days(planner: Planner, number: int, is_of_one: bool) -> None:
    days = [NOW - timedelta(days=each) for each in range(number)]
    given = {
        **numbers_parameters([(day, day + timedelta(days=1)) for day in days], planner.dialect),
        COURSE: UUID(int=1),
    }
    compiled = numbers_statement(is_of_one=is_of_one).on(planner.dialect)
    assert not planner.long_scans(compiled.sql, compiled.bound(given))


class Explained:
    """A writer that asks how each of its statements would be run."""

    def __init__(self, planner: Planner) -> None:
        self.planner = planner
        self.scans: list[tuple[str, list[str]]] = []

    def run(self, sql: str, parameters: Any) -> None:
        if found := self.planner.scans(sql, parameters):
            self.scans.append((sql, found))


class AnyRow(dict[str, object]):
    """A row of any table, whose columns are all null."""

    def __missing__(self, name: str) -> None:
        return None


@pytest.mark.parametrize("number", NUMBERS_OF_KEYS)
def test_no_change_of_rows_scans(planner: Planner, number: int) -> None:
    writer = Explained(planner)
    saves = vars(Saves(planner.dialect)).copy()
    for bulk in (*saves.pop("erase").values(), *(bulk for name, bulk in saves.items() if not name.startswith("add_"))):
        bulk.run(writer, [AnyRow()] * number)
    assert not writer.scans


def test_no_page_of_the_audit_scans(planner: Planner) -> None:
    """Each page is found by its bounds, and what belongs to its rows by an index."""
    words = Words(planner.is_sqlite)
    for table in tables(words):
        given = {"now": NOW, "latest": NOW, "told": words.last_id, "skipped": 9}
        if planner.is_sqlite:
            given |= {"now": 0, "latest": 0}
        for at, name in enumerate(table.key):
            ends = f"SELECT {name} FROM {table.name} ORDER BY {', '.join(table.key)} LIMIT 1 OFFSET"
            for part, place in ((AFTER, 0), (UNTIL, 9)):
                given[part.format(at)] = planner.value(f"{ends} {place}") or _least(table.name, name, planner)
        bounds = Bounds(is_after=True, is_until=True)
        for asked in (page_suspects(table, bounds, words), page_end(table, bounds)):
            compiled = asked.compile(dialect=planner.dialect)
            scans = planner.scans(str(compiled), [given[name] for name in compiled.positiontup or ()])
            assert not scans, (table.name, scans)


def _least(table: str, column: str, planner: Planner) -> object:
    """Something for a key where a table has no rows."""
    match Row.metadata.tables[table].c[column].type:
        case Id():
            return b"" if planner.is_sqlite else UUID(int=0)
        case Integer():
            return 0
        case _:
            return ""
