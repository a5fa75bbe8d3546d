"""The demo's catalogue: several courses of three tiers, the same however often they are seeded."""

from gateway.services.core.commands import SaveCourse
from gateway.services.core.outcomes import CourseSaved
from gateway.services.core.values import Actor, Course, Money, Role, Tier
from gateway.services.purchases import Purchases

SEEDER = Actor("gateway-seed", Role.ADMIN)

TITLES = {
    "yoga": "Yoga for Beginners",
    "mathematics": "Mathematics, Grade 10",
    "guitar": "Acoustic Guitar",
    "english": "Spoken English",
}

TIERS = (
    Tier("BASIC", session_count=4, price=Money(199_900, "INR"), validity_days=90, rank=1),
    Tier("STANDARD", session_count=12, price=Money(499_900, "INR"), validity_days=180, rank=2),
    Tier("PREMIUM", session_count=24, price=Money(899_900, "INR"), validity_days=365, rank=3),
)


async def seed(purchases: Purchases) -> list[Course]:
    """The demo's courses, added where they are not there yet; an admin's changes to them stay."""
    saved = [
        await purchases.submit(SaveCourse(SEEDER, purchases.new_id(), True, title, TIERS, key=f"seed:{name}"))
        for name, title in TITLES.items()
    ]
    return [outcome.course for outcome in saved if isinstance(outcome, CourseSaved)]
