"""One who looks: the statements of a page, asked on one connection, and what they find."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from functools import cache
from typing import Any

from sqlalchemy import Connection, TextClause, text

from db.types import Instant
from gateway.services.core.rules.access import LAST_END
from gateway.services.verification.model import Fault, Finding, Table, Values
from gateway.services.verification.shown import Converters, Shown, converters_of, readable
from gateway.services.verification.statements import AFTER, FLAG, UNTIL, Bounds, page_end, page_suspects
from gateway.services.verification.words import SKEW_US, Words

ROWS_OF_A_PAGE = 20_000
"""A page and what belongs to it are read from the disk once. It takes a fraction of a second."""

LOOKED_AT, DOUBTED = 20, 2
"""Of so many of a table's newest rows, so many may be dated wrongly, and the time is seen by the next one."""

Key = tuple[Any, ...]


class Look:
    """One look through the database, on a connection that is its own.

    Args:
        clock: which time it is; it is asked before each page, and may end the connection's transaction. What is dated
            later, by more than clocks differ, is a fault. Where it is behind the rows themselves, see `lag`, their time
            counts.
    """

    def __init__(self, connection: Connection, clock: Callable[[], datetime]) -> None:
        self._connection, self._clock = connection, clock
        self._words = Words(connection.dialect.name == "sqlite")
        self._told = self._first_told()
        self._lag = lag(connection, clock())

    def whole(self, listed: str) -> list[tuple[object, ...]]:
        """The keys that a statement over all rows lists."""
        self._clock()
        return [tuple(map(readable, row)) for row in self._connection.execute(text(listed))]

    def end(self, table: Table, after: Key | None) -> Key | None:
        """Where the page ends that begins after a row; None where it is the table's last."""
        self._clock()
        end = page_end(table, Bounds(after is not None, is_until=False))
        row = self._connection.execute(end, {"skipped": ROWS_OF_A_PAGE - 1, **_bounding(AFTER, after)}).first()
        return None if row is None else tuple(row)

    def suspects(self, table: Table, after: Key | None, until: Key | None) -> Sequence[Mapping[Any, Any]]:
        """The rows between the two that may break something: of one moment, with all that belongs to them."""
        bounds = Bounds(after is not None, until is not None)
        given = {**self._moment(), **_bounding(AFTER, after), **_bounding(UNTIL, until)}
        return self._connection.execute(page_suspects(table, bounds, self._words), given).mappings().all()

    def judge(self, table: Table, suspects: Sequence[Mapping[Any, Any]], findings: Sequence[Finding]) -> None:
        """Which invariants the rows break indeed; the findings have them then."""
        converters = converters_of(table, self._connection.dialect) if suspects else {}
        for row in suspects:
            _judge(table, row, findings, converters)

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


def lag(connection: Connection, now: datetime) -> timedelta:
    """How far a clock is behind those that wrote the newest rows, or planned the next sweeps; nothing where it is not.
    A row or two that are dated in the future say nothing of the time: they are at fault themselves."""
    believed = connection.execute(_newest(Words(connection.dialect.name == "sqlite"))).one()
    read = Instant().converter(connection.dialect)
    return max([timedelta(), *(read(each) - now for each in believed if each is not None)])


_DATED = {"payment": "created_at", "purchase": "created_at", "job": "created_at", "provider_event": "received_at"}
_LIVE_SWEEPS = "kind IN ('sweep.lapsed', 'sweep.open', 'sweep.settled') AND state IN ('PENDING', 'RUNNING', 'RETRYING')"


@cache
def _newest(words: Words) -> TextClause:
    """From when the newest rows of each kind are, and for when the next sweeps were planned."""
    planned = f"SELECT {words.after('run_at', -SKEW_US)} AS at FROM job WHERE {_LIVE_SWEEPS}"
    dated = [f"SELECT {at} AS at FROM {name} ORDER BY id DESC LIMIT {LOOKED_AT}" for name, at in _DATED.items()]
    believed = [_believed(planned, 1, words), *(_believed(each, DOUBTED, words) for each in dated)]
    return text(f"SELECT {', '.join(f'({each})' for each in believed)}")


def _believed(dated: str, doubted: int, words: Words) -> str:
    """The latest of these instants but for some; NULL where there are no more."""
    last = words.instant(LAST_END)
    return f"""SELECT max(at) FROM (SELECT CASE WHEN at < {last} THEN at ELSE {last} END AS at
        FROM ({dated}) AS dated ORDER BY at DESC LIMIT 1 OFFSET {doubted}) AS believed"""
