"""After an import a webhook of an old payment finds its purchase: refunds, disputes, attempts that nobody had kept."""

import pytest

from db.tables import AuditEntryRow, PaymentRow, PurchaseRow, RefundRow
from gateway.services.core.frozen import replace
from gateway.services.core.model.values import Course, Money, PurchaseStatus
from tests.service import Service
from tests.services.purchases.imports.rows import LATER, PAID, came, old
from tests.simulation.ledger import Attempt
from tests.simulation.shop import Shop, open_shop

pytestmark = pytest.mark.anyio

PRICE = Money(199_900, "INR")
REFERENCE = "pi_old"


@pytest.fixture
def shop(service: Service) -> Shop:
    return open_shop(service)


@pytest.fixture
async def course(service: Service) -> Course:
    return await service.save_course()


def taken(shop: Shop) -> Attempt:
    """An intent that another system opened, without any mark, and that was paid there."""
    shop.books.book(PRICE, {}, REFERENCE)
    return shop.books.pay(REFERENCE)


@pytest.mark.parametrize("is_known", [True, False])
async def test_a_refund_of_an_old_payment_ends_its_purchase(
    service: Service, shop: Shop, course: Course, is_known: bool
) -> None:
    attempt = taken(shop)
    paid = replace(PAID, reference=REFERENCE, attempt=attempt.id if is_known else None)
    purchase = await came(service, old(course, payment=paid))
    shop.books.refund_at_dashboard(attempt)
    await shop.receive(REFERENCE)
    [payment], [row] = service.stored(PaymentRow), service.stored(PurchaseRow)
    assert (payment.attempt, payment.status, row.id, row.status) == (attempt.id, "REFUNDED", purchase.id, "REFUNDED")
    assert (shop.broken(), shop.agrees()) == ([], True)


async def test_a_dispute_of_an_old_payment_is_held_and_its_loss_ends_the_purchase(
    service: Service, shop: Shop, course: Course
) -> None:
    attempt = taken(shop)
    await came(service, old(course, payment=replace(PAID, reference=REFERENCE)))
    disputed = shop.books.dispute(attempt)
    await shop.receive(REFERENCE)
    [payment] = service.stored(PaymentRow)
    assert (payment.status, shop.refunds(payment.id)) == ("SUCCEEDED", [(199_900, "PENDING")])
    shop.books.decide(disputed, is_students=True)
    await shop.receive(REFERENCE)
    assert [row.status for row in service.stored(PurchaseRow)] == ["REFUNDED"]
    assert (shop.broken(), shop.agrees()) == ([], True)


@pytest.mark.parametrize("parts", [(50_000,), (30_000, 20_000), (20_000, 30_000, 10_000)])
@pytest.mark.parametrize("is_named", [True, False])
async def test_what_had_gone_back_before_is_not_counted_a_second_time(
    service: Service, shop: Shop, course: Course, parts: tuple[int, ...], is_named: bool
) -> None:
    """The old system knew how much went back, and by how many refunds the provider alone knows."""
    attempt = taken(shop)
    returns = [shop.books.refund_at_dashboard(attempt, part) for part in parts]
    reference = returns[0].id if is_named and len(parts) == 1 else None
    paid = replace(PAID, reference=REFERENCE, refunded_minor=50_000, refund_reference=reference)
    await came(service, old(course, payment=paid))
    await shop.receive(REFERENCE)
    [payment] = service.stored(PaymentRow)
    assert (payment.refunded_minor, payment.status) == (sum(parts), "PARTIALLY_REFUNDED")
    assert {row.reference for row in service.stored(RefundRow)} == {each.id for each in returns}
    assert await service.failed_jobs() == []
    assert (shop.broken(), shop.agrees()) == ([], True)
    entries = len(service.stored(AuditEntryRow))
    await shop.receive(REFERENCE)
    assert len(service.stored(AuditEntryRow)) == entries


async def test_an_old_payment_can_be_refunded_by_an_admin(service: Service, shop: Shop, course: Course) -> None:
    taken(shop)
    await came(service, old(course, payment=replace(PAID, reference=REFERENCE)))
    [payment] = await service.payments()
    await shop.refund(payment)
    assert [row.status for row in service.stored(PurchaseRow)] == ["REFUNDED"]
    assert (shop.broken(), shop.agrees()) == ([], True)


async def test_the_refund_of_an_old_upgrade_revives_the_purchase_below_it(
    service: Service, shop: Shop, course: Course
) -> None:
    attempt = taken(shop)
    await came(service, old(course, "1", status=PurchaseStatus.SUPERSEDED, ended_at=LATER))
    better = replace(old(course, "2", created_at=LATER, supersedes="1"), payment=replace(PAID, reference=REFERENCE))
    await came(service, replace(better, tier=replace(better.tier, code="PREMIUM"), sessions_total=24))
    shop.books.refund_at_dashboard(attempt)
    await shop.receive(REFERENCE)
    assert shop.purchases() == [("BASIC", "ACTIVE"), ("PREMIUM", "REFUNDED")]
    assert shop.broken() == []


async def test_a_case_that_was_noted_before_ends_when_the_payment_comes_over(
    service: Service, shop: Shop, course: Course
) -> None:
    shop.books.book(PRICE, {"courseId": str(course.id), "studentId": "student-1"}, REFERENCE)
    shop.books.pay(REFERENCE)
    await shop.receive(REFERENCE)
    assert [job.kind.value for job in await service.failed_jobs()] == ["case.review"]
    await came(service, old(course, payment=replace(PAID, reference=REFERENCE)))
    assert await service.failed_jobs() == []
    assert shop.broken() == []


@pytest.mark.parametrize("is_known", [True, False])
async def test_the_rest_of_an_old_payment_goes_back_beside_what_went_back_before(
    service: Service, shop: Shop, course: Course, is_known: bool
) -> None:
    """What we refund ourselves is not taken for what the old system had refunded."""
    attempt = taken(shop)
    shop.books.refund_at_dashboard(attempt, 50_000)
    old_attempt = attempt.id if is_known else None
    paid = replace(PAID, reference=REFERENCE, attempt=old_attempt, refunded_minor=50_000)
    await came(service, old(course, payment=paid))
    [payment] = await service.payments()
    await shop.refund(payment)
    assert set(shop.refunds(payment.id)) == {(50_000, "SUCCEEDED"), (149_900, "SUCCEEDED")}
    await shop.receive(REFERENCE)
    assert [row.status for row in service.stored(PurchaseRow)] == ["REFUNDED"]
    assert {row.reference for row in service.stored(RefundRow)} == {each.id for each in shop.books.returns}
    assert (shop.broken(), shop.agrees()) == ([], True)


async def test_money_that_had_gone_back_before_may_come_back(service: Service, shop: Shop, course: Course) -> None:
    returned = shop.books.refund_at_dashboard(taken(shop), 50_000)
    paid = replace(PAID, reference=REFERENCE, refunded_minor=50_000, refunded_at=LATER, refund_reference=returned.id)
    await came(service, old(course, payment=paid))
    shop.books.come_back(returned)
    await shop.receive(REFERENCE)
    [payment] = service.stored(PaymentRow)
    assert (payment.status, shop.refunds(payment.id)) == ("SUCCEEDED", [(50_000, "FAILED")])
    assert (shop.broken(), shop.agrees()) == ([], True)
