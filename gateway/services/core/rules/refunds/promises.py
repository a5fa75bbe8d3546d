"""Money that shall go back: a refund is decided here, whoever wanted it, and a job carries it out."""

from uuid import UUID

from gateway.services.core.model.state import NOTHING, Changes, Moment
from gateway.services.core.model.values import GATEWAY, Actor, Money, Payment, Refund
from gateway.services.core.rules import timeline
from gateway.services.core.rules.jobs import refund_job


def request_refund(
    payment: Payment, amount_minor: int, reason: str, actor: Actor, moment: Moment, refund_id: UUID
) -> tuple[Refund, Changes]:
    """A refund, with the job that carries it out and the entry that says who wanted it."""
    assert payment.captured is not None, "only captured money is refunded"
    amount = Money(amount_minor, payment.captured.currency)
    refund = Refund(refund_id, payment.id, amount, reason, actor, moment.now)
    entry = timeline.refund(refund, "payment.refund_requested", actor, moment, reason)
    return refund, Changes(refunds=(refund,), jobs=(refund_job(refund, moment),), audit=(entry,))


def request_full_refund(taken: Payment, reason: str, moment: Moment) -> Changes:
    """The refund of all that a payment took, where it took anything."""
    assert taken.captured is not None, "only captured money is refunded"
    if taken.captured.amount_minor == 0:
        return NOTHING
    _, changes = request_refund(taken, taken.captured.amount_minor, reason, GATEWAY, moment, moment.new_id())
    return changes
