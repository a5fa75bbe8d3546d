"""Students by how their ids begin: each id is a step into an index, however much its student bought."""

from sqlalchemy import Text, column, text

from db.compiled import Statement
from gateway.services.reading.source import Source

_FOUND = """
WITH RECURSIVE {steps}
SELECT student_id FROM (SELECT student_id FROM of_payment UNION SELECT student_id FROM of_purchase) AS either
WHERE student_id IS NOT NULL ORDER BY student_id{in_order} LIMIT :most
"""
_STEPS = """of_{table}(student_id, number) AS (
    SELECT (SELECT student_id FROM {table} WHERE student_id {ge} :begin AND student_id {lt} :until
            ORDER BY student_id{in_order} LIMIT 1), 1
    UNION ALL
    SELECT (SELECT later.student_id FROM {table} AS later
            WHERE later.student_id {gt} of_{table}.student_id AND later.student_id {lt} :until
            ORDER BY later.student_id{in_order} LIMIT 1), number + 1
    FROM of_{table} WHERE of_{table}.student_id IS NOT NULL AND number < :most
)"""
_BY_BYTES = {"ge": ">=", "lt": "<", "gt": ">", "in_order": ""}
_BY_PATTERN = {"ge": "~>=~", "lt": "~<~", "gt": "~>~", "in_order": " USING ~<~"}
"""SQLite compares texts by their bytes, and PostgreSQL does with these, which its index is made for."""

LAST = "\U0010ffff"
"""No id has a character beyond this one, nor this one, which stands for nothing."""


def _statement(ways: dict[str, str]) -> Statement:
    steps = ",\n".join(_STEPS.format(table=table, **ways) for table in ("payment", "purchase"))
    found = text(_FOUND.format(steps=steps, in_order=ways["in_order"])).columns(column("student_id", Text()))
    return Statement(found)  # type: ignore[arg-type]  # it is compiled, and has columns, as a select


BEGINNING = {"sqlite": _statement(_BY_BYTES), "postgresql": _statement(_BY_PATTERN)}


async def students_beginning(source: Source, beginning: str, most: int) -> list[str]:
    """The ids of students who have a payment or a purchase, in the order of their bytes: at most so many.

    Raises:
        Unavailable: the database cannot be used now.
    """
    statement = BEGINNING[source.dialect.name]
    rows = await source.rows(statement, begin=beginning, until=beginning + LAST, most=most)
    return [student_id for (student_id,) in rows]
