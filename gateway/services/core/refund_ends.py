"""What money that went back does to its payment, and to the purchase that it had become."""

from dataclasses import replace

from gateway.services.core import access, granting
from gateway.services.core.values import (
    GATEWAY,
    AccessStatus,
    Payment,
    PaymentStatus,
    Purchase,
    PurchaseStatus,
)
from gateway.services.core.world import NOTHING, Changes, Moment, World


def with_refund(payment: Payment, amount_minor: int) -> Payment:
    assert payment.captured is not None, "only captured money is refunded"
    refunded_minor = payment.refunded_minor + amount_minor
    is_full = refunded_minor >= payment.captured.amount_minor
    status = PaymentStatus.REFUNDED if is_full else PaymentStatus.PARTIALLY_REFUNDED
    if refunded_minor == 0:
        status = PaymentStatus.SUCCEEDED
    return replace(payment, refunded_minor=refunded_minor, status=status)


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


def _revive(refunded: Purchase, world: World, moment: Moment) -> Changes:
    """The nearest purchase below an upgrade that is still paid for and not past its expiry, active again.

    The sessions used under the upgrade stay used.
    """
    below = refunded.supersedes and world.purchases.get(refunded.supersedes)
    while below:
        if _still_holds(below, world) and not access.has_lapsed(below.access, moment.now):
            used = min(_used_by_then(below, refunded), below.access.sessions_total)
            again = replace(below.access, status=AccessStatus.GRANTED, sessions_used=used)
            revived = replace(below, status=PurchaseStatus.ACTIVE, ended_at=None, access=again)
            entry = granting.audit(revived.id, "purchase.revived", GATEWAY, moment)
            return Changes(purchases=(revived,), audit=(entry,))
        below = below.supersedes and world.purchases.get(below.supersedes)
    return NOTHING


def _used_by_then(below: Purchase, refunded: Purchase) -> int:
    """An upgrade went on counting where the one below stood; a renewal began anew."""
    if refunded.tier == below.tier:
        return below.access.sessions_used + refunded.access.sessions_used
    return max(below.access.sessions_used, refunded.access.sessions_used)


def _still_holds(purchase: Purchase, world: World) -> bool:
    """Whether it was only superseded, and its money, if any was paid, is still here."""
    if purchase.status is not PurchaseStatus.SUPERSEDED:
        return False
    payment = purchase.payment_id and world.payments.get(purchase.payment_id)
    return not payment or payment.status is not PaymentStatus.REFUNDED
