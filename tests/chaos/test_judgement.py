"""The judge of the run sees each way in which the promise could be broken."""

from types import SimpleNamespace
from typing import Any

import pytest

from gateway.services.providers.metadata import REFUND_ID
from tests.chaos.banks import StripeBank
from tests.chaos.judgement import Judgement

PRICE = 199900


def judged(bank: StripeBank, **rows: Any) -> list[str]:
    ours: Any = SimpleNamespace(**({"payments": {}, "purchases": {}, "refunds": [], "jobs": []} | rows))
    return Judgement(ours, [bank]).broken(answered=set())


def payment(**changes: Any) -> dict[int, Any]:
    row = {"id": 1, "provider": "STRIPE", "reference": "pi_1", "captured_minor": PRICE, "refunded_minor": 0}
    return {1: SimpleNamespace(**row | changes)}


def purchase(status: str = "ACTIVE", key: int = 2, payment_id: int | None = 1) -> dict[int, Any]:
    row = {"id": key, "payment_id": payment_id, "status": status, "student_id": "s", "course_id": "c"}
    return {key: SimpleNamespace(**row)}


@pytest.fixture(autouse=True)
def _ids_as_they_are(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("gateway.schema.ids.to_text", lambda _, key: str(key))


@pytest.fixture
def bank() -> StripeBank:
    """With one captured intent."""
    bank = StripeBank(lambda _: None)
    bank.fake.intents["pi_1"] = {
        "id": "pi_1",
        "amount": PRICE,
        "amount_received": 0,
        "currency": "inr",
        "status": "requires_payment_method",
    }
    bank.pay("pi_1")
    return bank


def test_one_purchase_is_right(bank: StripeBank) -> None:
    assert judged(bank, payments=payment(), purchases=purchase()) == []


def test_one_full_refund_is_right(bank: StripeBank) -> None:
    bank.give_back("pi_1")
    assert judged(bank, payments=payment(refunded_minor=PRICE), purchases=purchase("REFUNDED")) == []
    assert judged(bank, payments=payment(refunded_minor=PRICE)) == []


def test_money_that_nobody_knows_of_is_seen(bank: StripeBank) -> None:
    assert "STRIPE pi_1 captured 199900 and is not in our books" in judged(bank)


def test_money_for_nothing_is_seen(bank: StripeBank) -> None:
    assert judged(bank, payments=payment()) == ["STRIPE pi_1 captured 199900 and came to another end"]


def test_a_purchase_whose_money_went_back_is_seen(bank: StripeBank) -> None:
    bank.give_back("pi_1")
    found = judged(bank, payments=payment(refunded_minor=PRICE), purchases=purchase())
    assert found == ["STRIPE pi_1 captured 199900 and came to another end"]


def test_a_refund_made_twice_is_seen(bank: StripeBank) -> None:
    for _ in range(2):
        bank.fake.give_back("pi_1", PRICE // 2, metadata={REFUND_ID: "7"})
    refunds = [SimpleNamespace(id=7)]
    found = judged(bank, payments=payment(refunded_minor=PRICE), refunds=refunds)
    assert found == ["STRIPE made refund 7 2 times"]


def test_books_that_differ_are_seen(bank: StripeBank) -> None:
    bank.give_back("pi_1")
    assert "STRIPE pi_1 gave back 199900, and our books say 0" in judged(bank, payments=payment())
    found = judged(bank, payments=payment(captured_minor=None))
    assert "STRIPE pi_1 captured 199900, and our books say None" in found


def test_two_active_purchases_are_seen(bank: StripeBank) -> None:
    found = judged(bank, payments=payment(), purchases=purchase() | purchase(key=3, payment_id=None))
    assert found == ["('s', 'c') has 2 active purchases"]


@pytest.mark.parametrize(("state", "words"), [("FAILED", "ended FAILED"), ("RETRYING", "is RETRYING")])
def test_work_that_was_not_done_is_seen(bank: StripeBank, state: str, words: str) -> None:
    job = SimpleNamespace(kind="payment.refund", subject_id=7, state=state, last_error="no")
    [found] = judged(bank, payments=payment(), purchases=purchase(), jobs=[job])
    assert words in found


def test_an_answer_that_was_not_kept_is_seen(bank: StripeBank) -> None:
    ours: Any = SimpleNamespace(payments=payment(), purchases=purchase(), refunds=[], jobs=[])
    assert Judgement(ours, [bank]).broken(answered={"2", "9"}) == ["9 was answered and is not there"]
