"""The rows that an old purchase becomes here: purchase, payment and refund, with the audit entries that say whence."""

from dataclasses import dataclass
from datetime import UTC, datetime
from uuid import UUID

from gateway.services.core.frozen import quick, replace
from gateway.services.core.model.imports.old_purchase import OldPayment, OldPurchase
from gateway.services.core.model.records import AuditEntry
from gateway.services.core.model.state import NOTHING, Changes, Moment
from gateway.services.core.model.values import (
    Actor,
    Fulfilment,
    Origin,
    Payment,
    PaymentStatus,
    Purchase,
    PurchaseStatus,
    Purpose,
    Refund,
    RefundOrigin,
    RefundStatus,
    Terms,
    Tier,
)
from gateway.services.core.rules import granting, tiers, timeline
from gateway.services.core.rules.imports.ends import Standing, refunded_minor

REFUNDED_BEFORE = "went back before it came over"


@quick
@dataclass(frozen=True, slots=True)
class Arrival:
    """A row that comes over: what it says, how it stands, and the ids that its rows get here.

    `below` is the purchase that it replaced.
    """

    old: OldPurchase
    source: str
    tier: Tier
    standing: Standing
    below: Purchase | None
    actor: Actor
    purchase_id: UUID
    payment_id: UUID
    refund_id: UUID


def entered(arrival: Arrival, moment: Moment) -> tuple[Purchase, Payment | None, Changes]:
    """The purchase and its payment, and all that is written of them."""
    purchase = _purchase(arrival)
    entries = (_purchase_imported(arrival, purchase, moment), *_superseded(arrival, purchase, moment))
    changes = Changes(purchases=(purchase,), audit=entries)
    if arrival.old.payment is None:
        return purchase, None, changes
    payment, of_payment = _paid(arrival, arrival.old.payment, moment)
    return purchase, payment, of_payment + changes


def _purchase(arrival: Arrival) -> Purchase:
    old, standing = arrival.old, arrival.standing
    return Purchase(
        id=arrival.purchase_id,
        student_id=old.student_id,
        course_id=old.course_id,
        tier=arrival.tier.code,
        rank=arrival.tier.rank,
        origin=Origin.ADMIN if old.payment is None else Origin.PAYMENT,
        created_by=arrival.actor,
        metadata=old.metadata,
        access=standing.access,
        created_at=old.created_at,
        status=standing.status,
        payment_id=None if old.payment is None else arrival.payment_id,
        supersedes=None if arrival.below is None else arrival.below.id,
        ended_at=standing.ended_at,
    )


def _purchase_imported(arrival: Arrival, purchase: Purchase, moment: Moment) -> AuditEntry:
    old, held = arrival.old, purchase.access
    changes: dict[str, object] = {
        "oldId": old.old_id,
        "source": arrival.source,
        "tier": purchase.tier,
        "status": purchase.status.value,
        "studentId": purchase.student_id,
        "courseId": str(purchase.course_id),
        "createdAt": _iso(purchase.created_at),
        "startsAt": _iso(held.starts_at),
        "expiryDate": _iso(held.expires_at),
        "endedAt": _iso(purchase.ended_at),
        "sessionsTotal": held.sessions_total,
        "sessionsUsed": held.sessions_used,
    }
    changes |= {name: list(names) for name, names in (("cleaned", old.cleaned), ("leftOut", old.left_out)) if names}
    return granting.audit(purchase.id, "purchase.imported", arrival.actor, moment, changes=changes)


def _superseded(arrival: Arrival, purchase: Purchase, moment: Moment) -> tuple[AuditEntry, ...]:
    if (below := arrival.below) is None:
        return ()
    change: dict[str, object] = {"tier": [below.tier, purchase.tier]}
    return (granting.audit(below.id, "purchase.superseded", arrival.actor, moment, changes=change),)


def _paid(arrival: Arrival, paid: OldPayment, moment: Moment) -> tuple[Payment, Changes]:
    old, back = arrival.old, refunded_minor(arrival.old)
    status = PaymentStatus.SUCCEEDED
    if back:
        is_full = back == paid.amount.amount_minor
        status = PaymentStatus.REFUNDED if is_full else PaymentStatus.PARTIALLY_REFUNDED
    terms, purpose = _sold(arrival)
    payment = Payment(
        id=arrival.payment_id,
        student_id=old.student_id,
        course_id=old.course_id,
        terms=terms,
        amount=paid.amount,
        purpose=purpose,
        provider=paid.provider,
        metadata=old.metadata,
        created_at=old.created_at,
        status=status,
        fulfilment=Fulfilment.FULFILLED,
        reference=paid.reference,
        attempt=paid.attempt or paid.reference,  # until the provider says it, see `refunds.learnt`
        captured=paid.amount,
        refunded_minor=back,
        confirmed_at=old.created_at,
    )
    entry = timeline.imported(payment, old.old_id, arrival.source, arrival.actor, moment)
    refunds = _refunded(arrival, paid, payment, moment) if back else NOTHING
    return payment, Changes(payments=(payment,), audit=(entry,)) + refunds


def _sold(arrival: Arrival) -> tuple[Terms, Purpose]:
    """What the money bought, so that the access follows from it by the same rules as any other.

    It was a renewal where it replaced a purchase of its tier and has that one's sessions left beside its own. An end
    that follows from the tier's validity and the purchase's own date is not noted a second time.
    """
    old, held, below = arrival.old, arrival.standing.access, arrival.below
    terms, left = tiers.terms_of(arrival.tier), below.access.sessions_left if below else 0
    is_renewal = (
        below is not None
        and below.tier == arrival.tier.code
        and held.sessions_total == left + arrival.tier.session_count
    )
    is_by_validity = not old.is_endless and old.expires_at is None and old.starts_at is None
    return replace(
        terms,
        session_count=arrival.tier.session_count if is_renewal else held.sessions_total,
        validity_days=None if old.is_endless else terms.validity_days,
        expires_at=None if is_by_validity else held.expires_at,
    ), Purpose.RENEWAL if is_renewal else Purpose.PURCHASE


def _refunded(arrival: Arrival, paid: OldPayment, payment: Payment, moment: Moment) -> Changes:
    """What went back before, as one refund: its reference is its own id until the provider says another."""
    is_all = payment.status is PaymentStatus.REFUNDED
    ended_at = arrival.standing.ended_at if is_all and arrival.standing.status is PurchaseStatus.REFUNDED else None
    at = paid.refunded_at or ended_at or payment.created_at
    refund = Refund(
        id=arrival.refund_id,
        payment_id=payment.id,
        amount=replace(paid.amount, amount_minor=payment.refunded_minor),
        reason=REFUNDED_BEFORE,
        requested_by=arrival.actor,
        created_at=at,
        status=RefundStatus.SUCCEEDED,
        reference=paid.refund_reference or str(arrival.refund_id),
        settled_at=at,
        origin=RefundOrigin.PROVIDER,
    )
    settled: dict[str, object] = {"settledAt": _iso(at)}
    entry = timeline.refund(refund, "payment.refund_imported", arrival.actor, moment, refund.reason, settled)
    return Changes(refunds=(refund,), audit=(entry,))


def _iso(instant: datetime | None) -> str | None:
    return None if instant is None else instant.astimezone(UTC).isoformat()
