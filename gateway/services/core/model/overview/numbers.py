"""What came in, went back and was granted on a day, for each course and currency of which there is anything."""

from dataclasses import dataclass
from datetime import date
from uuid import UUID

from gateway.services.core.model.values import Money


@dataclass(frozen=True, slots=True)
class CourseNumbers:
    """A course on a day, and a currency that it was paid in.

    Args:
        captured, refunded: in that currency; None for what no money was paid for.
        payments: how many were captured.
        bought: how many purchases were made of payments.
        granted: how many purchases an admin granted.
    """

    course_id: UUID
    captured: Money | None
    refunded: Money | None
    payments: int
    bought: int
    granted: int


@dataclass(frozen=True, slots=True)
class DayNumbers:
    """A day, with its courses in the order of the catalogue."""

    day: date
    courses: tuple[CourseNumbers, ...]
