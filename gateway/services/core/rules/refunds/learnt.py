"""What the old system of an imported payment had not kept, learnt when its provider says it."""

from collections.abc import Iterable

from gateway.services.core.frozen import replace
from gateway.services.core.model.state import NOTHING, Changes, Moment
from gateway.services.core.model.values import GATEWAY, Fulfilment, Payment, Refund, RefundOrigin, RefundStatus
from gateway.services.core.model.verdicts import Captured, ProviderRecord, RefundRecord
from gateway.services.core.rules import timeline


def is_attempt_unknown(payment: Payment) -> bool:
    """Whether a payment came over without the attempt that had paid it: until its provider says which, its reference
    stands for it.

    Only such a payment was captured in the moment in which it was created, but for extra money, whose reference is its
    attempt for good.
    """
    return (
        payment.attempt == payment.reference
        and payment.fulfilment is Fulfilment.FULFILLED
        and payment.extra_of is None
        and payment.confirmed_at == payment.created_at
    )


def attempt_learnt(payment: Payment, record: ProviderRecord, moment: Moment) -> Changes:
    """The attempt of such a payment, where the provider says it."""
    verdict = record.verdict
    if not is_attempt_unknown(payment) or not isinstance(verdict, Captured) or verdict.attempt == payment.attempt:
        return NOTHING
    known = replace(payment, attempt=verdict.attempt)
    entry = timeline.attempt_learnt(known, payment.attempt or "", GATEWAY, moment)
    return Changes(payments=(known,), audit=(entry,))


def named(refunds: Iterable[Refund], records: Iterable[RefundRecord]) -> list[Refund]:
    """The refunds of an imported payment that the provider tells its own name of: the old system knew how much went
    back, and not by which refunds. The one of the same amount is taken first, and a dispute last; none that we asked
    for ourselves."""
    known = list(refunds)
    own = {each.id for each in known}
    told = {
        each.reference: each for each in records if each.status is RefundStatus.SUCCEEDED and each.refund_id not in own
    }
    unnamed = [each for each in known if each.reference == str(each.id)]
    for each in known:
        told.pop(each.reference or "", None)
    found = []
    for refund in unnamed:
        fitting = [each for each in told.values() if each.amount.currency == refund.amount.currency]
        if fitting:
            best = min(fitting, key=lambda each: (each.amount != refund.amount, each.is_dispute, each.reference))
            origin = RefundOrigin.DISPUTE if best.is_dispute else refund.origin
            found.append(replace(refund, reference=told.pop(best.reference).reference, origin=origin))
    return found
