"""What a purchase took over from those that it replaced, and gives back when their money goes back.

A paid purchase's access follows from its own payment and from the nearest purchase below it whose money is not back: a
renewal adds to that one's sessions and counts from its end, an upgrade ends no earlier than it. Without one below, it
follows from its own payment only. So the result depends on which payments were refunded, not on the order.
"""

from collections.abc import Iterator, Mapping
from uuid import UUID

from gateway.services.core.frozen import replace
from gateway.services.core.model.state import NOTHING, Changes, Moment, State
from gateway.services.core.model.values import GATEWAY, Access, Payment, Purchase, PurchaseStatus, Purpose
from gateway.services.core.rules import access, granting

Purchases = Mapping[UUID, Purchase]


def passed_on(changed: Purchase, state: State, moment: Moment) -> Changes:
    """The purchases above one that is refunded, or reinstated: with the accesses that they have without, or with, what
    they took over from it. Refunded ones as well, as their money may come back.

    Args:
        changed: the purchase as it is from now on.
    """
    before, after = dict(state.purchases), {**state.purchases, changed.id: changed}
    changes = NOTHING
    for each in above(changed, state.purchases):
        payment = state.payments.get(each.payment_id) if each.payment_id else None
        if payment is None:
            continue  # an admin granted it: it took over used sessions only, so nothing of it is taken back
        was, now = (founded(each, payment, purchases) for purchases in (before, after))
        kept = _amended(each.access, was, now)
        if kept != each.access:
            after[each.id] = replace(each, access=kept)
            changes += recounted(each, after[each.id], moment)
    return changes


def refreshed(purchase: Purchase, payment: Payment, purchases: Purchases) -> Purchase:
    """A purchase that is reinstated, with what it takes over from those below it as they are now."""
    begun = founded(purchase, payment, purchases)
    return replace(purchase, access=_amended(purchase.access, begun, begun))


def standing_below(purchase: Purchase, purchases: Purchases) -> Purchase | None:
    """The nearest purchase that it replaced, directly or not, whose money is not back."""
    below = purchases.get(purchase.supersedes) if purchase.supersedes else None
    while below is not None and below.status is PurchaseStatus.REFUNDED:
        below = purchases.get(below.supersedes) if below.supersedes else None
    return below


def standing_above(purchase: Purchase, purchases: Purchases) -> Iterator[Purchase]:
    """The nearest purchases that replaced it, directly or not, whose money is not back."""
    for successor in _successors(purchase, purchases):
        if successor.status is PurchaseStatus.REFUNDED:
            yield from standing_above(successor, purchases)
        else:
            yield successor


def above(purchase: Purchase, purchases: Purchases) -> Iterator[Purchase]:
    """All purchases that replaced it, directly or not, each after the one that it replaced."""
    for successor in _successors(purchase, purchases):
        yield successor
        yield from above(successor, purchases)


def _successors(purchase: Purchase, purchases: Purchases) -> list[Purchase]:
    return sorted((each for each in purchases.values() if each.supersedes == purchase.id), key=lambda each: each.id)


def founded(purchase: Purchase, payment: Payment, purchases: Purchases) -> Access:
    """The access as it was at the beginning, given the purchases below it."""
    below, terms, begun_at = standing_below(purchase, purchases), payment.terms, purchase.created_at
    if below is None:
        return access.granted(terms, payment.metadata, begun_at)
    if payment.purpose is Purpose.RENEWAL and below.tier == purchase.tier:
        return access.renewed(below.access, terms, payment.metadata, begun_at)
    return access.upgraded(below.access, terms, payment.metadata, begun_at)


def _amended(stored: Access, was: Access, now: Access) -> Access:
    """The stored access, changed as the one that followed from those below has changed. A later end, which an admin
    gave, stays, and so does the start; and it has no fewer sessions than were used."""
    expires_at = stored.expires_at if access.ends_later(was, stored) else now.expires_at
    is_begun = expires_at is None or stored.starts_at < expires_at
    return replace(
        stored,
        sessions_total=max(now.sessions_total, stored.sessions_used),
        starts_at=stored.starts_at if is_begun else now.starts_at,
        expires_at=expires_at,
    )


def recounted(old: Purchase, new: Purchase, moment: Moment) -> Changes:
    """A purchase whose access has other sessions, or another end, than it had; audited where it is active, and where
    one that was replaced ends otherwise, for its history may have an end already that was given before."""
    is_moved = new.status is PurchaseStatus.SUPERSEDED and old.access.expires_at != new.access.expires_at
    if new.status is not PurchaseStatus.ACTIVE and not is_moved:
        return Changes(purchases=(new,))
    change: dict[str, object] = {}
    if old.access.sessions_used != new.access.sessions_used:
        change["sessionsUsed"] = [old.access.sessions_used, new.access.sessions_used]
    if old.access.sessions_total != new.access.sessions_total:
        change["sessionsTotal"] = [old.access.sessions_total, new.access.sessions_total]
    if old.access.expires_at != new.access.expires_at:
        change["expiryDate"] = [_in_words(old.access), _in_words(new.access)]
    entry = granting.audit(new.id, "purchase.recounted", GATEWAY, moment, changes=change)
    return Changes(purchases=(new,), audit=(entry,))


def _in_words(held: Access) -> str | None:
    return held.expires_at.isoformat() if held.expires_at else None
