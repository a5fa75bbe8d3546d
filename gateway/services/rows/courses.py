"""How courses lie in their columns, and their tiers in rows of their own: rows to values and back."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from gateway.services.core.model.values import Course, Money, Tier
from gateway.services.rows.columns import Columns


def courses_from(rows: Iterable[Sequence[Any]]) -> list[Course]:
    """Courses from rows of a course's own columns and each of its tiers', a course's one after the other, lowest rank
    first; one without tiers has one row without a code."""
    found: dict[UUID, tuple[Sequence[Any], list[Tier]]] = {}
    for id_, title, created_at, code, *tier in rows:
        _, tiers = found.setdefault(id_, ((id_, title, created_at), []))
        if code is not None:
            tiers.append(tier_from(code, *tier))
    return [course_from(*course, tiers=tuple(tiers)) for course, tiers in found.values()]


def course_from(id: UUID, title: str, created_at: datetime, *, tiers: tuple[Tier, ...]) -> Course:  # noqa: A002
    return Course(id, title, tiers, created_at)


def tier_from(
    code: str, session_count: int, price_minor: int, currency: str, validity_days: int | None, rank: int
) -> Tier:
    return Tier(code, session_count, Money(price_minor, currency), validity_days, rank)


def course_columns(course: Course) -> Columns:
    return {"id": course.id, "title": course.title, "created_at": course.created_at}


def tier_columns(course: Course) -> list[Columns]:
    return [
        {
            "course_id": course.id,
            "code": tier.code,
            "session_count": tier.session_count,
            "price_minor": tier.price.amount_minor,
            "currency": tier.price.currency,
            "validity_days": tier.validity_days,
            "rank": tier.rank,
        }
        for tier in course.tiers
    ]
