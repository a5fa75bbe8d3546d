"""The reader: look-ups of all requests by one statement a kind, each answered for itself."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeVar, cast

import pytest
from sqlalchemy import Dialect, update
from sqlalchemy.engine.default import DefaultDialect
from sqlalchemy.exc import DataError, OperationalError
from uuid_utils.compat import uuid7

from db.statements import PAYMENT
from gateway.services.reading import lookups as views
from gateway.services.reading.reader import MOST_KEYS, MOST_NOW, Finder, Reader
from gateway.services.reading.snapshot import Snapshot
from gateway.services.reading.source import Source
from gateway.services.rows.lookups import (
    COURSE_BY_ID,
    HELD_PURCHASE,
    PAYMENT_BY_ID,
    PURCHASE_BY_ID,
    PURCHASE_OF_PAYMENT,
    REFUNDS_OF_PAYMENT,
    SUCCESSOR,
)
from tests.service import Service, reads_of, student

pytestmark = pytest.mark.anyio

Key = TypeVar("Key")
Found = TypeVar("Found")
NO_SOURCE = cast(Source, None)


@dataclass
class Books:
    """A source whose statements end when they are let; the row of a number is that number, unless it is too large."""

    errors: list[Exception] = field(default_factory=list)
    asked: list[list[int]] = field(default_factory=list)
    may_end: asyncio.Event = field(default_factory=asyncio.Event)
    dialect: Dialect = field(default_factory=DefaultDialect)

    async def fetch(self, _: str, keys: list[int]) -> list[list[int]]:
        self.asked.append(keys)
        await self.may_end.wait()
        if self.errors:
            raise self.errors.pop()
        return [[key] for key in keys if key < 1_000]

    @property
    def reader(self) -> Reader:
        return Reader(cast(Source, self))


class Doubled:
    """Finds of each number its double."""

    absent = -1
    is_brief = False

    def asked(self, keys: Sequence[int], _: Dialect) -> tuple[str, Sequence[object]]:
        return "", keys

    def single(self, _: Dialect) -> None:
        return None

    def found(self, rows: Sequence[Sequence[int]], _: Dialect) -> Mapping[int, int]:
        return {key: 2 * key for [key] in rows}


async def settled() -> None:
    for _ in range(5):
        await asyncio.sleep(0)


async def test_what_is_asked_at_one_moment_is_one_statement_and_each_gets_its_own() -> None:
    books, doubled = Books(), Doubled()
    reader = books.reader
    books.may_end.set()
    assert await asyncio.gather(*(reader.find(doubled, key) for key in (1, 2, 2, 5_000))) == [2, 4, 4, -1]
    assert books.asked == [[1, 2, 5_000]]


async def test_what_is_asked_while_a_statement_runs_waits_for_the_next() -> None:
    books, doubled = Books(), Doubled()
    reader = books.reader
    first = reader.ask(doubled, 1)
    await settled()
    later = [reader.ask(doubled, key) for key in (1, 2, 3)]  # the first again: it may have changed meanwhile
    await settled()
    assert books.asked == [[1]]
    books.may_end.set()
    assert await asyncio.gather(first, *later) == [2, 2, 4, 6]
    assert books.asked == [[1], [1, 2, 3]]


async def test_kinds_do_not_wait_for_one_another() -> None:
    books = Books()
    reader = books.reader
    asked = [reader.ask(Doubled(), key) for key in (1, 2)]
    await settled()
    assert books.asked == [[1], [2]]
    books.may_end.set()
    assert [await each for each in asked] == [2, 4]


async def test_a_statement_takes_so_many_keys_and_no_more() -> None:
    books, doubled = Books(), Doubled()
    reader = books.reader
    books.may_end.set()
    keys = [*range(MOST_KEYS), 0, *range(MOST_KEYS, MOST_KEYS + 3)]
    assert await asyncio.gather(*(reader.find(doubled, key) for key in keys)) == [2 * key for key in keys]
    assert [len(asked) for asked in books.asked] == [MOST_KEYS, 3]


async def test_a_caller_that_is_cancelled_harms_nobody() -> None:
    books, doubled = Books(), Doubled()
    reader = books.reader
    callers = [asyncio.create_task(reader.find(doubled, key)) for key in (1, 1, 2)]
    await settled()
    callers[0].cancel()
    late = [asyncio.create_task(reader.find(doubled, key)) for key in (3, 4)]
    await settled()
    late[0].cancel()
    books.may_end.set()
    assert [await caller for caller in (*callers[1:], late[1])] == [2, 4, 8]
    assert books.asked == [[1, 2], [4]]


async def test_an_error_reaches_all_who_waited_and_nobody_else() -> None:
    books, doubled = Books(errors=[OperationalError("SELECT", None, RuntimeError("lost"))]), Doubled()
    reader = books.reader
    failing = [asyncio.create_task(reader.find(doubled, key)) for key in (1, 2)]
    await settled()
    later = asyncio.create_task(reader.find(doubled, 1))
    await settled()
    books.may_end.set()
    for caller in failing:
        with pytest.raises(OperationalError, match="lost"):
            await caller
    assert await later == 2
    assert await reader.find(doubled, 2) == 4
    assert books.asked == [[1, 2], [1], [2]]


async def test_what_no_value_can_be_made_of_fails_for_who_asked_for_it_alone() -> None:
    class OfAll(Doubled):
        def found(self, rows: Sequence[Sequence[int]], dialect: Dialect) -> Mapping[int, int]:
            if [7] in rows:
                raise ValueError("7 is no number")
            return super().found(rows, dialect)

    books, finder = Books(), OfAll()
    books.may_end.set()
    reader = books.reader
    asked = [reader.ask(finder, key) for key in (*range(100), 7)]
    results = await asyncio.gather(*asked, return_exceptions=True)
    assert [key for key, result in enumerate(results) if isinstance(result, ValueError)] == [7, 100]
    assert [result for result in results if isinstance(result, int)] == [2 * key for key in range(100) if key != 7]
    assert len(books.asked) < 20, "in halves, and not one by one"


async def test_nothing_is_kept() -> None:
    books, doubled = Books(), Doubled()
    reader = books.reader
    books.may_end.set()
    for _ in range(2):
        assert await reader.find(doubled, 1) == 2
    assert books.asked == [[1], [1]]
    assert not reader._waiting
    await settled()
    assert not reader._serving


@pytest.fixture
async def reader(service: Service) -> AsyncIterator[Reader]:
    source = Source(service.url)
    yield Reader(source)
    await source.close()


async def test_each_kind_of_look_up_finds_what_stands(service: Service, reader: Reader) -> None:
    course = await service.save_course()
    payment, first = await service.paid(student(), course, "BASIC")
    await service.refund(payment, 100)
    upgrade, second = await service.paid(student(), course, "PREMIUM")
    assert await reader.find(COURSE_BY_ID, course.id) == course
    assert await reader.find(PAYMENT_BY_ID, upgrade.id) == upgrade
    assert await reader.find(PURCHASE_BY_ID, second.id) == second
    assert await reader.find(PURCHASE_OF_PAYMENT, upgrade.id) == second
    assert await reader.find(SUCCESSOR, first.id) == second
    assert await reader.find(HELD_PURCHASE, (first.student_id, course.id)) == second
    assert [refund.amount.amount_minor for refund in await reader.find(REFUNDS_OF_PAYMENT, payment.id)] == [100]
    assert await reader.find(REFUNDS_OF_PAYMENT, upgrade.id) == ()
    assert await reader.find(SUCCESSOR, second.id) is None
    assert await reader.find(HELD_PURCHASE, ("nobody", course.id)) is None


async def test_a_row_that_a_hand_has_spoilt_fails_for_who_asked_for_it_alone(service: Service, reader: Reader) -> None:
    course = await service.save_course()
    payments = [await service.opened(student(f"student-{number}"), course) for number in range(4)]
    with service.beside() as connection:
        if connection.dialect.name == "sqlite":
            connection.exec_driver_sql("PRAGMA ignore_check_constraints = ON")
        else:
            connection.exec_driver_sql("ALTER TABLE payment DROP CONSTRAINT ck_payment_slot_start")
        spoilt = update(PAYMENT).where(PAYMENT.c.id == payments[1].id).values(slot_start_min=30_000)
        connection.execute(spoilt)
    asked = [reader.ask(PAYMENT_BY_ID, payment.id) for payment in payments]
    results = await asyncio.gather(*asked, return_exceptions=True)
    assert isinstance(results[1], ValueError)
    assert [*results[:1], *results[2:]] == [*payments[:1], *payments[2:]]


@pytest.mark.parametrize("name", ["a\ud800b", "a\0b"])
async def test_a_key_that_no_row_can_have_fails_for_who_asked_for_it_at_most(
    service: Service, reader: Reader, name: str
) -> None:
    course = await service.save_course()
    bought = await service.created(course, "student-1")
    asked = [reader.ask(HELD_PURCHASE, (each, course.id)) for each in ("student-1", name, "nobody")]
    [found, strange, nobody] = await asyncio.gather(*asked, return_exceptions=True)
    assert (found, nobody) == (bought, None)
    assert strange is None or isinstance(strange, UnicodeEncodeError | DataError)


async def test_an_operation_knows_each_thing_once_until_it_forgets() -> None:
    books, doubled = Books(), Doubled()
    books.may_end.set()
    reads = Snapshot(books.reader)
    assert await asyncio.gather(*(reads.find(doubled, 1) for _ in range(3))) == [2] * 3
    assert await reads.find(doubled, 1) == 2
    assert books.asked == [[1]]
    reads.forget()
    assert await reads.find(doubled, 1) == 2
    assert books.asked == [[1], [1]]


async def test_a_part_of_an_operation_that_is_cancelled_harms_no_other_part() -> None:
    books, doubled = Books(), Doubled()
    reads = Snapshot(books.reader)
    parts = [asyncio.create_task(reads.find(doubled, 1)) for _ in range(3)]
    await settled()
    parts[0].cancel()
    await settled()
    parts.append(asyncio.create_task(reads.find(doubled, 1)))
    await settled()
    books.may_end.set()
    assert await asyncio.gather(*parts[1:]) == [2] * 3
    assert books.asked == [[1]]


async def test_what_an_operation_gave_up_waiting_for_is_asked_again() -> None:
    books, doubled = Books(), Doubled()
    reads = Snapshot(books.reader)
    given_up = asyncio.create_task(reads.find(doubled, 1))
    await settled()
    given_up.cancel()
    await settled()
    books.may_end.set()
    assert await reads.find(doubled, 1) == 2


async def test_many_keys_are_found_at_once_each_its_own_and_what_is_known_is_not_asked_for() -> None:
    books, doubled = Books(), Doubled()
    books.may_end.set()
    reads = Snapshot(books.reader)
    assert await reads.find(doubled, 2) == 4
    assert await found_all(reads, doubled, [1, 2, 5_000, 1]) == [2, 4, -1, 2]
    assert await found_all(reads, doubled, [5_000, 2]) == [-1, 4]
    assert books.asked == [[2], [1, 5_000]]
    assert reads.find_all(doubled, []) == []
    reads.forget()
    assert await found_all(reads, doubled, [1, 2]) == [2, 4]
    assert books.asked[2:] == [[1, 2]]


async def test_what_is_on_its_way_for_one_part_of_an_operation_is_not_asked_for_by_another() -> None:
    books, doubled = Books(), Doubled()
    reads = Snapshot(books.reader)
    parts = [
        asyncio.create_task(reads.find(doubled, 1)),
        asyncio.create_task(found_all(reads, doubled, [1, 2])),
        asyncio.create_task(found_all(reads, doubled, [2, 3])),
        asyncio.create_task(reads.find(doubled, 3)),
    ]
    await settled()
    books.may_end.set()
    assert await asyncio.gather(*parts) == [2, [2, 4], [4, 6], 6]
    assert books.asked == [[1, 2, 3]]


async def test_more_keys_than_a_statement_takes_are_found_by_several() -> None:
    books, doubled = Books(), Doubled()
    books.may_end.set()
    keys = range(MOST_KEYS + 3)
    assert await found_all(Snapshot(books.reader), doubled, keys) == [2 * key for key in keys]
    assert [len(asked) for asked in books.asked] == [MOST_KEYS, 3]


async def test_where_one_of_many_keys_fails_all_do_and_each_by_itself_finds_what_it_finds() -> None:
    class OfAll(Doubled):
        def found(self, rows: Sequence[Sequence[int]], dialect: Dialect) -> Mapping[int, int]:
            if [7] in rows:
                raise ValueError("7 is no number")
            return super().found(rows, dialect)

    books, finder = Books(), OfAll()
    reads = Snapshot(books.reader)
    together = asyncio.create_task(found_all(reads, finder, [6, 7]))
    await settled()
    meanwhile = asyncio.create_task(reads.find(finder, 6))
    await settled()
    books.may_end.set()
    with pytest.raises(ValueError, match="7 is no number"):
        await together
    assert await meanwhile == 12
    for _ in range(2):
        with pytest.raises(ValueError, match="7 is no number"):
            await reads.find(finder, 7)
    assert books.asked == [[6, 7], [6], [7]]


async def test_few_keys_of_a_file_are_found_without_waiting_and_are_what_is_found_otherwise(
    service: Service, reader: Reader
) -> None:
    course = await service.save_course()
    bought = [await service.created(course, f"student-{number}") for number in range(3)]
    keys = [uuid7(), *(purchase.id for purchase in bought), bought[0].id]
    is_file = reader.source.dialect.name == "sqlite"
    for finder, wanted in ((views.PURCHASE_BY_ID, keys), (views.PURCHASE_BY_ID, keys[:2]), (views.SUCCESSOR, keys)):
        reads = Snapshot(reader)
        found = reads.find_all(finder, wanted)
        assert isinstance(found, list) is is_file
        found = await found if isinstance(found, Awaitable) else found
        assert found == [await Snapshot(reader).find(finder, key) for key in wanted]
        with reads_of(reader.source) as statements:
            assert await found_all(reads, finder, wanted) == found
            assert [await reads.find(finder, key) for key in wanted] == found
        assert statements == []
    many = [*keys, *(uuid7() for _ in range(MOST_NOW))]
    coming = Snapshot(reader).find_all(views.PURCHASE_BY_ID, many)
    assert isinstance(coming, Awaitable), "nobody else waits for so many"
    assert [each for each in await coming if each] == [*bought, bought[0]]


async def test_who_asks_alone_finds_what_everybody_finds_and_no_older(service: Service, reader: Reader) -> None:
    opened = await service.opened(student(), await service.save_course())
    assert await reader.find_alone(PAYMENT_BY_ID, uuid7()) is None
    assert await reader.find_alone(PAYMENT_BY_ID, opened.id) == opened
    asked: Sequence[tuple[Finder[Any, Any], object]] = (
        (views.PAYMENT_BY_ID, opened.id),
        (views.PURCHASE_OF_PAYMENT, opened.id),
        (views.REFUNDS_OF_PAYMENT, opened.id),
        (views.HELD_PURCHASE, (opened.student_id, opened.course_id)),
    )
    for finder, key in asked:
        reads, found = Snapshot(reader), await Snapshot(reader).find(finder, key)
        for _ in range(2):
            assert await reads.find_alone(finder, key) == found
        with reads_of(reader.source) as statements:
            assert await reads.find(finder, key) == await reads.find_alone(finder, key) == found
        assert statements == []
    await service.confirm(student(), opened)
    paid = await reader.find_alone(PAYMENT_BY_ID, opened.id)
    assert paid == await reader.find(PAYMENT_BY_ID, opened.id) != opened


async def test_a_row_that_no_value_can_be_made_of_says_so_at_once() -> None:
    class Brief(Doubled):
        is_brief = True

        def found(self, rows: Sequence[Sequence[int]], dialect: Dialect) -> Mapping[int, int]:
            raise ValueError("no number at all")

    class File(Books):
        def fetch_now(self, _: str, keys: list[int]) -> list[list[int]]:
            return [[key] for key in keys]

    books = File()
    books.may_end.set()
    reads = Snapshot(books.reader)
    for _ in range(2):
        with pytest.raises(ValueError, match="no number at all"):
            await found_all(reads, Brief(), [1, 2])
    assert books.asked == [], "it would be no other row if it were asked for again"


async def found_all(reads: Snapshot, finder: Finder[Key, Found], keys: Sequence[Key]) -> Sequence[Found]:
    found = reads.find_all(finder, keys)
    return await found if isinstance(found, Awaitable) else found


async def test_an_outcome_is_learnt_and_is_what_would_be_read(service: Service, reader: Reader) -> None:
    course = await service.save_course()
    opened = await service.opened(student(), course)
    outcome = await service.confirm(student(), opened)
    learnt, read = Snapshot(Reader(NO_SOURCE)), Snapshot(reader)
    learnt.learn(outcome)
    purchase = await learnt.find(views.PURCHASE_OF_PAYMENT, opened.id)
    assert purchase is not None
    for lookup, key in (
        (views.PAYMENT_BY_ID, opened.id),
        (views.PURCHASE_BY_ID, purchase.id),
        (views.PURCHASE_OF_PAYMENT, opened.id),
    ):
        assert await learnt.find(lookup, key) == await read.find(lookup, key)
