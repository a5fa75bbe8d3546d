"""A good database in which one cell, row or index is changed: `gateway verify` finds it, or nothing could."""

import asyncio
import os
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import datetime

import pytest
from sqlalchemy import Connection

from db.engine import writer_engine
from tests.conftest import KINDS
from tests.services.verification.everything import tell
from tests.services.verification.mutations import Mutation, Mutator, unguarded
from tests.services.verification.survivors import SURVIVORS
from tests.simulation.verified import faults

EVERYDAY = {"sqlite": 100, "postgresql": 25}
"""Draws of an everyday run; `MUTATIONS` in the environment is how many there are instead, of each kind of database."""

SEED = int(os.environ.get("MUTATIONS_SEED", "1"))
KILLED = 0.7
"""The share that is found at least: the others are in `SURVIVORS`."""


@pytest.fixture(scope="module", params=KINDS)
def told(request: pytest.FixtureRequest) -> Iterator[tuple[str, Connection, datetime]]:
    """A database with everything in it, whose constraints are looked after by nobody, and which time it is there."""
    maker: Callable[[], str] = request.getfixturevalue(f"new_{request.param}")
    url = maker()
    now = asyncio.run(tell(url))
    engine = writer_engine(url)
    with engine.connect() as connection:
        unguarded(connection)
        connection.commit()
        yield request.param, connection, now
    engine.dispose()


def test_whatever_is_changed_is_found_or_argued_to_be_no_harm(told: tuple[str, Connection, datetime]) -> None:
    kind, connection, now = told
    draws = int(os.environ.get("MUTATIONS", EVERYDAY[kind]))
    mutator = Mutator(connection, SEED)
    before = _faults(connection, now)
    connection.rollback()
    survived: list[Mutation] = []
    for _ in range(draws):
        with mutator.mutated() as mutation:
            if _faults(connection, now) == before:
                survived.append(mutation)
    unknown = [mutation for mutation in survived if not any(each.is_of(mutation) for each in SURVIVORS)]
    print(f"{kind}: {draws - len(survived)} of {draws} found; not found:", Counter(each.name for each in survived))
    assert not unknown, "\n".join(map(str, unknown))
    assert draws - len(survived) >= KILLED * draws


def test_a_good_database_has_nothing_to_find(told: tuple[str, Connection, datetime]) -> None:
    """But for the checks that PostgreSQL was made to forget."""
    _, connection, now = told
    assert {of for of, _, _ in _faults(connection, now)} <= {"schema"}
    connection.rollback()


def _faults(connection: Connection, now: datetime) -> set[tuple[str, tuple[object, ...], str]]:
    return {(invariant.of, fault.key, fault.wrong) for invariant, fault in faults(connection, lambda: now)}
