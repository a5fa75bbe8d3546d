"""Every door of a gateway has the same answer in an outage of its database, and serves again after it: the cheap ones
of the outages that `make chaos` has, see tests/chaos/test_outages.py."""

import pytest

from tests.served import disks, outages
from tests.served.doors import READING, WRITING
from tests.served.outages import Trial
from tests.served.trials import PATIENT, Seen

SHORT = ("PostgreSQL stopped", "SQLite's disk full" if disks.may_mount() else "SQLite's file as long as it may be")


@pytest.fixture(scope="module", params=SHORT)
def trial(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory, process: None) -> Trial:
    return outages.had(request.param, tmp_path_factory.mktemp("outage"), but_for=PATIENT)


@pytest.fixture
def seen(trial: Trial) -> Seen:
    return trial.seen


@pytest.mark.parametrize("door", [*WRITING, *(name for name in READING if name not in PATIENT)])
def test_a_door_says_busy_as_far_as_it_must_and_serves_again(trial: Trial, door: str) -> None:
    outages.check_door(trial, door)


def test_the_log_has_a_line_when_it_begins_and_one_when_it_ends(trial: Trial) -> None:
    outages.check_log(trial)


def test_nothing_is_lost_or_doubled(seen: Seen) -> None:
    assert (seen.lost, seen.followed) == ([], "SUCCEEDED")


def test_a_job_that_is_under_way_ends_and_has_used_up_no_attempt(seen: Seen) -> None:
    assert {state for state, _ in seen.jobs} == {"COMPLETED"}
    assert max(attempts for _, attempts in seen.jobs) <= 1


def test_a_command_says_in_a_line_why_it_cannot(trial: Trial) -> None:
    outages.check_commands(trial)
