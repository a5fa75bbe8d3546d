"""Refunds that are requested: decided here, whoever asked, and carried out by a job."""

from uuid import UUID

from gateway.services.core.model.state import NOTHING, Changes, Moment
from gateway.services.core.model.values import GATEWAY, Actor, Money, Payment, Refund
from gateway.services.core.rules import timeline
from gateway.services.core.rules.jobs import refund_job


def request_refund(
    payment: Payment, amount_minor: int, reason: str, actor: Actor, moment: Moment, refund_id: UUID
) -> tuple[Refund, Changes]:
    """A refund, with the job that carries it out and the audit entry that says who asked for it."""
    assert payment.captured is not None, "only captured money is refunded"
    amount = Money(amount_minor, payment.captured.currency)
    refund = Refund(refund_id, payment.id, amount, reason, actor, moment.now)
    entry = timeline.refund(refund, "payment.refund_requested", actor, moment, reason)
    return refund, Changes(refunds=(refund,), jobs=(refund_job(refund, moment),), audit=(entry,))


def request_full_refund(payment: Payment, reason: str, moment: Moment) -> Changes:
    """The refund of all that a payment captured, if it captured anything."""
    assert payment.captured is not None, "only captured money is refunded"
    if payment.captured.amount_minor == 0:
        return NOTHING
    _, changes = request_refund(payment, payment.captured.amount_minor, reason, GATEWAY, moment, moment.new_id())
    return changes
