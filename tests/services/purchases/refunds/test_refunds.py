"""What becomes of money that goes back, and of the purchase that it had become."""

from dataclasses import replace

import pytest
from uuid_utils.compat import uuid7

from db.job_tables import JobRow
from db.tables import IdempotencyRecordRow, PurchaseRow, StudentAccessRow
from gateway.services.core.commands.refund_payment import RefundPayment
from gateway.services.core.model.outcomes import (
    Confirmed,
    DuplicatePayment,
    IdempotencyKeyReused,
    InvalidInput,
    NotFound,
    Opened,
    RefundRequested,
    Unfulfillable,
)
from gateway.services.core.model.state import NOTHING, Moment, State
from gateway.services.core.model.values import Actor, Money, Payment, Role
from gateway.services.core.model.verdicts import Captured
from gateway.services.core.rules.refunds.consequences import refunds_recorded
from tests.service import ADMIN, BASIC, HELD, Service, student
from tests.simulation.shop import Shop, open_shop, reference_of

pytestmark = pytest.mark.anyio

PRICE = BASIC.price.amount_minor


@pytest.fixture
def shop(service: Service) -> Shop:
    return open_shop(service)


async def test_a_full_refund_ends_the_purchase_and_keeps_the_sessions_used(service: Service, shop: Shop) -> None:
    payment, purchase = await shop.paid(await service.save_course())
    await service.hold(purchase, 3)
    await shop.refund(payment)
    assert shop.payment(payment) == ("REFUNDED", "FULFILLED", PRICE)
    [row], [access] = service.stored(PurchaseRow), service.stored(StudentAccessRow)
    assert (row.status, row.ended_at) == ("REFUNDED", service.clock.now)
    assert (access.status, access.sessions_total, access.sessions_used) == ("REVOKED", 4, 3)
    assert service.actions(purchase.id) == ["purchase.created", *[HELD] * 3, "purchase.refunded"]
    assert service.actions(payment.id)[-2:] == ["payment.refund_requested", "payment.refunded"]
    assert (shop.agrees(), shop.broken()) == (True, [])


async def test_the_purchase_stands_until_the_provider_has_given_the_money_back(service: Service, shop: Shop) -> None:
    payment, _ = await shop.paid(await service.save_course())
    outcome = await service.refund(payment)
    assert isinstance(outcome, RefundRequested)
    assert shop.payment(payment) == ("SUCCEEDED", "FULFILLED", 0)
    assert shop.purchases() == [("BASIC", "ACTIVE")]
    assert (shop.refunds(payment.id), shop.broken()) == ([(PRICE, "PENDING")], [])


async def test_each_part_is_counted_and_the_last_one_ends_the_purchase(service: Service, shop: Shop) -> None:
    payment, _ = await shop.paid(await service.save_course())
    for part, back in ((100_000, 100_000), (99_899, 199_899)):
        await shop.refund(payment, part)
        assert shop.payment(payment) == ("PARTIALLY_REFUNDED", "FULFILLED", back)
        assert shop.purchases() == [("BASIC", "ACTIVE")]
    await shop.refund(payment, 1)
    assert shop.payment(payment) == ("REFUNDED", "FULFILLED", PRICE)
    assert shop.purchases() == [("BASIC", "REFUNDED")]
    assert (shop.agrees(), shop.broken()) == (True, [])


async def test_parts_given_by_an_admin_and_at_the_dashboard_are_counted_together(service: Service, shop: Shop) -> None:
    payment, _ = await shop.paid(await service.save_course())
    shop.books.refund_at_dashboard(shop.capture(payment), 100_000)
    await shop.receive(payment)
    assert shop.payment(payment) == ("PARTIALLY_REFUNDED", "FULFILLED", 100_000)
    await shop.refund(payment)
    assert shop.refunds(payment.id) == [(100_000, "SUCCEEDED"), (99_900, "SUCCEEDED")]
    assert (shop.payment(payment)[0], shop.purchases()) == ("REFUNDED", [("BASIC", "REFUNDED")])
    assert (shop.agrees(), shop.broken()) == (True, [])


async def test_the_same_wish_with_the_same_key_is_one_refund(service: Service, shop: Shop) -> None:
    payment, _ = await shop.paid(await service.save_course())
    first = await service.refund(payment, 100_000, key="k")
    before = service.everything()
    again = await service.refund(payment, 100_000, key="k")
    assert isinstance(first, RefundRequested)
    assert again == replace(first, already_processed=True)
    assert service.everything() == before
    await shop.run_jobs()
    later = await service.refund(payment, 100_000, key="k")
    assert isinstance(later, RefundRequested)
    assert (later.refund.id, later.refund.status, later.already_processed) == (first.refund.id, "SUCCEEDED", True)
    assert [each.amount for each in shop.books.returns] == [Money(100_000, "INR")]


