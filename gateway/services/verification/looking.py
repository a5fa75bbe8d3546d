"""Goes through the whole database, a page at a time, and says what it finds."""

from collections.abc import Callable, Container, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, text

from db.tables import Row
from db.types import Instant
from gateway.services.core.rules.access import LAST_END
from gateway.services.verification.model import SCHEMA, Fault, Finding, Invariant, Step, Table, Values
from gateway.services.verification.shown import Converters, Shown, converters_of, readable
from gateway.services.verification.statements import AFTER, FLAG, UNTIL, Bounds, page_end, page_suspects
from gateway.services.verification.structure import STRUCTURE, missing
from gateway.services.verification.tables.every import tables
from gateway.services.verification.words import SKEW_US, Words

ROWS_OF_A_PAGE = 20_000
"""A page and what belongs to it are read from the disk once. It takes a fraction of a second."""

LOOKED_AT, DOUBTED = 20, 2
"""Of so many of a table's newest rows, so many may be dated wrongly, and the time is seen by the next one."""

Key = tuple[Any, ...]


def verify(
    connection: Connection, clock: Callable[[], datetime], names: Container[str] | None = None
) -> Iterator[Step]:
    """Check the invariants over the whole database, each row of a table for all invariants of that table together.

    Each page is one statement, which sees a row and all that belongs to it in one moment; so pages may be of different
    moments, and `clock` may end the connection's transaction. What is written meanwhile is looked at, or not.

    Args:
        clock: which time it is; it is asked before each page. What is dated later, by more than clocks differ, is a
            fault. Where it is behind the rows themselves, see `lag`, their time counts.
        names: the tables to look at, or `SCHEMA`; all of them by default.
    """
    words = Words(connection.dialect.name == "sqlite")
    looks = [table for table in tables(words) if names is None or table.name in names]
    clock()
    sizes = row_counts(connection, looks)
    done, of = 0, sum(sizes.values())
    gone = missing(connection)
    if names is None or SCHEMA in names:
        yield Step(done, of, [_of_structure(gone)])
    look = _Look(connection, words, clock, {fault.key[0] for fault in gone})
    for table in looks:
        findings = [Finding(invariant, sizes[table.name]) for invariant in table.invariants]
        for finding in findings:
            look.add_whole(finding)
        left = sizes[table.name]
        for rows in look.pages(table, findings):
            done += min(rows, left)
            left -= min(rows, left)
            yield Step(done, of)
        done += left
        yield Step(done, of, findings)


def lag(connection: Connection, now: datetime) -> timedelta:
    """How far a clock is behind those that wrote the newest rows, or planned the next sweeps; nothing where it is not.
    A row or two that are dated in the future say nothing of the time: they are at fault themselves."""
    words = Words(connection.dialect.name == "sqlite")
    planned = f"SELECT {words.after('run_at', -SKEW_US)} AS at FROM job WHERE {_LIVE_SWEEPS}"
    newest = [_value(connection, _believed(planned, 1, words))]
    newest += [_value(connection, _believed(_NEWEST.format(at, table), DOUBTED, words)) for table, at in _DATED.items()]
    read = Instant().converter(connection.dialect)
    return max([timedelta(), *(read(each) - now for each in newest if each is not None)])


_DATED = {"payment": "created_at", "purchase": "created_at", "job": "created_at", "provider_event": "received_at"}


_NEWEST = f"SELECT {{}} AS at FROM {{}} ORDER BY id DESC LIMIT {LOOKED_AT}"
_LIVE_SWEEPS = "kind IN ('sweep.lapsed', 'sweep.open', 'sweep.settled') AND state IN ('PENDING', 'RUNNING', 'RETRYING')"


def _believed(dated: str, doubted: int, words: Words) -> str:
    """The latest of these instants but for some; NULL where there are no more."""
    last = words.instant(LAST_END)
    return f"""SELECT max(at) FROM (SELECT CASE WHEN at < {last} THEN at ELSE {last} END AS at
        FROM ({dated}) AS dated ORDER BY at DESC LIMIT 1 OFFSET {doubted}) AS believed"""


def row_counts(connection: Connection, of: Sequence[Table] | None = None) -> dict[str, int]:
    """How many rows each table has; all of them by default."""
    counted = tables(Words(connection.dialect.name == "sqlite")) if of is None else of
    return {table.name: _value(connection, f"SELECT count(*) FROM {table.name}") for table in counted}


