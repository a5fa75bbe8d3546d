"""The comparison at length: `python -m tests.execution.differential [OPERATIONS [FIRST]] [--only TEXT]`, for minutes.

Prints what was drawn and how it was answered, and the first operations that differ, each made as small as it can be.
"""

import argparse
import asyncio
import logging
from collections.abc import Callable, Coroutine, Iterator
from contextlib import contextmanager
from functools import partial
from itertools import islice
from typing import Any

from structlog.testing import capture_logs

from tests.databases import Databases, SqliteDatabases, postgresql, scratch
from tests.execution.differential.comparisons import (
    STATES,
    changes,
    corpus,
    nasty_changes,
    nasty_queries,
    nasty_streams,
    queries,
)
from tests.execution.differential.ways import Ways

MOST_SHOWN = 5
COUNTED = ("answers", "by plan", "deviated", "not covered", "refused", "failed", "agreeing", "different")
"""Deviated: graphql-core answered after all. Agreeing: not the same, and as the specification lets answers differ."""

LINE = "{:<48}" + "{:>12}" * len(COUNTED)
CHANGED_AT_ONCE = 50
"""Mutations of one pair of databases, before the next ones begin with fresh ones."""

Comparison = tuple[str, Callable[[], Coroutine[Any, Any, Ways]]]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("operations", nargs="?", type=int, default=1_000, help="of each kind; of hypothesis a fourth")
    parser.add_argument("first", nargs="?", type=int, default=0, help="the number of the first one")
    parser.add_argument("--postgresql", action="store_true", help="on PostgreSQL, not SQLite")
    parser.add_argument("--only", default="", metavar="TEXT", help="of the comparisons whose names have this text")
    given = parser.parse_args()
    numbers = {
        "chance": range(given.first, given.first + given.operations),
        "hypothesis-graphql": range(given.first, given.first + max(given.operations // 4, 1)),
    }
    logging.disable()
    print(LINE.format("", *COUNTED))
    found: list[Ways] = []
    with capture_logs(), _databases(is_remote=given.postgresql) as databases:
        for name, compare in _comparisons(databases, numbers):
            if given.only in name:
                found.append(asyncio.run(compare()))
                print(LINE.format(name, *_counts(found[-1])), flush=True)
    print(LINE.format("all", *map(sum, zip(*map(_counts, found), strict=True))))
    for each in islice((each for ways in found for each in ways.tally.differences), MOST_SHOWN):
        print(each)
    return int(any(ways.tally.differences for ways in found))


def _counts(ways: Ways) -> tuple[int, ...]:
    tally, took = ways.tally, ways.planned.ways
    counts = (tally.answers, took.by_plan, took.deviated, took.not_covered, tally.refused, tally.failed)
    return (*counts, tally.agreeing, len(tally.differences))


@contextmanager
def _databases(*, is_remote: bool) -> Iterator[Databases]:
    if is_remote:
        with postgresql() as databases:
            yield databases
    else:
        with scratch() as home:
            yield SqliteDatabases(home)


def _comparisons(databases: Databases, numbers: dict[str, range]) -> Iterator[Comparison]:
    new = databases.new
    for by, of_it in numbers.items():
        for state in STATES:
            yield f"our queries, {state}, by {by}", partial(_queries, new, by, state, of_it)
        for state in ("whole", "spoilt"):
            yield f"our mutations, {state}, by {by}", partial(_changes, new, by, state, of_it)
        yield f"nasty queries, by {by}", partial(nasty_queries, by, of_it)
        yield f"nasty mutations, by {by}", partial(nasty_changes, by, of_it)
    yield "nasty subscriptions", partial(nasty_streams, numbers["chance"])
    yield "the repository's own", lambda: corpus((new(), new()))


async def _queries(new: Callable[[], str], by: str, state: str, numbers: range) -> Ways:
    return await queries(new(), by, state, numbers)


async def _changes(new: Callable[[], str], by: str, state: str, numbers: range) -> Ways:
    """Mutations of many pairs of databases, each of which begins anew."""
    ways: Ways | None = None
    for start in range(numbers.start, numbers.stop, CHANGED_AT_ONCE):
        part = range(start, min(start + CHANGED_AT_ONCE, numbers.stop))
        ways = await changes((new(), new()), by, state, part, ways)
    assert ways is not None
    return ways


if __name__ == "__main__":
    raise SystemExit(main())
