"""Tiers of a course: which one a caller means, and their ranks."""

from gateway.services.core.model.outcomes import FieldProblem
from gateway.services.core.model.values import Course, Terms, Tier, TierChoice


def choose(course: Course, choice: TierChoice, code_field: str) -> Tier | FieldProblem:
    """The tier that a code, a number of sessions, or both name; or what is wrong and what exists.

    `code_field` is the name that the caller's input has for the code.
    """
    if choice.code is not None:
        return _by_code(course, choice, code_field)
    if choice.session_count is not None:
        return _by_sessions(course, choice.session_count, code_field)
    return FieldProblem(
        (code_field,), f"Name a tier by {code_field} or by sessionCount. This course has {_listed(course)}."
    )


def find(course: Course, code: str) -> Tier | None:
    for tier in course.tiers:
        if tier.code == code:
            return tier
    return None


def terms_of(tier: Tier) -> Terms:
    """What the tier sells now, to be kept with the payment or purchase."""
    return Terms(tier.code, tier.rank, tier.session_count, tier.validity_days)


def rank_of(course: Course, code: str, rank_then: int) -> int:
    """The tier's rank in today's catalogue, or, where it is no longer there, the rank it was sold with."""
    tier = find(course, code)
    return rank_then if tier is None else tier.rank


def _by_code(course: Course, choice: TierChoice, code_field: str) -> Tier | FieldProblem:
    tier = find(course, choice.code or "")
    if tier is None:
        return FieldProblem((code_field,), f"This course has no tier {choice.code!r}. It has {_listed(course)}.")
    if choice.session_count not in (None, tier.session_count):
        return FieldProblem(
            ("sessionCount",),
            f"{tier.code} has {tier.session_count} sessions, not {choice.session_count}. "
            f"Give one of the two, or both in agreement.",
        )
    return tier


def _by_sessions(course: Course, session_count: int, code_field: str) -> Tier | FieldProblem:
    found = [tier for tier in course.tiers if tier.session_count == session_count]
    match found:
        case [tier]:
            return tier
        case []:
            return FieldProblem(
                ("sessionCount",),
                f"No tier of this course has {session_count} sessions. It has {_listed(course)}.",
            )
        case _:
            codes = " and ".join(tier.code for tier in found)
            return FieldProblem(
                ("sessionCount",), f"{codes} both have {session_count} sessions. Name one by {code_field}."
            )


def _listed(course: Course) -> str:
    if not course.tiers:
        return "no tiers"
    return ", ".join(f"{tier.code} ({tier.session_count} sessions)" for tier in course.tiers)
