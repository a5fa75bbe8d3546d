"""What a database says of how it would run a statement."""

import re
from collections.abc import Iterator, Sequence
from typing import Any

from sqlalchemy import Connection

WHOLE_ONLY = frozenset({"installation", "alembic_version", "schema_compatibility"})
"""Tables of one row, which has no key to be found by."""


class Planner:
    """Asks on a connection. Where tables are small PostgreSQL reads them whole, so all ways of doing that are made dear
    there: what it still cannot find by an index, it will not find by one where tables are large either."""

    def __init__(self, connection: Connection) -> None:
        self._connection, self.dialect = connection, connection.dialect
        self.is_sqlite = connection.dialect.name == "sqlite"
        if not self.is_sqlite:
            for way in ("seqscan", "mergejoin", "hashjoin"):
                connection.exec_driver_sql(f"SET enable_{way} = off")
            connection.exec_driver_sql("SET cpu_index_tuple_cost = 1")  # as of an index two hundred times as large

    def value(self, sql: str) -> Any:
        """The one value that a statement finds; None where it finds none."""
        return self._connection.exec_driver_sql(sql).scalar()

    def scans(self, sql: str, parameters: Sequence[object]) -> list[str]:
        """What of the plan goes through a table, or an index, from end to end."""
        if self.is_sqlite:
            return _sqlite_scans(self._lines(sql, parameters))
        self._connection.exec_driver_sql("SET enable_sort = on")  # others may have turned it off, see `sorts`
        return [_shown(node) for node in self._plan(sql, parameters) if _is_scan(node)]

    def long_scans(self, sql: str, parameters: Sequence[object]) -> list[str]:
        """The same, but for an index that what became no purchase is in alone: to PostgreSQL, to go through the few
        rows of that is as good as to look into it."""
        found = self.scans(sql, parameters)
        return found if self.is_sqlite else [each for each in found if "ix_payment_unfulfilled_at" not in each]

    def sorts(self, sql: str, parameters: Sequence[object]) -> list[str]:
        """What of the plan sorts rows that an index does not give in order."""
        if self.is_sqlite:
            return [line for line in self._lines(sql, parameters) if "TEMP B-TREE" in line]
        self._connection.exec_driver_sql("SET enable_sort = off")
        return [node["Node Type"] for node in self._plan(sql, parameters) if "Sort" in node["Node Type"]]

    def _lines(self, sql: str, parameters: Sequence[object]) -> list[str]:
        lines = self._connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {sql}", tuple(parameters))
        return [str(line[-1]) for line in lines]

    def _plan(self, sql: str, parameters: Sequence[object]) -> Iterator[dict[str, Any]]:
        [[plan]] = self._connection.exec_driver_sql(f"EXPLAIN (FORMAT JSON) {sql}", tuple(parameters))
        return _nodes(plan[0]["Plan"])


def _sqlite_scans(lines: Sequence[str]) -> list[str]:
    """Scans of all but what the statement itself made: its keys, and the rows of a part of it."""
    made = {line.split()[1] for line in lines if line.startswith(("CO-ROUTINE ", "MATERIALIZE "))}
    found = [(line, re.fullmatch(r"SCAN (\S+)(.*)", line)) for line in lines]
    return [
        line
        for line, scan in found
        if scan and scan[1] not in made | WHOLE_ONLY and not re.search("VIRTUAL TABLE|CONSTANT ROW", line)
    ]


def _nodes(plan: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield plan
    for part in plan.get("Plans", ()):
        yield from _nodes(part)


def _is_scan(node: dict[str, Any]) -> bool:
    if node.get("Relation Name") in WHOLE_ONLY:
        return False
    is_of_index = node["Node Type"] in ("Index Scan", "Index Only Scan", "Bitmap Index Scan")
    return node["Node Type"] == "Seq Scan" or (is_of_index and "Index Cond" not in node)


def _shown(node: dict[str, Any]) -> str:
    return f"{node['Node Type']} of {node.get('Relation Name', '')} by {node.get('Index Name', '')}"
