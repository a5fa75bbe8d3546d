"""How much of a payment's money may still go back, with what others may take and what we have promised."""

from dataclasses import replace

import pytest

from gateway.services.core.model.values import Money, Payment, Refund, RefundOrigin, RefundStatus
from gateway.services.core.rules.refunds.sums import is_held, kept_of, left_of, own_pending, reserved
from tests.services.core.examples import PAYMENT, REFUND, key

CAPTURED = replace(PAYMENT, captured=Money(1_000, "INR"))
OURS, DISPUTE, DASHBOARD = RefundOrigin.GATEWAY, RefundOrigin.DISPUTE, RefundOrigin.PROVIDER


def refund(number: int, amount_minor: int, origin: RefundOrigin = OURS, status: str = "PENDING") -> Refund:
    amount = Money(amount_minor, "INR")
    return replace(REFUND, id=key(number), amount=amount, origin=origin, status=RefundStatus(status))


def test_without_captured_money_nothing_is_kept_and_nothing_is_left() -> None:
    assert (kept_of(PAYMENT), left_of(PAYMENT, [])) == (0, 0)


def test_what_went_back_is_not_kept() -> None:
    assert kept_of(replace(CAPTURED, refunded_minor=300)) == 700


@pytest.mark.parametrize(
    ("refunds", "left"),
    [
        ([], 1_000),
        ([refund(1, 400)], 600),
        ([refund(1, 400, DISPUTE)], 600),
        ([refund(1, 400, DASHBOARD)], 600),
        ([refund(1, 400), refund(2, 250, DISPUTE)], 350),
        ([refund(1, 400, status="SUCCEEDED"), refund(2, 250, DISPUTE, "FAILED")], 1_000),
        ([refund(1, 800), refund(2, 800, DISPUTE)], 0),
    ],
)
def test_what_is_promised_and_what_others_may_take_is_not_left(refunds: list[Refund], left: int) -> None:
    assert left_of(CAPTURED, refunds) == left


def test_ours_are_promised_the_oldest_first_and_those_of_others_are_reserved() -> None:
    refunds = [
        refund(3, 30),
        refund(1, 10),
        refund(2, 20, DISPUTE),
        refund(4, 40, DASHBOARD),
        refund(5, 5, OURS, "FAILED"),
    ]
    assert [each.id for each in own_pending(refunds)] == [key(1), key(3)]
    assert reserved(refunds) == 60


@pytest.mark.parametrize(
    ("refunds", "is_waiting"),
    [
        ([], False),
        ([refund(1, 500, DISPUTE)], False),  # there is enough for both
        ([refund(1, 501, DISPUTE)], True),
        ([refund(1, 501, DISPUTE, "SUCCEEDED")], False),
        ([refund(1, 500, DISPUTE), refund(2, 1)], True),  # one of ours that comes first
        ([refund(1, 500, DISPUTE), refund(99, 1)], False),  # and one that comes after
    ],
)
def test_a_refund_is_held_while_others_may_take_what_it_would(refunds: list[Refund], is_waiting: bool) -> None:
    wanted = refund(50, 500)
    assert is_held(wanted, CAPTURED, [*refunds, wanted]) is is_waiting


def test_a_refund_that_is_decided_is_not_held() -> None:
    decided = refund(50, 500, OURS, "SUCCEEDED")
    gone: Payment = replace(CAPTURED, refunded_minor=500)
    assert not is_held(decided, gone, [decided, refund(1, 900, DISPUTE)])
