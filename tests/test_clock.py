"""A wall clock that leaps, and what time it is meanwhile and afterwards."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import pytest

from gateway.clock import COMPARED_EVERY_S, RELEASED, TOLERANCE_S, Clock
from gateway.services.core.model.jobs import ClockNote

START = datetime(2026, 11, 26, 12, tzinfo=UTC).timestamp()
MINUTE, HOUR, DAY = 60.0, 3_600.0, 86_400.0
YEAR = 365 * DAY
BOOT = "this boot"
LEAPS = [YEAR, -YEAR, 50 * YEAR, 3 * HOUR, -3 * HOUR, 10.0, -10.0, -START + 1]


@dataclass
class Machine:
    """A machine's two clocks: what passes moves both, and a leap moves the wall's."""

    wall_s: float = START
    steady_s: float = 777.0

    def pass_(self, seconds: float) -> None:
        self.wall_s += seconds
        self.steady_s += seconds

    def clock(self, last_sign_s: float | None = None, boot: str | None = None) -> Clock:
        clock = Clock(lambda: self.wall_s, lambda: self.steady_s, boot)
        if last_sign_s is not None:
            clock.start(datetime.fromtimestamp(last_sign_s, UTC))
        return clock


@pytest.fixture
def machine() -> Machine:
    return Machine()


@pytest.mark.parametrize("leap", LEAPS)
def test_a_leap_for_eight_seconds_is_none_and_is_told(machine: Machine, leap: float) -> None:
    clock = machine.clock()
    machine.pass_(HOUR)
    clock.unix()
    machine.wall_s += leap
    for second in range(8):
        assert clock.unix() == pytest.approx(START + HOUR + second)
        assert not clock.is_going_on
        machine.pass_(1)
    machine.wall_s -= leap
    assert clock.unix() == pytest.approx(START + HOUR + 8)
    assert clock.is_going_on


@pytest.mark.parametrize("leap", LEAPS)
def test_a_leap_that_nobody_looked_at_for_hours_is_found(machine: Machine, leap: float) -> None:
    clock = machine.clock()
    machine.pass_(5 * HOUR)
    machine.wall_s += leap
    assert clock.unix() == pytest.approx(START + 5 * HOUR)


@pytest.mark.parametrize("step", [TOLERANCE_S, -TOLERANCE_S, 1.0])
def test_a_small_step_is_taken_at_once(machine: Machine, step: float) -> None:
    clock = machine.clock()
    machine.wall_s += step
    assert (clock.unix(), clock.is_going_on) == (machine.wall_s, True)


@pytest.mark.parametrize(
    ("leap", "doubted_for"),
    [
        (30.0, MINUTE),
        (-MINUTE, MINUTE),
        (3 * HOUR, HOUR / 8),
        (-3 * HOUR, HOUR / 8),
        (2 * DAY, 2 * HOUR),
        (YEAR, DAY),
    ],
)
def test_a_leap_that_stays_is_believed_after_a_while(machine: Machine, leap: float, doubted_for: float) -> None:
    """As after a machine was frozen, which no clock of its own counted."""
    clock = machine.clock()
    machine.wall_s += leap
    clock.unix()
    machine.pass_(doubted_for - 1)
    assert not clock.is_going_on
    assert clock.unix() == pytest.approx(machine.wall_s - leap)
    machine.pass_(1)
    assert (clock.unix(), clock.is_going_on) == (machine.wall_s, True)


def test_a_clock_that_leaps_on_and_on_is_never_believed(machine: Machine) -> None:
    clock = machine.clock()
    for _ in range(100):
        machine.wall_s += HOUR
        machine.pass_(2 * MINUTE)
        clock.unix()
    assert clock.unix() == pytest.approx(START + 100 * 2 * MINUTE)


def test_a_clock_that_runs_away_by_small_steps_is_found(machine: Machine) -> None:
    clock = machine.clock()
    for _ in range(100):
        machine.wall_s += TOLERANCE_S / 2
        machine.pass_(COMPARED_EVERY_S / 10)
        clock.unix()
    assert not clock.is_going_on
    assert clock.unix() == pytest.approx(START + 10 * COMPARED_EVERY_S, abs=60)


def test_a_machine_that_slept_goes_on_by_the_walls_clock_at_once(machine: Machine) -> None:
    clock = machine.clock()
    machine.pass_(30 * DAY)
    assert (clock.unix(), clock.is_going_on) == (machine.wall_s, True)


def test_the_operator_says_that_the_clock_is_right(machine: Machine) -> None:
    clock = machine.clock()
    machine.wall_s += 3 * HOUR
    assert not clock.is_going_on
    clock.start(datetime.fromtimestamp(START, UTC), is_right=True)
    assert (clock.unix(), clock.is_going_on, clock.is_proven) == (machine.wall_s, True, True)
    assert clock.is_certain


def left_by_a_process(machine: Machine) -> ClockNote:
    """What it noted before it died."""
    note = machine.clock(boot=BOOT).note()
    assert note is not None
    return note


@pytest.mark.parametrize("leap", [YEAR, -YEAR, 3 * DAY, -3 * DAY, HOUR, 2 * MINUTE])
def test_a_process_that_died_amid_a_leap_is_followed_by_one_that_goes_on_by_the_time_before(
    machine: Machine, leap: float
) -> None:
    note = left_by_a_process(machine)
    machine.pass_(MINUTE)
    machine.wall_s += leap
    machine.pass_(2 * DAY)  # in which nobody starts it again
    clock = machine.clock(boot=BOOT)
    clock.start(note.at, [note])
    assert clock.unix() == pytest.approx(START + MINUTE + 2 * DAY)
    assert (clock.is_going_on, clock.is_certain, clock.note()) == (False, True, None)
    machine.wall_s -= leap
    assert (clock.is_going_on, clock.is_certain) == (True, True)
    assert clock.note() == ClockNote(BOOT, machine.steady_s, datetime.fromtimestamp(machine.wall_s, UTC))


def test_a_leap_that_outlasts_its_process_and_stays_is_believed_after_a_while(machine: Machine) -> None:
    note = left_by_a_process(machine)
    machine.wall_s += 3 * DAY
    clock = machine.clock(boot=BOOT)
    clock.start(note.at, [note])
    clock.unix()
    machine.pass_(3 * HOUR - 1)
    assert not clock.is_going_on
    machine.pass_(1)
    assert (clock.unix(), clock.is_going_on, clock.is_certain) == (machine.wall_s, True, False)


def test_a_long_outage_on_a_machine_whose_clock_went_on_says_nothing_against_it(machine: Machine) -> None:
    note = left_by_a_process(machine)
    machine.pass_(30 * DAY)
    machine.wall_s += MINUTE / 2  # what its time server corrected meanwhile
    clock = machine.clock(boot=BOOT)
    clock.start(note.at, [note])
    assert (clock.unix(), clock.is_going_on, clock.is_proven, clock.is_certain) == (machine.wall_s, True, True, True)


@pytest.mark.parametrize(
    ("boot", "steady_s", "at_s"),
    [("another boot", 0.0, START - MINUTE), (BOOT, 10**6, START - MINUTE), (BOOT, 0.0, START - DAY), (BOOT, 0.0, 1e6)],
    ids=["of another machine", "of a boot before", "behind what was written since", "of a clock without a battery"],
)
def test_a_note_that_cannot_be_this_machines_is_left_alone(
    machine: Machine, boot: str, steady_s: float, at_s: float
) -> None:
    clock = machine.clock(boot=BOOT)
    clock.start(datetime.fromtimestamp(START, UTC), [ClockNote(boot, steady_s, datetime.fromtimestamp(at_s, UTC))])
    assert (clock.unix(), clock.is_going_on, clock.is_proven, clock.is_certain) == (START, True, True, False)


def test_a_clock_in_doubt_leaves_no_note(machine: Machine) -> None:
    clock = machine.clock(last_sign_s=START - 8 * DAY, boot=BOOT)
    assert clock.note() is None
    machine.pass_(8 * HOUR)
    assert clock.note() is not None
    machine.wall_s += HOUR
    assert clock.note() is None
    assert machine.clock().note() is None, "nor does one whose machine has no name"


def test_a_clock_without_a_battery_is_put_right_at_once(machine: Machine) -> None:
    machine.wall_s = 1000.0
    clock = machine.clock()
    assert (clock.unix(), clock.is_proven) == (1000.0, False)
    machine.wall_s = START
    assert (clock.unix(), clock.is_going_on, clock.is_proven) == (START, True, True)
    machine.wall_s += YEAR
    assert clock.unix() == pytest.approx(START)


@pytest.mark.parametrize("leap", [YEAR, -30 * DAY])
def test_a_process_that_starts_amid_a_leap_is_put_right_when_that_ends(machine: Machine, leap: float) -> None:
    machine.wall_s += leap
    clock = machine.clock(last_sign_s=START - MINUTE)
    assert (clock.unix(), clock.is_going_on, clock.is_proven) == (START + leap, True, False)
    machine.pass_(8)
    machine.wall_s -= leap
    assert (clock.unix(), clock.is_going_on, clock.is_proven) == (START + 8, True, True)
    machine.wall_s += leap
    assert not clock.is_going_on
    assert clock.unix() == pytest.approx(START + 8)


def test_after_a_long_outage_the_clock_is_proven_after_a_while(machine: Machine) -> None:
    clock = machine.clock(last_sign_s=START - 8 * DAY)
    assert (clock.unix(), clock.is_going_on, clock.is_proven) == (START, True, False)
    machine.pass_(8 * HOUR)
    assert (clock.is_going_on, clock.is_proven) == (True, True)


def test_a_clock_that_is_behind_the_database_is_proven_within_minutes(machine: Machine) -> None:
    """What an earlier release wrote by a wrong clock does not keep this one from being guarded."""
    clock = machine.clock(last_sign_s=START + YEAR)
    assert not clock.is_proven
    machine.pass_(10 * MINUTE)
    assert clock.is_proven
    machine.wall_s += YEAR
    assert clock.unix() == pytest.approx(START + 10 * MINUTE)


@pytest.mark.parametrize("ago", [0.0, HOUR, -HOUR])
def test_a_short_outage_says_nothing_against_a_clock(machine: Machine, ago: float) -> None:
    assert machine.clock(last_sign_s=START - ago).is_proven


def test_a_weekends_outage_on_a_machine_of_which_nothing_is_known_may_be_a_leap(machine: Machine) -> None:
    clock = machine.clock(last_sign_s=START - 3 * DAY)
    assert (clock.unix(), clock.is_going_on, clock.is_proven, clock.is_certain) == (START, True, False, False)
    machine.pass_(3 * HOUR)
    assert clock.is_proven


def test_ids_go_on_through_a_leap_and_after_it(machine: Machine) -> None:
    """The library's own would be next year's from then on, for as long as the process lives."""
    clock = machine.clock()
    made = []
    for leap in (0.0, YEAR, -2 * YEAR, YEAR):
        machine.wall_s += leap
        clock.unix()
        for _ in range(1000):
            machine.pass_(0.001)
            if clock._has_parted:
                made.append((clock.new_id(), clock.unix()))
    assert [each for each, _ in made] == sorted({each for each, _ in made})
    assert len(made) == 3000
    for each, at in made:
        assert (each.version, each.variant) == (7, "specified in RFC 4122")
        assert (each.int >> 80) / 1000 == pytest.approx(at, abs=0.002)


def test_ids_of_one_instant_are_in_order(machine: Machine) -> None:
    clock = machine.clock()
    machine.wall_s += YEAR
    clock.unix()
    ids = [clock.new_id() for _ in range(1000)]
    assert ids == sorted(set(ids))


def test_a_clock_tells_instants_in_utc(machine: Machine) -> None:
    assert machine.clock().now() == datetime(2026, 11, 26, 12, tzinfo=UTC)
    assert RELEASED < START
    assert abs(Clock().now() - datetime.now(UTC)) < timedelta(seconds=TOLERANCE_S)
