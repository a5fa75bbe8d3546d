"""What is compared: each comparison sends its operations both ways, and gives what the answers were."""

from collections.abc import Callable, Mapping
from functools import partial
from random import Random
from typing import Any

from graphql import OperationType

from gateway.execution.schema import build_schema
from tests.execution.differential.corpus import documents, with_variables
from tests.execution.differential.draws import BY
from tests.execution.differential.nasty_schema import NastyContext, nasty_schema
from tests.execution.differential.nasty_values import NUMBERS
from tests.execution.differential.values import Pool
from tests.execution.differential.ways import WIDE, Ways
from tests.execution.differential.worlds import VIEWERS, seed, seed_twins, spoil, take_apart, world

STATES: Mapping[str, Callable[[str], None]] = {"whole": lambda _url: None, "spoilt": spoil, "in pieces": take_apart}
"""In which a database can be: as we leave it, with rows that a hand has spoilt, and without some of its tables."""

CHANGERS = [VIEWERS[name] for name in ("admin", "admin", "admin", "student", "student", "service", "nobody")]
"""Who sends a mutation, the more often the more it may do."""

CHANGES = {
    "ADMIN": (
        "createPurchase",
        "createPurchases",
        "extendPurchase",
        "correctPurchaseMetadata",
        "revokePurchase",
        "saveCourse",
        "refundPayment",
        "retryJob",
        "cancelJob",
    ),
    "STUDENT": ("createPayment", "confirmPayment"),
}
"""Mutations by the role that may send them: together, each would be refused to everybody."""

MOST_EVENTS = 5
"""Of a subscription of the nasty schema, which ends by itself."""

NASTY_POOL = Pool(
    {
        "number": NUMBERS,
        "numbers": NUMBERS,
        "herds": NUMBERS,
        "times": (0, 1, 2),
        "plus": (0, 1, 2, 101),
        "factor": (0, 1, 3),
        "inTurns": (0, 1, 2),
    },
    {"Even": (0, 2, 4, 6, 1), "JSON": ({"a": 1}, "text")},
)

CONTEXTS: Mapping[str, Callable[[], Any]] = {
    name: partial(NastyContext, VIEWERS[name]) for name in ("admin", "student", "nobody")
}


async def queries(url: str, by: str, state: str, numbers: range) -> Ways:
    """Queries drawn from our schema, sent by each kind of caller to a database in a state."""
    ways = Ways(build_schema())
    await seed(url)
    async with world(url) as as_it_was:
        pool = await as_it_was.pool()
    STATES[state](url)
    async with world(url) as now:
        for drawn in BY[by](build_schema()._schema, OperationType.QUERY, pool, numbers):
            await ways.compare(drawn, now.contexts())
    return ways


async def changes(urls: tuple[str, str], by: str, state: str, numbers: range, ways: Ways | None = None) -> Ways:
    """Mutations drawn from our schema, sent to one database by plan and to its twin by graphql-core.

    Raises:
        AssertionError: the two do not hold the same afterwards.
    """
    ways = ways or Ways(build_schema())
    await seed_twins(*urls)
    async with world(urls[0]) as as_it_was:
        pool = await as_it_was.pool()
    for url in urls:
        STATES[state](url)
    async with world(urls[0]) as one, world(urls[1]) as other:
        for role, fields in CHANGES.items():
            for drawn in BY[by](build_schema()._schema, OperationType.MUTATION, pool, numbers, fields=fields):
                random = Random(drawn.text)
                viewer = random.choice(CHANGERS) if random.random() < 0.2 else VIEWERS[role.lower()]
                await ways.compare_change(drawn, one.context(viewer), other.context(viewer))
        assert one.service.everything() == other.service.everything()
    return ways


async def corpus(urls: tuple[str, str]) -> Ways:
    """Every operation that stands in the repository, but those that erase a student: what takes the student's place is
    drawn by chance, so that twins differ. Raises: AssertionError, as `changes` does."""
    schema = build_schema()
    ways = Ways(schema, {**WIDE, "introspection": True})
    await seed_twins(*urls)
    async with world(urls[0]) as one, world(urls[1]) as other:
        pool = await one.pool()
        for text, document in documents().items():
            if "eraseStudent" in text:
                continue
            for drawn, kind in with_variables(text, document, schema._schema, pool):
                if kind is OperationType.QUERY:
                    await ways.compare(drawn, one.contexts())
                elif kind is OperationType.MUTATION:
                    for viewer in (VIEWERS["admin"], VIEWERS["student"]):
                        await ways.compare_change(drawn, one.context(viewer), other.context(viewer))
        assert one.service.everything() == other.service.everything()
    return ways


async def nasty_queries(by: str, numbers: range) -> Ways:
    schema = nasty_schema()
    ways = Ways(schema)
    for drawn in BY[by](schema._schema, OperationType.QUERY, NASTY_POOL, numbers):
        await ways.compare(drawn, [*CONTEXTS.values()])
    return ways


async def nasty_changes(by: str, numbers: range) -> Ways:
    """Raises: AssertionError, where not the same was done, or not as often."""
    schema = nasty_schema()
    ways = Ways(schema)
    for drawn in BY[by](schema._schema, OperationType.MUTATION, NASTY_POOL, numbers):
        for new in CONTEXTS.values():
            one, other = new(), new()
            await ways.compare_change(drawn, one, other)
            assert one.journal == other.journal, drawn
    return ways


async def nasty_streams(numbers: range) -> Ways:
    schema = nasty_schema()
    ways = Ways(schema)
    for drawn in BY["chance"](schema._schema, OperationType.SUBSCRIPTION, NASTY_POOL, numbers):
        for new in CONTEXTS.values():
            await ways.compare_stream(drawn, new, MOST_EVENTS)
    return ways
