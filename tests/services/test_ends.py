"""How long each part of a process that stops may take: whoever waits for another waits longer than that one does."""

import pytest

from gateway.services import ends
from gateway.settings.model import Settings
from gateway.settings.process import STOP_S

CONTAINED = {
    "SERVICES_S": ("FOLLOWING_S", "TURN_S", "RELEASE_S", "READS_S", "CLIENTS_S"),
    "APPLICATION_S": ("JOBS_S", "FOLLOWING_S", "SERVICES_S"),
    "PROCESS_S": ("HEARD_S", "FLUSH_S", "FLUSH_S", "APPLICATION_S"),
    "ALARM_S": ("PROCESS_S",),
    "KILLED_S": ("ALARM_S",),
    "WRITER_S": ("TURN_S", "RELEASE_S", "HANG_UP_S"),
    "WRITER_KILLED_S": ("WRITER_S",),
    "KEEPER_S": ("WRITER_KILLED_S",),
    "ALL_S": ("KILLED_S", "KILL_S", "KEEPER_S", "KILL_S", "KILL_S", "KILL_S", "KILL_S"),
    "PROMISED_S": ("ALL_S",),
}
"""What each bound has to be as long as, taken together: written once more, for whoever changes one."""


@pytest.mark.parametrize("outer", CONTAINED)
def test_a_bound_is_no_sooner_than_what_it_contains(outer: str) -> None:
    assert getattr(ends, outer) >= sum(getattr(ends, inner) for inner in CONTAINED[outer])


@pytest.mark.parametrize(
    ("outer", "inner"),
    [
        ("APPLICATION_S", "SERVICES_S"),
        ("ALARM_S", "PROCESS_S"),
        ("KILLED_S", "ALARM_S"),
        ("WRITER_KILLED_S", "WRITER_S"),
        ("KEEPER_S", "WRITER_KILLED_S"),
    ],
)
def test_whoever_ends_another_comes_after_that_one_has_ended_itself(outer: str, inner: str) -> None:
    assert getattr(ends, outer) - getattr(ends, inner) >= ends.MARGIN_S


@pytest.mark.parametrize(("drain_s", "stop_s"), [(0.0, STOP_S), (60.0, 600)])
def test_a_writer_goes_on_until_the_last_process_that_it_writes_for_is_gone(drain_s: float, stop_s: float) -> None:
    assert ends.callers_gone_s(drain_s, stop_s) >= drain_s + stop_s + ends.KILLED_S
    assert ends.writer_killed_s(drain_s, stop_s) - ends.callers_gone_s(drain_s, stop_s) > ends.WRITER_S


def test_a_stop_takes_no_longer_than_its_setting_says() -> None:
    said = Settings.model_fields["stop_s"].description
    assert said is not None
    assert "fewer, by ten and" in " ".join(said.split())
    assert ends.PROMISED_S == 10
    assert STOP_S + ends.ALL_S <= 30  # after which orchestrators commonly kill
