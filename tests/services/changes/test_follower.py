"""What other processes commit reaches this one's subscribers, on both databases; idle subscribers ask nothing."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import ExitStack, aclosing, asynccontextmanager
from functools import partial
from uuid import UUID

import pytest
from structlog.testing import capture_logs
from uuid_utils.compat import uuid7

from db import feed
from db.feed import ChangeRow, FeedLost, Note
from gateway.services.changes import follower as live_module
from gateway.services.changes.commits import Changed, Commit, commit_from, note_of
from gateway.services.changes.follower import FeedUnavailable, Live
from gateway.services.changes.hub import Hub, SubscriptionLost, Topic
from gateway.services.core.model.overview.changed import ChangedKind
from gateway.services.rows.lookups import PAYMENT_BY_ID, PURCHASE_BY_ID
from tests.service import Service, reads_of, running, statements_of, student

pytestmark = pytest.mark.anyio

TOO_LONG_S = 30
"""What no step takes, and no test waits for without end."""


@asynccontextmanager
async def following(service: Service, hub: Hub) -> AsyncIterator[Live]:
    """A process beside the service's own: it hears of its commits from the database alone."""
    live = Live(
        hub,
        partial(feed.follow, service.url),
        partial(service.reader.find, PAYMENT_BY_ID),
        partial(service.reader.find, PURCHASE_BY_ID),
    )
    task = asyncio.create_task(live.run())
    try:
        async with asyncio.timeout(TOO_LONG_S):
            yield live
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def test_a_commit_of_another_process_reaches_who_waits(service: Service) -> None:
    hub = Hub()
    payment = await service.opened(student(), await service.save_course())
    async with following(service, hub) as live:
        with hub.inbox(Topic(payment_id=payment.id)) as mine, hub.inbox(Topic(student_id="student-1")) as purchases:
            await live.ready()
            await service.confirm(student(), payment)
            assert await mine.take() == payment.id
            settled = await live.find_payment(payment.id)
            assert settled is not None
            assert settled.confirmed_at is not None
            bought = await live.find_purchase(await purchases.take())
            assert bought is not None
            assert bought.payment_id == payment.id


async def test_what_is_committed_from_the_subscription_on_is_not_missed(service: Service) -> None:
    hub, course = Hub(), await service.save_course()
    async with following(service, hub) as live:
        for number in range(5):  # each time the follower may have stopped for want of subscribers
            payment = await service.opened(student(f"student-{number}"), course)
            with hub.inbox(Topic(payment_id=payment.id)) as inbox:
                await live.ready()
                await service.confirm(student(f"student-{number}"), payment)
                assert await inbox.take() == payment.id


async def test_a_refund_changes_its_payment(service: Service) -> None:
    hub = Hub()
    payment, _ = await service.paid(student(), await service.save_course())
    async with following(service, hub) as live:
        with hub.inbox(Topic(payment_id=payment.id)) as inbox:
            await live.ready()
            await service.refund(payment, 100)
            assert await inbox.take() == payment.id


async def test_the_writers_own_commits_are_told_without_the_database(database_url: str) -> None:
    hub = Hub()
    async with running(database_url, on_commit=hub.publish) as service:
        course = await service.save_course()
        with hub.inbox(Topic()) as inbox:
            payment, purchase = await service.paid(student(), course)
            assert await inbox.take() == purchase.id
        with hub.inbox(Topic(payment_id=payment.id)) as inbox:
            await service.refund(payment)
            assert await inbox.take() == payment.id


async def test_a_commit_is_told_before_its_caller_is_answered(database_url: str) -> None:
    heard: list[Commit] = []
    async with running(database_url, on_commit=heard.append) as service:
        course = await service.save_course()
        assert [commit.kinds for commit in heard] == [(ChangedKind.COURSE,)]
        heard.clear()
        purchase = await service.created(course)
        assert [commit.purchases for commit in heard] == [(Changed(purchase.id, "student-1", course.id),)]
        await service.create(course)
        assert len(heard) == 1, "a repetition changes nothing"


