"""The demo's catalogue: several courses of three tiers, the same however often they are seeded."""

from uuid import UUID

from gateway.services.core.commands.save_course import SaveCourse
from gateway.services.core.model.outcomes import CourseSaved
from gateway.services.core.model.values import Actor, Course, Money, Role, Tier
from gateway.services.purchases import Purchases

SEEDER = Actor("gateway-seed", Role.ADMIN)

STUDENT = "demo-student"
ADMIN = "demo-admin"
TOKEN_TTL_S = 12 * 3600
"""Whom the demo's tokens speak for, and for how long."""

COURSES = {
    UUID("01900000-0000-7000-8000-000000000001"): "Yoga for Beginners",
    UUID("01900000-0000-7000-8000-000000000002"): "Mathematics, Grade 10",
    UUID("01900000-0000-7000-8000-000000000003"): "Acoustic Guitar",
    UUID("01900000-0000-7000-8000-000000000004"): "Spoken English",
}
"""The same ids in every demo, so that an example can be pasted anywhere."""

TIERS = (
    Tier("BASIC", session_count=4, price=Money(199_900, "INR"), validity_days=90, rank=1),
    Tier("STANDARD", session_count=12, price=Money(499_900, "INR"), validity_days=180, rank=2),
    Tier("PREMIUM", session_count=24, price=Money(899_900, "INR"), validity_days=365, rank=3),
)


async def seed(purchases: Purchases) -> list[Course]:
    """The demo's courses, added where they are not there yet; an admin's changes to them stay.

    Raises: Unavailable, where they cannot be added now.
    """
    saved = [
        await purchases.submit_or_raise(SaveCourse(SEEDER, course_id, True, title, TIERS, key=f"seed:{course_id}"))
        for course_id, title in COURSES.items()
    ]
    return [outcome.course for outcome in saved if isinstance(outcome, CourseSaved)]
