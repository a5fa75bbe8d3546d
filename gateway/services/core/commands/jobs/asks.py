"""When a provider is asked next about a payment that nobody confirms."""

from dataclasses import dataclass
from uuid import UUID

from gateway.services.core.model.command import BaseCommand
from gateway.services.core.model.job_outcomes import AskPlanned
from gateway.services.core.model.outcomes import FieldProblem, NotFound
from gateway.services.core.model.state import NOTHING, Changes, Decision, Moment, RowKeys, State
from gateway.services.core.rules import asks


@dataclass(frozen=True, slots=True)
class PlanAsk(BaseCommand):
    """Plan when a provider is asked about a payment again, if at all.

    Args:
        asks: how often it had been asked by the schedule before this time; None where this was not by the schedule:
            then only a payment that has no next ask and needs one gets it.
        is_pending: whether some of its money is on its way back, or disputed.
        is_answered: whether the provider answered.
    """

    payment_id: UUID
    asks: int | None
    is_pending: bool = False
    is_answered: bool = True

    @property
    def is_background(self) -> bool:
        return True

    def problems(self) -> list[FieldProblem]:
        return []

    def keys(self) -> RowKeys:
        return RowKeys(payments={self.payment_id})

    def decide(self, state: State, moment: Moment) -> Decision:
        """The payment with the time of its next ask, if it needs one."""
        payment = state.payments.get(self.payment_id)
        if payment is None:
            return Decision(NotFound("payment"))
        planned = asks.planned(payment, self.asks, moment.now, is_pending=self.is_pending, is_answered=self.is_answered)
        return Decision(AskPlanned(planned), NOTHING if planned == payment else Changes(payments=(planned,)))