async def test_a_note_says_what_its_commit_does() -> None:
    kinds = (ChangedKind.PURCHASE, ChangedKind.PAYMENT)
    commit = Commit(uuid7(), (uuid7(), uuid7()), (Changed(uuid7(), 'Zoë "1"', uuid7()),), kinds)
    assert commit_from(note_of(commit)) == commit
    (note := note_of(commit)).body["kinds"] = ["PURCHASE", "PAYMENT", "TEACHER"]  # as a later release may write it
    assert commit_from(note) == commit
    del note.body["kinds"]  # as the release before left it
    assert commit_from(note).kinds == tuple(ChangedKind)


async def test_the_kinds_of_another_process_s_commits_reach_who_waits(service: Service) -> None:
    hub, every = Hub(), ChangedKind
    async with following(service, hub) as live:
        with hub.inbox_of_kinds(every) as inbox:

            async def told(*wanted: ChangedKind) -> set[ChangedKind]:
                """What is told until all of that is: several commits may be told of together, or one by one."""
                heard = set[ChangedKind]()
                async with asyncio.timeout(TOO_LONG_S):
                    while not heard >= {*wanted}:
                        heard |= {*await inbox.take_all()}
                return heard

            await live.ready()
            assert await inbox.take_all() == [*every]
            course = await service.save_course()
            assert await told(every.COURSE) == {every.COURSE}
            payment = await service.opened(student(), course)
            assert await told(every.PAYMENT) == {every.PAYMENT}
            await service.confirm(student(), payment)
            assert await told(every.PURCHASE) <= {every.PURCHASE, every.PAYMENT}
            await service.refund(payment)
            assert await told(every.REFUND, every.JOB) <= {every.PAYMENT, every.REFUND, every.JOB}


async def test_a_thousand_idle_subscribers_ask_nothing_of_the_database(database_url: str) -> None:
    hub = Hub()
    async with running(database_url, on_commit=hub.publish) as service, following(service, hub) as live:
        payments = [uuid7() for _ in range(1_000)]
        with ExitStack() as stack:
            inboxes = [stack.enter_context(hub.inbox(Topic(payment_id=each))) for each in payments]
            await asyncio.gather(*(live.ready() for _ in payments))
            with statements_of(service.engine) as written, reads_of(service.source) as read:
                takings = [asyncio.create_task(inbox.take()) for inbox in inboxes]
                course = await service.save_course()
                statements = len(written)
                await service.created(course)  # somebody else's
                assert not any(taking.done() for taking in takings)
                assert (read, len(written) - statements < 20) == ([], True)
            for taking in takings:
                taking.cancel()
            await asyncio.gather(*takings, return_exceptions=True)


async def test_those_who_are_told_at_once_read_by_one_statement(database_url: str) -> None:
    hub = Hub()
    async with running(database_url, on_commit=hub.publish) as service, following(service, hub) as live:
        course = await service.save_course()
        opened = [await service.opened(student(f"student-{number}"), course) for number in range(50)]
        with reads_of(service.source) as read:
            found = await asyncio.gather(*(live.find_payment(payment.id) for payment in opened))
        assert [payment and payment.id for payment in found] == [payment.id for payment in opened]
        assert len(read) == 1


async def test_the_follower_rests_while_nobody_waits() -> None:
    looks = 0

    async def follow() -> AsyncIterator[list[Note]]:
        nonlocal looks
        while True:
            looks += 1
            yield []
            await asyncio.sleep(0)

    hub = Hub()
    live = Live(hub, follow, found, found)  # type: ignore[arg-type]  # an iterator, as generators are
    task = asyncio.create_task(live.run())
    await asyncio.sleep(0)
    assert looks == 0
    with hub.inbox(Topic()):
        await live.ready()
    for _ in range(10):
        await asyncio.sleep(0)
    seen = looks
    for _ in range(10):
        await asyncio.sleep(0)
    assert looks == seen
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


async def test_who_comes_while_the_follower_leaves_waits_for_it_to_come_back() -> None:
    begun, may_close = 0, asyncio.Event()

    async def follow() -> AsyncIterator[list[Note]]:
        nonlocal begun
        begun += 1
        try:
            while True:
                yield []
                await asyncio.sleep(0)
        finally:
            await may_close.wait()

    live = Live(Hub(), follow, found, found)  # type: ignore[arg-type]  # an iterator, as generators are
    task = asyncio.create_task(live.run())
    with live.hub.inbox(Topic()):
        await live.ready()
    for _ in range(10):
        await asyncio.sleep(0)
    with live.hub.inbox(Topic()):
        waiting = asyncio.create_task(live.ready())
        for _ in range(10):
            await asyncio.sleep(0)
        assert (waiting.done(), begun) == (False, 1)
        may_close.set()
        await waiting
        assert begun == 2
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


