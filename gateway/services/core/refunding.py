"""How captured money goes back, and what that does to the purchase it had become."""

from dataclasses import replace
from uuid import UUID

from gateway.services.core import access, granting
from gateway.services.core.commands import RecordRefunds, RefundPayment, SettleRefund
from gateway.services.core.jobs import refund_job
from gateway.services.core.keys import recorded, replay_of
from gateway.services.core.outcomes import (
    FieldProblem,
    Invalid,
    KeyReused,
    Missing,
    RefundRequested,
    RefundSettled,
    RefundsRecorded,
)
from gateway.services.core.refund_sums import left_to_refund
from gateway.services.core.values import (
    GATEWAY,
    AccessStatus,
    Actor,
    Failure,
    Money,
    Payment,
    PaymentStatus,
    Purchase,
    PurchaseStatus,
    Refund,
    RefundStatus,
)
from gateway.services.core.verdicts import RefundFact, RefundRejected
from gateway.services.core.work import JobState
from gateway.services.core.world import NOTHING, Changes, Decision, Moment, World


def refund_payment(command: RefundPayment, world: World, moment: Moment) -> Decision:
    """An admin's wish to give money back: all that is left, or a part of it."""
    match replay_of(command, world):
        case KeyReused() as reused:
            return Decision(reused)
        case refund_id if refund_id is not None:
            return _requested(world.refunds[refund_id], command, world)
    if command.refund_id in world.refunds:
        return _requested(world.refunds[command.refund_id], command, world)
    payment = world.payments.get(command.payment_id)
    if payment is None:
        return Decision(Missing("payment"))
    left = left_to_refund(payment, world)
    amount = left if command.amount_minor is None else command.amount_minor
    if problem := _problem(payment, amount, left):
        return Decision(Invalid((problem,)))
    refund, changes = promise(payment, amount, command.reason, command.actor, moment, command.refund_id)
    return Decision(
        RefundRequested(refund, payment, already_processed=False),
        changes + Changes(records=recorded(command, refund.id, moment)),
    )


def promise(
    payment: Payment, amount_minor: int, reason: str, actor: Actor, moment: Moment, refund_id: UUID
) -> tuple[Refund, Changes]:
    """A refund, with the job that carries it out and the entry that says who wanted it."""
    assert payment.captured is not None, "only captured money is refunded"
    amount = Money(amount_minor, payment.captured.currency)
    refund = Refund(refund_id, payment.id, amount, reason, actor, moment.now)
    entry = granting.audit(payment.id, "payment.refund_requested", actor, moment, reason, {"amountMinor": amount_minor})
    return refund, Changes(refunds=(refund,), jobs=(refund_job(refund, moment),), audit=(entry,))


def settle_refund(command: SettleRefund, world: World, moment: Moment) -> Decision:
    """The provider's word on a refund, in the books once."""
    refund = world.refunds.get(command.refund_id)
    if refund is None:
        return Decision(Missing("refund"))
    payment = world.payments[refund.payment_id]
    if refund.status is not RefundStatus.PENDING:
        return Decision(RefundSettled(refund, payment))
    if isinstance(command.result, RefundRejected):
        return _rejected(refund, payment, command.result, moment)
    given = replace(refund, status=RefundStatus.SUCCEEDED, reference=command.result.reference, settled_at=moment.now)
    refunded = _with_refund(payment, refund.amount.amount_minor)
    entry = granting.audit(payment.id, "payment.refunded", GATEWAY, moment, refund.reason)
    changes = Changes(payments=(refunded,), refunds=(given,), audit=(entry,))
    return Decision(RefundSettled(given, refunded), changes + _end_purchase(refunded, world, moment))


