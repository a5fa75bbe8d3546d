"""The end of a set of provider events is the same, in whichever order they are heard, how often, and how late."""

import os
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from dataclasses import replace
from itertools import count, permutations, product
from random import Random

import pytest

from gateway.services.core.model.values import Course
from tests.conftest import KINDS
from tests.databases import Databases
from tests.service import running
from tests.simulation.ends import End, end_of
from tests.simulation.memory import InMemory, Memory, remembering
from tests.simulation.rest import rows_of
from tests.simulation.shop import Shop, open_shop
from tests.simulation.tales import EVENT_SETS, TWO_PAYMENTS, EventSet, Tale

pytestmark = pytest.mark.anyio

MOST_IN_MEMORY = 6
MOST_ON_A_DATABASE = int(os.environ.get("ORDERS", "2"))
"""Orders of a kind that has more than anybody has time for; always the same ones are drawn."""


@pytest.fixture(params=("memory", *KINDS))
async def shop(request: pytest.FixtureRequest) -> AsyncIterator[Shop]:
    """On rows in memory all orders are told, on a database some of them."""
    kind = "sqlite" if request.param == "memory" else request.param
    databases: Databases = request.getfixturevalue(f"{kind}_databases")
    url = databases.new()
    async with remembering(Memory(url)) if request.param == "memory" else running(url) as service:
        yield open_shop(service)
    databases.take_back(url)


@pytest.fixture
async def course(shop: Shop) -> Course:
    return await shop.service.save_course()


@pytest.fixture
def tales(shop: Shop, course: Course) -> Iterator[Tale]:
    """The same story again and again, each time of another student."""
    return (Tale(shop, course, f"student-{number}") for number in count(1))


@pytest.mark.parametrize("events", EVENT_SETS.values(), ids=EVENT_SETS)
async def test_what_happened_comes_to_one_end_in_every_order_of_its_events(
    tales: Iterator[Tale], shop: Shop, events: EventSet
) -> None:
    orders = orders_of(events)
    heard = orders if isinstance(shop.service, InMemory) else drawn(shop, orders)
    assert_one_end(shop, [await told_after_all(next(tales), events, order) for order in heard])


@pytest.mark.parametrize("events", EVENT_SETS.values(), ids=EVENT_SETS)
async def test_it_is_the_same_where_the_student_asks_meanwhile_and_where_events_come_again(
    tales: Iterator[Tale], shop: Shop, events: EventSet
) -> None:
    told = [await told_after_all(next(tales), events, range(len(events.deeds)))]
    for number, order in enumerate(drawn(shop, orders_of(events))):
        asked = (number % (len(order) + 1), events.deeds[order[-1]].checkout)
        again = [*order, *order[:2]] if number % 2 else [each for each in order for _ in "12"]
        told.append(await told_after_all(next(tales), events, again, asked))
    assert_one_end(shop, told)


@pytest.mark.parametrize("events", EVENT_SETS.values(), ids=EVENT_SETS)
async def test_it_is_the_same_where_each_event_is_heard_at_once_late_or_at_the_very_end(
    tales: Iterator[Tale], shop: Shop, events: EventSet
) -> None:
    told = [await told_after_all(next(tales), events, range(len(events.deeds)))]
    for story in drawn(shop, interleaved(len(events.deeds))):
        told.append(await told_meanwhile(next(tales), events, story))
    assert_one_end(shop, told, standing)


@pytest.mark.parametrize("events", EVENT_SETS.values(), ids=EVENT_SETS)
async def test_all_events_handled_at_one_instant_come_to_it_too(
    tales: Iterator[Tale], shop: Shop, events: EventSet
) -> None:
    usual, tale = await told_after_all(next(tales), events, range(len(events.deeds))), next(tales)
    await events.begin(tale)
    for deed in events.deeds:
        deed.do(tale)
        await shop.store(tale.checkouts[deed.checkout])
    await shop.run_jobs()
    assert_one_end(shop, [usual, tale])


