"""What a refund does to the payment's purchase, and to the purchases that replaced it or that it had replaced."""

from uuid import UUID

from gateway.services.core.frozen import replace
from gateway.services.core.model.state import NOTHING, Changes, Moment, State
from gateway.services.core.model.values import (
    GATEWAY,
    AccessStatus,
    Origin,
    Payment,
    PaymentStatus,
    Purchase,
    PurchaseStatus,
)
from gateway.services.core.rules import access, cases, granting, inheritance
from gateway.services.core.rules.recording.counts import with_counts


def end_purchase(payment: Payment, state: State, moment: Moment) -> Changes:
    """What a full refund takes back: the payment's purchase, its access, and what other purchases took over from it. A
    partial refund takes nothing."""
    purchase = state.purchase_of(payment)
    if payment.status is not PaymentStatus.REFUNDED or purchase is None:
        return NOTHING
    if purchase.status not in (PurchaseStatus.ACTIVE, PurchaseStatus.SUPERSEDED):
        return NOTHING
    ended = granting.end(purchase, PurchaseStatus.REFUNDED, AccessStatus.REVOKED, purchase.ended_at or moment.now)
    entry = granting.audit(ended.id, "purchase.refunded", GATEWAY, moment)
    changes = Changes(purchases=(ended,), audit=(entry,)) + inheritance.passed_on(ended, state, moment)
    if purchase.status is PurchaseStatus.ACTIVE:
        return with_counts(changes + _revive(ended, state, moment), state)
    return with_counts(changes, state) + _kept_by_admin(ended, payment, state, moment)


def reinstated(payment: Payment, state: State, moment: Moment) -> Changes | None:
    """The purchase that a refund had ended, now that its money came back to us, as it would be without that refund:
    ACTIVE, or SUPERSEDED where another took its place. None where the student has bought the course again since."""
    purchase = state.purchase_of(payment)
    assert purchase is not None, "a fulfilled payment has its purchase"
    if purchase.status is not PurchaseStatus.REFUNDED:
        return NOTHING  # it was a partial refund, or the purchase had ended before
    purchase = inheritance.refreshed(purchase, payment, state.purchases)
    entry = granting.audit(purchase.id, "purchase.reinstated", GATEWAY, moment)
    if _is_superseded(purchase, state):
        again = replace(purchase, status=PurchaseStatus.SUPERSEDED)
        changes = Changes(purchases=(again,), audit=(entry,)) + inheritance.passed_on(again, state, moment)
        return with_counts(changes, state)
    if access.has_lapsed(purchase.access, moment.now):
        return with_counts(Changes(audit=(entry,)) + granting.lapsed(purchase, GATEWAY, moment)[1], state)
    active = state.active_purchase(purchase.student_id, purchase.course_id)
    if active is not None and active.id not in _chain_below(purchase, state):
        return None
    ended, again = _in_place_of(active, purchase, payment, state, moment)
    changes = Changes(purchases=(*ended, again), audit=(entry,))
    return with_counts(changes + inheritance.passed_on(again, state, moment), state)


def _in_place_of(
    meanwhile: Purchase | None, purchase: Purchase, payment: Payment, state: State, moment: Moment
) -> tuple[tuple[Purchase, ...], Purchase]:
    """The purchase that had been revived meanwhile, ended, and the reinstated one."""
    held = replace(purchase.access, status=AccessStatus.GRANTED)
    again = replace(purchase, status=PurchaseStatus.ACTIVE, ended_at=None, access=held)
    if meanwhile is None:
        return (), again
    ended = granting.end(meanwhile, PurchaseStatus.SUPERSEDED, AccessStatus.REVOKED, moment.now)
    if meanwhile.tier != purchase.tier:
        return (ended,), again
    return (ended,), inheritance.refreshed(again, payment, {**state.purchases, ended.id: ended})


def _kept_by_admin(ended: Purchase, payment: Payment, state: State, moment: Moment) -> Changes:
    """A case where an admin had put another purchase in its place, which goes on although the money went back: whether
    to take that one back is for an admin to decide."""
    active = state.active_purchase(ended.student_id, ended.course_id)
    if active is None or ended.id not in _chain_below(active, state):
        return NOTHING
    by_admin = [each for each in inheritance.standing_above(ended, state.purchases) if each.origin is Origin.ADMIN]
    if not by_admin:
        return NOTHING
    reason = (
        f"All of this payment went back, and its purchase ({ended.tier}) ended. An admin had put {by_admin[0].tier} in "
        f"its place, and the student has {active.tier} still. To take it back: revokePurchase; to let the student keep "
        "it, or once that is done: cancelJob."
    )
    return cases.noted(payment.id, reason, moment)


def _is_superseded(purchase: Purchase, state: State) -> bool:
    """Whether a purchase stands in its place, or ended there for another reason than that its money went back."""
    return any(True for _ in inheritance.standing_above(purchase, state.purchases))


def _chain_below(purchase: Purchase, state: State) -> set[UUID]:
    found = set()
    below = purchase.supersedes
    while below is not None:
        found.add(below)
        below = state.purchases[below].supersedes if below in state.purchases else None
    return found


def _revive(refunded: Purchase, state: State, moment: Moment) -> Changes:
    """The purchase that the refunded one had replaced, active again if it is not past its expiry; where that one is
    refunded as well, the one before it. The sessions used since stay used, see `with_counts`."""
    below = inheritance.standing_below(refunded, state.purchases)
    # Only a SUPERSEDED purchase becomes active again.
    if below is None or below.status is not PurchaseStatus.SUPERSEDED or access.has_lapsed(below.access, moment.now):
        return NOTHING
    held = replace(below.access, status=AccessStatus.GRANTED)
    revived = replace(below, status=PurchaseStatus.ACTIVE, ended_at=None, access=held)
    entry = granting.audit(revived.id, "purchase.revived", GATEWAY, moment)
    return Changes(purchases=(revived,), audit=(entry,))
