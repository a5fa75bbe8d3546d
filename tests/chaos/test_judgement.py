"""The judge of the run sees each way in which the promise could be broken."""

from types import SimpleNamespace
from uuid import uuid4

import pytest

from gateway.schema.conventions import ids
from gateway.services.providers.metadata import REFUND_ID
from tests.chaos.exhibit import BASIC, COURSE, PART, Exhibit


def test_one_purchase_is_right(exhibit: Exhibit) -> None:
    exhibit.bought()
    assert exhibit.broken() == []


@pytest.mark.parametrize("is_disputed", [False, True])
def test_all_back_and_a_purchase_that_is_refunded_is_right(exhibit: Exhibit, is_disputed: bool) -> None:
    reference = exhibit.bought()
    (exhibit.bank.lose if is_disputed else exhibit.bank.give_back)(reference)
    exhibit.went_back(reference)
    assert exhibit.broken() == []


def test_money_that_nobody_knows_of_is_seen(exhibit: Exhibit) -> None:
    exhibit.paid()
    assert "STRIPE pi_1 captured 199900 and is not in our books" in exhibit.broken()


def test_money_for_nothing_is_seen(exhibit: Exhibit) -> None:
    exhibit.payment(exhibit.paid())
    assert "STRIPE pi_1 captured 199900 and came to another end" in exhibit.broken()


def test_a_purchase_whose_money_went_back_is_seen(exhibit: Exhibit) -> None:
    reference = exhibit.bought()
    exhibit.bank.give_back(reference)
    exhibit.went_back(reference, "ACTIVE")
    found = exhibit.broken()
    assert "STRIPE pi_1 captured 199900 and came to another end" in found
    assert f"('s', '{COURSE}'): 0 stand, and 1 active purchases" in found


@pytest.mark.parametrize("is_part_first", [False, True])
def test_a_part_and_a_lost_dispute_are_all_of_it_and_need_a_person(exhibit: Exhibit, is_part_first: bool) -> None:
    reference = exhibit.bought()
    if is_part_first:
        exhibit.bank.give_back(reference, PART)
    exhibit.bank.lose(reference)
    if not is_part_first:
        exhibit.bank.give_back(reference, PART)
    assert f"STRIPE pi_1 gave back {BASIC}, and our books say 0" in exhibit.broken()
    exhibit.went_back(reference)
    assert exhibit.broken() == ["STRIPE pi_1 needs a person, and nobody was told"]
    exhibit.told(reference)
    assert exhibit.broken() == []


@pytest.mark.parametrize(("minor", "currency"), [(BASIC + 1, "INR"), (2415, "USD")])
def test_a_claim_of_more_or_of_another_currency_is_all_of_it(exhibit: Exhibit, minor: int, currency: str) -> None:
    reference = exhibit.bought()
    exhibit.bank.lose(reference, minor, currency)
    assert f"STRIPE pi_1 gave back {BASIC}, and our books say 0" in exhibit.broken()
    exhibit.went_back(reference)
    exhibit.told(reference)
    assert exhibit.broken() == []


@pytest.mark.parametrize("verdict", [None, "won"])
def test_a_claim_that_took_nothing_leaves_the_purchase(exhibit: Exhibit, verdict: str | None) -> None:
    reference = exhibit.bought()
    dispute = exhibit.bank.claim(reference)
    if verdict:
        exhibit.bank.decide(dispute, verdict)
    assert exhibit.broken() == []
    exhibit.rows.purchases.popitem()[1].status = "REFUNDED"
    assert exhibit.broken() != []


def test_a_part_that_went_back_leaves_the_purchase(exhibit: Exhibit) -> None:
    reference = exhibit.bought()
    exhibit.bank.give_back(reference, PART)
    [payment], [purchase] = exhibit.rows.payments.values(), exhibit.rows.purchases.values()
    payment.refunded_minor = PART
    assert exhibit.broken() == []
    purchase.status = "REFUNDED"
    assert "STRIPE pi_1 captured 199900 and came to another end" in exhibit.broken()


def test_an_operator_who_is_told_of_nothing_is_seen(exhibit: Exhibit) -> None:
    exhibit.told(exhibit.bought())
    assert exhibit.broken() == ["STRIPE pi_1 needs nobody, and an operator was told"]


