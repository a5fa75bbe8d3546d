"""`Reconcile` does at once what its parts would do one after the other, each in a commit of its own."""

import re
from collections.abc import Callable, Iterator, Sequence
from copy import deepcopy
from dataclasses import replace
from functools import partial
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.services.core.commands.confirm_payment import ConfirmPayment
from gateway.services.core.commands.jobs.asks import PlanAsk
from gateway.services.core.commands.provider_events import EndEvent
from gateway.services.core.commands.reconcile import Reconcile
from gateway.services.core.model.events import EVENT_TYPES, EventState, EventSubscriber
from gateway.services.core.model.job_outcomes import Stale
from gateway.services.core.model.jobs import JobState
from gateway.services.core.model.outcomes import Confirmed, NotFound, PaymentPending, Reconciled
from gateway.services.core.model.records import Door
from gateway.services.core.model.state import NOTHING, Changes, Decision, Moment, State
from gateway.services.core.model.values import GATEWAY, Fulfilment, RefundStatus
from gateway.services.core.model.verdicts import Captured, ExtraCapture, Processing, ProviderRecord, RefundRecord
from gateway.services.core.rules.events import announced
from gateway.services.core.rules.refunds.consequences import refunds_recorded
from gateway.services.core.rules.refunds.extra_captures import extra_recorded
from tests.draws import many
from tests.services.core.examples import CAPTURED, EVENT, LEASE, PAYMENT, moment
from tests.services.core.states import BOUGHT, HELD, RECONCILE, RECORDS, STATES, TAKEN, state_at_work, state_with

SUBSCRIBERS = (EventSubscriber("a", tuple(EVENT_TYPES)), EventSubscriber("b", ("payment.refunded",)))
COMMANDS = [
    replace(RECONCILE, record=record, ask=ask, event_id=event_id, lease=LEASE if event_id else None)
    for record in RECORDS
    for ask in (None, PlanAsk(PAYMENT.id, 0, record.is_pending))
    for event_id in (None, EVENT.id)
]
Part = Callable[[State, Moment], Decision]


@settings(derandomize=True, max_examples=many(300), deadline=None)
@given(st.sampled_from(COMMANDS), STATES, st.sampled_from([(), SUBSCRIBERS]))
def test_it_leaves_what_its_parts_leave_one_after_the_other(
    command: Reconcile, state: State, subscribers: Sequence[EventSubscriber]
) -> None:
    at_once, one_by_one = deepcopy(state), deepcopy(state)
    decision = command.decide(at_once, now := moment())
    if decision.outcome in (Stale(), NotFound("payment")):
        assert decision.changes == NOTHING
        return
    written(at_once, decision, subscribers, now)
    now = moment()
    for part in parts_of(command):
        written(one_by_one, part(one_by_one, now), subscribers, now)
    assert told(at_once) == told(one_by_one)


@settings(derandomize=True, max_examples=many(150), deadline=None)
@given(st.sampled_from(COMMANDS), STATES)
def test_its_changes_come_to_the_same_taken_together_or_step_by_step(command: Reconcile, state: State) -> None:
    decision = command.decide(state, moment())
    together, by_steps = deepcopy(state), deepcopy(state)
    together.apply(decision.changes)
    for step in decision.steps:
        by_steps.apply(step)
    together.journal.clear()
    by_steps.journal.clear()
    assert together == by_steps


def test_a_subscriber_is_told_of_each_step_in_its_order() -> None:
    state = state_with(PAYMENT, None, has_course=True, has_job=False)
    gone = next(each for each in RECORDS if each.verdict == CAPTURED and each.refunds and not each.extra)
    full = replace(gone.refunds[0], refund_id=None, amount=PAYMENT.amount, status=gone.refunds[0].status.SUCCEEDED)
    decision = replace(RECONCILE, record=ProviderRecord(CAPTURED, (full,))).decide(state, now := moment())
    written(state, decision, SUBSCRIBERS[:1], now)
    jobs = [job for changes in state.journal for job in changes.jobs if job.target]
    assert [job.payload["type"] for job in jobs] == [
        "payment.succeeded",
        "purchase.created",
        "access.granted",
        "payment.refunded",
        "purchase.refunded",
        "access.revoked",
    ]


@pytest.mark.parametrize("has_event", [True, False])
def test_an_event_ends_with_its_job_whatever_the_payment_came_to(has_event: bool) -> None:
    waits = Processing(CAPTURED.attempt, 2)
    open_payment = replace(TAKEN, status=PAYMENT.status, fulfilment=PAYMENT.fulfilment, captured=None)
    state = state_with(open_payment, None, has_course=True, has_job=False)
    state.jobs[HELD.id] = HELD
    state.events[EVENT.id] = EVENT
    command = replace(RECONCILE, record=ProviderRecord(waits), lease=LEASE, event_id=EVENT.id if has_event else None)
    decision = command.decide(state, moment())
    assert isinstance(decision.outcome, Reconciled)
    assert isinstance(decision.outcome.settled, PaymentPending)
    [job] = [each for each in decision.changes.jobs if each.id == HELD.id]
    assert job.state is (JobState.COMPLETED if has_event else JobState.RETRYING)
    assert [event.state for event in decision.changes.events] == ([EventState.HANDLED] if has_event else [])