async def test_of_two_payments_that_nobody_had_heard_of_the_money_comes_to_the_same(
    tales: Iterator[Tale], shop: Shop
) -> None:
    """The first of them that is heard of becomes the purchase, or both do, one after the other. Always the same: the
    refunded money is back once, the other money is kept, and it stands for the one active purchase."""
    told = [await told_after_all(next(tales), TWO_PAYMENTS, order) for order in orders_of(TWO_PAYMENTS)]
    for end in ends_of(shop, told):
        assert [(name, captured, back) for name, _, _, _, captured, back, _ in end.payments] == [
            ((0, 0), 199_900, 199_900),
            ((1, 0), 199_900, 0),
        ]
        assert [line[:3] for line in end.purchases if "ACTIVE" in line] == [((1, 0), "BASIC", "ACTIVE")]
    assert (shop.broken(), shop.agrees()) == ([], True)


async def test_of_two_payments_of_which_the_student_asked_after_one_nothing_is_kept_for_nothing(
    tales: Iterator[Tale], shop: Shop
) -> None:
    """A page asks whether the money came, not whether it went back: the other one may be a duplicate by then. Always
    the same: the refunded money is back once, and what is kept stands for the one active purchase."""
    every = list(product(orders_of(TWO_PAYMENTS), range(3), (0, 1)))
    questions = every if isinstance(shop.service, InMemory) else every[::5]
    told = [await told_after_all(next(tales), TWO_PAYMENTS, order, asked) for order, *asked in questions]
    for end in ends_of(shop, told):
        kept = [name for name, _, _, _, captured, back, _ in end.payments if captured > back]
        assert kept == [line[0] for line in end.purchases if "ACTIVE" in line]
        assert (0, 0) not in kept
    assert (shop.broken(), shop.agrees()) == ([], True)


def assert_one_end(shop: Shop, told: Sequence[Tale], seen: Callable[[End], End] = lambda end: end) -> None:
    usual, *others = map(seen, ends_of(shop, told))
    assert others == [usual] * len(others)
    assert (shop.broken(), shop.agrees()) == ([], True)


def ends_of(shop: Shop, told: Sequence[Tale]) -> list[End]:
    rows = rows_of(shop.service)
    return [end_of(rows, shop.books, tale.name, tale.checkouts) for tale in told]


async def told_after_all(
    tale: Tale, events: EventSet, order: Sequence[int], asked: Sequence[int] | None = None
) -> Tale:
    """All has happened before anything is heard; an event that comes again is the same one.

    Args:
        asked: before which event the student asks, and after which checkout.
    """
    await events.begin(tale)
    for deed in events.deeds:
        deed.do(tale)
    for position, which in enumerate(order):
        if asked is not None and asked[0] == position:
            await tale.confirm(asked[1])
        await tale.receive(events.deeds[which].checkout, f"event_{which}")
    return tale


async def told_meanwhile(tale: Tale, events: EventSet, story: Sequence[int]) -> Tale:
    """A number is its deed when it comes first, and its event when it comes again."""
    await events.begin(tale)
    done = set()
    for which in story:
        if which in done:
            await tale.receive(events.deeds[which].checkout, f"event_{which}")
        else:
            events.deeds[which].do(tale)
            done.add(which)
    return tale


def standing(end: End) -> End:
    """Without refunds that came to nothing: one that nobody heard of in time, such as a dispute that we won, leaves
    no line in our books."""
    return replace(end, refunds=[line for line in end.refunds if "FAILED" not in line])


def orders_of(events: EventSet) -> list[Sequence[int]]:
    return list(permutations(range(len(events.deeds))))


def interleaved(number: int, done: int = 0, untold: tuple[int, ...] = ()) -> list[Sequence[int]]:
    """The deeds in their order, each followed by its event at some time."""
    if done == number and not untold:
        return [()]
    told: list[Sequence[int]] = [
        (which, *rest) for which in untold for rest in interleaved(number, done, tuple(e for e in untold if e != which))
    ]
    if done == number:
        return told
    return [*told, *((done, *rest) for rest in interleaved(number, done + 1, (*untold, done)))]


def drawn(shop: Shop, stories: Sequence[Sequence[int]]) -> Sequence[Sequence[int]]:
    most = MOST_IN_MEMORY if isinstance(shop.service, InMemory) else MOST_ON_A_DATABASE
    return stories if len(stories) <= most else [stories[0], *Random(1).sample(stories, most - 2), stories[-1]]
