"""How much of a payment's captured money may still go back.

What others may still take, by an open dispute or a refund under way at the dashboard, is reserved, and comes before the
refunds that we have requested: whoever moves the money first, it must not move twice.
"""

from collections.abc import Iterable

from gateway.services.core.model.state import State
from gateway.services.core.model.values import Payment, Refund, RefundOrigin, RefundStatus

ALREADY_BACK = "already_back"
"""The failure of a refund that is no longer owed: its money went back another way. Nobody has to act."""


def kept_of(payment: Payment) -> int:
    """Minor units that were captured and have not gone back."""
    return 0 if payment.captured is None else payment.captured.amount_minor - payment.refunded_minor


def own_pending(refunds: Iterable[Refund]) -> list[Refund]:
    """Our refunds that are still to be made, the oldest first."""
    return sorted((each for each in refunds if _waits(each) and _is_ours(each)), key=lambda each: each.id)


def reserved(refunds: Iterable[Refund]) -> int:
    """Minor units that others may still take."""
    return sum_of(each for each in refunds if _waits(each) and not _is_ours(each))


def sum_of(refunds: Iterable[Refund]) -> int:
    return sum(refund.amount.amount_minor for refund in refunds)


def left_of(payment: Payment, refunds: Iterable[Refund]) -> int:
    """Minor units that have not gone back, are not on their way back, and are not reserved."""
    listed = list(refunds)
    return max(0, kept_of(payment) - sum_of(own_pending(listed)) - reserved(listed))


def left_to_refund(payment: Payment, state: State) -> int:
    return left_of(payment, state.refunds_of(payment.id))


def is_held(refund: Refund, payment: Payment, refunds: Iterable[Refund]) -> bool:
    """Whether a refund of ours has to wait until others have taken what is reserved for them, or given it up: made now,
    it might send the same money back twice."""
    listed = list(refunds)
    ahead = [each for each in own_pending(listed) if each.id <= refund.id]
    return _waits(refund) and 0 < reserved(listed) > kept_of(payment) - sum_of(ahead)


def _waits(refund: Refund) -> bool:
    return refund.status is RefundStatus.PENDING


def _is_ours(refund: Refund) -> bool:
    return refund.origin is RefundOrigin.GATEWAY
