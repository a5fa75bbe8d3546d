"""What follows from money that went back, or came back: for the payment, its purchase and what is owed yet."""

from collections.abc import Iterable
from dataclasses import replace

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
    """The payment and its refunds as all the provider's records together make them, whichever of them are known.

    Args:
        attempt: of whose money the records are; nothing follows where that is not this payment's, or not yet.
    """
    if payment.captured is None or payment.attempt != attempt:
        return NOTHING
    books = RefundBooks(payment, state.refunds_of(payment.id), moment)
    books.apply(records)
    return what_follows(books, state, moment)


def what_follows(books: RefundBooks, state: State, moment: Moment) -> Changes:
    """All that follows from what the provider's records changed."""
    if books.changes == NOTHING:
        return NOTHING
    changes = books.changes + Changes(payments=(books.payment,)) + end_purchase(books.payment, state, moment)
    if books.beyond:
        changes += noted(books.payment.id, _beyond_in_words(books), moment)
    return changes + _after_returns(books, state, moment)


def _beyond_in_words(books: RefundBooks) -> str:
    listed = "; ".join(
        f"{claim.record.reference} says {claim.record.amount}, of which {claim.counted} were left"
        for claim in books.beyond
    )
    return (
        f"More went back at the provider than this payment took: {listed}. The payment's books count what was left. "
        "Look at the provider's dashboard whether the rest can be claimed back, then end this case with cancelJob."
    )


def _after_returns(books: RefundBooks, state: State, moment: Moment) -> Changes:
    """Money that is here again is owed where we wanted it gone, and stands in a FAILED job until an admin has found
    another way. What others had sent buys the course again; where it is nobody's purchase, the books promised it."""
    if books.payment.status is PaymentStatus.REFUNDED:
        return NOTHING
    of_others = [each for each in books.came_back if each.origin is not RefundOrigin.GATEWAY]
    owed = [each for each in books.came_back if each.origin is RefundOrigin.GATEWAY]
    changes = NOTHING
    if of_others and books.payment.fulfilment is Fulfilment.FULFILLED:
        again = reinstated(books.payment, state, moment)
        owed += of_others if again is None else []
        changes += again or NOTHING
    return changes + Changes(jobs=tuple(_given_up(refund, moment) for refund in owed))


def _given_up(refund: Refund, moment: Moment) -> Job:
    error = refund.failure.message if refund.failure else None
    return replace(refund_job(refund, moment), state=JobState.FAILED, last_error=error, finished_at=moment.now)
