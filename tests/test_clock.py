"""A wall clock that leaps, and what time it is meanwhile and afterwards."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import pytest

from gateway.clock import COMPARED_EVERY_S, RELEASED, TOLERANCE_S, Clock

START = datetime(2026, 11, 26, 12, tzinfo=UTC).timestamp()
MINUTE, HOUR, DAY = 60.0, 3_600.0, 86_400.0
YEAR = 365 * DAY
LEAPS = [YEAR, -YEAR, 50 * YEAR, 3 * HOUR, -3 * HOUR, 10.0, -10.0, -START + 1]


@dataclass
class Machine:
    """A machine's two clocks: what passes moves both, and a leap moves the wall's."""

    wall_s: float = START
    steady_s: float = 777.0

    def pass_(self, seconds: float) -> None:
        self.wall_s += seconds
        self.steady_s += seconds

    def clock(self, last_sign_s: float | None = None) -> Clock:
        clock = Clock(lambda: self.wall_s, lambda: self.steady_s)
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


def test_a_restart_says_that_the_clock_is_right(machine: Machine) -> None:
    clock = machine.clock()
    machine.wall_s += 3 * HOUR
    assert not clock.is_going_on
    clock.start(datetime.fromtimestamp(START, UTC))
    assert (clock.unix(), clock.is_going_on, clock.is_proven) == (machine.wall_s, True, True)


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


@pytest.mark.parametrize("ago", [0.0, 6 * DAY, -HOUR])
def test_a_weekends_outage_says_nothing_against_a_clock(machine: Machine, ago: float) -> None:
    assert machine.clock(last_sign_s=START - ago).is_proven


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
