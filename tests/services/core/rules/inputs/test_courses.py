"""What makes a course of the catalogue right: each bound at its edges, each wrong field by its path."""

from dataclasses import replace

import pytest

from gateway.services.core.model.values import Money, Tier
from gateway.services.core.rules.inputs.courses import course_problems
from tests.services.core.examples import BASIC, PREMIUM, STANDARD


def paths(*tiers: Tier, title: str = "Yoga") -> list[str]:
    return [".".join(problem.path) for problem in course_problems(title, tiers)]


def priced(amount_minor: int, currency: str = "INR") -> Money:
    return Money(amount_minor, currency)


def many(number: int) -> list[Tier]:
    return [replace(BASIC, code=f"T{index}", rank=index) for index in range(number)]


def test_a_course_that_is_right_has_no_problems() -> None:
    assert course_problems("Yoga", (BASIC, STANDARD, PREMIUM)) == []


@pytest.mark.parametrize(
    "change",
    [
        {"code": "A"},
        {"code": "7"},
        {"code": "A" * 32},
        {"code": "a-B_9"},
        {"session_count": 1},
        {"session_count": 10_000},
        {"price": priced(0)},
        {"price": priced(2**53 - 1)},
        {"price": priced(1, "JPY")},
        {"price": priced(1, "KWD")},
        {"validity_days": None},
        {"validity_days": 1},
        {"validity_days": 36_500},
        {"rank": 0},
        {"rank": 1000},
    ],
    ids=str,
)
def test_the_last_value_within_a_bound_is_right(change: dict[str, object]) -> None:
    assert paths(replace(BASIC, **change)) == []  # type: ignore[arg-type]  # the fields of Tier, by name


@pytest.mark.parametrize(
    ("change", "path"),
    [
        ({"code": ""}, "code"),
        ({"code": "A" * 33}, "code"),
        ({"code": "-A"}, "code"),
        ({"code": "A B"}, "code"),
        ({"code": "A\n"}, "code"),
        ({"code": "É"}, "code"),
        ({"code": "٣"}, "code"),
        ({"session_count": 0}, "sessionCount"),
        ({"session_count": -1}, "sessionCount"),
        ({"session_count": 10_001}, "sessionCount"),
        ({"price": priced(-1)}, "price.amountMinor"),
        ({"price": priced(2**53)}, "price.amountMinor"),
        ({"price": priced(1, "inr")}, "price.currency"),
        ({"price": priced(1, "INRS")}, "price.currency"),
        ({"price": priced(1, "INR\n")}, "price.currency"),
        ({"price": priced(1, "ÎNR")}, "price.currency"),
        ({"price": priced(1, "")}, "price.currency"),
        ({"price": priced(1, "RUP")}, "price.currency"),
        ({"price": priced(1, "XXX")}, "price.currency"),
        ({"price": priced(1, "XAU")}, "price.currency"),
        ({"price": priced(1, "CLF")}, "price.currency"),
        ({"price": priced(1, "DEM")}, "price.currency"),
        ({"validity_days": 0}, "validityDays"),
        ({"validity_days": 36_501}, "validityDays"),
        ({"rank": -1}, "rank"),
        ({"rank": 1001}, "rank"),
    ],
    ids=str,
)
def test_the_first_value_beyond_a_bound_is_named_by_its_path(change: dict[str, object], path: str) -> None:
    wrong = replace(STANDARD, **change)  # type: ignore[arg-type]  # the fields of Tier, by name
    assert paths(BASIC, wrong) == [f"tiers.1.{path}"]


@pytest.mark.parametrize("title", ["Y", "Y" * 200, "योग 🧘", "O'Reilly; DROP TABLE course --"])
def test_a_title_of_one_to_two_hundred_characters_is_right(title: str) -> None:
    assert paths(BASIC, title=title) == []


@pytest.mark.parametrize("title", ["", " \t\u3000", "Y" * 201, "Yo\x00ga", "Yo\nga", "Yo\ud800ga"], ids=ascii)
def test_a_title_that_is_empty_too_long_or_broken_is_named(title: str) -> None:
    assert paths(BASIC, title=title) == ["title"]


@pytest.mark.parametrize(("number", "found"), [(0, ["tiers"]), (1, []), (50, []), (51, ["tiers"])])
def test_a_course_has_one_to_fifty_tiers(number: int, found: list[str]) -> None:
    assert paths(*many(number)) == found


def test_tiers_share_neither_code_nor_rank() -> None:
    assert paths(BASIC, replace(STANDARD, code="BASIC"), PREMIUM) == ["tiers.0.code", "tiers.1.code"]
    assert paths(BASIC, STANDARD, replace(PREMIUM, rank=1)) == ["tiers.0.rank", "tiers.2.rank"]


def test_codes_that_differ_in_case_alone_are_two() -> None:
    assert paths(BASIC, replace(STANDARD, code="basic")) == []


def test_a_code_that_only_a_tier_beyond_the_last_repeats_is_still_named() -> None:
    assert paths(*many(50), replace(BASIC, code="T0", rank=50)) == ["tiers", "tiers.0.code"]


def test_all_that_is_wrong_is_told_at_once() -> None:
    wrong = replace(BASIC, code="?", session_count=0, price=priced(-1, "?"), validity_days=0, rank=-1)
    fields = ("code", "sessionCount", "price.amountMinor", "price.currency", "validityDays", "rank")
    assert paths(wrong, title="") == ["title", *(f"tiers.0.{field}" for field in fields)]
