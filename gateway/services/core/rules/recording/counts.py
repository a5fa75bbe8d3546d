"""How many sessions are used under each purchase of a student and course, as it follows from those that were held.

A purchase counts what was held under it, and

- what the purchase of another tier had used that it continues, as far as it has room for that; a renewal starts anew,
  and has what was left there beside its own;
- what was held under those that took its place and whose money is back, for what was held stays held: all of a
  renewal's, and of another tier's as many as it has room for.

So the counts follow from what was held and from whose money is back now, in whichever order that came about.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from uuid import UUID

from gateway.services.core.frozen import replace
from gateway.services.core.model.state import NOTHING, Changes, Moment, State
from gateway.services.core.model.values import Purchase, PurchaseStatus
from gateway.services.core.rules import inheritance
from gateway.services.core.rules.recording.numbers import is_of_same_pair

Purchases = Mapping[UUID, Purchase]


def counted(purchase: Purchase, by: int, state: State, moment: Moment) -> tuple[Purchase, Changes]:
    """The purchase with one session more, or less, that was held under it; and what follows for others.

    Args:
        by: 1 or -1. There is a session left for one more.
    """
    held = purchase.access
    changed = replace(purchase, access=replace(held, sessions_recorded=held.sessions_recorded + by))
    after = balanced((changed,), state)
    own, changes = after.pop(purchase.id), NOTHING
    for key, each in after.items():
        changes += inheritance.recounted(state.purchases[key], each, moment)
    return own, Changes(purchases=(own,)) + changes


def with_counts(changes: Changes, state: State) -> Changes:
    """Changes of purchases that ended or came back, with what that does to the sessions used and left."""
    after = balanced(changes.purchases, state) if changes.purchases else {}
    return replace(changes, purchases=tuple(after.values()))


def balanced(changed: Iterable[Purchase], state: State) -> dict[UUID, Purchase]:
    """The purchases that changed, and those of the pair that change with them, by their ids.

    Args:
        changed: purchases of one pair: with their statuses, and with the sessions recorded under each, as they are to
            be. How many are used, and how many there are, is found here.
    """
    result = {each.id: each for each in changed}
    one = next(iter(result.values()))
    before = {each.id: each for each in state.purchases.values() if is_of_same_pair(each, one)}
    after = {**before, **result}
    was = _tree(before, state)
    own = {key: number + _more(after[key], before[key]) for key, number in was.own.items()}
    now = replace(_tree(after, state), own=own)
    for key in was.order:
        again = _with(after[key], before, after, now.used(key) - was.used(key), state)
        if again != after[key]:
            after[key] = result[key] = again
    return result


def _more(now: Purchase, was: Purchase) -> int:
    return now.access.sessions_recorded - was.access.sessions_recorded


@dataclass(frozen=True, slots=True)
class _Tree:
    """The purchases of a pair, each above the one whose place it took.

    Args:
        order: each after the one below it.
        is_back: whether its money is back, and that of all above it.
        sold: how many sessions each began with, but for those taken over.
        own: how many were held under each.
    """

    purchases: Purchases
    above: Mapping[UUID, tuple[UUID, ...]]
    order: tuple[UUID, ...]
    is_back: Mapping[UUID, bool]
    sold: Mapping[UUID, int]
    own: Mapping[UUID, int]

    def used(self, key: UUID, without: UUID | None = None) -> int:
        """How many are used under a purchase. Args: without: what was held under this one, and above it, left out."""
        count, others, renewed = self._begun_with(key) + self.own[key], 0, 0
        for above in self.above[key]:
            if self.is_back[above] and above != without:
                if self.continues(above) is None:
                    renewed += self.held(above)
                else:
                    others += self.held(above)
        return max(count, min(count + others, self.sold[key])) + renewed

    def held(self, key: UUID) -> int:
        """How many were held under a purchase, and under all above it."""
        return self.own[key] + sum(map(self.held, self.above[key]))

    def continues(self, key: UUID) -> Purchase | None:
        """The purchase of another tier whose count it continues; None for a renewal, and for what took no place."""
        purchase = self.purchases[key]
        below = self.purchases.get(purchase.supersedes) if purchase.supersedes else None
        return None if below is None or below.tier == purchase.tier else below

    def _begun_with(self, key: UUID) -> int:
        """How many it took over as used."""
        below = self.continues(key)
        return 0 if below is None else min(self.used(below.id, without=key), self.sold[key])


def _tree(purchases: Purchases, state: State) -> _Tree:
    """With what was recorded under each, and what was used there and nobody recorded."""
    above: dict[UUID, tuple[UUID, ...]] = dict.fromkeys(purchases, ())
    order = list[UUID]()
    for each in sorted(purchases.values(), key=lambda each: (each.created_at, each.id)):
        if each.supersedes in purchases and each.supersedes is not None:
            above[each.supersedes] += (each.id,)
        else:
            order.append(each.id)
    for key in order:
        order += above[key]
    is_back = dict[UUID, bool]()
    for key in reversed(order):
        is_refunded = purchases[key].status is PurchaseStatus.REFUNDED
        is_back[key] = is_refunded and all(is_back[each] for each in above[key])
    own = {key: each.access.sessions_recorded for key, each in purchases.items()}
    tree = _Tree(purchases, above, tuple(order), is_back, {key: sold(purchases[key], state) for key in purchases}, own)
    for key in reversed(order):
        own[key] += _unrecorded(tree, key)
    return tree


def _unrecorded(tree: _Tree, key: UUID) -> int:
    """How many were used under a purchase and nobody recorded. Under another tier whose money is back that is not
    known: its used sessions are counted below it as well."""
    below, used = tree.continues(key), tree.purchases[key].access.sessions_used
    if below is not None and tree.is_back[key]:
        return 0
    begun = 0 if below is None else min(below.access.sessions_used, tree.sold[key])
    counted_above = sum(tree.held(each) for each in tree.above[key] if tree.is_back[each])
    return max(0, used - begun - counted_above - tree.own[key])


def sold(purchase: Purchase, state: State) -> int:
    """How many sessions were paid for by itself; or an admin gave."""
    payment = state.payments.get(purchase.payment_id) if purchase.payment_id else None
    return payment.terms.session_count if payment else purchase.access.sessions_total


def _with(purchase: Purchase, before: Purchases, after: Purchases, more: int, state: State) -> Purchase:
    """The purchase with so many more sessions used, and in all as many as were paid for, but no fewer than are used."""
    stored = before[purchase.id].access
    used, total = max(purchase.access.sessions_recorded, stored.sessions_used + more), stored.sessions_total
    payment = state.payments.get(purchase.payment_id) if purchase.payment_id else None
    if payment is not None:
        was, now = (inheritance.founded(purchase, payment, each).sessions_total for each in (before, after))
        is_stretched = stored.sessions_total == max(was, stored.sessions_used)
        total = now if is_stretched else total + now - was
    held = replace(purchase.access, sessions_used=used, sessions_total=max(total, used))
    return replace(purchase, access=held)
