"""The hub: who is told of a commit, once, and never more than a reader can take."""

import asyncio
from collections.abc import Iterable
from uuid import UUID

import pytest
from uuid_utils.compat import uuid7

from gateway.services.changes.commits import Changed, Commit
from gateway.services.changes.hub import Hub, Inbox, SubscriptionLost, TooManySubscribers, Topic
from gateway.services.core.model.overview.changed import ChangedKind

pytestmark = pytest.mark.anyio

PAYMENT, OTHER_PAYMENT, PURCHASE, COURSE, OTHER_COURSE = (uuid7() for _ in range(5))


def committed(payments: Iterable[UUID] = (), purchases: Iterable[Changed] = ()) -> Commit:
    return Commit(uuid7(), tuple(payments), tuple(purchases))


def of_student(name: str, course_id: UUID = COURSE) -> Commit:
    return committed(purchases=[Changed(PURCHASE, name, course_id)])


async def waiting(inbox: Inbox[UUID]) -> list[UUID]:
    """All that is in an inbox now; its end is marked, so that nothing is waited for."""
    end = UUID(int=0)
    inbox.put(end)
    found = []
    while (each := await inbox.take()) != end:
        found.append(each)
    return found


async def test_a_payment_is_told_to_who_waits_for_it() -> None:
    hub = Hub()
    with hub.inbox(Topic(payment_id=PAYMENT)) as mine, hub.inbox(Topic(payment_id=OTHER_PAYMENT)) as other:
        hub.publish(committed([PAYMENT]))
        assert (await waiting(mine), await waiting(other)) == ([PAYMENT], [])


@pytest.mark.parametrize(
    ("topic", "is_told"),
    [
        (Topic(student_id="student-1"), True),
        (Topic(student_id="student-1", course_id=COURSE), True),
        (Topic(), True),
        (Topic(course_id=COURSE), True),
        (Topic(student_id="student-2"), False),
        (Topic(student_id="student-1", course_id=OTHER_COURSE), False),
        (Topic(course_id=OTHER_COURSE), False),
        (Topic(payment_id=PAYMENT), False),
    ],
)
async def test_a_purchase_is_told_to_its_student_and_to_who_waits_for_all(topic: Topic, is_told: bool) -> None:
    hub = Hub()
    with hub.inbox(topic) as inbox:
        hub.publish(of_student("student-1"))
        assert await waiting(inbox) == ([PURCHASE] if is_told else [])


async def test_what_changes_again_before_it_is_read_is_told_once() -> None:
    hub = Hub()
    with hub.inbox(Topic(payment_id=PAYMENT)) as inbox:
        for _ in range(5_000):
            hub.publish(committed([PAYMENT]))
        assert await waiting(inbox) == [PAYMENT]


async def test_a_commit_that_is_heard_twice_is_told_once() -> None:
    """From this process's own writer, and from the database that tells every process."""
    hub, commit = Hub(), committed([PAYMENT])
    with hub.inbox(Topic(payment_id=PAYMENT)) as inbox:
        hub.publish(commit)
        assert await inbox.take() == PAYMENT
        hub.publish(commit)
        assert await waiting(inbox) == []


async def test_a_reader_who_falls_too_far_behind_is_dropped() -> None:
    hub = Hub(most_waiting=3)
    with hub.inbox(Topic(student_id="student-1")) as slow, hub.inbox(Topic()) as admin:
        for _ in range(3):
            hub.publish(committed(purchases=[Changed(uuid7(), "student-1", COURSE)]))
            await admin.take()
        assert len(slow._ids) == 3
        hub.publish(committed(purchases=[Changed(uuid7(), "student-1", COURSE)]))
        with pytest.raises(SubscriptionLost):
            await slow.take()
        hub.publish(committed(purchases=[Changed(uuid7(), "student-1", COURSE)]))
        assert slow._ids == {}, "nothing is kept for who was dropped"
        await admin.take()  # the others go on


async def test_who_waits_is_woken() -> None:
    hub = Hub()
    with hub.inbox(Topic(payment_id=PAYMENT)) as inbox:
        taking = asyncio.create_task(inbox.take())
        await asyncio.sleep(0)
        assert not taking.done()
        hub.publish(committed([PAYMENT]))
        assert await taking == PAYMENT


async def test_who_leaves_leaves_nothing() -> None:
    hub = Hub()
    with hub.inbox(Topic(payment_id=PAYMENT)), hub.inbox(Topic(payment_id=PAYMENT)):
        assert (hub.subscribers, hub.is_wanted.is_set()) == (2, True)
    assert (hub.subscribers, hub.is_wanted.is_set(), hub._inboxes) == (0, False, {})


async def test_there_are_only_so_many_subscribers() -> None:
    hub = Hub(most_subscribers=1)
    with hub.inbox(Topic()), pytest.raises(TooManySubscribers), hub.inbox(Topic()):
        pass
    with hub.inbox(Topic()):
        assert hub.subscribers == 1


async def test_after_a_gap_payments_are_read_again_and_purchases_begun_again() -> None:
    hub = Hub()
    with hub.inbox(Topic(payment_id=PAYMENT)) as payment, hub.inbox(Topic(student_id="student-1")) as purchases:
        hub.catch_up()
        assert await waiting(payment) == [PAYMENT]
        with pytest.raises(SubscriptionLost):
            await purchases.take()


async def test_only_so_many_commits_are_remembered(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("gateway.services.changes.hub.REMEMBERED", 10)
    hub = Hub()
    for _ in range(100):
        hub.publish(committed([PAYMENT]))
    assert len(hub._published) == 10


async def test_who_waits_for_kinds_begins_with_all_of_them_and_is_told_of_each_once() -> None:
    hub = Hub()
    job, payment = ChangedKind.JOB, ChangedKind.PAYMENT
    with hub.inbox_of_kinds([job, payment, job]) as both, hub.inbox_of_kinds([ChangedKind.COURSE]) as other:
        assert await both.take_all() == [job, payment]
        assert await other.take_all() == [ChangedKind.COURSE]
        for kinds in ((job,), (payment, job), (job,)):
            hub.publish(Commit(uuid7(), (), (), kinds))
        taking = asyncio.create_task(other.take_all())
        assert await both.take_all() == [job, payment]
        hub.catch_up()
        assert (await both.take_all(), await taking) == ([job, payment], [ChangedKind.COURSE])
    assert (hub.subscribers, hub._inboxes) == (0, {})