def invariants(words: Words) -> list[Invariant]:
    """All of them, in the order in which they are checked."""
    return [STRUCTURE, *(invariant for table in tables(words) for invariant in table.invariants)]


def _of_structure(gone: Sequence[Fault]) -> Finding:
    finding = Finding(STRUCTURE, len(Row.metadata.tables))
    for fault in gone:
        finding.add([fault])
    return finding


class _Look:
    """One look: what all of its statements are asked with."""

    def __init__(self, connection: Connection, words: Words, clock: Callable[[], datetime], gone: set[object]) -> None:
        self._connection, self._words, self._clock, self._gone = connection, words, clock, gone
        self._told = self._first_told()
        self._lag = lag(connection, clock())

    def add_whole(self, finding: Finding) -> None:
        """What a statement over all rows finds."""
        whole = finding.invariant.whole
        if whole is None or (whole.unless is not None and whole.unless not in self._gone):
            return
        self._clock()
        for row in self._connection.execute(text(whole.listed)):
            finding.add([Fault(tuple(map(readable, row)), whole.wrong)])

    def pages(self, table: Table, findings: Sequence[Finding]) -> Iterator[int]:
        """Check page by page; gives how many rows each has at most."""
        after: Key | None = None
        converters = converters_of(table, self._connection.dialect)
        while True:
            moment = self._moment()
            until = self._end(table, after)
            bounds = Bounds(after is not None, until is not None)
            given = {**moment, **_bounding(AFTER, after), **_bounding(UNTIL, until)}
            for row in self._connection.execute(text(page_suspects(table, bounds, self._words)), given).mappings():
                _judge(table, row, findings, converters)
            yield ROWS_OF_A_PAGE
            if until is None:
                return
            after = until

    def _end(self, table: Table, after: Key | None) -> Key | None:
        sql = page_end(table, Bounds(after is not None, is_until=False))
        row = self._connection.execute(text(sql), {"skipped": ROWS_OF_A_PAGE - 1, **_bounding(AFTER, after)}).first()
        return None if row is None else tuple(row)

    def _moment(self) -> dict[str, Any]:
        """What the conditions of a page are asked with."""
        now = self._clock() + self._lag
        instants = {"now": now, "latest": now + timedelta(microseconds=SKEW_US)}
        typed = {name: Instant().process_bind_param(at, self._connection.dialect) for name, at in instants.items()}
        return {**typed, "told": self._told}

    def _first_told(self) -> Any:
        """From which payment on histories tell how it began: those before are from before there were histories."""
        for sql in (_NOTED, _FIRST_TOLD):
            if (found := self._connection.execute(text(sql)).scalar()) is not None:
                return found
        return self._words.last_id


_NOTED = "SELECT histories_from FROM installation"
_FIRST_TOLD = """SELECT id FROM payment WHERE (SELECT count(*) FROM audit_entry WHERE subject_id = payment.id
    AND action IN ('payment.opened', 'payment.adopted')) > 0 ORDER BY id LIMIT 1"""


def _judge(table: Table, row: Mapping[Any, Any], findings: Sequence[Finding], converters: Converters) -> None:
    """Which invariants the row breaks indeed."""
    values, place = Shown(row, converters), 0
    for finding in findings:
        faults = []
        for check in finding.invariant.checks:
            if row[FLAG.format(place)] and (check.judge is None or _is_broken(check.judge, values)):
                key = tuple(readable(row[f"key_{at}"]) for at in range(len(table.key)))
                faults.append(Fault(key, check.wrong, {name: values[name] for name in check.shows}))
            place += 1
        if faults:
            finding.add(faults)


def _is_broken(judge: Any, values: Values) -> bool:
    try:
        return bool(judge(values))
    except (ArithmeticError, AssertionError, LookupError, TypeError, ValueError):
        return True  # a value that no rule can be applied to


def _bounding(name: str, key: Key | None) -> dict[str, Any]:
    return {} if key is None else {name.format(at): part for at, part in enumerate(key)}


def _value(connection: Connection, sql: str) -> Any:
    return connection.execute(text(sql)).scalar_one()
