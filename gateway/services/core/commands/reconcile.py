"""Our books of a payment brought up to date with its provider's, with all that follows, in one commit."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from functools import partial
from typing import ClassVar
from uuid import UUID

from gateway.services.core.commands.confirm_payment import ConfirmPayment
from gateway.services.core.commands.jobs.asks import PlanAsk
from gateway.services.core.commands.jobs.run import JobRun
from gateway.services.core.frozen import replace
from gateway.services.core.model.events import EventState
from gateway.services.core.model.outcomes import FieldProblem, NotFound, Reconciled
from gateway.services.core.model.records import Door
from gateway.services.core.model.state import NOTHING, Changes, Decision, Moment, RowKeys, State
from gateway.services.core.model.values import GATEWAY, Provider
from gateway.services.core.model.verdicts import AwaitingPayment, Captured, ExtraCapture, ProviderRecord
from gateway.services.core.rules.refunds.consequences import refunds_recorded
from gateway.services.core.rules.refunds.extra_captures import extra_recorded
from gateway.services.core.rules.refunds.learnt import attempt_learnt

Step = Callable[[State, Moment], Changes]
"""A part of a decision, made in the state after the parts before it."""


@dataclass(frozen=True, slots=True)
class Reconcile(JobRun):
    """Bring our books of a payment up to date with its provider's: what was captured, then what went back, then the
    same for money that its intent captured once more. While money is on its way back, or disputed, the provider is
    asked again.

    Args:
        purchase_id: the id of the purchase that the payment may lead to.
        record: what the provider says, as far as it was asked.
        ask: plans the next ask, where this one was by schedule.
        event_id: the provider's event that is handled by this.
        door: for the audit only.
    """

    precedence: ClassVar[int] = ConfirmPayment.precedence

    payment_id: UUID
    provider: Provider
    purchase_id: UUID
    record: ProviderRecord
    ask: PlanAsk | None = None
    event_id: UUID | None = None
    door: Door = field(kw_only=True)

    @property
    def is_background(self) -> bool:
        """Whether it was asked by schedule, and nobody has paid."""
        return self.ask is not None and isinstance(self.record.verdict, AwaitingPayment)

    def problems(self) -> list[FieldProblem]:
        return []

    def own_keys(self) -> RowKeys:
        captures = self.record.captures if self.record.extra else ()  # which one is the payment's, its row says
        extra = {(self.provider.value, each.captured.attempt) for each in captures}
        refunded = {(self.provider.value, each.captured.attempt) for each in captures if each.refunds}
        return RowKeys(
            payments={self.payment_id} | ({self.ask.payment_id} if self.ask else set()),
            references=extra,
            payments_with_refunds={self.payment_id} if self.record.refunds or refunded else frozenset(),
            references_with_refunds=refunded,
            events={self.event_id} if self.event_id else frozenset(),
        )

    def own_decision(self, state: State, moment: Moment) -> Decision:
        """The same record, once or often and by any door, leads to the same end."""
        if self.payment_id not in state.payments:
            return Decision(NotFound("payment"))
        confirm = ConfirmPayment(GATEWAY, self.payment_id, self.purchase_id, self.record.verdict, door=self.door)
        settled = confirm.decide(state, moment)
        paid = next(iter(settled.changes.payments), state.payments[self.payment_id])
        first = settled.changes + attempt_learnt(paid, self.record, moment)
        paid = next(reversed(first.payments), paid)
        steps = _in_turn(first, self._following(self.record.paid_by(paid.attempt)), state, moment)
        versions = [each for step in steps for each in step.payments if each.id == self.payment_id]
        payment = versions[-1] if versions else state.payments[self.payment_id]
        event = state.events.get(self.event_id) if self.event_id else None
        if event is not None:
            event = replace(event, state=EventState.HANDLED, handled_at=moment.now)
            steps.append(Changes(events=(event,)))
        return Decision.in_steps(Reconciled(payment, settled.outcome, event), steps)

    def _following(self, record: ProviderRecord) -> Iterator[Step]:
        """The steps after the payment is settled, in order."""
        if record.refunds:
            yield partial(self._with_refunds, record)
        for extra in record.extra:
            yield partial(self._with_extra, extra)
            if extra.refunds:
                yield partial(self._with_refunds_of_extra, extra)
        if record.is_pending:
            yield partial(_planned, PlanAsk(self.payment_id, None, is_pending=True))
        if self.ask is not None:
            yield partial(_planned, self.ask)

    def _with_refunds(self, record: ProviderRecord, state: State, moment: Moment) -> Changes:
        verdict, payment = record.verdict, state.payments[self.payment_id]
        if not isinstance(verdict, Captured):
            return NOTHING
        return refunds_recorded(payment, verdict.attempt, record.refunds, state, moment)

    def _with_extra(self, extra: ExtraCapture, state: State, moment: Moment) -> Changes:
        return extra_recorded(state.payments[self.payment_id], extra.captured, self.door, state, moment)

    def _with_refunds_of_extra(self, extra: ExtraCapture, state: State, moment: Moment) -> Changes:
        attempt = extra.captured.attempt
        payment = state.payment_by_reference(self.provider, attempt) or state.payments[self.payment_id]
        return refunds_recorded(payment, attempt, extra.refunds, state, moment)


def _planned(ask: PlanAsk, state: State, moment: Moment) -> Changes:
    return ask.decide(state, moment).changes


def _in_turn(first: Changes, steps: Iterable[Step], state: State, moment: Moment) -> list[Changes]:
    """The changes of each step, the first one included."""
    done = [first]
    for step in steps:
        state = state if done[-1] == NOTHING else state.after(done[-1])
        done.append(step(state, moment))
    return done