@pytest.mark.parametrize("amount_minor", [100_000, PRICE])
async def test_a_part_is_refunded_by_a_key_alone_for_the_same_call_twice_would_give_two_back(
    service: Service, shop: Shop, amount_minor: int
) -> None:
    payment, _ = await shop.paid(await service.save_course())
    before = service.everything()
    for _ in range(2):
        keyless = await service.purchases.submit(RefundPayment(ADMIN, uuid7(), payment.id, amount_minor, "a test"))
        assert isinstance(keyless, InvalidInput)
        [problem] = keyless.fields
        assert problem.path == ("idempotencyKey",)
        assert "two parts" in problem.message
    assert service.everything() == before


async def test_all_that_is_left_is_refunded_once_without_a_key_too(service: Service, shop: Shop) -> None:
    payment, _ = await shop.paid(await service.save_course())
    assert isinstance(await service.refund(payment), RefundRequested)
    assert isinstance(await service.refund(payment), InvalidInput)
    assert shop.refunds(payment.id) == [(PRICE, "PENDING")]


async def test_one_key_many_times_in_one_turn_is_one_refund(service: Service, shop: Shop) -> None:
    payment, _ = await shop.paid(await service.save_course())
    outcomes = await service.together(*(refunding(payment, 100_000, key="k") for _ in range(5)))
    assert [outcome.already_processed for outcome in outcomes if isinstance(outcome, RefundRequested)] == [
        False,
        *[True] * 4,
    ]
    assert shop.refunds(payment.id) == [(100_000, "PENDING")]


@pytest.mark.parametrize("other", [99_999, None])
async def test_another_amount_with_the_same_key_is_refused_and_nothing_is_done(
    service: Service, shop: Shop, other: int | None
) -> None:
    payment, _ = await shop.paid(await service.save_course())
    await service.refund(payment, 100_000, key="k")
    before = service.everything()
    assert await service.refund(payment, other, key="k") == IdempotencyKeyReused("k")
    assert service.everything() == before


async def test_another_admins_same_key_is_another_refund(service: Service, shop: Shop) -> None:
    payment, _ = await shop.paid(await service.save_course())
    for actor in (ADMIN, Actor("admin-2", Role.ADMIN)):
        await service.purchases.submit(replace(refunding(payment, 50_000, key="k"), actor=actor))
    assert shop.refunds(payment.id) == [(50_000, "PENDING")] * 2


@pytest.mark.parametrize("amount_minor", [99_901, PRICE, 0, -1])
async def test_no_more_can_be_refunded_than_is_left(service: Service, shop: Shop, amount_minor: int) -> None:
    payment, _ = await shop.paid(await service.save_course())
    await service.refund(payment, 100_000)
    before = service.everything()
    outcome = await service.refund(payment, amount_minor, key="free after all")
    assert isinstance(outcome, InvalidInput)
    assert [(each.path, each.message) for each in outcome.fields] == [
        (("amountMinor",), "must be 1 to 99900: 999.00 INR are left of it")
    ]
    assert service.everything() == before
    assert service.stored(IdempotencyRecordRow, key="free after all") == []


@pytest.mark.parametrize("amount_minor", [None, 1])
async def test_what_went_back_or_is_on_its_way_cannot_be_refunded_again(
    service: Service, shop: Shop, amount_minor: int | None
) -> None:
    payment, _ = await shop.paid(await service.save_course())
    await service.refund(payment)
    for _ in ("on its way", "back"):
        outcome = await service.refund(payment, amount_minor)
        assert isinstance(outcome, InvalidInput)
        assert [each.path for each in outcome.fields] == [("paymentId",)]
        await shop.run_jobs()
    assert shop.refunds(payment.id) == [(PRICE, "SUCCEEDED")]


async def test_admins_who_refund_at_one_instant_give_back_no_more_than_was_captured(
    service: Service, shop: Shop
) -> None:
    payment, _ = await shop.paid(await service.save_course())
    outcomes = await service.together(*(refunding(payment, 120_000) for _ in range(2)), refunding(payment, None))
    assert [type(outcome) for outcome in outcomes] == [RefundRequested, InvalidInput, RefundRequested]
    await shop.run_jobs()
    assert shop.refunds(payment.id) == [(120_000, "SUCCEEDED"), (79_900, "SUCCEEDED")]
    assert (shop.agrees(), shop.broken()) == (True, [])


async def test_what_was_not_captured_cannot_be_refunded(service: Service, shop: Shop) -> None:
    payment = await service.opened(student(), await service.save_course())
    shop.books.begin(reference_of(payment))
    await service.confirm(student(), payment)
    before = service.everything()
    outcome = await service.refund(payment)
    assert isinstance(outcome, InvalidInput)
    assert [each.path for each in outcome.fields] == [("paymentId",)]
    assert service.everything() == before


async def test_a_payment_that_does_not_exist_is_missing(service: Service) -> None:
    assert await service.purchases.submit(RefundPayment(ADMIN, uuid7(), uuid7(), None, "a test")) == NotFound("payment")


