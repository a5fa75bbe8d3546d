"""How much of a payment's captured money may still go back."""

from gateway.services.core.values import Payment, RefundStatus
from gateway.services.core.world import World


def left_to_refund(payment: Payment, world: World) -> int:
    """Minor units that were captured and neither went back nor are on their way back."""
    if payment.captured is None:
        return 0
    promised = sum(
        refund.amount.amount_minor for refund in world.refunds_of(payment.id) if refund.status is RefundStatus.PENDING
    )
    return payment.captured.amount_minor - payment.refunded_minor - promised
