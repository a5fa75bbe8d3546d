"""How an access begins, carries over and ends, to the session and to the second."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.services.core.model.metadata import Metadata
from gateway.services.core.model.values import Access, AccessStatus, Terms
from gateway.services.core.rules.access import (
    LAST_END,
    corrected,
    ended,
    granted,
    has_lapsed,
    renewed,
    replacing,
    start,
    upgraded,
)
from gateway.services.core.rules.schedule.sessions import sessions
from tests.services.core.examples import METADATA, NOW, metadata_at

BASIC = Terms("BASIC", 1, 4, 90)
STANDARD = Terms("STANDARD", 2, 12, 180)
ENDLESS = Terms("PREMIUM", 3, 24, None)
DATED = metadata_at("17:30", "Asia/Kolkata", date=date(2026, 12, 6))
FIRST_SLOT = datetime(2026, 12, 6, 12, 0, tzinfo=UTC)
PASSED = metadata_at("17:30", "Asia/Kolkata", date=date(2026, 11, 1))


def standing(total: int = 4, used: int = 3, begun_days_ago: int = 30, days_left: int | None = 60) -> Access:
    return Access(
        AccessStatus.GRANTED,
        sessions_total=total,
        sessions_used=used,
        starts_at=NOW - timedelta(days=begun_days_ago),
        expires_at=None if days_left is None else NOW + timedelta(days=days_left),
    )


def test_an_access_without_a_date_begins_now_and_lasts_the_tiers_validity() -> None:
    assert granted(BASIC, METADATA, NOW) == Access(AccessStatus.GRANTED, 4, 0, NOW, NOW + timedelta(days=90))


def test_an_access_with_a_date_begins_at_the_first_slot_and_its_validity_counts_from_there() -> None:
    expected = Access(AccessStatus.GRANTED, 4, 0, FIRST_SLOT, FIRST_SLOT + timedelta(days=90))
    assert granted(BASIC, DATED, NOW) == expected


def test_an_access_never_begins_before_now() -> None:
    assert start(PASSED, NOW) == NOW
    assert granted(BASIC, PASSED, NOW).starts_at == NOW


def test_a_tier_without_validity_gives_an_access_without_end() -> None:
    assert granted(ENDLESS, METADATA, NOW).expires_at is None


@pytest.mark.parametrize("terms", [BASIC, ENDLESS])
def test_a_given_expiry_wins_over_the_tiers_validity(terms: Terms) -> None:
    given_expiry = NOW + timedelta(days=7)
    assert granted(terms, DATED, NOW, given_expiry).expires_at == given_expiry
    assert replacing(standing(), terms, METADATA, NOW, given_expiry).expires_at == given_expiry


def test_an_upgrade_keeps_the_sessions_used_and_the_start_and_counts_its_validity_from_now() -> None:
    old = standing(total=4, used=3, begun_days_ago=30)
    assert replacing(old, STANDARD, METADATA, NOW) == Access(
        AccessStatus.GRANTED, 12, 3, NOW - timedelta(days=30), NOW + timedelta(days=180)
    )


def test_what_has_begun_goes_on_though_an_upgrade_or_a_renewal_names_a_first_day_to_come() -> None:
    old = standing(begun_days_ago=30, days_left=60)
    for fresh in (replacing(old, STANDARD, DATED, NOW), upgraded(old, STANDARD, DATED, NOW)):
        assert (fresh.starts_at, fresh.expires_at) == (old.starts_at, FIRST_SLOT + timedelta(days=180))
    again = renewed(old, BASIC, DATED, NOW)
    assert (again.starts_at, again.expires_at) == (old.starts_at, NOW + timedelta(days=60 + 90))


def test_a_renewal_never_ends_before_its_own_first_day() -> None:
    """Counted from the old expiry alone, 5 days ahead, 10 days would be over before the first session."""
    old = standing(days_left=5)
    fresh = renewed(old, replace(BASIC, validity_days=10), DATED, NOW)
    assert (fresh.starts_at, fresh.expires_at) == (old.starts_at, FIRST_SLOT + timedelta(days=10))


def test_its_sessions_begin_on_the_first_day_that_it_names() -> None:
    for fresh in (upgraded(standing(), STANDARD, DATED, NOW), renewed(standing(), BASIC, DATED, NOW)):
        assert [session.starts_at for session in sessions(DATED, fresh, 1)] == [FIRST_SLOT]


def test_what_was_to_begin_begins_no_later_for_an_upgrade_or_a_renewal() -> None:
    waiting = standing(begun_days_ago=-3, days_left=60)
    for fresh in (upgraded(waiting, STANDARD, DATED, NOW), renewed(waiting, BASIC, DATED, NOW)):
        assert fresh.starts_at == waiting.starts_at


def test_a_replacement_begins_now_where_the_old_access_had_yet_to_begin() -> None:
    assert replacing(standing(begun_days_ago=-10), STANDARD, METADATA, NOW).starts_at == NOW


def test_a_replacement_by_a_smaller_tier_has_all_its_sessions_used_and_no_more() -> None:
    taken = replacing(standing(total=12, used=10), BASIC, METADATA, NOW)
    assert (taken.sessions_total, taken.sessions_used, taken.sessions_left) == (4, 4, 0)


def test_a_renewal_has_the_sessions_left_and_the_new_ones() -> None:
    fresh = renewed(standing(total=4, used=3), BASIC, METADATA, NOW)
    assert (fresh.sessions_total, fresh.sessions_used, fresh.starts_at) == (1 + 4, 0, NOW)


def test_a_renewals_validity_counts_from_the_old_expiry_while_that_is_to_come() -> None:
    assert renewed(standing(days_left=60), BASIC, METADATA, NOW).expires_at == NOW + timedelta(days=60 + 90)


def test_a_renewals_validity_counts_from_now_where_the_old_expiry_has_passed() -> None:
    assert renewed(standing(days_left=-5), BASIC, METADATA, NOW).expires_at == NOW + timedelta(days=90)


def test_a_renewal_of_what_had_no_end_keeps_none() -> None:
    assert renewed(standing(days_left=None), BASIC, METADATA, NOW).expires_at is None


def test_a_renewal_at_a_tier_that_has_no_end_by_now_has_none() -> None:
    assert renewed(standing(days_left=60), ENDLESS, METADATA, NOW).expires_at is None


def test_a_century_that_is_renewed_a_hundred_times_ends_where_the_calendar_does() -> None:
    century = replace(BASIC, validity_days=36_500)
    held = granted(century, METADATA, NOW)
    for _ in range(100):
        held = renewed(held, century, METADATA, NOW)
    assert held.expires_at is not None
    assert LAST_END - timedelta(days=1) < held.expires_at <= LAST_END


def test_nobody_holds_a_course_for_decades_by_naming_a_first_day_that_is_far_away() -> None:
    far = replace(DATED, date=date(2099, 12, 6))
    assert renewed(standing(days_left=60), BASIC, far, NOW).expires_at == NOW + timedelta(days=366 + 90)
    assert upgraded(standing(days_left=60), STANDARD, far, NOW).expires_at == NOW + timedelta(days=366 + 180)


BERLIN = metadata_at("17:30", "Europe/Berlin", is_sunday_only=True)


@pytest.mark.parametrize(
    ("begun", "ends"),
    [
        ("2026-03-15T16:00:00Z", "2026-04-12T15:00:00Z"),  # 17:00 there, before the slot: the clocks went forward
        ("2026-10-04T16:00:00Z", "2026-11-01T17:00:00Z"),  # 18:00 there, after the slot: the clocks went back
        ("2026-06-07T15:00:00Z", "2026-07-05T15:00:00Z"),
    ],
)
def test_a_validity_counts_days_of_the_calendar_where_the_slot_is(begun: str, ends: str) -> None:
    """28 days hold four Sundays' sessions, whatever the clocks do meanwhile."""
    four_weeks = replace(BASIC, validity_days=28, session_count=100)
    fresh = granted(four_weeks, BERLIN, datetime.fromisoformat(begun))
    assert fresh.expires_at == datetime.fromisoformat(ends)
    assert len(sessions(BERLIN, fresh, 100)) == 4
    end = datetime.fromisoformat(begun)
    old = replace(standing(), starts_at=NOW, expires_at=end)
    assert renewed(old, four_weeks, BERLIN, end - timedelta(days=9)).expires_at == fresh.expires_at
    assert upgraded(old, four_weeks, BERLIN, end).expires_at == fresh.expires_at


