"""What purchases took over from those before them, and how that is given back when the earlier money is.

A renewal takes over the sessions left and the end of what it renews, an upgrade an end that is later than its own. None
of that is patched by steps: what each purchase has is what it would have had among those alone whose money is here,
compared with what it would have had before. So it is the same in whichever order payments go back, and come back. What
an admin decided by name, an end above all, is a difference to that, and stays.
"""

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime

from gateway.services.core import access, granting
from gateway.services.core.cases import noted
from gateway.services.core.values import GATEWAY, Access, AccessStatus, Origin, Purchase, PurchaseStatus
from gateway.services.core.world import NOTHING, Changes, Moment, World


def counted_anew(changed: Purchase, world: World, moment: Moment) -> Changes:
    """The purchases that came after one, as they are now that its money went back, or came back.

    Args:
        changed: the purchase as it is from now on; the world has it still as it was.
    """
    changes = NOTHING
    for later in _after(changed, world):
        before = _by_rule(later, None, world)
        since = _by_rule(later, changed, world)
        if before != since:
            changes += _moved(later, _by_difference(later.access, before, since), world, moment)
    return changes


def admin_is_asked(refunded: Purchase, world: World, moment: Moment) -> Changes:
    """A case where an admin's grant stands in the place of what was refunded: nothing of it is taken by itself."""
    granted = _first_standing(refunded, world)
    if granted is None or granted.origin is not Origin.ADMIN or not _holds(granted, world):
        return NOTHING
    assert refunded.payment_id is not None, "what is refunded was paid for"
    reason = (
        f"the money of this payment went back; it had bought {refunded.tier}, which an admin has since replaced by "
        f"{granted.tier}, and that stands: take it back with revokePurchase, or let it stand; then cancelJob ends this"
    )
    return noted(refunded.payment_id, reason, moment)


def _after(purchase: Purchase, world: World) -> Iterator[Purchase]:
    for later in [each for each in world.purchases.values() if each.supersedes == purchase.id]:
        yield later
        yield from _after(later, world)


def _first_standing(refunded: Purchase, world: World) -> Purchase | None:
    """What took its place and is not refunded itself."""
    return next((each for each in _after(refunded, world) if each.status is not PurchaseStatus.REFUNDED), None)


def _holds(purchase: Purchase, world: World) -> bool:
    """Whether the purchase, or what came after it, is active."""
    return any(each.status is PurchaseStatus.ACTIVE for each in (purchase, *_after(purchase, world)))


def _by_rule(purchase: Purchase, changed: Purchase | None, world: World) -> Access:
    """What a purchase has by the rules of upgrades and renewals alone, told from the first of its line on, where those
    whose money went back give nothing; the sessions used meanwhile are used all the same.

    Args:
        changed: one of the line as it shall be; None for all as they are.
    """
    stood: Access | None = None
    top = purchase
    for each in _line(purchase, world):
        begun = _begun(each, stood, top, world)
        used = min(begun.sessions_used + _used_meanwhile(each, world), begun.sessions_total)
        as_it_ended = replace(begun, sessions_used=used)
        if each.id == purchase.id:
            return as_it_ended
        now = changed if changed is not None and changed.id == each.id else each
        if now.status is not PurchaseStatus.REFUNDED:
            stood, top = as_it_ended, each
        elif stood is not None:
            used = min(stood.sessions_used + _used_meanwhile(each, world), stood.sessions_total)
            stood = replace(stood, sessions_used=used)
    raise AssertionError("a line ends with the purchase itself")


def _line(purchase: Purchase, world: World) -> list[Purchase]:
    """The purchase, and those whose place it took one after the other, the first of them first."""
    line = [purchase]
    while (earlier := line[-1].supersedes) is not None and earlier in world.purchases:
        line.append(world.purchases[earlier])
    return line[::-1]


def _begun(purchase: Purchase, stood: Access | None, top: Purchase, world: World) -> Access:
    """The access that a purchase began with, beside what stood. What an admin granted is as it was granted."""
    payment = world.payments.get(purchase.payment_id) if purchase.payment_id else None
    if payment is None:
        return replace(purchase.access, sessions_used=purchase.access.sessions_used - _used_meanwhile(purchase, world))
    terms, metadata, then = payment.terms, payment.metadata, purchase.created_at
    if stood is None or access.has_lapsed(stood, then):
        return access.granted(terms, metadata, then)
    if purchase.tier == top.tier:
        return access.renewed(stood, terms, metadata, then)
    if purchase.rank > top.rank:
        return access.upgraded(stood, terms, metadata, then)
    return access.granted(terms, metadata, then)


def _used_meanwhile(purchase: Purchase, world: World) -> int:
    """Sessions used since it began: all but those that another tier's purchase had carried over."""
    earlier = world.purchases.get(purchase.supersedes) if purchase.supersedes else None
    if earlier is None or earlier.tier == purchase.tier:
        return purchase.access.sessions_used
    return max(0, purchase.access.sessions_used - earlier.access.sessions_used)


def _by_difference(stored: Access, before: Access, since: Access) -> Access:
    """The stored access with what the rules now give less or more. An end, or a start, that is not the rules' own was
    decided by name, and stays."""
    total = stored.sessions_total + since.sessions_total - before.sessions_total
    expires_at = since.expires_at if stored.expires_at == before.expires_at else stored.expires_at
    starts_at = since.starts_at if stored.starts_at == before.starts_at else stored.starts_at
    if expires_at is not None and starts_at >= expires_at:
        starts_at = stored.starts_at
    return replace(
        stored,
        sessions_total=max(total, stored.sessions_used, 1),
        starts_at=starts_at,
        expires_at=expires_at,
    )


def _moved(purchase: Purchase, moved: Access, world: World, moment: Moment) -> Changes:
    """The purchase with that access: one that is past its end now is EXPIRED, one that is not any more holds again."""
    if moved == purchase.access:
        return NOTHING
    change: dict[str, object] = {
        "sessionsTotal": [purchase.access.sessions_total, moved.sessions_total],
        "expiryDate": [_instant(purchase.access.expires_at), _instant(moved.expires_at)],
    }
    entry = granting.audit(purchase.id, "purchase.recounted", GATEWAY, moment, changes=change)
    recounted = replace(purchase, access=moved)
    if purchase.status is PurchaseStatus.ACTIVE and access.has_lapsed(moved, moment.now):
        return Changes(audit=(entry,)) + granting.lapsed(recounted, GATEWAY, moment)[1]
    if purchase.status is PurchaseStatus.EXPIRED and _may_hold_again(recounted, world, moment.now):
        granted = replace(moved, status=AccessStatus.GRANTED)
        recounted = replace(recounted, status=PurchaseStatus.ACTIVE, ended_at=None, access=granted)
    return Changes(purchases=(recounted,), audit=(entry,))


def _may_hold_again(expired: Purchase, world: World, now: datetime) -> bool:
    is_free = world.active_purchase(expired.student_id, expired.course_id) is None
    return is_free and not access.has_lapsed(expired.access, now)


def _instant(instant: datetime | None) -> str | None:
    return None if instant is None else instant.isoformat()