async def test_a_lost_connection_is_made_again_and_nobody_is_left_behind(
    service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(live_module, "RETRY_S", 0)
    is_broken = asyncio.Event()

    async def follow() -> AsyncIterator[object]:
        async with aclosing(feed.follow(service.url)) as looks:
            async for notes in looks:
                if is_broken.is_set():
                    is_broken.clear()
                    raise FeedLost("the test")
                yield notes

    hub = Hub()
    payment = await service.opened(student(), await service.save_course())
    async with following(service, hub) as live:
        object.__setattr__(live, "follow", follow)
        with hub.inbox(Topic(payment_id=payment.id)) as mine, hub.inbox(Topic()) as everybody:
            await live.ready()
            is_broken.set()
            await service.confirm(student(), payment)  # the news on which it breaks
            assert await mine.take() == payment.id
            await live.ready()
            with pytest.raises(SubscriptionLost):
                await everybody.take()


async def found(_: UUID) -> None: ...


@pytest.mark.parametrize("raised", [FeedLost("the server is away"), ZeroDivisionError("a bug")])
async def test_a_feed_that_is_lost_for_long_is_told_when_it_begins_and_when_it_is_over(
    monkeypatch: pytest.MonkeyPatch, raised: Exception
) -> None:
    monkeypatch.setattr(live_module, "RETRY_S", 0)
    tries, is_back = asyncio.Semaphore(0), asyncio.Event()

    async def follow() -> AsyncIterator[list[Note]]:
        tries.release()
        if not is_back.is_set():
            raise raised
        while True:
            yield []
            await asyncio.sleep(0)

    live = Live(Hub(), follow, found, found)  # type: ignore[arg-type]  # an iterator, as generators are
    with capture_logs() as logs:
        task = asyncio.create_task(live.run())
        with live.hub.inbox(Topic()):
            for _ in range(20):
                await tries.acquire()
        is_back.set()  # nobody waits any more
        while live.outages.is_on:  # noqa: ASYNC110  the end of an outage is no event
            await asyncio.sleep(0)
    began, *trace, ended = logs
    assert (began["event"], began["part"], ended["event"]) == ("outage began", "changes", "outage ended")
    assert [entry["exc_info"] for entry in trace] == ([raised] if isinstance(raised, ZeroDivisionError) else [])
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


async def test_a_server_that_ends_the_connection_is_noticed(service: Service) -> None:
    async with aclosing(feed.follow(service.url)) as looks:
        assert await anext(looks) == ()
        if service.engine.dialect.name == "postgresql":
            service.rows(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                " WHERE datname = current_database() AND starts_with(query, 'LISTEN')"
            )
        else:  # notes that were dropped before they were read are as good as a lost connection
            for _ in range(3):
                await service.created(await service.save_course())
            with service.beside() as connection:
                connection.exec_driver_sql("DELETE FROM change WHERE seq < 3")
        with pytest.raises(FeedLost):
            await asyncio.wait_for(anext(looks), TOO_LONG_S)


async def test_a_subscriber_is_told_when_the_database_cannot_be_followed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(live_module, "READY_S", 0)

    async def never() -> AsyncIterator[list[Note]]:
        raise FeedLost("the test")
        yield []

    live = Live(Hub(), never, found, found)  # type: ignore[arg-type]  # an iterator, as generators are
    with live.hub.inbox(Topic()):
        task = asyncio.create_task(live.run())
        with pytest.raises(FeedUnavailable):
            await live.ready()
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def test_old_notes_go(service: Service, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(feed, "KEPT", 3)
    monkeypatch.setattr(feed, "PRUNED_EVERY", 5)
    course = await service.save_course()
    for number in range(11):
        await service.created(course, f"student-{number}")
    assert [row.seq for row in service.stored(ChangeRow)] == [8, 9, 10, 11, 12]
