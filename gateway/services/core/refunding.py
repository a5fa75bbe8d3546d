"""How captured money goes back, and what that does to the purchase it had become."""

from dataclasses import replace
from uuid import UUID

from gateway.services.core import granting
from gateway.services.core.commands import RefundPayment, SettleRefund
from gateway.services.core.jobs import refund_job
from gateway.services.core.keys import recorded, replay_of
from gateway.services.core.outcomes import (
    FieldProblem,
    Invalid,
    KeyReused,
    Missing,
    RefundRequested,
    RefundSettled,
)
from gateway.services.core.refund_ends import end_purchase, with_refund
from gateway.services.core.refund_sums import left_to_refund
from gateway.services.core.values import (
    GATEWAY,
    Actor,
    Failure,
    Money,
    Payment,
    Refund,
    RefundStatus,
)
from gateway.services.core.verdicts import RefundRejected
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


def all_back(taken: Payment, reason: str, moment: Moment) -> Changes:
    """The refund of all that a payment took, where it took anything."""
    assert taken.captured is not None, "only captured money is refunded"
    if taken.captured.amount_minor == 0:
        return NOTHING
    _, changes = promise(taken, taken.captured.amount_minor, reason, GATEWAY, moment, moment.new_id())
    return changes


def settle_refund(command: SettleRefund, world: World, moment: Moment) -> Decision:
    """The provider's word on a refund, in the books once."""
    refund = world.refunds.get(command.refund_id)
    if refund is None:
        return Decision(Missing("refund"))
    payment = world.payments[refund.payment_id]
    if refund.status is not RefundStatus.PENDING:
        return Decision(RefundSettled(refund, payment))
    assert command.result is not None, "a refund that is still owed is settled by the provider's word"
    if isinstance(command.result, RefundRejected):
        return _rejected(refund, payment, command.result, moment)
    given = replace(refund, status=RefundStatus.SUCCEEDED, reference=command.result.reference, settled_at=moment.now)
    refunded = with_refund(payment, refund.amount.amount_minor)
    entry = granting.audit(payment.id, "payment.refunded", GATEWAY, moment, refund.reason)
    changes = Changes(payments=(refunded,), refunds=(given,), audit=(entry,))
    return Decision(RefundSettled(given, refunded), changes + end_purchase(refunded, world, moment))


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
