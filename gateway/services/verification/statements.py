"""A page of a table as SQL: its rows that may break an invariant, with all that is known of each."""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache

from sqlalchemy import TextClause, TextualSelect, column, text

from db.tables import Row
from db.types import Instant
from gateway.services.verification.model import Check, Gathered, Related, Table
from gateway.services.verification.words import Words, among, any_of


@dataclass(frozen=True, slots=True)
class Bounds:
    """Which keys a page holds: those after one, and up to another; either may be open."""

    is_after: bool
    is_until: bool


FLAG = "broken_{}"
SHOWN = "shown_{}"
AFTER, UNTIL = "after_{}", "until_{}"


@cache
def page_end(table: Table, bounds: Bounds) -> TextClause:
    """The key of a page's last row; without a row where the page is the last one."""
    keys, lower = ", ".join(table.bounds), Bounds(bounds.is_after, is_until=False)
    return text(f"""SELECT {keys} FROM {table.name} WHERE {_within(table.name, table.bounds, lower)}
        ORDER BY {keys} LIMIT 1 OFFSET :skipped""")


@cache
def page_suspects(table: Table, bounds: Bounds, words: Words) -> TextualSelect:
    """The rows of a page for which at least one condition holds: their keys, which conditions, and what is shown."""
    columns = {f"key_{at}": f"{table.name}.{name}" for at, name in enumerate(table.key)}
    for at, check in enumerate(table.checks):
        columns[FLAG.format(at)] = f"CASE WHEN {_condition(check, table)} THEN 1 ELSE 0 END"
    columns |= {SHOWN.format(at): _shown(name, table, words) for at, name in enumerate(shown(table))}
    joins = [_join(each, table, bounds, words) for each in table.joins]
    selected = ",\n".join(f"{sql} AS {name}" for name, sql in columns.items())
    order = ", ".join(f"{table.name}.{name}" for name in table.key)
    sql = f"""SELECT {selected}
        FROM {table.name}
        {" ".join(joins)}
        WHERE {_within(table.name, table.bounds, bounds)} AND ({_broken(table)})
        ORDER BY {order}"""
    return text(sql).columns(*map(column, columns))  # named, so that they are looked up once and not for each page


def _condition(check: Check, table: Table) -> str:
    return f"{among(table.kind, check.of)} AND ({check.broken})" if check.of else check.broken


def _broken(table: Table) -> str:
    """Whether a row breaks anything: first what all rows may break, then what those of its kind may."""
    by_kinds: dict[tuple[str, ...], list[str]] = {}
    for check in table.checks:
        by_kinds.setdefault(check.of, []).append(check.broken)
    common = by_kinds.pop((), [])
    of_kinds = [f"{among(table.kind, kinds)} AND ({any_of(*some)})" for kinds, some in by_kinds.items()]
    return any_of(*common, *of_kinds)


def shown(table: Table) -> list[str]:
    """What is shown of a row by any of its checks."""
    return list(dict.fromkeys(name for check in table.checks for name in check.shows))


def _shown(name: str, table: Table, words: Words) -> str:
    """An instant is within the calendar, or the driver could not read it."""
    alias, _, column = name.partition(".")
    of = table.tables.get(alias)
    is_instant = of is not None and isinstance(Row.metadata.tables[of].c[column].type, Instant)
    return words.readable_instant(name) if is_instant else table.facts.get(name, name)


def _join(join: Related | Gathered, table: Table, bounds: Bounds, words: Words) -> str:
    if isinstance(join, Related):
        if words.is_sqlite:
            return f"LEFT JOIN {join.table} AS {join.alias} ON {join.on}"
        # Looked up row by row, whatever the planner thinks of a page: else it would read all of the other table.
        return f"""LEFT JOIN LATERAL (SELECT * FROM {join.table} AS {join.alias} WHERE {join.on} OFFSET 0)
            AS {join.alias} ON TRUE"""
    columns = ", ".join(f"{sql} AS {name}" for name, sql in join.columns.items())
    rows = f"""SELECT {join.alias}.{join.by} AS gathered_by, {columns} FROM {join.table} AS {join.alias}
        WHERE {_within(join.alias, (join.by,), bounds)} AND ({join.where})
        GROUP BY {join.alias}.{join.by}"""
    return f"""LEFT JOIN ({rows}) AS {join.alias} ON {join.alias}.gathered_by = {table.name}.{table.key[0]}"""


def _within(alias: str, key: Iterable[str], bounds: Bounds) -> str:
    columns = [f"{alias}.{name}" for name in key]
    conditions = [
        f"{_row(columns)} {sign} {_row([f':{name.format(at)}' for at in range(len(columns))])}"
        for sign, name, is_there in ((">", AFTER, bounds.is_after), ("<=", UNTIL, bounds.is_until))
        if is_there
    ]
    return " AND ".join(conditions) or "TRUE"


def _row(parts: list[str]) -> str:
    return parts[0] if len(parts) == 1 else f"({', '.join(parts)})"
