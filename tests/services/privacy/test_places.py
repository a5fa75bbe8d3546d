"""Every place of personal data is in docs/privacy.md, with what becomes of it when its student is erased."""

import re
from collections.abc import Iterator
from pathlib import Path

from sqlalchemy import JSON, Column, LargeBinary, String

from db.saves import PERSONAL
from db.tables import Row
from db.types import Id

DOCUMENT = Path(__file__).parents[3] / "docs" / "privacy.md"
REWRITTEN = ("pseudonym", "erased", "replaced")


def told() -> Iterator[tuple[str, str]]:
    """Each column that the document tells of, and what becomes of it."""
    for line in DOCUMENT.read_text(encoding="utf-8").splitlines():
        cells = [cell.strip() for cell in line.strip("|").split("|")]
        if len(cells) == 4 and (names := re.fullmatch(r"(`\w+\.\w+`(, )?)+", cells[0])):
            yield from ((name, cells[3]) for name in re.findall(r"`(\w+\.\w+)`", names[0]))


def _may_hold_words(column: Column[object]) -> bool:
    return isinstance(column.type, String | JSON | LargeBinary) and not isinstance(column.type, Id)


def test_each_column_that_may_hold_words_is_told_of_once() -> None:
    columns = [f"{table.name}.{column.name}" for table in Row.metadata.sorted_tables for column in table.c]
    worded = [
        f"{table.name}.{column.name}"
        for table in Row.metadata.sorted_tables
        for column in table.c
        if _may_hold_words(column)
    ]
    names = [name for name, _ in told()]
    assert sorted(worded) == sorted(names), "say in docs/privacy.md what it is for, and what an erasure makes of it"
    assert set(names) <= set(columns)


def test_what_is_to_be_rewritten_is_what_an_erasure_writes() -> None:
    """But for what is deleted, and the feed, which has a way of its own."""
    written = {f"{table.name}.{column}" for table, columns in PERSONAL.items() for column in columns}
    promised = {name for name, becomes in told() if becomes.startswith(REWRITTEN)}
    assert promised - {"change.body"} == written