async def test_a_refund_that_is_heard_of_before_the_capture_changes_nothing_until_then(
    service: Service, shop: Shop
) -> None:
    payment = await service.opened(student(), await service.save_course())
    refund_record = shop.books.refund_at_dashboard(shop.pay(payment)).record
    before = service.everything()
    attempt, now = shop.capture(payment).id, Moment(service.clock.now, uuid7)
    assert refunds_recorded(payment, attempt, [refund_record], State({payment.id: payment}), now) == NOTHING
    assert service.everything() == before
    assert isinstance(await service.confirm(student(), payment), Confirmed)
    told = service.reconciling(payment, refund_record, verdict=Captured(attempt, payment.amount))
    await service.purchases.submit(told)
    assert shop.payment(payment) == ("REFUNDED", "FULFILLED", PRICE)
    assert (shop.purchases(), shop.broken()) == ([("BASIC", "REFUNDED")], [])


async def test_after_a_full_refund_the_student_buys_again_and_gets_a_new_purchase(service: Service, shop: Shop) -> None:
    course = await service.save_course()
    first, _ = await shop.paid(course)
    await shop.refund(first)
    _, again = await shop.paid(course)
    assert again.supersedes is None
    assert shop.purchases() == [("BASIC", "REFUNDED"), ("BASIC", "ACTIVE")]
    await shop.receive(first)
    await service.confirm(student(), first)
    assert shop.purchases() == [("BASIC", "REFUNDED"), ("BASIC", "ACTIVE")]
    assert (shop.agrees(), shop.broken()) == (True, [])


async def test_money_back_for_an_expired_purchase_leaves_the_one_bought_since(service: Service, shop: Shop) -> None:
    course = await service.save_course()
    first, _ = await shop.paid(course)
    service.clock.advance(days=90)
    await shop.paid(course)
    await shop.refund(first)
    assert shop.payment(first)[0] == "REFUNDED"
    assert shop.purchases() == [("BASIC", "EXPIRED"), ("BASIC", "ACTIVE")]
    assert (shop.agrees(), shop.broken()) == (True, [])


async def test_money_back_for_a_revoked_purchase_leaves_it_revoked(service: Service, shop: Shop) -> None:
    payment, purchase = await shop.paid(await service.save_course())
    await service.revoke(purchase)
    await shop.refund(payment)
    assert (shop.payment(payment)[0], shop.purchases()) == ("REFUNDED", [("BASIC", "REVOKED")])
    assert shop.broken() == []


async def test_a_duplicates_refund_leaves_the_purchase_that_it_duplicated(service: Service, shop: Shop) -> None:
    course = await service.save_course()
    second = await service.opened(student(), course)
    first, _ = await shop.paid(course)
    shop.pay(second)
    assert isinstance(await service.confirm(student(), second), DuplicatePayment)
    await shop.run_jobs()
    assert shop.payment(second) == ("REFUNDED", "DUPLICATE", PRICE)
    assert (shop.payment(first)[0], shop.purchases()) == ("SUCCEEDED", [("BASIC", "ACTIVE")])
    assert (shop.agrees(), shop.broken()) == (True, [])


async def test_a_duplicate_whose_refund_was_refused_is_listed_and_an_admin_gives_it_back(
    service: Service, shop: Shop
) -> None:
    course = await service.save_course()
    second = await service.opened(student(), course)
    await shop.paid(course)
    shop.pay(second)
    await service.confirm(student(), second)
    shop.books.refuses_refunds = True
    await shop.run_jobs()
    assert shop.refunds(second.id) == [(PRICE, "FAILED")]
    [job] = service.stored(JobRow)
    assert (job.state, job.last_error) == ("FAILED", "refused: The provider gives nothing back.")
    [fault] = shop.broken()
    assert fault.startswith("A captured payment became exactly one purchase, or all of it goes or went back.")
    shop.books.refuses_refunds = False
    await shop.refund(second)
    assert shop.refunds(second.id) == [(PRICE, "FAILED"), (PRICE, "SUCCEEDED")]
    assert (shop.payment(second)[0], shop.agrees(), shop.broken()) == ("REFUNDED", True, [])


async def test_money_that_no_purchase_can_stand_for_goes_back_and_the_student_buys_again(
    service: Service, shop: Shop
) -> None:
    course = await service.save_course()
    payment = await service.opened(student(), course)
    shop.books.pay(reference_of(payment), amount=Money(1_000, "INR"))
    outcome = await service.confirm(student(), payment)
    assert isinstance(outcome, Unfulfillable)
    assert outcome.payment.failure is not None
    assert outcome.payment.failure.code == "payment_mismatch"
    await shop.run_jobs()
    assert (shop.payment(payment), shop.purchases()) == (("REFUNDED", "UNFULFILLABLE", 1_000), [])
    assert isinstance(await service.open(student(), course), Opened)
    await shop.paid(course)
    assert (shop.purchases(), shop.agrees(), shop.broken()) == ([("BASIC", "ACTIVE")], True, [])


def refunding(payment: Payment, amount_minor: int | None, key: str | None = None) -> RefundPayment:
    name = str(uuid7()) if key is None and amount_minor is not None else key
    return RefundPayment(ADMIN, uuid7(), payment.id, amount_minor, "a test", key=name)
