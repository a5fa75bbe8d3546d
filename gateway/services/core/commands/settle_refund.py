"""A refund of ours settled by the provider's answer to our request."""

from dataclasses import dataclass
from uuid import UUID

from gateway.services.core.commands.jobs.run import JobRun
from gateway.services.core.frozen import replace
from gateway.services.core.model.job_outcomes import RefundSettled
from gateway.services.core.model.outcomes import FieldProblem, NotFound
from gateway.services.core.model.state import Changes, Decision, Moment, RowKeys, State
from gateway.services.core.model.values import GATEWAY, Failure, Payment, Refund, RefundStatus
from gateway.services.core.model.verdicts import RefundRecord, RefundRejected, RefundResult
from gateway.services.core.rules import asks, timeline
from gateway.services.core.rules.privacy.naming import said_of
from gateway.services.core.rules.refunds.books import RefundBooks
from gateway.services.core.rules.refunds.consequences import consequences_of


@dataclass(frozen=True, slots=True)
class SettleRefund(JobRun):
    """Settle a refund by the provider's answer; None where our books have its end already."""

    refund_id: UUID
    result: RefundResult | None

    def problems(self) -> list[FieldProblem]:
        return []

    def own_keys(self) -> RowKeys:
        return RowKeys(refunds={self.refund_id})

    def own_decision(self, state: State, moment: Moment) -> Decision:
        """The refund as the provider answered, once. Money that went back counts, even where our books had the refund
        as failed."""
        refund = state.refunds.get(self.refund_id)
        if refund is None:
            return Decision(NotFound("refund"))
        payment, result = state.payments[refund.payment_id], self.result
        is_waiting = refund.status is RefundStatus.PENDING
        assert result is not None or not is_waiting, "a pending refund is settled by the provider's answer"
        if isinstance(result, RefundRejected) and is_waiting:
            return _rejected(refund, payment, result, moment)
        if result is None or isinstance(result, RefundRejected) or refund.status is RefundStatus.SUCCEEDED:
            return Decision(RefundSettled(refund, payment))
        books = RefundBooks(payment, state.refunds_of(payment.id), moment)
        books.apply([RefundRecord(result.reference, refund.id, refund.amount, RefundStatus.SUCCEEDED)])
        if not result.is_final:
            books.payment = asks.asked_after(books.payment, moment.now)
        settled = RefundSettled(books.refunds[refund.id], books.payment)
        return Decision(settled, consequences_of(books, state, moment))


def _rejected(refund: Refund, payment: Payment, result: RefundRejected, moment: Moment) -> Decision:
    failure = Failure(result.code, said_of(payment.student_id, result.message))
    failed = replace(refund, status=RefundStatus.FAILED, failure=failure, settled_at=moment.now)
    entry = timeline.refund(failed, "payment.refund_rejected", GATEWAY, moment, failure.message, {"code": result.code})
    return Decision(RefundSettled(failed, payment), Changes(refunds=(failed,), audit=(entry,)))
