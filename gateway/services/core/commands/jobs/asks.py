"""The next time that a provider is asked about a payment which nobody confirms."""

from dataclasses import dataclass
from uuid import UUID

from gateway.services.core.model.command import BaseCommand
from gateway.services.core.model.job_outcomes import AskPlanned
from gateway.services.core.model.outcomes import FieldProblem, NotFound
from gateway.services.core.model.state import NOTHING, Changes, Decision, Moment, RowKeys, State
from gateway.services.core.rules import asks


@dataclass(frozen=True, slots=True)
class PlanAsk(BaseCommand):
    """See to it that a provider is asked about a payment again, or no more.

    Args:
        asks: how often it had been asked by its schedule before it was asked now; None where that was by another way:
            then only what has no next ask and needs one gets it.
        is_pending: whether money of it is on its way back, or disputed.
        is_answered: whether the provider answered.
    """

    payment_id: UUID
    asks: int | None
    is_pending: bool = False
    is_answered: bool = True

    def problems(self) -> list[FieldProblem]:
        return []

    def keys(self) -> RowKeys:
        return RowKeys(payments={self.payment_id})

    def decide(self, state: State, moment: Moment) -> Decision:
        """When the payment is asked after next, if at all."""
        payment = state.payments.get(self.payment_id)
        if payment is None:
            return Decision(NotFound("payment"))
        planned = asks.planned(payment, self.asks, moment.now, is_pending=self.is_pending, is_answered=self.is_answered)
        return Decision(AskPlanned(planned), NOTHING if planned == payment else Changes(payments=(planned,)))
