"""Our books of a payment's refunds, brought to what the provider's say, whoever asked for them there."""

from dataclasses import dataclass, replace
from uuid import UUID

from gateway.services.core.commands.jobs.run import JobRun
from gateway.services.core.model.job_outcomes import RefundSettled, RefundsRecorded
from gateway.services.core.model.jobs import Job, JobState
from gateway.services.core.model.outcomes import FieldProblem, NotFound
from gateway.services.core.model.state import NOTHING, Changes, Decision, Moment, RowKeys, State
from gateway.services.core.model.values import (
    GATEWAY,
    Failure,
    Fulfilment,
    Payment,
    PaymentStatus,
    Refund,
    RefundOrigin,
    RefundStatus,
)
from gateway.services.core.model.verdicts import RefundRecord, RefundRejected, RefundResult
from gateway.services.core.rules import asks, timeline
from gateway.services.core.rules.cases import noted
from gateway.services.core.rules.jobs import refund_job
from gateway.services.core.rules.refunds.books import RefundBooks
from gateway.services.core.rules.refunds.effects import end_purchase, reinstated


@dataclass(frozen=True, slots=True)
class RecordRefunds(JobRun):
    """Bring our books of a payment's refunds to what the provider's say of the attempt that paid it."""

    payment_id: UUID
    attempt: str
    facts: tuple[RefundRecord, ...]

    def problems(self) -> list[FieldProblem]:
        return []

    def own_keys(self) -> RowKeys:
        return RowKeys(refunding={self.payment_id})

    def own_decision(self, state: State, moment: Moment) -> Decision:
        """The payment and its refunds as all the provider's records together make them, whichever of them are known."""
        payment = state.payments.get(self.payment_id)
        if payment is None:
            return Decision(NotFound("payment"))
        if payment.captured is None or payment.attempt != self.attempt:
            return Decision(RefundsRecorded(payment))  # that money is not this payment's, or not yet
        books = RefundBooks(payment, state.refunds_of(payment.id), moment)
        books.apply(self.facts)
        return Decision(RefundsRecorded(books.payment), _written(books, state, moment))


@dataclass(frozen=True, slots=True)
class SettleRefund(JobRun):
    """Note what the provider says of a refund; None where our books know its end already."""

    refund_id: UUID
    result: RefundResult | None

    def problems(self) -> list[FieldProblem]:
        return []

    def own_keys(self) -> RowKeys:
        return RowKeys(refunds={self.refund_id})

    def own_decision(self, state: State, moment: Moment) -> Decision:
        """The provider's answer about a refund of ours, in the books once. Money that went back counts, even where our
        books had given that refund up."""
        refund = state.refunds.get(self.refund_id)
        if refund is None:
            return Decision(NotFound("refund"))
        payment, result = state.payments[refund.payment_id], self.result
        is_waiting = refund.status is RefundStatus.PENDING
        assert result is not None or not is_waiting, "a refund that is still owed is settled by the provider's word"
        if isinstance(result, RefundRejected) and is_waiting:
            return _rejected(refund, payment, result, moment)
        if result is None or isinstance(result, RefundRejected) or refund.status is RefundStatus.SUCCEEDED:
            return Decision(RefundSettled(refund, payment))
        books = RefundBooks(payment, state.refunds_of(payment.id), moment)
        books.apply([RefundRecord(result.reference, refund.id, refund.amount, RefundStatus.SUCCEEDED)])
        if not result.is_final:
            books.payment = asks.asked_after(books.payment, moment.now)
        settled = RefundSettled(books.refunds[refund.id], books.payment)
        return Decision(settled, _written(books, state, moment))


def _rejected(refund: Refund, payment: Payment, result: RefundRejected, moment: Moment) -> Decision:
    failure = Failure(result.code, result.message)
    failed = replace(refund, status=RefundStatus.FAILED, failure=failure, settled_at=moment.now)
    entry = timeline.refund(failed, "payment.refund_rejected", GATEWAY, moment, result.message, {"code": result.code})
    return Decision(RefundSettled(failed, payment), Changes(refunds=(failed,), audit=(entry,)))


def _written(books: RefundBooks, state: State, moment: Moment) -> Changes:
    """All that follows from what the provider's records changed."""
    if books.changes == NOTHING:
        return NOTHING
    changes = books.changes + Changes(payments=(books.payment,)) + end_purchase(books.payment, state, moment)
    if books.beyond:
        changes += noted(books.payment.id, _beyond_in_words(books), moment)
    return changes + _after_returns(books, state, moment)


def _beyond_in_words(books: RefundBooks) -> str:
    listed = "; ".join(
        f"{claim.fact.reference} says {claim.fact.amount}, of which {claim.counted} were left" for claim in books.beyond
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
