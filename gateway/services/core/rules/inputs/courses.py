"""The rules for a course of the catalogue."""

import re
from collections import Counter

from gateway.services.core.model.currencies import HIGHEST_AMOUNT_MINOR, is_currency
from gateway.services.core.model.outcomes import FieldProblem
from gateway.services.core.model.values import Described, Tier
from gateway.services.core.rules.inputs.texts import lines_problem, text_problem

LONGEST_TITLE = 200
LONGEST_DESCRIPTION = 2000
MOST_TIERS = 50
MOST_SESSIONS = 10_000
LONGEST_VALIDITY_DAYS = 36_500
TIER_CODE = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,31}")


def course_problems(title: str, tiers: tuple[Tier, ...], described: Described | None = None) -> list[FieldProblem]:
    """What is wrong with a course in itself, field by field; empty where nothing is."""
    found = []
    if problem := text_problem(title, LONGEST_TITLE):
        found.append(FieldProblem(("title",), problem))
    if described and described.text is not None and (problem := lines_problem(described.text, LONGEST_DESCRIPTION)):
        found.append(FieldProblem(("description",), problem))
    if not 1 <= len(tiers) <= MOST_TIERS:
        found.append(FieldProblem(("tiers",), f"must be 1 to {MOST_TIERS}; these are {len(tiers)}"))
    codes = Counter(tier.code for tier in tiers)
    ranks = Counter(tier.rank for tier in tiers)
    for index, tier in enumerate(tiers[:MOST_TIERS]):
        path = ("tiers", str(index))
        found += [FieldProblem((*path, *problem.path), problem.message) for problem in _tier_problems(tier)]
        if codes[tier.code] > 1:
            found.append(FieldProblem((*path, "code"), f"{tier.code!r} is given more than once"))
        if ranks[tier.rank] > 1:
            found.append(FieldProblem((*path, "rank"), "each tier needs a rank of its own"))
    return found


def _tier_problems(tier: Tier) -> list[FieldProblem]:
    rules = (
        (("code",), bool(TIER_CODE.fullmatch(tier.code)), "must be 1 to 32 letters, digits, - or _"),
        (("sessionCount",), 1 <= tier.session_count <= MOST_SESSIONS, f"must be 1 to {MOST_SESSIONS}"),
        (
            ("price", "amountMinor"),
            0 <= tier.price.amount_minor <= HIGHEST_AMOUNT_MINOR,
            f"must be 0 to {HIGHEST_AMOUNT_MINOR}",
        ),
        (
            ("price", "currency"),
            is_currency(tier.price.currency),
            "must be the ISO 4217 code of a currency, such as INR",
        ),
        (
            ("validityDays",),
            tier.validity_days is None or 1 <= tier.validity_days <= LONGEST_VALIDITY_DAYS,
            f"must be 1 to {LONGEST_VALIDITY_DAYS}, or left out for no end",
        ),
        (("rank",), 0 <= tier.rank <= 1000, "must be 0 to 1000"),
    )
    return [FieldProblem(path, message) for path, is_right, message in rules if not is_right]
