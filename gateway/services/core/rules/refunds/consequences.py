"""What follows from money that went back, or came back to us: for the payment, its purchase and its refunds."""

from collections.abc import Iterable

from gateway.services.core.frozen import replace
from gateway.services.core.model.jobs import Job, JobState
from gateway.services.core.model.state import NOTHING, Changes, Moment, State
from gateway.services.core.model.values import Fulfilment, Payment, PaymentStatus, Refund, RefundOrigin
from gateway.services.core.model.verdicts import RefundRecord
from gateway.services.core.rules.cases import noted
from gateway.services.core.rules.jobs import refund_job
from gateway.services.core.rules.refunds.books import RefundBooks
from gateway.services.core.rules.refunds.effects import end_purchase, reinstated


def refunds_recorded(
    payment: Payment, attempt: str, records: Iterable[RefundRecord], state: State, moment: Moment
) -> Changes:
    """The payment and its refunds as all the provider's records say, together with those known before.

    Args:
        attempt: the attempt whose money the records are about; nothing changes where that is not this payment's.
    """
    if payment.captured is None or payment.attempt != attempt:
        return NOTHING
    books = RefundBooks(payment, state.refunds_of(payment.id), moment)
    books.apply(records)
    return consequences_of(books, state, moment)


def consequences_of(books: RefundBooks, state: State, moment: Moment) -> Changes:
    """The changes of the books, and all that follows from them."""
    if books.changes == NOTHING:
        return NOTHING
    changes = books.changes + Changes(payments=(books.payment,)) + end_purchase(books.payment, state, moment)
    if books.excess:
        changes += noted(books.payment.id, _excess_in_words(books), moment)
    return changes + _after_returns(books, state, moment)


def _excess_in_words(books: RefundBooks) -> str:
    listed = "; ".join(
        f"{claim.record.reference} says {claim.record.amount}, of which {claim.counted} were left"
        for claim in books.excess
    )
    return (
        f"More went back at the provider than this payment took: {listed}. The payment's books count what was left. "
        "Look at the provider's dashboard whether the rest can be claimed back, then end this case with cancelJob."
    )


def _after_returns(books: RefundBooks, state: State, moment: Moment) -> Changes:
    """What follows where money came back to us. A refund of ours is still owed: a FAILED job lists it until an admin
    has found another way. Money that others had sent back buys the course again; where it never bought one, the
    books have requested its refund already."""
    if books.payment.status is PaymentStatus.REFUNDED:
        return NOTHING
    of_others = [each for each in books.returned if each.origin is not RefundOrigin.GATEWAY]
    owed = [each for each in books.returned if each.origin is RefundOrigin.GATEWAY]
    changes = NOTHING
    if of_others and books.payment.fulfilment is Fulfilment.FULFILLED:
        again = reinstated(books.payment, state, moment)
        owed += of_others if again is None else []
        changes += again or NOTHING
    return changes + Changes(jobs=tuple(_given_up(refund, moment) for refund in owed))


def _given_up(refund: Refund, moment: Moment) -> Job:
    error = refund.failure.message if refund.failure else None
    return replace(refund_job(refund, moment), state=JobState.FAILED, last_error=error, finished_at=moment.now)