def test_a_refund_of_more_than_was_promised_is_seen(exhibit: Exhibit) -> None:
    reference = exhibit.bought()
    exhibit.bank.own_pending[reference] = PART
    exhibit.refund(reference, 2 * PART)
    [payment] = exhibit.rows.payments.values()
    payment.refunded_minor = 2 * PART
    assert "STRIPE pi_1 captured 199900 and came to another end" in exhibit.broken()


def test_a_refund_made_twice_is_seen(exhibit: Exhibit) -> None:
    reference = exhibit.bought()
    exhibit.bank.own_pending[reference] = BASIC
    for _ in range(2):
        exhibit.bank.fake.give_back(reference, BASIC // 2, metadata={REFUND_ID: "7"})
    exhibit.went_back(reference)
    exhibit.rows.refunds.append(SimpleNamespace(id=7, payment_id=None))
    assert exhibit.broken() == ["STRIPE made refund 7 2 times"]


def test_books_that_differ_are_seen(exhibit: Exhibit) -> None:
    reference = exhibit.bought()
    exhibit.bank.give_back(reference)
    assert "STRIPE pi_1 gave back 199900, and our books say 0" in exhibit.broken()
    [payment] = exhibit.rows.payments.values()
    payment.captured_minor = None
    assert "STRIPE pi_1 captured 199900, and our books say None" in exhibit.broken()


def test_another_applications_money_that_was_touched_is_seen(exhibit: Exhibit) -> None:
    reference = exhibit.paid()
    del exhibit.bank.sales[reference]
    event = SimpleNamespace(provider="STRIPE", event_id="evt_1", refs=[reference], state="IGNORED")
    exhibit.rows.events.append(event)
    assert exhibit.broken() == []
    event.state = "HANDLED"
    assert exhibit.broken() == ["STRIPE evt_1 is another application's, and HANDLED"]
    exhibit.purchase(exhibit.payment(reference))
    exhibit.refund(reference, PART)
    found = exhibit.broken()
    assert "STRIPE pi_1 is another application's, and in our books" in found
    assert "STRIPE pi_1 is another application's, and we refunded it" in found
    assert any("was never paid" in each for each in found)


@pytest.mark.parametrize(("state", "words"), [("FAILED", "ended FAILED"), ("RETRYING", "is RETRYING")])
def test_work_that_was_not_done_is_seen(exhibit: Exhibit, state: str, words: str) -> None:
    exhibit.bought()
    exhibit.job("webhook.handle", uuid4(), state)
    [found] = exhibit.broken()
    assert words in found


def test_a_promised_refund_may_fail_only_where_a_dispute_forbade_it(exhibit: Exhibit) -> None:
    reference = exhibit.bought()
    [payment] = exhibit.rows.payments.values()
    exhibit.rows.refunds.append(SimpleNamespace(id=uuid4(), payment_id=payment.id))
    exhibit.job("payment.refund", exhibit.rows.refunds[0].id)
    assert any("payment.refund" in each for each in exhibit.broken())
    exhibit.bank.claim(reference)
    assert exhibit.broken() == []


def test_a_promised_refund_may_wait_only_for_an_open_dispute(exhibit: Exhibit) -> None:
    reference = exhibit.bought()
    [payment] = exhibit.rows.payments.values()
    exhibit.rows.refunds.append(SimpleNamespace(id=uuid4(), payment_id=payment.id))
    exhibit.job("payment.refund", exhibit.rows.refunds[0].id, "RETRYING")
    dispute = exhibit.bank.claim(reference)
    assert exhibit.broken() == []
    exhibit.bank.decide(dispute, "won")
    assert any("payment.refund" in each for each in exhibit.broken())


def test_an_answer_that_was_not_kept_is_seen(exhibit: Exhibit) -> None:
    exhibit.bought()
    [purchase] = exhibit.rows.purchases
    kept, lost = (ids.to_text(ids.PURCHASE, key) for key in (purchase, uuid4()))
    assert exhibit.broken(kept, lost) == [f"{lost} was answered and is not there"]