def test_a_runner_that_lost_its_job_writes_nothing() -> None:
    state = state_at_work(TAKEN, None, replace(HELD, fence=2), has_event=True)
    decision = replace(RECONCILE, lease=LEASE, event_id=EVENT.id).decide(state, moment())
    assert decision == Decision(Stale())


def test_what_is_known_already_changes_nothing() -> None:
    state = state_with(TAKEN, BOUGHT, has_course=True, has_job=False)
    decision = RECONCILE.decide(state, moment())
    assert decision.changes == Changes()
    assert decision.outcome == Reconciled(TAKEN, Confirmed(TAKEN, BOUGHT, already_processed=True))


def test_money_that_a_record_took_for_the_first_is_the_extra_where_our_books_have_the_other() -> None:
    """Two events at once: the provider was asked for this one before the other's commit said which attempt paid."""
    paid_by_second = replace(TAKEN, attempt="attempt-2")
    state = state_with(paid_by_second, BOUGHT, has_course=True, has_job=False)
    sent = RefundRecord("re_9", None, PAYMENT.amount, RefundStatus.SUCCEEDED)
    record = ProviderRecord(CAPTURED, (), (ExtraCapture(replace(CAPTURED, attempt="attempt-2"), (sent,)),))
    command = replace(RECONCILE, record=record)
    assert command.keys().references >= {(PAYMENT.provider.value, attempt) for attempt in ("attempt-1", "attempt-2")}
    decision = command.decide(state, moment())
    written(state, decision, (), moment())
    extra = state.payment_by_reference(PAYMENT.provider, "attempt-1")
    assert extra is not None
    assert (extra.extra_of, extra.duplicate_of, extra.fulfilment) == (PAYMENT.id, BOUGHT.id, Fulfilment.DUPLICATE)
    assert [each.amount for each in state.refunds_of(extra.id)] == [PAYMENT.amount]
    assert [each.reference for each in state.refunds_of(PAYMENT.id)] == ["re_9"]
    again = command.decide(state, moment())
    assert again.changes == NOTHING


def parts_of(command: Reconcile) -> Iterator[Part]:
    """What a job would hand over one by one, each once it knows what became of the one before it."""
    record, purchase_id = command.record, command.purchase_id
    yield ConfirmPayment(GATEWAY, PAYMENT.id, purchase_id, record.verdict, door=command.door).decide
    if isinstance(record.verdict, Captured):
        yield partial(refunded, record.verdict.attempt, record.refunds)
    for extra in record.extra:
        yield partial(taken_again, extra.captured, command.door)
        yield partial(refunded, extra.captured.attempt, extra.refunds)
    if record.is_pending:
        yield PlanAsk(PAYMENT.id, None, is_pending=True).decide
    if command.ask:
        yield command.ask.decide
    if command.lease and command.event_id:
        yield EndEvent(command.event_id, lease=command.lease).decide


def refunded(attempt: str, refund_records: Sequence[RefundRecord], state: State, now: Moment) -> Decision:
    of_attempt = [payment for payment in state.payments.values() if payment.attempt == attempt]
    changes = Changes.all_of(refunds_recorded(payment, attempt, refund_records, state, now) for payment in of_attempt)
    return Decision(NotFound("outcome"), changes)


def taken_again(captured: Captured, door: Door, state: State, now: Moment) -> Decision:
    return Decision(NotFound("outcome"), extra_recorded(state.payments[PAYMENT.id], captured, door, state, now))


def written(state: State, decision: Decision, subscribers: Sequence[EventSubscriber], now: Moment) -> None:
    """As a turn of the writer does it."""
    for step in decision.steps:
        state.apply(step + announced(step, state, subscribers, now))


def told(state: State) -> str:
    """All that was written and all that stands now, the ids that were minted meanwhile named by their order."""
    everything = Changes.all_of(state.journal)
    jobs = sorted(everything.jobs, key=lambda job: job.target is not None)  # which mint their ids at another time
    state.journal.clear()
    minted: dict[str, str] = {}
    text = repr((replace(everything, jobs=tuple(jobs)), state.payments, state.purchases, state.refunds, state.events))
    return re.sub(r"00000000-0000-\w{4}-\w{4}-\w{12}", lambda found: _name(found.group(), minted), text)


def _name(key: str, minted: dict[str, str]) -> str:
    return minted.setdefault(key, f"#{len(minted)}") if UUID(key).int >= 1_000 else key