def test_of_two_moments_in_the_hour_that_comes_twice_each_has_its_own_end() -> None:
    first = datetime(2026, 10, 25, 2, 30, tzinfo=ZoneInfo("Europe/Berlin"))
    ends = [granted(BASIC, METADATA, moment).expires_at for moment in (first, first.replace(fold=1))]
    assert [str(end) for end in ends] == ["2027-01-23 00:30:00+00:00", "2027-01-23 01:30:00+00:00"]


def test_a_validity_that_ends_where_the_clocks_jump_ends_as_much_later() -> None:
    at_night = metadata_at("02:30", "Europe/Berlin", date=date(2026, 2, 28))
    fresh = granted(replace(BASIC, validity_days=29), at_night, datetime(2026, 2, 1, tzinfo=UTC))
    assert fresh.expires_at == datetime(2026, 3, 29, 1, 30, tzinfo=UTC)


@pytest.mark.parametrize(("seconds", "is_over"), [(1, False), (0, True), (-1, True)])
def test_an_access_lapses_at_its_expiry_to_the_second(seconds: int, is_over: bool) -> None:
    access = replace(standing(), expires_at=NOW + timedelta(seconds=seconds))
    assert has_lapsed(access, NOW) is is_over


def test_an_access_without_end_never_lapses() -> None:
    assert not has_lapsed(standing(days_left=None), datetime.max.replace(tzinfo=UTC))


