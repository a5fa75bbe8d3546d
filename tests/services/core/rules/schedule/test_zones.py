"""Time zones: one zone has many names, and one of them is its own."""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo, available_timezones

import pytest

from gateway.services.core.rules.schedule.zones import canonical, is_same, is_time_zone


@pytest.mark.parametrize(
    ("name", "own"),
    [
        ("Asia/Kolkata", "Asia/Kolkata"),
        ("Asia/Calcutta", "Asia/Kolkata"),
        ("Asia/Katmandu", "Asia/Kathmandu"),
        ("Europe/Kiev", "Europe/Kyiv"),
        ("US/Pacific", "America/Los_Angeles"),
        ("Singapore", "Asia/Singapore"),
        ("UTC", "Etc/UTC"),
        ("Zulu", "Etc/UTC"),
        ("Asia/Nowhere", "Asia/Nowhere"),
        ("", ""),
    ],
)
def test_a_zone_has_a_name_of_its_own_among_all_its_names(name: str, own: str) -> None:
    assert canonical(name) == own
    assert is_same(name, own)


def test_zones_that_only_agree_today_are_two() -> None:
    assert not is_same("Asia/Kolkata", "Asia/Colombo")
    assert not is_same("Etc/GMT", "Etc/UTC")


def test_every_name_leads_to_a_zone_that_is_its_own_and_has_its_clock() -> None:
    days = [datetime(2026, 1, 1) + timedelta(days=91 * number) for number in range(8)]  # noqa: DTZ001
    for name in filter(is_time_zone, available_timezones()):
        own = canonical(name)
        assert canonical(own) == own
        assert is_time_zone(own)
        assert [ZoneInfo(name).utcoffset(day) for day in days] == [ZoneInfo(own).utcoffset(day) for day in days]