def record_refunds(command: RecordRefunds, world: World, moment: Moment) -> Decision:
    """Our books of a payment's refunds brought to what the provider's say, whoever asked for them there."""
    payment = world.payments.get(command.payment_id)
    if payment is None:
        return Decision(Missing("payment"))
    changes = NOTHING
    for fact in {fact.reference: fact for fact in command.facts}.values():
        known = _known(fact, payment, world)
        if payment.captured is None:
            continue  # what is not captured here cannot have gone back
        if fact.status is RefundStatus.SUCCEEDED and (known is None or known.status is not RefundStatus.SUCCEEDED):
            payment, more = _given(known or _made_there(fact, payment, moment), fact, payment, moment)
        elif fact.status is RefundStatus.FAILED and known is not None and known.status is RefundStatus.SUCCEEDED:
            payment, more = _come_back(known, payment, moment)
        else:
            continue
        changes += more
    if changes == NOTHING:
        return Decision(RefundsRecorded(payment))
    changes += Changes(payments=(payment,)) + _end_purchase(payment, world, moment)
    return Decision(RefundsRecorded(payment), changes)


def _given(refund: Refund, fact: RefundFact, payment: Payment, moment: Moment) -> tuple[Payment, Changes]:
    """The refund as one that was made."""
    given = replace(
        refund,
        amount=fact.amount,
        status=RefundStatus.SUCCEEDED,
        reference=fact.reference,
        failure=None,
        settled_at=moment.now,
    )
    entry = granting.audit(payment.id, "payment.refunded", GATEWAY, moment, given.reason)
    return _with_refund(payment, fact.amount.amount_minor), Changes(refunds=(given,), audit=(entry,))


def _come_back(refund: Refund, payment: Payment, moment: Moment) -> tuple[Payment, Changes]:
    """A refund that the provider had sent and that came back to it, days later at times: the money is owed again, and
    stands in a FAILED job until an admin has found another way."""
    failure = Failure("returned", "the refund came back to the provider")
    failed = replace(refund, status=RefundStatus.FAILED, failure=failure, settled_at=moment.now)
    job = replace(refund_job(failed, moment), state=JobState.FAILED, last_error=failure.message, finished_at=moment.now)
    entry = granting.audit(payment.id, "payment.refund_returned", GATEWAY, moment, refund.reason)
    return _with_refund(payment, -refund.amount.amount_minor), Changes(refunds=(failed,), jobs=(job,), audit=(entry,))


def _known(fact: RefundFact, payment: Payment, world: World) -> Refund | None:
    for refund in world.refunds_of(payment.id):
        if refund.id == fact.refund_id or refund.reference == fact.reference:
            return refund
    return None


def _made_there(fact: RefundFact, payment: Payment, moment: Moment) -> Refund:
    return Refund(moment.new_id(), payment.id, fact.amount, "made at the provider", GATEWAY, moment.now)


def _with_refund(payment: Payment, amount_minor: int) -> Payment:
    assert payment.captured is not None, "only captured money is refunded"
    refunded_minor = payment.refunded_minor + amount_minor
    is_full = refunded_minor >= payment.captured.amount_minor
    status = PaymentStatus.REFUNDED if is_full else PaymentStatus.PARTIALLY_REFUNDED
    if refunded_minor == 0:
        status = PaymentStatus.SUCCEEDED
    return replace(payment, refunded_minor=refunded_minor, status=status)


def _end_purchase(payment: Payment, world: World, moment: Moment) -> Changes:
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


def _rejected(refund: Refund, payment: Payment, result: RefundRejected, moment: Moment) -> Decision:
    failure = Failure(result.code, result.message)
    failed = replace(refund, status=RefundStatus.FAILED, failure=failure, settled_at=moment.now)
    entry = granting.audit(payment.id, "payment.refund_rejected", GATEWAY, moment, result.message)
    return Decision(RefundSettled(failed, payment), Changes(refunds=(failed,), audit=(entry,)))


def _requested(refund: Refund, command: RefundPayment, world: World) -> Decision:
    payment = world.payments[refund.payment_id]
    return Decision(RefundRequested(refund, payment, already_processed=refund.id != command.refund_id))


def _problem(payment: Payment, amount: int, left: int) -> FieldProblem | None:
    if payment.captured is None:
        return FieldProblem(("paymentId",), "nothing was captured, so there is nothing to give back")
    if left == 0:
        return FieldProblem(("paymentId",), "all of it went back, or is on its way back")
    if not 1 <= amount <= left:
        return FieldProblem(("amountMinor",), f"must be 1 to {left}, what is left of it")
    return None
