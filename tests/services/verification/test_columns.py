"""Each column of each table is looked at by a check; which changes of it none can find, `survivors.py` says."""

import re
from collections.abc import Iterator

from db.tables import Row
from gateway.services.verification.model import Gathered, Table
from gateway.services.verification.tables.every import tables
from gateway.services.verification.words import Words

_ALIASED = re.compile(r"\b(?:FROM|,|JOIN) (\w+) AS (\w+)")


def looked_at(table: Table) -> Iterator[str]:
    """The columns that the checks of a table name, by their table and not by what it is called there."""
    conditions = " ".join(check.broken for check in table.checks)
    gathered = [each for each in table.joins if isinstance(each, Gathered)]
    names = {**table.tables, **{each.alias: each.table for each in gathered}, **dict(_inner(conditions))}
    named = " ".join(
        [conditions, *(each.where for each in gathered), *(" ".join(each.columns.values()) for each in gathered)]
    )
    for alias, of in names.items():
        yield from (f"{of}.{column}" for column in re.findall(rf"\b{alias}\.(\w+)", named))
    yield from (f"{table.name}.{column}" for column in table.key)
    for each in gathered:
        yield f"{each.table}.{each.by}"


def _inner(conditions: str) -> Iterator[tuple[str, str]]:
    """Tables that a condition looks something up in, by what they are called there."""
    for table, alias in _ALIASED.findall(conditions):
        yield alias, table


def test_each_column_is_looked_at() -> None:
    for is_sqlite in (True, False):
        seen = {name for table in tables(Words(is_sqlite)) for name in looked_at(table)}
        columns = {f"{table.name}.{column.name}" for table in Row.metadata.sorted_tables for column in table.c}
        assert columns - seen == set()


def test_each_table_is_gone_through_by_its_key() -> None:
    keys = {table.name: tuple(table.primary_key.columns.keys()) for table in Row.metadata.sorted_tables}
    assert {table.name: table.key for table in tables(Words(is_sqlite=True))} == keys


def test_each_check_says_what_is_wrong_and_each_invariant_what_to_do() -> None:
    for table in tables(Words(is_sqlite=True)):
        for invariant in table.invariants:
            assert re.match(r".{10,}[.?]$", invariant.sentence, re.DOTALL), invariant
            assert re.match(r".{20,}\.$", invariant.remedy, re.DOTALL), invariant
            assert all(re.match(r".{15,}[.?]$", check.wrong, re.DOTALL) for check in invariant.checks), invariant
