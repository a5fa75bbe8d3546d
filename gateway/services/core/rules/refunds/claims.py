"""How much of a payment's captured money each refund and each dispute in the provider's books takes.

The answer follows from the set of them and not from the order in which they arrived. Together they take at most
what was captured: a dispute may claim more, because of a refund before it or a drifting exchange rate, but the rest was
never this payment's money. A claim in another currency takes all that is left: no rate is guessed, and nothing is
paid twice.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from gateway.services.core.frozen import replace
from gateway.services.core.model.values import Money, Payment, Refund, RefundOrigin, RefundStatus
from gateway.services.core.model.verdicts import RefundRecord
from gateway.services.core.rules.refunds.sums import ALREADY_BACK


@dataclass(frozen=True, slots=True)
class Claim:
    """A record of the provider's, the refund in our books that it is about, if there is one, and the share it takes."""

    record: RefundRecord
    known: Refund | None
    counted: Money

    @property
    def is_excess(self) -> bool:
        """Whether the provider says more than there was left, or another currency."""
        return self.record.amount != self.counted


def claims_of(payment: Payment, refunds: Iterable[Refund], records: Iterable[RefundRecord]) -> list[Claim]:
    """All that went back, or that others may still take, in the order in which they take their shares; then what
    failed. Our own pending refunds are not among them, nor is what our books have as failed already."""
    assert payment.captured is not None, "only captured money goes back"
    left, claims = payment.captured, []
    for record, known in sorted(_matched(list(refunds), records), key=lambda each: _rank(each[0], payment)):
        counted = _share(record, left)
        claims.append(Claim(record, known, counted))
        left = replace(left, amount_minor=left.amount_minor - counted.amount_minor)
    return claims


def _share(record: RefundRecord, left: Money) -> Money:
    if record.status is RefundStatus.FAILED:
        return replace(left, amount_minor=0)
    if record.amount.currency != left.currency:
        return left
    return replace(left, amount_minor=min(record.amount.amount_minor, left.amount_minor))


def _rank(record: RefundRecord, payment: Payment) -> tuple[int, bool, bool, str]:
    """What went back comes before what still may. Within each, the captured currency comes first and disputes last: a
    bank may claim the whole price, whatever went back before."""
    assert payment.captured is not None
    ranks = {RefundStatus.SUCCEEDED: 0, RefundStatus.PENDING: 1, RefundStatus.FAILED: 2}
    return (
        ranks[record.status],
        record.amount.currency != payment.captured.currency,
        record.is_dispute,
        record.reference,
    )


def _matched(refunds: list[Refund], records: Iterable[RefundRecord]) -> Iterator[tuple[RefundRecord, Refund | None]]:
    """Each record with its refund in our books, and the refunds in our books that no record is about."""
    matched = set()
    for record in {each.reference: each for each in records}.values():
        known = next(
            (each for each in refunds if record.refund_id == each.id or record.reference == each.reference), None
        )
        if known is not None:
            matched.add(known.id)
        if (status := _status(record, known)) is not None:
            yield replace(record, status=status), known
    for refund in refunds:
        if refund.id not in matched and _claims(refund):
            yield _as_record(refund), refund


def _status(record: RefundRecord, known: Refund | None) -> RefundStatus | None:
    """What the record changes, or None: it may be older than what our books have by now."""
    if known is None:
        return None if record.status is RefundStatus.FAILED else record.status
    if record.status is RefundStatus.PENDING and known.status is RefundStatus.SUCCEEDED:
        return known.status
    if record.status is not RefundStatus.PENDING or known.status is RefundStatus.PENDING:
        return record.status if _is_new(record, known) else None
    # A claim that had no share, because others had it all, may get one again; any other that has ended stays so.
    is_crowded_out = known.failure is not None and known.failure.code == ALREADY_BACK
    return record.status if is_crowded_out and known.origin is not RefundOrigin.GATEWAY else None


def _is_new(record: RefundRecord, known: Refund) -> bool:
    """Our own pending refund is settled by its job, unless the provider has made it already."""
    if record.status is RefundStatus.FAILED and known.status is RefundStatus.FAILED:
        return False
    is_waiting = known.status is RefundStatus.PENDING and known.origin is RefundOrigin.GATEWAY
    return record.status is RefundStatus.SUCCEEDED or not is_waiting


def _claims(refund: Refund) -> bool:
    is_others = refund.origin is not RefundOrigin.GATEWAY
    return refund.status is RefundStatus.SUCCEEDED or (refund.status is RefundStatus.PENDING and is_others)


def _as_record(refund: Refund) -> RefundRecord:
    is_dispute = refund.origin is RefundOrigin.DISPUTE
    return RefundRecord(refund.reference or str(refund.id), refund.id, refund.amount, refund.status, is_dispute)
