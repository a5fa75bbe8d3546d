"""Processes whose wall clock leaps by a year and comes back: afterwards all is as it would have been."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from time import monotonic, sleep, time

import httpx
import pytest
from sqlalchemy import select, update

from db.statements import JOB
from gateway.schema.conventions import ids
from tests.served.gateway import Person, Served, connected, served
from tests.served.leaping import WallClock

YEAR_S = 365 * 86_400.0
TOO_LONG_S = 60
"""What no step takes, and no test waits for without end."""

SWEEPS_S = 400
"""No sweep is planned for later."""


@pytest.fixture
def wall(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> WallClock:
    return WallClock.of_processes(tmp_path / "clock", monkeypatch)


@pytest.mark.parametrize(
    ("kind", "leap_s"),
    [
        ("sqlite", YEAR_S),
        pytest.param("postgresql", YEAR_S, marks=pytest.mark.chaos),
        pytest.param("sqlite", -YEAR_S, marks=pytest.mark.chaos),
        pytest.param("postgresql", -YEAR_S, marks=pytest.mark.chaos),
    ],
)
def test_a_leap_ends_nothing_and_leaves_no_trace(
    request: pytest.FixtureRequest, wall: WallClock, kind: str, leap_s: float
) -> None:
    with several(request.getfixturevalue(f"new_{kind}")()) as gateway:
        course = gateway.course()
        before = bought(gateway, gateway.student(), course)
        wall.set_by(leap_s)
        until_ready(gateway, status=200, clock=False)
        amid = bought(gateway, gateway.student(), course)
        sweep_for_lapsed(gateway)
        wall.set_by(0)
        until_ready(gateway, status=200, clock=True)
        after = bought(gateway, gateway.student(), course)
        sweep_for_lapsed(gateway)
        assert gateway.rows("SELECT status, count(*) FROM purchase GROUP BY status") == [("ACTIVE", 3)]
        assert before < amid < after, "each id is of the time at which it was made"
        assert made_at(after) == pytest.approx(time(), abs=TOO_LONG_S)
        until(lambda: furthest_sweep_s(gateway) < SWEEPS_S)


@pytest.mark.chaos
def test_a_process_that_begins_amid_a_leap_ends_nothing_and_is_right_when_it_is_over(
    database_url: str, wall: WallClock
) -> None:
    with several(database_url) as gateway:
        before = bought(gateway, gateway.student(), gateway.course())
        sweep_for_lapsed(gateway)
    wall.set_by(YEAR_S)
    with several(database_url) as gateway:
        until_ready(gateway, status=200, clock=False)
        sweep_for_lapsed(gateway)
        wall.set_by(0)
        until_ready(gateway, status=200, clock=True)
        until(lambda: furthest_sweep_s(gateway) < SWEEPS_S)
        sweep_for_lapsed(gateway)
        assert gateway.rows("SELECT status FROM purchase") == [("ACTIVE",)]
        after = bought(gateway, gateway.student(), gateway.course())
        assert before < after
        assert made_at(after) == pytest.approx(time(), abs=TOO_LONG_S)


@contextmanager
def several(database_url: str) -> Iterator[Served]:
    """A gateway of several processes, whose wall clocks are moved together."""
    with served(database_url, "--workers", "2", worker="true", job_lease_s="4") as gateway:
        yield gateway


def bought(gateway: Served, student: Person, course_id: str) -> str:
    """The id of a purchase that was paid for."""
    answer = gateway.confirm(student, gateway.opened(student, course_id))
    assert answer["__typename"] == "ConfirmPaymentSuccess", answer
    purchase_id: str = answer["purchase"]["id"]
    return purchase_id


def made_at(purchase_id: str) -> float:
    key = ids.from_text(ids.PURCHASE, purchase_id)
    assert key is not None
    return (key.int >> 80) / 1000


def sweep_for_lapsed(gateway: Served) -> None:
    """Have the sweep due, and return once it was run."""
    is_it = (JOB.c.kind == "sweep.lapsed") & (JOB.c.state == "RETRYING")
    until(lambda: gateway.rows("SELECT state FROM job WHERE kind = 'sweep.lapsed'") == [("RETRYING",)])
    due = datetime.now(UTC) - timedelta(seconds=1)
    with connected(gateway.database_url) as connection:
        connection.execute(update(JOB).where(is_it).values(run_at=due))
    until(lambda: planned_at(gateway, "sweep.lapsed") != [due])


def planned_at(gateway: Served, *kinds: str) -> list[datetime]:
    """When those sweeps are to run that do not run now."""
    found = select(JOB.c.run_at).where(JOB.c.kind.in_(kinds), JOB.c.state == "RETRYING")
    with connected(gateway.database_url) as connection:
        return list(connection.scalars(found))


def furthest_sweep_s(gateway: Served) -> float:
    planned = planned_at(gateway, "sweep.lapsed", "sweep.open", "sweep.settled")
    return max(abs((at - datetime.now(UTC)).total_seconds()) for at in planned) if planned else float("inf")


def until_ready(gateway: Served, *, status: int, clock: bool) -> None:
    def is_so() -> bool:
        ready = httpx.get(gateway.server.url.replace("/graphql", "/readyz"), timeout=30)
        return (ready.status_code, ready.json()["clock"]) == (status, clock)

    until(is_so)


def until(is_so: Callable[[], bool]) -> None:
    latest = monotonic() + TOO_LONG_S
    while not is_so():
        assert monotonic() < latest, "it did not come to be so"
        sleep(0.02)
