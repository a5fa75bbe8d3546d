"""Every door of a gateway in every outage of its database: BUSY as far as it must be, `/readyz` within two seconds,
served again within fifteen, one line in the log at the beginning and one at the end, and nothing lost or doubled."""

import pytest

from tests.served import outages
from tests.served.doors import DOORS
from tests.served.outages import KINDS, Trial
from tests.served.trials import Seen, When

pytestmark = pytest.mark.chaos

UNREADY_S, BACK_S, TOLD_S = 2.5, 15.0, 25.0
"""Two seconds, and a moment for the machine that runs all of this; and what a call may take, however hung the database
is."""

IDLE = " while nobody asks"
NAMES = [*KINDS, *(f"{name}{IDLE}" for name in ("PostgreSQL a standby", "PostgreSQL stopped", "SQLite's disk full"))]


@pytest.fixture(scope="module", params=NAMES)
def trial(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory, process: None) -> Trial:
    name = request.param.removesuffix(IDLE)
    when = When.WHILE_ALL_ASK if name == request.param else When.WHILE_NOBODY_ASKS
    return outages.had(name, tmp_path_factory.mktemp("outage"), when=when)


@pytest.fixture
def seen(trial: Trial) -> Seen:
    return trial.seen


@pytest.mark.parametrize("door", DOORS)
def test_a_door_says_busy_as_far_as_it_must_and_serves_again(trial: Trial, door: str) -> None:
    outages.check_door(trial, door)
    assert max(each.took_s for each in trial.seen.told(door)) < TOLD_S
    assert trial.seen.back_s[door] < BACK_S


def test_who_asks_whether_it_is_ready_is_told_in_time(seen: Seen) -> None:
    print(f"not ready after {seen.unready_s:.1f} s, ready again after {seen.ready_again_s:.1f} s")
    assert seen.unready_s < UNREADY_S
    assert seen.ready_again_s < BACK_S


def test_the_log_has_a_line_when_it_begins_and_one_when_it_ends(trial: Trial) -> None:
    outages.check_log(trial)


def test_nothing_is_lost_or_doubled(seen: Seen) -> None:
    assert (seen.lost, seen.followed) == ([], "SUCCEEDED")


def test_a_job_that_is_under_way_ends_and_has_used_up_no_attempt(seen: Seen) -> None:
    assert {state for state, _ in seen.jobs} == {"COMPLETED"}
    assert max(attempts for _, attempts in seen.jobs) <= 1


def test_a_command_says_in_a_line_why_it_cannot(trial: Trial) -> None:
    outages.check_commands(trial)
