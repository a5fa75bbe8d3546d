"""Fills a database: the stories are told once each, and copied so often."""

import asyncio
import random
import shutil
import sqlite3
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from bench.seed.loading import Load, opened
from bench.seed.stage import BEGINNING, stage
from bench.seed.stories import COURSE, LEFT_OPEN, STORIES, SWEPT, Story, course
from bench.seed.templates import MS, Copy, Form, Stored, Template, tables
from db.migrate import upgrade

COPIES_AT_ONCE = 10_000

COURSES_OF_ONE = 4
"""How many courses a student begins, at most."""

SCATTER = 2_654_435_761
"""A prime: times it, the numbers below a smaller one are the same numbers in another order."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a database is to hold.

    Args:
        purchases: about how many.
        left_open: checkouts that can still be paid, each of a student without a purchase of that course.
        courses: at least `COURSES_OF_ONE`.
        seed: the same one, with the same `now`, gives the same database.
        now: which time it is there.
    """

    purchases: int
    left_open: int
    courses: int
    seed: int
    now: datetime


@dataclass(frozen=True, slots=True)
class Told:
    """A story that was told: its template, how many purchases it leaves, and how long ago it may have begun."""

    story: Story
    template: Template
    purchases: int
    youngest: timedelta
    oldest: timedelta

    def begun(self, drawn: random.Random, now: datetime) -> int:
        """When one of its copies began, in milliseconds after the beginning of the story itself."""
        return (now - BEGINNING) // MS - drawn.randrange(self.youngest // MS, self.oldest // MS)


Begun = tuple[int, Told]


@dataclass(frozen=True, slots=True)
class Step:
    """What is done next, and how far that has come."""

    name: str
    done: int = 0
    of: int | None = None


def fill(url: str, wanted: Wanted) -> Iterator[Step]:
    """Fill a database that has neither payments nor purchases.

    Raises: NotEmpty.
    """
    upgrade(url)
    with opened(url) as load:
        yield Step("Telling stories")
        about_course, swept, *others = asyncio.run(_tell_all(load.form))
        course_ids = _add_courses(load, about_course, wanted)
        _add(load, [(swept, Copy(2**32 - 1, (wanted.now - BEGINNING) // MS * MS - 2 * swept.oldest, "nobody"))])
        begun = _begun(others, wanted, random.Random(wanted.seed))  # noqa: S311  the same each time
        for at in range(0, len(begun), COPIES_AT_ONCE):
            yield Step("Copying them", at, len(begun))
            numbered = enumerate(begun[at : at + COPIES_AT_ONCE], wanted.courses + at)
            _add(load, [(told, _copy(number, ms, len(begun), course_ids)) for number, (ms, told) in numbered])
        for done, (name, of) in enumerate(steps := list(load.finishing())):
            yield Step(f"Finishing: {name}", done, len(steps))
            of()


async def _tell_all(form: Form) -> list[Told]:
    with tempfile.TemporaryDirectory() as folder:
        migrated = Path(folder) / "migrated.db"
        upgrade(f"sqlite:///{migrated}")
        return [await _tell(form, story, migrated) for story in (COURSE, SWEPT, *STORIES, LEFT_OPEN)]


async def _tell(form: Form, story: Story, migrated: Path) -> Told:
    path = Path(shutil.copy(migrated, migrated.with_name(f"{story.name}.db")))
    async with stage(f"sqlite:///{path}") as telling:
        if story not in (COURSE, SWEPT):
            await course(telling)
        before, known, course_id = _rows(path), len(telling.mint.minted), telling.course_id
        oldest = await story.tell(telling)
        youngest, minted = telling.clock.now - BEGINNING, telling.mint.minted[known:]
    own = {name: [row for row in rows if row not in before[name]] for name, rows in _rows(path).items()}
    return Told(story, Template(form, own, minted, course_id), len(own["purchase"]), youngest, oldest)


def _rows(path: Path) -> dict[str, list[Stored]]:
    """All rows of stories, as SQLite stores them."""
    connection = sqlite3.connect(path)
    try:
        return {table.name: list(connection.execute(str(table.select()))) for table in tables()}
    finally:
        connection.close()


def _add_courses(load: Load, told: Told, wanted: Wanted) -> list[int]:
    """Courses that were there before everything else; returns their ids."""
    later_by = (wanted.now - BEGINNING) // MS * MS - 2 * told.oldest
    copies = [Copy(number, later_by + number * MS, f"course {number + 1}") for number in range(wanted.courses)]
    _add(load, [(told, copy) for copy in copies])
    return [told.template.ids(copy)[0] for copy in copies]


def _begun(others: Sequence[Told], wanted: Wanted, drawn: random.Random) -> list[Begun]:
    """All copies in the order in which they began: rows that lie by time are then added at the end."""
    *told, left_open = others
    shares = [each.story.share for each in told]
    purchases = sum(each.story.share * each.purchases for each in told) / sum(shares)
    drawn_stories = drawn.choices(told, shares, k=round(wanted.purchases / purchases))
    begun = [(each.begun(drawn, wanted.now), each) for each in (*drawn_stories, *[left_open] * wanted.left_open)]
    return sorted(begun, key=lambda each: each[0])


def _copy(number: int, ms: int, copies: int, course_ids: Sequence[int]) -> Copy:
    """The copy of a student and a course that no other copy has both of."""
    students = -(-copies // COURSES_OF_ONE)
    turn, place = divmod(number, students)
    student = place * SCATTER % students
    course_id = course_ids[(student * 7 + turn) % len(course_ids)]
    return Copy(number, ms * MS, f"student-{student + 1:07}", course_id)


def _add(load: Load, copies: Iterable[tuple[Told, Copy]]) -> None:
    rows: dict[str, list[tuple[object, ...]]] = {table.name: [] for table in tables()}
    for told, copy in copies:
        pool = told.template.pool(copy)
        for name, pickers in told.template.pickers:
            rows[name] += [pick(pool) for pick in pickers]
    for table in tables():
        load.add(table, rows[table.name])
