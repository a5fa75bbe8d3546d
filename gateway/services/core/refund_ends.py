"""What money that went back does to its payment, and to the purchase that it had become."""

from dataclasses import replace
from uuid import UUID

from gateway.services.core import access, granting
from gateway.services.core.values import (
    GATEWAY,
    Access,
    AccessStatus,
    Payment,
    PaymentStatus,
    Purchase,
    PurchaseStatus,
)
from gateway.services.core.world import NOTHING, Changes, Moment, World


def end_purchase(payment: Payment, world: World, moment: Moment) -> Changes:
    """What a full refund takes back: the payment's purchase and its access. A part of the money takes nothing."""
    purchase = world.purchase_of(payment)
    if payment.status is not PaymentStatus.REFUNDED or purchase is None:
        return NOTHING
    if purchase.status not in (PurchaseStatus.ACTIVE, PurchaseStatus.SUPERSEDED):
        return NOTHING
    ended = granting.end(purchase, PurchaseStatus.REFUNDED, AccessStatus.REVOKED, purchase.ended_at or moment.now)
    entry = granting.audit(ended.id, "purchase.refunded", GATEWAY, moment)
    changes = Changes(purchases=(ended,), audit=(entry,))
    return changes + _revive(ended, world, moment) if purchase.status is PurchaseStatus.ACTIVE else changes


def reinstated(payment: Payment, world: World, moment: Moment) -> Changes | None:
    """The purchase that a refund had ended, as it would be without that refund, for the money is here again: ACTIVE, or
    SUPERSEDED where another took its place. None where the student has bought the course anew since."""
    purchase = world.purchase_of(payment)
    assert purchase is not None, "a fulfilled payment has its purchase"
    if purchase.status is not PurchaseStatus.REFUNDED:
        return NOTHING  # it took only a part, or the purchase had ended before
    entry = granting.audit(purchase.id, "purchase.reinstated", GATEWAY, moment)
    if _is_superseded(purchase, world):
        return Changes(purchases=(replace(purchase, status=PurchaseStatus.SUPERSEDED),), audit=(entry,))
    if access.has_lapsed(purchase.access, moment.now):
        return Changes(purchases=(granting.end(purchase, PurchaseStatus.EXPIRED, AccessStatus.EXPIRED, moment.now),))
    active = world.active_purchase(purchase.student_id, purchase.course_id)
    if active is not None and active.id not in _chain_below(purchase, world):
        return None
    again = replace(purchase, status=PurchaseStatus.ACTIVE, ended_at=None, access=_granted_again(purchase, active))
    changes = Changes(purchases=(again,), audit=(entry,))
    if active is None:
        return changes
    ended = granting.end(active, PurchaseStatus.SUPERSEDED, AccessStatus.REVOKED, moment.now)
    return Changes(purchases=(ended,)) + changes


def _granted_again(purchase: Purchase, meanwhile: Purchase | None) -> Access:
    """With the sessions that were used under what stood in its place meanwhile."""
    used = purchase.access.sessions_used
    if meanwhile is not None and meanwhile.tier != purchase.tier:
        used = max(used, meanwhile.access.sessions_used)
    return replace(purchase.access, status=AccessStatus.GRANTED, sessions_used=used)


def _is_superseded(purchase: Purchase, world: World) -> bool:
    """Whether a purchase stands in its place, or ended there for another reason than that its money went back."""
    later = [each for each in world.purchases.values() if each.supersedes == purchase.id]
    return any(each.status is not PurchaseStatus.REFUNDED or _is_superseded(each, world) for each in later)


def _chain_below(purchase: Purchase, world: World) -> set[UUID]:
    found = set()
    below = purchase.supersedes
    while below is not None:
        found.add(below)
        below = world.purchases[below].supersedes if below in world.purchases else None
    return found


def _revive(refunded: Purchase, world: World, moment: Moment) -> Changes:
    """What an upgrade stood in the place of, active again if it is not past its expiry; where that one's money is back
    as well, what it had superseded in turn. The sessions used above stay used."""
    used = refunded.access.sessions_used
    above, below = refunded, world.purchases.get(refunded.supersedes) if refunded.supersedes else None
    while below is not None:
        used = _used_by_then(below, above, used)
        if below.status is not PurchaseStatus.REFUNDED:
            return _revived(below, used, moment)
        above, below = below, world.purchases.get(below.supersedes) if below.supersedes else None
    return NOTHING


def _revived(below: Purchase, used: int, moment: Moment) -> Changes:
    """Only what was superseded, and would still run, holds again."""
    if below.status is not PurchaseStatus.SUPERSEDED or access.has_lapsed(below.access, moment.now):
        return NOTHING
    again = replace(below.access, status=AccessStatus.GRANTED, sessions_used=min(used, below.access.sessions_total))
    revived = replace(below, status=PurchaseStatus.ACTIVE, ended_at=None, access=again)
    entry = granting.audit(revived.id, "purchase.revived", GATEWAY, moment)
    return Changes(purchases=(revived,), audit=(entry,))


def _used_by_then(below: Purchase, above: Purchase, used: int) -> int:
    """Sessions used in all, at the one below: an upgrade goes on counting where it stood; a renewal begins anew."""
    return below.access.sessions_used + used if above.tier == below.tier else max(below.access.sessions_used, used)
