"""How captured money goes back, and what that does to the purchase it had become."""

from uuid import UUID

from gateway.services.core.commands.every import RefundPayment
from gateway.services.core.model.outcomes import (
    FieldProblem,
    IdempotencyKeyReused,
    InvalidInput,
    NotFound,
    RefundRequested,
)
from gateway.services.core.model.state import NOTHING, Changes, Decision, Moment, State
from gateway.services.core.model.values import GATEWAY, Actor, Money, Payment, Refund
from gateway.services.core.rules import timeline
from gateway.services.core.rules.idempotency import recorded, replay_of
from gateway.services.core.rules.jobs import refund_job
from gateway.services.core.rules.refunds.sums import left_to_refund, reserved

ALL_GONE = "all of it went back, or is on its way back"
UNDER_DISPUTE = (
    "a dispute is open over what is left of it, or a refund is under way at the provider's dashboard: the money "
    "would go back twice; ask again once that is decided"
)


def refund_payment(command: RefundPayment, state: State, moment: Moment) -> Decision:
    """An admin's wish to give money back: all that is left, or a part of it."""
    match replay_of(command, state):
        case IdempotencyKeyReused() as reused:
            return Decision(reused)
        case refund_id if refund_id is not None:
            return _requested(state.refunds[refund_id], command, state)
    if command.refund_id in state.refunds:
        return _requested(state.refunds[command.refund_id], command, state)
    payment = state.payments.get(command.payment_id)
    if payment is None:
        return Decision(NotFound("payment"))
    left = left_to_refund(payment, state)
    amount = left if command.amount_minor is None else command.amount_minor
    if problem := _problem(payment, amount, left, reserved(state.refunds_of(payment.id))):
        return Decision(InvalidInput((problem,)))
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
    entry = timeline.refund(refund, "payment.refund_requested", actor, moment, reason)
    return refund, Changes(refunds=(refund,), jobs=(refund_job(refund, moment),), audit=(entry,))


def all_back(taken: Payment, reason: str, moment: Moment) -> Changes:
    """The refund of all that a payment took, where it took anything."""
    assert taken.captured is not None, "only captured money is refunded"
    if taken.captured.amount_minor == 0:
        return NOTHING
    _, changes = promise(taken, taken.captured.amount_minor, reason, GATEWAY, moment, moment.new_id())
    return changes


def _requested(refund: Refund, command: RefundPayment, state: State) -> Decision:
    payment = state.payments[refund.payment_id]
    return Decision(RefundRequested(refund, payment, already_processed=refund.id != command.refund_id))


def _problem(payment: Payment, amount: int, left: int, reserved_minor: int) -> FieldProblem | None:
    if payment.captured is None:
        return FieldProblem(("paymentId",), "nothing was captured, so there is nothing to give back")
    if left == 0:
        return FieldProblem(("paymentId",), UNDER_DISPUTE if reserved_minor else ALL_GONE)
    if not 1 <= amount <= left:
        beside = f"; {reserved_minor} are under dispute" if reserved_minor else ""
        return FieldProblem(("amountMinor",), f"must be 1 to {left}, what is left of it{beside}")
    return None
