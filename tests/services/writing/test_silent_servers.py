"""A network that swallows packets and a server that is frozen: given up in time, and nothing done twice or lost."""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import aclosing

import pytest

from db import feed
from db.engine import READERS
from db.silence import Bounded
from db.tables import PurchaseRow
from gateway.services.core.model.outcomes import Busy, Confirmed, Created
from gateway.services.core.model.values import Course
from gateway.services.outages import Unavailable
from gateway.services.reading.source import Source
from tests.served.line import Line, line_to
from tests.service import Service, running, student

pytestmark = pytest.mark.anyio

Break = Callable[[Line], None]

SILENCE_S = 0.6
"""In these tests the patience is short: what is asserted is what comes after it, and never how long it took."""


@pytest.fixture
def line(new_postgresql: Callable[[], str], monkeypatch: pytest.MonkeyPatch) -> Iterator[Line]:
    monkeypatch.setattr("db.bounds.SILENCE_S", SILENCE_S)
    monkeypatch.setattr("db.silence._Bounded.silence_s", SILENCE_S)
    monkeypatch.setattr("db.engine.IN_REACH", {"connect_timeout": 2})  # the driver's shortest
    with line_to(new_postgresql()) as opened:
        yield opened


@pytest.fixture
async def far(line: Line) -> AsyncIterator[Service]:
    """A service whose database is at the other end of a line."""
    async with running(line.url) as service:
        yield service


@pytest.fixture
async def course(far: Service) -> Course:
    return await far.save_course()


@pytest.mark.parametrize("trouble", [Line.swallow_old, Line.reset, Line.half_close])
async def test_a_dead_line_is_left_for_a_new_one_and_the_write_is_done_once(
    far: Service, course: Course, line: Line, trouble: Break
) -> None:
    trouble(line)
    outcomes = await asyncio.gather(*(far.create(course, f"student-{number}") for number in range(3)))
    assert [each.already_processed for each in outcomes if isinstance(each, Created)] == [False] * 3
    assert len(far.stored(PurchaseRow)) == 3


@pytest.mark.parametrize("is_delivered", [True, False], ids=["committed", "not committed"])
async def test_a_commit_of_which_nothing_is_heard_is_looked_up_and_done_once(
    far: Service, course: Course, line: Line, is_delivered: bool
) -> None:
    # Where the commit is not delivered either, the server keeps the locks of a transaction of which it hears no more.
    payment = await far.opened(student(), course)
    line.swallow_from(b"COMMIT", is_delivered=is_delivered)
    outcome = await far.confirm(student(), payment)
    assert isinstance(outcome, Confirmed)
    assert not outcome.already_processed
    assert [row.payment_id for row in far.stored(PurchaseRow)] == [payment.id]
    again = await far.confirm(student(), payment)
    assert isinstance(again, Confirmed)
    assert again.already_processed


async def test_while_nothing_gets_through_writers_are_busy_and_readers_are_told(
    far: Service, course: Course, line: Line
) -> None:
    line.swallow_all()
    assert isinstance(await far.create(course), Busy)
    with pytest.raises(Unavailable):
        await far.source.fetch("SELECT 1")
    line.heal()
    assert isinstance(await far.create(course), Created)
    assert await far.source.fetch("SELECT count(*) FROM purchase") == [(1,)]


@pytest.mark.parametrize("trouble", [Line.swallow_old, Line.reset, Line.half_close])
async def test_reads_on_dead_lines_are_asked_again_and_no_idle_line_is_waited_for_twice(
    far: Service, line: Line, trouble: Break, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = Source(line.url)
    await asyncio.gather(*(source.fetch("SELECT pg_sleep(0.05)") for _ in range(READERS)))
    trouble(line)
    assert await source.fetch("SELECT 1") == [(1,)]
    gone = asyncio.Event()
    monkeypatch.setattr("db.silence._silent", lambda _: gone.set())
    assert await asyncio.gather(*(source.fetch("SELECT 2") for _ in range(READERS))) == [[(2,)]] * READERS
    assert not gone.is_set()
    await source.close()


async def test_a_feed_that_hears_nothing_asks_whether_its_line_is_dead(
    line: Line, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("db.feed.QUIET_S", 0.05)
    async with aclosing(feed.follow(line.url)) as looks:
        assert await anext(looks) == ()
        line.swallow_old()
        with pytest.raises(feed.FeedLost):
            await anext(looks)


async def test_a_writer_on_a_dead_line_is_closed_without_waiting_for_it(line: Line) -> None:
    async with running(line.url) as service:
        await service.save_course()
        line.swallow_all()
    assert not service.writer.is_alive


def test_a_connection_that_is_given_up_is_closed_and_says_why(line: Line) -> None:
    connection = Bounded.connect(line.url)
    line.swallow_old()
    with pytest.raises(Exception, match=r"the server said nothing for 0\.6 seconds"):
        connection.execute("SELECT 1")
    assert connection.closed
