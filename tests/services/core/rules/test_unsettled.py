"""What becomes of an open payment when events come late, twice, or in another order."""

from dataclasses import replace
from itertools import permutations

import pytest

from gateway.services.core.model.jobs import JobKind
from gateway.services.core.model.state import Changes, State
from gateway.services.core.model.values import Fulfilment, Payment, PaymentStatus, Purchase
from gateway.services.core.model.verdicts import AwaitingPayment, Canceled, PaymentDeclined, Verdict
from tests.services.core.examples import CAPTURED, CONFIRM, COURSE, PAYMENT, moment

UNDER_WAY = replace(PAYMENT, status=PaymentStatus.PROCESSING, attempt="attempt-1", checks=1)
DECLINED = PaymentDeclined("attempt-1", "card_declined", "The card was declined.")


def state_with(payment: Payment, *purchases: Purchase) -> State:
    state = State(payments={payment.id: payment}, courses={COURSE.id: COURSE})
    state.load_purchases(purchases)
    return state


def after(state: State, *verdicts: Verdict) -> Payment:
    """The payment after its provider said all this."""
    for verdict in verdicts:
        state.apply(replace(CONFIRM, verdict=verdict).decide(state, moment()).changes)
    return state.payments[PAYMENT.id]


def jobs_of(state: State) -> list[JobKind]:
    return [job.kind for job in Changes.all_of(state.journal).jobs]


def name(verdict: Verdict) -> str:
    return type(verdict).__name__


HEARD: tuple[Verdict, ...] = (DECLINED, Canceled(), CAPTURED)


@pytest.mark.parametrize("order", list(permutations(HEARD)), ids=lambda order: "-".join(map(name, order)))
def test_captured_money_becomes_its_purchase_whatever_was_heard_before_or_after(order: tuple[Verdict, ...]) -> None:
    state = state_with(PAYMENT)
    payment = after(state, *order)
    assert (payment.status, payment.fulfilment, payment.failure) == (
        PaymentStatus.SUCCEEDED,
        Fulfilment.FULFILLED,
        None,
    )
    assert len(state.purchases) == 1


def test_a_closed_checkout_stays_closed_whatever_is_heard_late() -> None:
    ends = {after(state_with(PAYMENT), *order).status for order in permutations(HEARD[:2])}
    assert ends == {PaymentStatus.CANCELED}


@pytest.mark.parametrize("verdict", [AwaitingPayment(), PaymentDeclined("attempt-2", "x", "y")], ids=name)
def test_a_payment_that_stays_under_way_has_the_job_that_will_move_it(verdict: Verdict) -> None:
    """The check that found this out is over; unless another one follows, nobody asks again."""
    state = state_with(UNDER_WAY)
    payment = after(state, verdict)
    assert payment.status is not PaymentStatus.PROCESSING or JobKind.PAYMENT_CHECK in jobs_of(state)


def test_the_same_capture_heard_again_does_nothing() -> None:
    state = state_with(PAYMENT)
    after(state, CAPTURED, CAPTURED, CAPTURED)
    assert len(state.journal) == 3
    assert [changes == Changes() for changes in state.journal] == [False, True, True]


def test_money_for_a_course_that_is_gone_goes_back() -> None:
    """No door of ours deletes a course, and a foreign key holds it; a database that was mended by hand may lack it."""
    state = state_with(PAYMENT)
    state.courses.clear()
    payment = after(state, CAPTURED)
    assert payment.failure is not None
    assert (payment.fulfilment, payment.failure.code) == (Fulfilment.UNFULFILLABLE, "course_gone")
    assert jobs_of(state) == [JobKind.PAYMENT_REFUND]


def test_the_same_decline_heard_again_does_nothing() -> None:
    declined = PaymentDeclined("attempt-1", "lost_card", "The card was declined.")
    state = state_with(PAYMENT)
    first = replace(CONFIRM, verdict=declined).decide(state, moment())
    assert [entry.action for entry in first.changes.audit] == ["payment.declined"]
    state.apply(first.changes)
    again = replace(CONFIRM, verdict=declined).decide(state, moment())
    assert (again.changes.payments, again.changes.audit) == ((), ())
