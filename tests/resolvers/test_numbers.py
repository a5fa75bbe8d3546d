"""The numbers of days over HTTP."""

from typing import Any

import pytest

from tests.served.gateway import Served

NUMBERS = """
query Numbers($days: [Date!]!, $zone: TimeZone! = "UTC", $course: ID) {
  dailyNumbers(days: $days, timeZone: $zone, courseId: $course) {
    day
    courses {
      course { id title }
      captured { amountMinor currency } refunded { amountMinor currency }
      payments bought granted
    }
  }
}
"""


def days_of(gateway: Served, course: str) -> list[str]:
    """The days on which purchases of the course were made, by the gateway's clock: two, where midnight was between."""
    ask = "query($course: ID!) { purchases(filter: {courseId: $course}) { nodes { createdAt } } }"
    purchases = gateway.admin.data(ask, course=course)["purchases"]["nodes"]
    return sorted({purchase["createdAt"][:10] for purchase in purchases})


def test_an_admin_sees_what_came_in_and_what_was_granted(gateway: Served) -> None:
    course, student = gateway.course(), gateway.student()
    gateway.confirm(student, gateway.opened(student, course))
    gateway.create(course, gateway.student().id)
    days = days_of(gateway, course)
    found = gateway.admin.data(NUMBERS, days=days, course=course)["dailyNumbers"]
    granted, bought = sorted((each for day in found for each in day["courses"]), key=lambda each: each["bought"])
    assert ([day["day"] for day in found], granted["course"]["id"], bought["course"]["id"]) == (days, course, course)
    assert (granted["captured"], granted["refunded"], granted["granted"]) == (None, None, 1)
    assert (bought["captured"]["currency"], bought["refunded"]) == ("INR", {"amountMinor": 0, "currency": "INR"})
    assert (bought["payments"], bought["bought"], bought["granted"]) == (1, 1, 0)


def test_a_day_without_anything_is_there_and_empty(gateway: Served) -> None:
    days = ["1999-12-31", "2099-01-01"]
    found = gateway.admin.data(NUMBERS, days=days)["dailyNumbers"]
    assert found == [{"day": day, "courses": []} for day in days]


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"days": [f"{1900 + number}-01-01" for number in range(101)]}, "days must be at most 100; these are 101"),
        ({"days": ["9999-12-31"]}, "days must be from 1970-01-02 to 9999-12-29"),
        ({"days": ["0001-01-01"]}, "days must be from 1970-01-02 to 9999-12-29"),
        ({"days": [], "zone": "Mars/Olympus"}, "timeZone must be an IANA time zone"),
        ({"days": [], "course": "nonsense"}, "courseId must be an id"),
        ({"days": ["2026-02-30"]}, "must be an ISO 8601 day"),
    ],
)
def test_what_is_no_day_or_no_calendar_is_refused_in_words(gateway: Served, given: dict[str, Any], said: str) -> None:
    [error] = gateway.admin.ask(NUMBERS, **given)["errors"]
    assert said in error["message"]
    assert error["extensions"]["code"] == "BAD_USER_INPUT"


@pytest.mark.parametrize("zone", ["Pacific/Kiritimati", "Etc/GMT+12", "UTC"])
def test_the_first_and_the_last_day_are_days_everywhere(gateway: Served, zone: str) -> None:
    days = ["1970-01-02", "9999-12-29"]
    assert [day["day"] for day in gateway.admin.data(NUMBERS, days=days, zone=zone)["dailyNumbers"]] == days
