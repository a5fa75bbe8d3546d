"""What a recorded session counts for: for its own purchase, and for those that took its count over.

An upgrade goes on with the sessions used, and a renewal with those left. So a session that is recorded late, or
withdrawn, counts there as well, as if it had been known from the beginning.
"""

from collections.abc import Iterable, Iterator
from uuid import UUID

from gateway.services.core.frozen import replace
from gateway.services.core.model.state import NOTHING, Changes, Moment, State
from gateway.services.core.model.values import Access, Purchase, PurchaseStatus
from gateway.services.core.rules import inheritance

Purchases = dict[UUID, Purchase]


def counted(purchase: Purchase, by: int, state: State, moment: Moment) -> tuple[Purchase, Changes]:
    """The purchase with one session more, or less, that was held under it; and what follows for others.

    Args:
        by: 1 or -1. There is a session left for one more.
    """
    held = purchase.access
    after = dict(state.purchases)
    more = replace(held, sessions_used=held.sessions_used + by, sessions_recorded=held.sessions_recorded + by)
    own = after[purchase.id] = _with(more, purchase, after, state)
    above = list(inheritance.above(purchase, state.purchases))
    changes = Changes(purchases=(own,)) + _counted_above(above, after, state, moment)
    if purchase.status is PurchaseStatus.REFUNDED:
        changes += _counted_below(purchase, {each.id for each in above}, after, state, moment)
    return own, changes


def _counted_above(above: Iterable[Purchase], after: Purchases, state: State, moment: Moment) -> Changes:
    """Purchases that took over from what has changed, each after the one that it replaced."""
    changes = NOTHING
    for each in above:
        assert each.supersedes is not None, "it replaced another"
        was, now = (purchases.get(each.supersedes) for purchases in (state.purchases, after))
        moved = 0
        if was is not None and now is not None and was.tier != each.tier:
            most = _sold(each, state)
            moved = min(now.access.sessions_used, most) - min(was.access.sessions_used, most)
        changes += _moved(each, moved, after, state, moment)
    return changes


def _counted_below(purchase: Purchase, above: set[UUID], after: Purchases, state: State, moment: Moment) -> Changes:
    """The purchase that came back when this one's money went back, which counts what was held under this one: all of a
    renewal, and of another tier as many as it has sessions."""
    below = inheritance.standing_below(purchase, state.purchases)
    chain = {purchase.id, *_between(purchase, state)} | above
    if below is None or not _came_back(below, chain, state):
        return NOTHING
    was, now = purchase.access.sessions_used, after[purchase.id].access.sessions_used
    if purchase.tier != below.tier:
        was, now = (min(used, below.access.sessions_total) for used in (was, now))
    changes = _moved(below, now - was, after, state, moment)
    others = (each for each in inheritance.above(below, state.purchases) if each.id not in chain)
    return changes + _counted_above(others, after, state, moment)


def _moved(purchase: Purchase, by: int, after: Purchases, state: State, moment: Moment) -> Changes:
    """A purchase with so many more, or fewer, of the sessions that it took over used; and with as many in all as follow
    from what is left below it now."""
    held = purchase.access
    used = max(held.sessions_recorded, held.sessions_used + by)
    again = _with(replace(held, sessions_used=used), purchase, after, state)
    if again == purchase:
        return NOTHING
    after[purchase.id] = again
    return inheritance.recounted(purchase, again, moment)


def _with(held: Access, purchase: Purchase, after: Purchases, state: State) -> Purchase:
    """The purchase with this access, and in all as many sessions as were paid for, but no fewer than are used."""
    payment = state.payments.get(purchase.payment_id) if purchase.payment_id else None
    stored, total = purchase.access, held.sessions_total
    if payment is not None:
        was, now = (inheritance.founded(purchase, payment, each).sessions_total for each in (state.purchases, after))
        is_stretched = stored.sessions_total == max(was, stored.sessions_used)
        total = now if is_stretched else total + now - was
    return replace(purchase, access=replace(held, sessions_total=max(total, held.sessions_used)))


def _sold(purchase: Purchase, state: State) -> int:
    """How many sessions it began with: of those that were used before, it took over no more."""
    payment = state.payments.get(purchase.payment_id) if purchase.payment_id else None
    return payment.terms.session_count if payment else purchase.access.sessions_total


def _between(purchase: Purchase, state: State) -> Iterator[UUID]:
    """The refunded purchases below it, down to the one that stands."""
    below = state.purchases.get(purchase.supersedes) if purchase.supersedes else None
    while below is not None and below.status is PurchaseStatus.REFUNDED:
        yield below.id
        below = state.purchases.get(below.supersedes) if below.supersedes else None


def _came_back(below: Purchase, chain: set[UUID], state: State) -> bool:
    """Whether it has been active again since: it is not SUPERSEDED, or was so by yet another purchase."""
    if below.status is not PurchaseStatus.SUPERSEDED:
        return True
    return any(each.supersedes == below.id and each.id not in chain for each in state.purchases.values())
