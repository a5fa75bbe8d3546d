"""A full or partial refund, as an admin asks for it."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import ClassVar
from uuid import UUID

from gateway.services.core.model.command import NOT_COMPARED, KeyedCommand
from gateway.services.core.model.outcomes import (
    FieldProblem,
    IdempotencyKeyReused,
    InvalidInput,
    NotFound,
    RefundRequested,
)
from gateway.services.core.model.state import Changes, Decision, Moment, RowKeys, State
from gateway.services.core.model.values import Money, Payment, Refund
from gateway.services.core.rules.idempotency import recorded, replay_of
from gateway.services.core.rules.inputs.fields import key_problems, reason_problems
from gateway.services.core.rules.refunds.requests import request_refund
from gateway.services.core.rules.refunds.sums import left_to_refund, reserved

ALL_GONE = "all of it went back, or is on its way back"
UNDER_DISPUTE = (
    "a dispute is open over what is left of it, or a refund is under way at the provider's dashboard: the money "
    "would go back twice; ask again once that is decided"
)


@dataclass(frozen=True, slots=True)
class RefundPayment(KeyedCommand):
    """Give captured money back: `amount_minor` of it, or, where None, all that is left."""

    operation: ClassVar[str] = "refundPayment"

    refund_id: UUID = field(metadata=NOT_COMPARED)
    payment_id: UUID
    amount_minor: int | None
    reason: str

    def problems(self) -> list[FieldProblem]:
        return [*_key_of_part(self), *key_problems(self.key), *reason_problems(self.reason)]

    def own_keys(self) -> RowKeys:
        return RowKeys(payments_with_refunds={self.payment_id}, refunds={self.refund_id})

    def decide(self, state: State, moment: Moment) -> Decision:
        """A refund, of all that is left or of a part, that a job carries out; or why there is none."""
        match replay_of(self, state):
            case IdempotencyKeyReused() as reused:
                return Decision(reused)
            case refund_id if refund_id is not None:
                return _requested(state.refunds[refund_id], self, state)
        if self.refund_id in state.refunds:
            return _requested(state.refunds[self.refund_id], self, state)
        payment = state.payments.get(self.payment_id)
        if payment is None:
            return Decision(NotFound("payment"))
        left = left_to_refund(payment, state)
        amount = left if self.amount_minor is None else self.amount_minor
        if problem := _problem(payment, amount, left, reserved(state.refunds_of(payment.id))):
            return Decision(InvalidInput((problem,)))
        refund, changes = request_refund(payment, amount, self.reason, self.actor, moment, self.refund_id)
        return Decision(
            RefundRequested(refund, payment, already_processed=False),
            changes + Changes(records=recorded(self, refund.id, moment)),
        )


def _key_of_part(command: RefundPayment) -> Iterable[FieldProblem]:
    """A full refund leaves nothing for a second one; after a partial one there may be enough left."""
    if command.amount_minor is not None and command.key is None:
        why = "is needed for a part: the same call twice would give two parts back; take any text, a new one each time"
        yield FieldProblem(("idempotencyKey",), why)


def _requested(refund: Refund, command: RefundPayment, state: State) -> Decision:
    payment = state.payments[refund.payment_id]
    return Decision(RefundRequested(refund, payment, already_processed=refund.id != command.refund_id))


def _problem(payment: Payment, amount: int, left: int, reserved_minor: int) -> FieldProblem | None:
    if payment.captured is None:
        return FieldProblem(("paymentId",), "nothing was captured, so there is nothing to give back")
    if left == 0:
        return FieldProblem(("paymentId",), UNDER_DISPUTE if reserved_minor else ALL_GONE)
    if not 1 <= amount <= left:
        currency = payment.captured.currency
        beside = f"; {Money(reserved_minor, currency)} are under dispute" if reserved_minor else ""
        return FieldProblem(("amountMinor",), f"must be 1 to {left}: {Money(left, currency)} are left of it{beside}")
    return None
