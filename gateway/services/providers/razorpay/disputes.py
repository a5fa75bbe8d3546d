"""What Razorpay's disputes say in our words, and which refunds are nothing but a lost dispute once more."""

from collections.abc import Sequence

from gateway.services.core.model.values import RefundStatus
from gateway.services.core.model.verdicts import RefundRecord
from gateway.services.providers.metadata import refund_id_of
from gateway.services.providers.razorpay.api import Dispute
from gateway.services.providers.razorpay.api import RefundEntity as Given
from gateway.services.providers.razorpay.mapping import money
from gateway.services.providers.reasons import of_dispute

INQUIRIES = frozenset({"fraud", "retrieval"})
"""Phases in which a bank asks for particulars and has not claimed the money."""

_STATUS = {"lost": RefundStatus.SUCCEEDED, "won": RefundStatus.FAILED, "closed": RefundStatus.FAILED}


def dispute_record(dispute: Dispute) -> RefundRecord | None:
    """A dispute in Razorpay's books; None for an inquiry that took no money. A state that we do not know is not the
    end of it."""
    if dispute.phase in INQUIRIES and not dispute.amount_deducted:
        return None
    status = _STATUS.get(dispute.status, RefundStatus.PENDING)
    amount = money(dispute, _lost_minor(dispute) if dispute.status == "lost" else dispute.amount)
    why = of_dispute(dispute.reason_description or dispute.reason_code)
    return RefundRecord(dispute.id, None, amount, status, is_dispute=True, reason=why)


def apart_from_lost(refunds: Sequence[Given], disputes: Sequence[Dispute]) -> list[Given]:
    """The refunds, without those by which Razorpay itself gave the money of a lost dispute back: the same money is
    told once, as the dispute."""
    left = list(refunds)
    for dispute in disputes:
        told = dispute_record(dispute)
        if told is None or told.status is not RefundStatus.SUCCEEDED:
            continue
        if its_own := next((each for each in left if _is_of_lost(each, dispute)), None):
            left.remove(its_own)
    return left


def _is_of_lost(refund: Given, dispute: Dispute) -> bool:
    """Razorpay does not say of a refund that a dispute made it: it is nobody's wish, no older, and as much."""
    is_candidate = refund.status != "failed" and refund_id_of(refund.notes) is None
    is_as_much = (refund.amount, refund.currency) == (_lost_minor(dispute), dispute.currency)
    return is_candidate and is_as_much and refund.created_at >= dispute.created_at


def _lost_minor(dispute: Dispute) -> int:
    """Less than was disputed where a part of it was contested with success."""
    return dispute.amount_deducted or dispute.amount
