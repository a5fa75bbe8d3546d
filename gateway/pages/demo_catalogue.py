"""The demo's catalogue: several courses of three tiers, the same however often they are seeded."""

from uuid import UUID

from gateway.services.core.commands.save_course import SaveCourse
from gateway.services.core.model.outcomes import CourseSaved, Outcome
from gateway.services.core.model.values import Actor, Course, Described, Money, Role, Tier
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

_YOGA, _MATHEMATICS, _GUITAR, _ENGLISH = COURSES

DESCRIPTIONS = {
    _YOGA: (
        "Slow, steady classes for people who have never stood on a mat. You learn the basic postures, how to breathe "
        "in them, and how to rest.\n\n"
        "Bring a mat and loose clothes. Nothing has to be bent that does not want to."
    ),
    _MATHEMATICS: (
        "The whole of grade 10: quadratic equations, trigonometry, circles, statistics and probability.\n\n"
        "Each session takes one idea, works examples on the board, and ends with questions from past papers."
    ),
    _GUITAR: (
        "From the first chord to songs that others sing along to: tuning, strumming, finger picking, and reading tabs."
        "\n\nYou need a guitar of your own; a borrowed one will do."
    ),
    _ENGLISH: (
        "Speak from the first minute, in groups of six: introductions, telephone calls, interviews and small talk.\n\n"
        "For everyone who reads English well and finds it hard to say. The teacher corrects afterwards, not while you "
        "speak."
    ),
}

TIERS = (
    Tier("BASIC", session_count=4, price=Money(199_900, "INR"), validity_days=90, rank=1),
    Tier("STANDARD", session_count=12, price=Money(499_900, "INR"), validity_days=180, rank=2),
    Tier("PREMIUM", session_count=24, price=Money(899_900, "INR"), validity_days=365, rank=3),
)


async def seed(purchases: Purchases) -> list[Course]:
    """The demo's courses, added where they are not there yet; an admin's changes to them stay.

    Raises: Unavailable, where they cannot be added now.
    """
    saved = [await _saved(purchases, course_id) for course_id in COURSES]
    return [outcome.course for outcome in saved if isinstance(outcome, CourseSaved)]


async def _saved(purchases: Purchases, course_id: UUID) -> Outcome:
    """The course, described by a call of its own, for a demo of before may have it without a description."""
    title = COURSES[course_id]
    added = await purchases.submit_or_raise(SaveCourse(SEEDER, course_id, True, title, TIERS, key=f"seed:{course_id}"))
    if not isinstance(added, CourseSaved) or added.course.description or added.course.title != title:
        return added
    tiers, text = added.course.tiers, Described(DESCRIPTIONS[course_id])
    described = SaveCourse(SEEDER, course_id, False, title, tiers, text, key=f"describe:{course_id}")
    outcome = await purchases.submit_or_raise(described)
    return outcome if isinstance(outcome, CourseSaved) else added