@pytest.mark.parametrize("status", [AccessStatus.EXPIRED, AccessStatus.REVOKED])
def test_an_end_changes_the_status_and_nothing_else(status: AccessStatus) -> None:
    old = standing()
    assert ended(old, status) == replace(old, status=status)


ACCESSES = st.integers(1, 500).flatmap(
    lambda total: st.builds(
        standing,
        total=st.just(total),
        used=st.integers(0, total),
        begun_days_ago=st.integers(-400, 400),
        days_left=st.none() | st.integers(-400, 400),
    )
)
TERMS = st.builds(Terms, st.just("ANY"), st.integers(0, 9), st.integers(1, 500), st.none() | st.integers(1, 36_500))


@settings(derandomize=True, max_examples=300)
@given(ACCESSES, TERMS, st.sampled_from([METADATA, DATED, PASSED]))
def test_no_more_is_used_than_there_is_and_nothing_paid_for_is_lost(
    old: Access, terms: Terms, metadata: Metadata
) -> None:
    upgraded, fresh = replacing(old, terms, metadata, NOW), renewed(old, terms, metadata, NOW)
    for access in (granted(terms, metadata, NOW), upgraded, fresh):
        assert 0 <= access.sessions_used <= access.sessions_total
        assert access.status is AccessStatus.GRANTED
        assert access.expires_at is None or access.expires_at > max(NOW, access.starts_at)
    assert upgraded.sessions_used == min(old.sessions_used, terms.session_count)
    assert fresh.sessions_left == old.sessions_left + terms.session_count
    assert fresh.expires_at is None or (old.expires_at is not None and fresh.expires_at > old.expires_at)


def test_an_upgrade_does_not_cut_short_what_was_held_for_longer() -> None:
    endless = replace(standing(), expires_at=None)
    assert upgraded(endless, STANDARD, METADATA, NOW).expires_at is None
    far = replace(standing(), expires_at=NOW + timedelta(days=9999))
    assert upgraded(far, STANDARD, METADATA, NOW).expires_at == far.expires_at
    assert replacing(endless, STANDARD, METADATA, NOW).expires_at is not None


def test_other_metadata_put_off_a_start_to_a_first_day_to_come_and_leave_the_end() -> None:
    begun = standing(begun_days_ago=30)
    later = replace(METADATA, is_sunday_only=False, date=(NOW + timedelta(days=9)).date())
    put_off = corrected(begun, later, NOW)
    assert put_off.starts_at == start(later, NOW) > NOW
    assert put_off == replace(begun, starts_at=put_off.starts_at)


def test_other_metadata_without_a_day_to_come_leave_what_has_begun_and_let_begin_what_had_not() -> None:
    begun = standing(begun_days_ago=30)
    assert corrected(begun, METADATA, NOW) == begun
    assert corrected(replace(begun, starts_at=NOW + timedelta(days=9)), METADATA, NOW).starts_at == NOW
