"""How purchases begin and end: the one place for every door."""

from dataclasses import dataclass
from datetime import UTC, datetime
from uuid import UUID

from gateway.services.core.frozen import quick, replace
from gateway.services.core.model.metadata import Metadata
from gateway.services.core.model.records import AuditEntry
from gateway.services.core.model.state import NOTHING, Changes, Moment, State
from gateway.services.core.model.values import (
    Access,
    AccessStatus,
    Actor,
    Course,
    Origin,
    Purchase,
    PurchaseStatus,
    Purpose,
    Terms,
)
from gateway.services.core.rules import access, tiers

HAS_IT_ALREADY = "The student has the course already, in this tier or a higher one, so the money goes back."
COURSE_GONE = "The course is no longer in the catalogue."
STUDENT_ERASED = "The student was erased, so the money goes back."
"""Why money that was captured becomes no purchase."""


@quick
@dataclass(frozen=True, slots=True)
class Standing:
    """What a pair has before a command: its active purchase, and the changes that end one that has lapsed."""

    active: Purchase | None
    changes: Changes = NOTHING


def standing(state: State, student_id: str, course_id: UUID, actor: Actor, moment: Moment) -> Standing:
    """The pair's active purchase; one whose expiry has passed becomes EXPIRED by the returned changes."""
    active = state.active_purchase(student_id, course_id)
    if active is None or not access.has_lapsed(active.access, moment.now):
        return Standing(active)
    return Standing(None, lapsed(active, actor, moment)[1])


def lapsed(active: Purchase, actor: Actor, moment: Moment) -> tuple[Purchase, Changes]:
    """A purchase past its expiry, ended, with the changes that say so."""
    expired = end(active, PurchaseStatus.EXPIRED, AccessStatus.EXPIRED, moment.now)
    entry = audit(expired.id, "purchase.expired", actor, moment)
    return expired, Changes(purchases=(expired,), audit=(entry,))


def held(state: State, student_id: str, course_id: UUID, now: datetime) -> Purchase | None:
    """The pair's active purchase if its expiry has not passed; changes nothing."""
    active = state.active_purchase(student_id, course_id)
    return None if active is None or access.has_lapsed(active.access, now) else active


def paid_access(
    terms: Terms, purpose: Purpose, metadata: Metadata, course: Course, old: Purchase | None, now: datetime
) -> Access | None:
    """The access that a payment leads to, given the pair's active purchase: a first one, an upgrade or a renewal. None
    where the student has it already."""
    if old is None:
        return access.granted(terms, metadata, now)
    if is_higher(course, terms, old):
        return access.upgraded(old.access, terms, metadata, now)
    if purpose is Purpose.RENEWAL and terms.tier == old.tier:
        return access.renewed(old.access, terms, metadata, now)
    return None


@quick
@dataclass(frozen=True, slots=True)
class Grant:
    """What a new purchase is made of, apart from its access and the purchase that it replaces."""

    purchase_id: UUID
    student_id: str
    course_id: UUID
    terms: Terms
    metadata: Metadata
    origin: Origin
    actor: Actor
    payment_id: UUID | None = None
    reason: str | None = None


def begin(grant: Grant, new_access: Access, moment: Moment) -> tuple[Purchase, Changes]:
    """The pair's new purchase where none is active."""
    purchase = _purchase(grant, new_access, moment, supersedes=None)
    change: dict[str, object] = {"tier": grant.terms.tier, **_granted(purchase)}
    entry = audit(purchase.id, "purchase.created", grant.actor, moment, grant.reason, change)
    return purchase, Changes(purchases=(purchase,), audit=(entry,))


def supersede(old: Purchase, grant: Grant, new_access: Access, moment: Moment) -> tuple[Purchase, Purchase, Changes]:
    """The pair's new purchase in place of its active one; the old one, ended; and the changes."""
    ended = end(old, PurchaseStatus.SUPERSEDED, AccessStatus.REVOKED, moment.now)
    purchase = _purchase(grant, new_access, moment, supersedes=old.id)
    change: dict[str, object] = {"tier": [old.tier, purchase.tier]}
    entries = (
        audit(old.id, "purchase.superseded", grant.actor, moment, grant.reason, change),
        audit(purchase.id, "purchase.created", grant.actor, moment, grant.reason, {**change, **_granted(purchase)}),
    )
    return purchase, ended, Changes(purchases=(ended, purchase), audit=entries)


def end(purchase: Purchase, status: PurchaseStatus, access_status: AccessStatus, now: datetime) -> Purchase:
    """The purchase, ended together with its access; the sessions used stay."""
    return replace(purchase, status=status, ended_at=now, access=access.ended(purchase.access, access_status))


def is_higher(course: Course, terms: Terms, than: Purchase) -> bool:
    """Whether the terms' tier ranks above the purchase's, by today's catalogue as far as it still has the tiers."""
    return tiers.rank_of(course, terms.tier, terms.rank) > tiers.rank_of(course, than.tier, than.rank)


def audit(
    subject_id: UUID,
    action: str,
    actor: Actor,
    moment: Moment,
    reason: str | None = None,
    changes: dict[str, object] | None = None,
) -> AuditEntry:
    return AuditEntry(moment.new_id(), subject_id, moment.now, actor, action, reason, changes)


def _granted(purchase: Purchase) -> dict[str, object]:
    """Whose a purchase is; and what an admin gave, for where nothing was paid no payment says it a second time."""
    whose: dict[str, object] = {"studentId": purchase.student_id, "courseId": str(purchase.course_id)}
    if purchase.origin is Origin.PAYMENT:
        return whose
    end = purchase.access.expires_at
    given = {"sessionsTotal": purchase.access.sessions_total, "expiryDate": end and end.astimezone(UTC).isoformat()}
    return whose | given


def _purchase(grant: Grant, new_access: Access, moment: Moment, supersedes: UUID | None) -> Purchase:
    return Purchase(
        id=grant.purchase_id,
        student_id=grant.student_id,
        course_id=grant.course_id,
        tier=grant.terms.tier,
        rank=grant.terms.rank,
        origin=grant.origin,
        created_by=grant.actor,
        metadata=grant.metadata,
        access=new_access,
        created_at=moment.now,
        payment_id=grant.payment_id,
        supersedes=supersedes,
    )
