"""Which field leaves sessions without room, and what would help."""

from dataclasses import replace
from datetime import timedelta

import pytest

from gateway.services.core.model.metadata import Metadata
from gateway.services.core.model.values import Access, AccessStatus, Terms, TierChoice
from gateway.services.core.rules.schedule.fitting import Offer, room_problem
from tests.services.core.examples import BASIC, COURSE, NOW, PREMIUM, metadata_at

DAILY = metadata_at("10:00", "UTC")


def offer(metadata: Metadata, days: int | None = 30, count: int = 4) -> Offer:
    """A tier of so many sessions within so many days; the course has PREMIUM beside it, which never ends."""
    tier = replace(BASIC, session_count=count, validity_days=days)
    course = replace(COURSE, tiers=(tier, PREMIUM))

    def begin(terms: Terms, _metadata: Metadata) -> Access:
        expires_at = None if terms.validity_days is None else NOW + timedelta(days=terms.validity_days)
        return Access(AccessStatus.GRANTED, terms.session_count, 0, NOW, expires_at)

    return Offer(course, tier, metadata, NOW, begin)


def test_where_all_sessions_fit_there_is_no_problem() -> None:
    assert room_problem(offer(DAILY), TierChoice("BASIC", None), "tier") is None
    assert room_problem(offer(DAILY, days=None, count=4_000), TierChoice("BASIC", None), "tier") is None


@pytest.mark.parametrize(
    ("metadata", "path", "help_"),
    [
        (replace(DAILY, date=(NOW + timedelta(days=29)).date()), ("metadata", "date"), "name an earlier day, or none"),
        (replace(DAILY, is_sunday_only=True), ("metadata", "isSundayOnly"), "daily sessions would fit"),
    ],
)
def test_the_field_that_would_leave_room_if_it_were_otherwise_is_at_fault(
    metadata: Metadata, path: tuple[str, ...], help_: str
) -> None:
    problem = room_problem(offer(metadata, count=10), TierChoice("BASIC", None), "tier")
    assert problem is not None
    assert problem.path == path
    assert f"; {help_}; with this metadata fit: PREMIUM (24 sessions)" in problem.message


@pytest.mark.parametrize(
    ("choice", "path"), [(TierChoice("BASIC", None), ("tier",)), (TierChoice(None, 40), ("sessionCount",))]
)
def test_where_no_metadata_would_help_the_tier_is_at_fault_as_it_was_named(
    choice: TierChoice, path: tuple[str, ...]
) -> None:
    later = replace(DAILY, is_sunday_only=True, date=(NOW + timedelta(days=20)).date())
    problem = room_problem(offer(later, count=40), choice, "tier")
    assert problem is not None
    assert problem.path == path
    assert problem.message.startswith("only 2 of 40 sessions can take place before the access ends, ")
    assert "a tier with fewer sessions or a longer validity is needed" in problem.message
