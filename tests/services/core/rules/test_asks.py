"""When a provider is asked about a payment next: ever more rarely while it is open, and never once all is known."""

from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from gateway.services.core.model.values import Fulfilment, Payment, PaymentStatus
from gateway.services.core.rules.asks import (
    CLOSED_AFTER,
    FIRST_ASK_S,
    RARELY_S,
    SPREAD,
    WAITS_FOR_REFUNDS_S,
    WAITS_S,
    asked_after,
    first_ask,
    is_abandoned,
    is_open,
    never_asked,
    planned,
)
from tests.services.core.examples import NOW, PAYMENT, key

OPEN = replace(PAYMENT, reference="pi_1", ask_at=NOW, asks=0)
SETTLED = replace(OPEN, status=PaymentStatus.SUCCEEDED, fulfilment=Fulfilment.FULFILLED)
CLOSED = replace(OPEN, status=PaymentStatus.CANCELED)


def plan(
    payment: Payment, asks: int | None, now: datetime = NOW, *, is_pending: bool = False, is_answered: bool = True
) -> Payment:
    return planned(payment, asks, now, is_pending=is_pending, is_answered=is_answered)


def wait_s(payment: Payment, now: datetime = NOW) -> float:
    """The wait until the next ask, without what the payment's id adds to it."""
    assert payment.ask_at is not None
    spread = 1 + SPREAD * (payment.id.int % 1024) / 1024
    return round((payment.ask_at - now).total_seconds() / spread, 3)


def test_the_first_ask_leaves_the_payment_to_its_page_and_its_webhook() -> None:
    payment = first_ask(replace(PAYMENT, asks=3), NOW)
    assert (payment.ask_at, payment.asks) == (NOW + timedelta(seconds=FIRST_ASK_S), 0)


@pytest.mark.parametrize(("asks", "expected_s"), [*enumerate(WAITS_S), (len(WAITS_S), WAITS_S[-1]), (99, WAITS_S[-1])])
def test_an_open_payment_is_asked_about_ever_more_rarely(asks: int, expected_s: int) -> None:
    payment = plan(replace(OPEN, asks=asks), asks)
    assert (wait_s(payment), payment.asks) == (expected_s, asks + 1)


def test_payments_of_one_crowd_are_not_asked_about_in_one() -> None:
    waits = {plan(replace(OPEN, id=key(number)), 0).ask_at for number in range(1024)}
    assert len(waits) == 1024
    longest = timedelta(seconds=WAITS_S[0] * (1 + SPREAD))
    assert all(at is not None and timedelta(seconds=WAITS_S[0]) <= at - NOW < longest for at in waits)


@pytest.mark.parametrize("payment", [SETTLED, CLOSED], ids=["settled", "closed"])
def test_what_is_settled_or_closed_is_asked_about_no_more(payment: Payment) -> None:
    assert plan(payment, 0) == replace(payment, ask_at=None, asks=0) == never_asked(payment)


@pytest.mark.parametrize("payment", [SETTLED, CLOSED], ids=["settled", "closed"])
def test_without_an_answer_even_that_is_asked_about_again(payment: Payment) -> None:
    assert wait_s(plan(payment, 0, is_answered=False)) == WAITS_S[0]


@pytest.mark.parametrize(("asks", "expected_s"), [*enumerate(WAITS_FOR_REFUNDS_S[1:]), (99, WAITS_FOR_REFUNDS_S[-1])])
def test_money_on_its_way_back_is_followed(asks: int, expected_s: int) -> None:
    payment = plan(replace(SETTLED, asks=asks), asks, is_pending=True)
    assert (wait_s(payment), payment.asks) == (expected_s, asks + 1)


def test_whoever_was_overtaken_by_another_ask_plans_nothing() -> None:
    assert plan(replace(OPEN, asks=2), 1) == replace(OPEN, asks=2)
    assert plan(replace(OPEN, ask_at=None), 0) == replace(OPEN, ask_at=None)


def test_a_payment_that_another_way_leads_to_gets_its_first_ask_where_it_had_none() -> None:
    forgotten = replace(OPEN, ask_at=None, asks=0)
    assert plan(forgotten, None) == first_ask(forgotten, NOW)
    for payment in (OPEN, replace(forgotten, reference=None), replace(SETTLED, ask_at=None)):
        assert plan(payment, None) == payment


def test_money_on_its_way_back_is_followed_from_whenever_it_is_noticed() -> None:
    settled = replace(SETTLED, ask_at=None)
    assert wait_s(plan(settled, None, is_pending=True)) == WAITS_FOR_REFUNDS_S[0]
    assert asked_after(OPEN, NOW) == OPEN


@pytest.mark.parametrize(
    ("payment", "age", "is_old"),
    [
        (OPEN, CLOSED_AFTER, True),
        (OPEN, CLOSED_AFTER - timedelta(microseconds=1), False),
        (replace(OPEN, status=PaymentStatus.FAILED), CLOSED_AFTER, True),
        (replace(OPEN, status=PaymentStatus.PROCESSING), CLOSED_AFTER, False),
        (CLOSED, CLOSED_AFTER, False),
        (SETTLED, CLOSED_AFTER, False),
    ],
)
def test_a_checkout_is_abandoned_once_nobody_paid_it_for_long_enough(
    payment: Payment, age: timedelta, is_old: bool
) -> None:
    assert is_abandoned(payment, PAYMENT.created_at + age) is is_old


def test_a_checkout_that_cannot_be_closed_is_asked_about_rarely_and_for_ever() -> None:
    now = PAYMENT.created_at + CLOSED_AFTER
    assert wait_s(plan(OPEN, 0, now), now) == RARELY_S
    assert wait_s(plan(OPEN, 0, now, is_answered=False), now) == WAITS_S[0]


@pytest.mark.parametrize("fulfilment", Fulfilment)
@pytest.mark.parametrize("status", PaymentStatus)
def test_a_payment_is_open_until_its_money_came_or_it_is_closed(status: PaymentStatus, fulfilment: Fulfilment) -> None:
    is_undecided = fulfilment is Fulfilment.PENDING
    assert is_open(replace(OPEN, status=status, fulfilment=fulfilment)) is (
        is_undecided and status is not PaymentStatus.CANCELED
    )
