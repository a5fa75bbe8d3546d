"""Razorpay's disputes in our terms, apart from the refunds by which it settles lost ones."""

from collections.abc import Sequence

from gateway.services.core.model.values import RefundStatus
from gateway.services.core.model.verdicts import RefundRecord
from gateway.services.providers.metadata import refund_id_of
from gateway.services.providers.razorpay.api import Dispute
from gateway.services.providers.razorpay.api import RefundEntity as Given
from gateway.services.providers.razorpay.mapping import money
from gateway.services.providers.reasons import dispute_reason

INQUIRIES = frozenset({"fraud", "retrieval"})
"""Phases in which a bank asks for details and has not claimed the money."""

_STATUS = {"lost": RefundStatus.SUCCEEDED, "won": RefundStatus.FAILED, "closed": RefundStatus.FAILED}


def dispute_record(dispute: Dispute) -> RefundRecord | None:
    """A dispute in Razorpay's books; None for an inquiry that took no money. A state that we do not know counts as
    pending."""
    if dispute.phase in INQUIRIES and not dispute.amount_deducted:
        return None
    status = _STATUS.get(dispute.status, RefundStatus.PENDING)
    amount = money(dispute, _lost_minor(dispute) if dispute.status == "lost" else dispute.amount)
    why = dispute_reason(dispute.reason_description or dispute.reason_code)
    return RefundRecord(dispute.id, None, amount, status, is_dispute=True, reason=why)


def apart_from_lost(refunds: Sequence[Given], disputes: Sequence[Dispute]) -> list[Given]:
    """The refunds, without those by which Razorpay itself gave back the money of a lost dispute: that money is recorded
    once, as the dispute."""
    left = list(refunds)
    for dispute in disputes:
        record = dispute_record(dispute)
        if record is None or record.status is not RefundStatus.SUCCEEDED:
            continue
        if duplicate := next((each for each in left if _is_of_lost(each, dispute)), None):
            left.remove(duplicate)
    return left


def _is_of_lost(refund: Given, dispute: Dispute) -> bool:
    """Razorpay does not mark such a refund: it has no id of ours, is no older than the dispute, and of the same
    amount."""
    is_candidate = refund.status != "failed" and refund_id_of(refund.notes) is None
    is_as_much = (refund.amount, refund.currency) == (_lost_minor(dispute), dispute.currency)
    return is_candidate and is_as_much and refund.created_at >= dispute.created_at


def _lost_minor(dispute: Dispute) -> int:
    """The amount lost: less than was disputed where we won a part of it."""
    return dispute.amount_deducted or dispute.amount
