"""What Razorpay's books say of the money that an order took: refunds, disputes, and further captures."""

from collections.abc import Sequence

from gateway.services.core.frozen import replace
from gateway.services.core.model.verdicts import Captured, ExtraCapture, ProviderRecord, RefundRecord
from gateway.services.providers.razorpay.api import Attempt, Dispute, RazorpayApi, Refused
from gateway.services.providers.razorpay.api import RefundEntity as Given
from gateway.services.providers.razorpay.disputes import apart_from_lost, dispute_record
from gateway.services.providers.razorpay.mapping import money, refund_record
from gateway.services.providers.rights import Right


async def provider_record_of(
    api: RazorpayApi, right: Right, main: Captured, captured: Sequence[Attempt]
) -> ProviderRecord:
    """All of an order whose money was captured.

    Args:
        right: whether disputes may be read.
        main: the capture that paid the order, with what the order's notes say it is for.
        captured: every attempt that was captured, the main one included, the oldest first.
    """
    refunds = {each.id: await api.refunds(each.id) for each in captured}
    # After the refunds: losing a dispute makes a refund, and the dispute must then be read as lost.
    disputes = await _disputes(api, right, captured[0].created_at)
    refund_records = {each.id: _refund_records(refunds[each.id], _of(each, disputes)) for each in captured}
    extra = (
        ExtraCapture(replace(main, attempt=each.id, amount=money(each), settles=None), refund_records[each.id])
        for each in captured
        if each.id != main.attempt
    )
    return ProviderRecord(main, refund_records[main.attempt], tuple(extra))


async def _disputes(api: RazorpayApi, right: Right, since_s: int) -> list[Dispute]:
    """None where Razorpay refuses to list them, as for an account that may not read them: everything else must be read
    all the same, and a dispute that is not listed claims nothing."""
    try:
        disputes = await api.disputes(since_s)
    except Refused as refused:
        right.missed(str(refused))
        return []
    right.held()
    return disputes


def _of(attempt: Attempt, disputes: Sequence[Dispute]) -> list[Dispute]:
    return [each for each in disputes if each.payment_id == attempt.id]


def _refund_records(refunds: Sequence[Given], disputes: Sequence[Dispute]) -> tuple[RefundRecord, ...]:
    """The refunds, then the disputes, of one attempt."""
    records = [refund_record(each) for each in apart_from_lost(refunds, disputes)]
    return (*records, *filter(None, map(dispute_record, disputes)))
