"""How many sessions are used under each purchase of a student and course, as it follows from those that were held.

A purchase counts what was held under it, and

- what the purchase of another tier had used that it continues, as far as it has room for that; a renewal starts anew,
  and has what was left there beside its own;
- what was held under those that took its place and whose money is back, for what was held stays held: all of a
  renewal's, and of another tier's as many as it has room for.

So the counts follow from what was held and from whose money is back now, in whichever order that came about.
"""

from collections.abc import Iterable, Mapping
from uuid import UUID

from gateway.services.core.frozen import replace
from gateway.services.core.model.state import NOTHING, Changes, Moment, State
from gateway.services.core.model.values import Purchase, PurchaseStatus
from gateway.services.core.rules import inheritance

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
    before = {each.id: each for each in state.purchases.values() if _is_of_same_pair(each, one)}
    after = {**before, **result}
    was = _Tree(before, state)
    now = _Tree(after, state, {key: own + _more(after[key], before[key]) for key, own in was.own.items()})
    for key in was.order:
        again = _with(after[key], before, after, now.used(key) - was.used(key), state)
        if again != after[key]:
            after[key] = result[key] = again
    return result


def _more(now: Purchase, was: Purchase) -> int:
    return now.access.sessions_recorded - was.access.sessions_recorded


class _Tree:
    """The purchases of a pair, each above the one whose place it took.

    Args:
        own: how many sessions were held under each; found by what is stored where it is not given.
    """

    def __init__(self, purchases: Purchases, state: State, own: Mapping[UUID, int] | None = None) -> None:
        self._purchases, self._state = purchases, state
        self._above: dict[UUID, list[UUID]] = {key: [] for key in purchases}
        roots = list[UUID]()
        for each in sorted(purchases.values(), key=lambda each: (each.created_at, each.id)):
            below = each.supersedes if each.supersedes in purchases else None
            (roots if below is None else self._above[below]).append(each.id)
        self.order = list(roots)
        """Each after the one below it."""
        for key in self.order:
            self.order += self._above[key]
        self._is_back = dict[UUID, bool]()
        for key in reversed(self.order):
            is_back = purchases[key].status is PurchaseStatus.REFUNDED
            self._is_back[key] = is_back and all(self._is_back[each] for each in self._above[key])
        self.own = dict(own) if own is not None else self._stored()

    def used(self, key: UUID, without: UUID | None = None) -> int:
        """How many are used under a purchase. Args: without: what was held under this one, and above it, left out."""
        purchase, most = self._purchases[key], sold(self._purchases[key], self._state)
        count, others, renewed = self._begun_with(key) + self.own[key], 0, 0
        for above in self._above[key]:
            if self._is_back[above] and above != without:
                if self._purchases[above].tier == purchase.tier:
                    renewed += self._held(above)
                else:
                    others += self._held(above)
        return max(count, min(count + others, most)) + renewed

    def _begun_with(self, key: UUID) -> int:
        """How many it took over as used."""
        purchase = self._purchases[key]
        below = self._purchases.get(purchase.supersedes) if purchase.supersedes else None
        if below is None or below.tier == purchase.tier:
            return 0
        return min(self.used(below.id, without=key), sold(purchase, self._state))

    def _held(self, key: UUID) -> int:
        """How many were held under a purchase, and under all above it."""
        return self.own[key] + sum(map(self._held, self._above[key]))

    def _stored(self) -> dict[UUID, int]:
        """How many were held under each: those recorded, and those that were used there and nobody recorded. Under
        another tier whose money is back the two below count as one, so that only the recorded ones are known."""
        self.own = {key: each.access.sessions_recorded for key, each in self._purchases.items()}
        for key in reversed(self.order):
            purchase = self._purchases[key]
            below = self._purchases.get(purchase.supersedes) if purchase.supersedes else None
            if not (self._is_back[key] and below is not None and below.tier != purchase.tier):
                begun = 0
                if below is not None and below.tier != purchase.tier:
                    begun = min(below.access.sessions_used, sold(purchase, self._state))
                counted_above = sum(self._held(each) for each in self._above[key] if self._is_back[each])
                unrecorded = purchase.access.sessions_used - begun - counted_above - self.own[key]
                self.own[key] += max(0, unrecorded)
        return self.own


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


def _is_of_same_pair(one: Purchase, other: Purchase) -> bool:
    return one.student_id == other.student_id and one.course_id == other.course_id
