"""The judge of the run sees who holds another thing than was paid for."""

from datetime import timedelta
from types import SimpleNamespace
from uuid import uuid4

import pytest

from tests.chaos.exhibit import BASIC, BEGUN, COURSE, Exhibit


def test_a_refund_that_nobody_asked_for_is_seen(exhibit: Exhibit) -> None:
    reference = exhibit.bought()
    exhibit.refund(reference, BASIC)
    exhibit.went_back(reference)
    assert exhibit.broken() == [f"('s', '{COURSE}'): STRIPE pi_1 was refunded, and nobody had asked for it"]
    exhibit.bank.own_pending[reference] = BASIC
    assert exhibit.broken() == []


def test_a_duplicate_goes_back_by_itself(exhibit: Exhibit) -> None:
    exhibit.bought()
    twice = exhibit.paid()
    exhibit.payment(twice, fulfilment="DUPLICATE", refunded_minor=BASIC)
    exhibit.refund(twice, BASIC)
    assert exhibit.broken() == []


def test_two_paid_for_one_are_seen(exhibit: Exhibit) -> None:
    exhibit.bought(status="SUPERSEDED")
    exhibit.bought(bought=2)
    assert exhibit.broken() == [f"('s', '{COURSE}'): paid twice for one: STRIPE pi_1, STRIPE pi_2"]


def test_two_active_purchases_are_seen(exhibit: Exhibit) -> None:
    exhibit.bought()
    exhibit.bought("STANDARD")
    assert f"('s', '{COURSE}'): 2 active purchases" in exhibit.broken()


def test_a_student_left_with_the_lower_tier_is_seen(exhibit: Exhibit) -> None:
    exhibit.bought()
    exhibit.bought("STANDARD", status="SUPERSEDED")
    assert exhibit.broken() == [f"('s', '{COURSE}'): STANDARD stands, and BASIC is active"]


def test_a_renewal_holds_what_the_payments_that_stand_have_paid_for(exhibit: Exhibit) -> None:
    first = exhibit.bought(status="SUPERSEDED")
    exhibit.bought(bought=2, is_renewal=True)
    assert exhibit.broken() == []
    exhibit.bank.give_back(first)
    exhibit.went_back(first)
    assert exhibit.broken() == [
        f"('s', '{COURSE}'): 4 sessions of BASIC are paid, and 8 are held",
        f"('s', '{COURSE}'): 1 times 90 days of BASIC are paid, and 180 are held",
    ]
    access = exhibit.rows.accesses[-1]
    access.sessions_total, access.expires_at = 4, BEGUN + timedelta(days=90)
    assert exhibit.broken() == []


def test_what_an_admin_gave_in_its_place_stays_and_needs_a_person(exhibit: Exhibit) -> None:
    reference = exhibit.bought(status="SUPERSEDED")
    exhibit.purchase(None, "PREMIUM")
    exhibit.bank.kept_by_admin.add(reference)
    assert exhibit.broken() == []
    exhibit.bank.lose(reference)
    exhibit.went_back(reference)
    assert exhibit.broken() == ["STRIPE pi_1 needs a person, and nobody was told"]


def test_a_purchase_that_nobody_paid_is_seen(exhibit: Exhibit) -> None:
    exhibit.purchase(SimpleNamespace(id=uuid4()))
    assert any("was never paid" in each for each in exhibit.broken())


@pytest.mark.parametrize(
    "change", [{"student_id": " s"}, {"course_id": uuid4()}, {"tier": "STANDARD"}, {"slot_start_min": 720}]
)
def test_a_sale_that_was_misread_is_seen(exhibit: Exhibit, change: dict[str, object]) -> None:
    exhibit.bought()
    [purchase] = exhibit.rows.purchases.values()
    vars(purchase).update(change)
    assert any(each.startswith("STRIPE pi_1 was meant for") for each in exhibit.broken())
