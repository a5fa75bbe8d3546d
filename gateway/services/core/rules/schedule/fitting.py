"""Whether all sessions that are sold can take place before the access ends, checked before money moves."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from gateway.services.core.frozen import replace
from gateway.services.core.model.metadata import Metadata
from gateway.services.core.model.outcomes import FieldProblem
from gateway.services.core.model.values import Access, Course, Terms, Tier, TierChoice
from gateway.services.core.rules import tiers
from gateway.services.core.rules.schedule import sessions

Begin = Callable[[Terms, Metadata], Access | None]
"""The access that terms and metadata would give the student, or None."""


@dataclass(frozen=True, slots=True)
class Offer:
    """A tier of a course, with the metadata that say when its sessions would take place."""

    course: Course
    tier: Tier
    metadata: Metadata
    now: datetime
    begin: Begin

    def is_short(self, tier: Tier, metadata: Metadata) -> bool:
        """Whether sessions would be left over when the access ends."""
        new_access = self.begin(tiers.terms_of(tier), metadata)
        return new_access is None or self.fitting(new_access, metadata) < new_access.sessions_left

    def fitting(self, new_access: Access, metadata: Metadata) -> int:
        """How many of the sessions left can take place before the access ends."""
        if new_access.expires_at is None:
            return new_access.sessions_left
        room = sessions.room(metadata, max(new_access.starts_at, self.now), new_access.expires_at)
        return min(room, new_access.sessions_left)


def room_problem(offer: Offer, choice: TierChoice, code_field: str) -> FieldProblem | None:
    """The field because of which not all sessions fit, how many do, and what would help; None where all fit.

    Args:
        choice: how the caller named the tier; the problem names the same field of the input.
        code_field: what the input calls a tier's code.
    """
    new_access = offer.begin(tiers.terms_of(offer.tier), offer.metadata)
    assert new_access is not None, "only asked for an offer that leads to an access"
    fits = offer.fitting(new_access, offer.metadata)
    if new_access.expires_at is None or fits == new_access.sessions_left:
        return None
    ends = new_access.expires_at.astimezone(ZoneInfo(offer.metadata.slot.time_zone))
    left = new_access.sessions_left
    problem = f"only {fits} of {left} sessions can take place before the access ends, {ends:%Y-%m-%d %H:%M}"
    path, help_ = _at_fault(offer, (code_field,) if choice.code is not None else ("sessionCount",))
    return FieldProblem(path, f"{problem}; {help_}{_listed(offer)}")


def _at_fault(offer: Offer, of_tier: tuple[str, ...]) -> tuple[tuple[str, ...], str]:
    """The first field that would make all sessions fit if it were different, and how."""
    metadata = offer.metadata
    if metadata.date is not None and not offer.is_short(offer.tier, replace(metadata, date=None)):
        return ("metadata", "date"), "name an earlier day, or none"
    if metadata.is_sunday_only and not offer.is_short(offer.tier, replace(metadata, is_sunday_only=False)):
        return ("metadata", "isSundayOnly"), "daily sessions would fit"
    return of_tier, "a tier with fewer sessions or a longer validity is needed"


def _listed(offer: Offer) -> str:
    """The course's tiers whose sessions all fit with this metadata."""
    fitting = [tier for tier in offer.course.tiers if not offer.is_short(tier, offer.metadata)]
    if not fitting:
        return ""
    return "; with this metadata fit: " + ", ".join(f"{tier.code} ({tier.session_count} sessions)" for tier in fitting)
