"""Courses by what is in their titles."""

from functools import cache
from uuid import UUID

from sqlalchemy import column, text

from db.compiled import Statement
from db.types import Id
from gateway.services.reading.source import Source

MOST_LOOKED_AT = 10_000
"""Courses whose titles are looked at, the latest: no index has what is amid a text, and so many take milliseconds."""

_FOUND = """
SELECT id FROM (SELECT id, title FROM course ORDER BY id DESC LIMIT {most_looked_at}) AS latest
WHERE {met} ORDER BY CASE WHEN {begun} THEN 0 ELSE 1 END, id LIMIT :most
"""
_LIKE = {"sqlite": "LIKE", "postgresql": "ILIKE"}


async def courses_titled(source: Source, text: str, most: int) -> list[UUID]:
    """The ids of courses with this text in their title, in upper or lower case: at most so many. Those that begin with
    it come first; else it is the order in which they were added.

    Raises:
        Unavailable: the database cannot be used now.
    """
    spelt = [_escaped(each) for each in _spellings(text)]
    parts = {f"part{number}": f"%{each}%" for number, each in enumerate(spelt)}
    begins = {f"begin{number}": f"{each}%" for number, each in enumerate(spelt)}
    rows = await source.rows(_statement(source.dialect.name, len(spelt)), **parts, **begins, most=most)
    return [course_id for (course_id,) in rows]


def _spellings(text: str) -> list[str]:
    """As it may be written. SQLite ignores the case of ASCII alone, and PostgreSQL that of the letters that its locale
    knows; so the usual ones are asked for."""
    if text.isascii():
        return [text]
    return list(dict.fromkeys((text, text.lower(), text.upper(), text.title(), text.capitalize())))


def _escaped(text: str) -> str:
    for special in "|%_":
        text = text.replace(special, f"|{special}")
    return text


@cache
def _statement(database: str, spellings: int) -> Statement:
    like = _LIKE[database]
    met, begun = (
        "(" + " OR ".join(f"title {like} :{name}{number} ESCAPE '|'" for number in range(spellings)) + ")"
        for name in ("part", "begin")
    )
    found = text(_FOUND.format(most_looked_at=MOST_LOOKED_AT, met=met, begun=begun)).columns(column("id", Id()))
    return Statement(found)  # type: ignore[arg-type]  # it is compiled, and has columns, as a select
