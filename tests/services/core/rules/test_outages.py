"""How long a clock that leapt is doubted, and until when a sweep ends nothing."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import orjson
import pytest

from gateway.services.core.commands.jobs.sweeps import EndSweep
from gateway.services.core.model.jobs import (
    LONGEST_WAIT_S,
    MOST_NOTES,
    ClockNote,
    Hold,
    Job,
    JobKind,
    JobState,
    Lease,
    clock_notes_in,
)
from gateway.services.core.model.state import State
from gateway.services.core.rules.outages import (
    LONG_GONE_S,
    LONGEST_DOUBT_S,
    SHORTEST_DOUBT_S,
    doubt_s,
    hold_on,
    last_sign_of_life,
)
from tests.services.core.examples import JOB, NOW, moment

LONG = timedelta(seconds=LONG_GONE_S)
SECOND = timedelta(seconds=1)
SWEEP = replace(JOB, kind=JobKind.SWEEP_LAPSED, run_at=NOW)


@pytest.mark.parametrize(
    ("leap_s", "doubted_s"),
    [
        (6, SHORTEST_DOUBT_S),
        (-6, SHORTEST_DOUBT_S),
        (-60, SHORTEST_DOUBT_S),
        (3 * 3600, 450),
        (86_400, 3600),
        (-86_400, 3600),
        (365 * 86_400, LONGEST_DOUBT_S),
    ],
)
def test_a_longer_leap_is_doubted_for_longer_within_bounds(leap_s: float, doubted_s: float) -> None:
    assert doubt_s(leap_s) == doubted_s


def noted(sweep: Job, hold: Hold | None, clocks: Sequence[ClockNote] = ()) -> Job:
    """The sweep after a run."""
    lease = Lease(sweep.id, sweep.fence)
    running = replace(sweep, state=JobState.RUNNING)
    [job] = (
        EndSweep(lease, None, 300, hold, tuple(clocks)).decide(State(jobs={sweep.id: running}), moment()).changes.jobs
    )
    return job


def test_a_sweep_that_was_due_within_the_hour_goes_on() -> None:
    assert hold_on(SWEEP, NOW + LONG) is None
    assert hold_on(SWEEP, NOW - timedelta(days=400)) is None


def test_a_sweep_that_was_due_longer_ago_holds_and_remembers_until_when() -> None:
    now = NOW + LONG + SECOND
    hold = hold_on(SWEEP, now)
    assert hold == Hold(now, now + timedelta(seconds=doubt_s(LONG_GONE_S + 1)), NOW)
    later = noted(SWEEP, hold)
    assert Hold.in_payload(later.payload) == hold
    assert last_sign_of_life(later.run_at, later.payload) == NOW
    assert hold_on(later, hold.until - SECOND) == hold
    assert hold_on(replace(later, run_at=hold.until), hold.until) is None


def test_a_hold_ends_when_the_clock_is_back() -> None:
    hold = Hold(NOW + timedelta(days=365), NOW + timedelta(days=366), NOW)
    assert hold_on(noted(SWEEP, hold), NOW + SECOND) is None


def test_a_sweep_without_a_hold_notes_none() -> None:
    assert noted(SWEEP, None).payload == {}
    assert Hold.in_payload({"hold": "what no release wrote"}) is None
    assert last_sign_of_life(NOW, {}) == NOW


def test_a_sweep_notes_the_latest_of_each_machines_clock_and_of_so_many_machines() -> None:
    notes = [ClockNote(f"boot {number}", 0.5, NOW + number * SECOND) for number in range(MOST_NOTES + 2)]
    later = ClockNote("boot 1", 7.25, NOW + 60 * SECOND)
    payload = noted(SWEEP, None, [later, *notes]).payload
    assert clock_notes_in(orjson.loads(orjson.dumps(payload))) == (*notes[3:], later)
    assert noted(SWEEP, Hold(NOW, NOW, NOW), notes[:1]).payload.keys() == {"hold", "clocks"}
    for unknown in ("what no release wrote", [["?"]], [["boot", 1, "soon"]], [["boot", 1, "2026-11-26T12:00:00"]]):
        assert clock_notes_in({"clocks": unknown}) == ()
    for steady_s, at in ((10**400, NOW), (-1e300, NOW), (1.0, datetime.max.replace(tzinfo=UTC))):
        assert clock_notes_in({"clocks": [["boot", steady_s, at.isoformat()]]}) == (), "nobody can reckon with these"


def test_what_time_it_is_follows_from_a_note_and_the_steady_clock() -> None:
    assert ClockNote("a boot", 100.0, NOW).at_steady(160.0) == NOW + 60 * SECOND


def test_no_sweep_waits_beyond_any_schedule() -> None:
    running = replace(SWEEP, state=JobState.RUNNING)
    end = EndSweep(Lease(SWEEP.id, SWEEP.fence), None, 10**6)
    [job] = end.decide(State(jobs={SWEEP.id: running}), moment()).changes.jobs
    assert job.run_at == NOW + timedelta(seconds=LONGEST_WAIT_S)
