"""Which tier a caller means, and how tiers compare over time."""

from dataclasses import replace

import pytest

from gateway.services.core.model.outcomes import FieldProblem
from gateway.services.core.model.values import Terms, TierChoice
from gateway.services.core.rules import tiers
from tests.services.core.examples import BASIC, COURSE, PREMIUM, STANDARD

THREE = "BASIC (4 sessions), STANDARD (12 sessions), PREMIUM (24 sessions)"
ALIKE = replace(COURSE, tiers=(BASIC, replace(STANDARD, session_count=4), PREMIUM))


@pytest.mark.parametrize("field", ["tier", "purchaseTier"])
@pytest.mark.parametrize(
    "choice", [TierChoice("STANDARD", None), TierChoice(None, 12), TierChoice("STANDARD", 12)], ids=str
)
def test_a_tier_is_named_by_its_code_by_its_sessions_or_by_both_in_agreement(choice: TierChoice, field: str) -> None:
    assert tiers.choose(COURSE, choice, field) == STANDARD


@pytest.mark.parametrize(
    ("choice", "path", "message"),
    [
        (TierChoice(None, None), "tier", f"Name a tier by tier or by sessionCount. This course has {THREE}."),
        (TierChoice("GOLD", None), "tier", f"This course has no tier 'GOLD'. It has {THREE}."),
        (TierChoice("basic", None), "tier", f"This course has no tier 'basic'. It has {THREE}."),
        (TierChoice("", None), "tier", f"This course has no tier ''. It has {THREE}."),
        (TierChoice("GOLD", 4), "tier", f"This course has no tier 'GOLD'. It has {THREE}."),
        (TierChoice(None, 5), "sessionCount", f"No tier of this course has 5 sessions. It has {THREE}."),
        (TierChoice(None, 0), "sessionCount", f"No tier of this course has 0 sessions. It has {THREE}."),
        (
            TierChoice("BASIC", 12),
            "sessionCount",
            "BASIC has 4 sessions, not 12. Give one of the two, or both in agreement.",
        ),
        (
            TierChoice("BASIC", 0),
            "sessionCount",
            "BASIC has 4 sessions, not 0. Give one of the two, or both in agreement.",
        ),
    ],
    ids=str,
)
def test_what_names_no_tier_is_answered_with_those_that_exist(choice: TierChoice, path: str, message: str) -> None:
    assert tiers.choose(COURSE, choice, "tier") == FieldProblem((path,), message)


def test_a_number_of_sessions_that_two_tiers_have_names_neither() -> None:
    assert tiers.choose(ALIKE, TierChoice(None, 4), "purchaseTier") == FieldProblem(
        ("sessionCount",), "BASIC and STANDARD both have 4 sessions. Name one by purchaseTier."
    )


def test_a_code_tells_tiers_of_the_same_number_of_sessions_apart() -> None:
    assert tiers.choose(ALIKE, TierChoice("STANDARD", 4), "tier") == ALIKE.tiers[1]


def test_a_course_without_tiers_says_so() -> None:
    problem = tiers.choose(replace(COURSE, tiers=()), TierChoice("BASIC", None), "tier")
    assert problem == FieldProblem(("tier",), "This course has no tier 'BASIC'. It has no tiers.")


def test_a_tier_is_found_by_its_exact_code() -> None:
    assert tiers.find(COURSE, "PREMIUM") == PREMIUM
    assert tiers.find(COURSE, "premium") is None


def test_the_terms_are_what_the_tier_promises_now() -> None:
    assert tiers.terms_of(STANDARD) == Terms("STANDARD", rank=2, session_count=12, validity_days=180)


def test_a_tiers_rank_is_todays_or_the_one_it_was_sold_at_where_it_is_no_longer_sold() -> None:
    assert tiers.rank_of(COURSE, "STANDARD", rank_then=7) == 2
    assert tiers.rank_of(COURSE, "GONE", rank_then=7) == 7
