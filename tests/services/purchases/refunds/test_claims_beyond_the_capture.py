"""What goes back at the provider and is more than is left of the capture: what is left is what went back, in every
order, and the excess is a case. While a dispute over the money is open, it is not given back a second time."""

import pytest

from db.job_tables import JobRow
from db.tables import AuditEntryRow, PaymentRow, PurchaseRow, RefundRow, StudentAccessRow
from gateway.services.core.commands.jobs.retries import RetryJob
from gateway.services.core.commands.settle_refund import SettleRefund
from gateway.services.core.model.jobs import Job, JobKind, Lease
from gateway.services.core.model.outcomes import InvalidInput, RefundRequested
from gateway.services.core.model.values import Course, Money, Payment, RefundStatus
from gateway.services.core.model.verdicts import RefundSucceeded
from tests.service import ADMIN, STANDARD, Service, student
from tests.simulation.ledger import Return
from tests.simulation.shop import Shop, open_shop, reference_of

pytestmark = pytest.mark.anyio

PRICE = STANDARD.price.amount_minor
PART = 100_000
FIGURES = [(PRICE, "INR"), (PRICE + 200, "INR"), (2**53 - 1, "INR"), (6_000, "USD"), (1, "KWD")]


@pytest.fixture
def shop(service: Service) -> Shop:
    return open_shop(service)


@pytest.fixture
async def course(service: Service) -> Course:
    return await service.save_course()


@pytest.fixture
async def paid(shop: Shop, course: Course) -> Payment:
    return (await shop.paid(course, "STANDARD"))[0]


@pytest.mark.parametrize(("said", "currency"), FIGURES)
@pytest.mark.parametrize("order", [(0, 1), (1, 0)])
async def test_a_part_refunded_and_a_lost_dispute_are_a_full_refund_in_either_order(
    service: Service, shop: Shop, paid: Payment, said: int, currency: str, order: tuple[int, int]
) -> None:
    taken = shop.capture(paid)
    happened = [
        Return("re_90", taken.id, Money(PART, "INR"), RefundStatus.SUCCEEDED),
        Return("dp_91", taken.id, Money(said, currency), RefundStatus.SUCCEEDED, is_dispute=True),
    ]
    for which in order:
        shop.books.returns.append(happened[which])
        await shop.receive(paid)
    await shop.receive(paid)
    assert_all_is_back(shop, paid)
    assert counted(service) == {"PROVIDER": (PART, "SUCCEEDED"), "DISPUTE": (PRICE - PART, "SUCCEEDED")}
    assert len(cases(service)) == 1
    assert service.count("job", "state NOT IN ('COMPLETED')") == 1


@pytest.mark.parametrize(("said", "currency"), FIGURES[1:])
async def test_a_lost_dispute_of_more_than_was_paid_is_a_full_refund_and_the_excess_is_a_case(
    service: Service, shop: Shop, paid: Payment, said: int, currency: str
) -> None:
    shop.books.decide(shop.books.dispute(shop.capture(paid), said, currency), is_students=True)
    for _ in range(3):
        await shop.receive(paid)
    assert_all_is_back(shop, paid)
    [case] = cases(service)
    assert f"says {Money(said, currency)}, of which {Money(PRICE, 'INR')} were left" in case
    assert "cancelJob" in case
    [entry] = service.stored(AuditEntryRow, action="payment.refunded_beyond")
    assert (entry.subject_id, entry.changes["said"]) == (paid.id, str(Money(said, currency)))


@pytest.mark.parametrize(("said", "currency"), FIGURES)
async def test_an_open_dispute_reserves_what_is_left_whatever_its_figure(
    service: Service, shop: Shop, paid: Payment, said: int, currency: str
) -> None:
    shop.books.refund_at_dashboard(shop.capture(paid), PART)
    await shop.receive(paid)
    dispute = shop.books.dispute(shop.capture(paid), said, currency)
    await shop.receive(paid)
    assert counted(service)["DISPUTE"] == (PRICE - PART, "PENDING")
    for amount in (None, 1, PRICE - PART):
        refused = await service.refund(paid, amount)
        assert isinstance(refused, InvalidInput)
        [problem] = refused.fields
        assert problem.path == ("paymentId",)
        assert "a dispute is open" in problem.message
    assert (shop.payment(paid), cases(service)) == (("PARTIALLY_REFUNDED", "FULFILLED", PART), [])
    shop.books.decide(dispute, is_students=False)
    await shop.receive(paid)
    await shop.refund(paid)
    assert_all_is_back(shop, paid)
    assert cases(service) == []


async def test_of_what_a_small_dispute_leaves_a_part_may_go_back_meanwhile(
    service: Service, shop: Shop, paid: Payment
) -> None:
    shop.books.dispute(shop.capture(paid), PART)
    await shop.receive(paid)
    refused = await service.refund(paid, PRICE - PART + 1)
    assert isinstance(refused, InvalidInput)
    assert f"must be 1 to {PRICE - PART}" in refused.fields[0].message
    await shop.refund(paid, PRICE - PART)
    assert shop.payment(paid) == ("PARTIALLY_REFUNDED", "FULFILLED", PRICE - PART)


@pytest.mark.parametrize("is_students", [True, False])
async def test_a_refund_of_ours_waits_while_a_dispute_opens_over_its_money_and_is_made_once_or_never(
    service: Service, shop: Shop, paid: Payment, is_students: bool
) -> None:
    await service.refund(paid)
    dispute = shop.books.dispute(shop.capture(paid), PRICE + 200)
    await shop.store(paid)
    for job in await shop.claimed():  # the webhook's runner is the faster one
        if job.kind is JobKind.WEBHOOK_HANDLE:
            await service.events.handle(job.subject_id, ticket_of(job))
    for _ in range(120):  # a bank takes weeks, and no job gives up for that
        service.clock.advance(hours=6)
        await shop.run_jobs()
    [waiting] = service.stored(JobRow, kind="payment.refund")
    assert (waiting.state, "dispute" in waiting.last_error) == ("RETRYING", True)
    assert (len(shop.books.returns), shop.broken()) == (1, [])
    shop.books.decide(dispute, is_students)
    await shop.receive(paid)
    service.clock.advance(hours=2)
    await shop.run_jobs()
    assert_all_is_back(shop, paid)
    gone = [each for each in shop.books.returns if each.status is RefundStatus.SUCCEEDED]
    assert [each.is_dispute for each in gone] == [is_students]
    assert service.count("job", "kind = 'payment.refund' AND state <> 'COMPLETED'") == 0


@pytest.mark.parametrize("is_students", [True, False])
@pytest.mark.parametrize("is_heard_open", [True, False])
async def test_a_duplicate_under_dispute_goes_back_once_whoever_the_bank_decides_for(
    service: Service, shop: Shop, course: Course, is_students: bool, is_heard_open: bool
) -> None:
    duplicate = await service.opened(student(), course, "STANDARD")
    await shop.paid(course, "STANDARD")
    dispute = shop.books.dispute(shop.pay(duplicate), PRICE + 200)
    if is_heard_open:
        await shop.receive(duplicate)
        assert shop.payment(duplicate) == ("SUCCEEDED", "DUPLICATE", 0)
        assert shop.broken() == []
    shop.books.decide(dispute, is_students)
    await shop.receive(duplicate)
    service.clock.advance(hours=2)
    await shop.run_jobs()
    assert shop.payment(duplicate) == ("REFUNDED", "DUPLICATE", PRICE)
    assert [each.is_dispute for each in shop.books.returns if each.status is RefundStatus.SUCCEEDED] == [is_students]
    assert (shop.broken(), shop.agrees()) == ([], True)


async def test_so_does_money_that_a_checkout_took_once_more(service: Service, shop: Shop, paid: Payment) -> None:
    again = shop.books.capture_again(reference_of(paid))
    shop.books.decide(shop.books.dispute(again, 6_000, "USD"), is_students=True)
    await shop.receive(paid)
    [extra] = service.stored(PaymentRow, extra_of=paid.id)
    assert (extra.status, extra.refunded_minor, len(cases(service))) == ("REFUNDED", PRICE, 1)
    assert (shop.payment(paid)[0], shop.broken(), shop.agrees()) == ("SUCCEEDED", [], True)


async def test_a_refund_that_the_provider_gave_counts_though_our_books_had_given_it_up(
    service: Service, shop: Shop, paid: Payment
) -> None:
    """The lost dispute is heard of while our refund's answer is on its way: both moved money, and one is the excess."""
    own_pending = await service.refund(paid)
    assert isinstance(own_pending, RefundRequested)
    shop.books.decide(shop.books.dispute(shop.capture(paid), PRICE), is_students=True)
    await shop.store(paid)
    for job in await shop.claimed():
        if job.kind is JobKind.WEBHOOK_HANDLE:
            await service.events.handle(job.subject_id, ticket_of(job))
    assert counted(service) == {"GATEWAY": (PRICE, "FAILED"), "DISPUTE": (PRICE, "SUCCEEDED")}
    await service.purchases.submit(SettleRefund(own_pending.refund.id, RefundSucceeded("re_90")))
    assert counted(service) == {"GATEWAY": (PRICE, "SUCCEEDED"), "DISPUTE": (PRICE, "FAILED")}
    assert (shop.payment(paid)[0], shop.purchases(), shop.broken()) == ("REFUNDED", [("STANDARD", "REFUNDED")], [])
    assert len(cases(service)) == 1


async def test_a_lost_dispute_counts_for_more_once_the_refund_before_it_came_back(
    service: Service, shop: Shop, paid: Payment
) -> None:
    part = shop.books.refund_at_dashboard(shop.capture(paid), PART)
    shop.books.decide(shop.books.dispute(shop.capture(paid), PRICE), is_students=True)
    await shop.receive(paid)
    shop.books.come_back(part)
    await shop.receive(paid)
    assert_all_is_back(shop, paid)
    assert counted(service) == {"PROVIDER": (PART, "FAILED"), "DISPUTE": (PRICE, "SUCCEEDED")}


async def test_a_dispute_that_was_lost_and_then_won_gives_the_course_back(
    service: Service, shop: Shop, paid: Payment
) -> None:
    dispute = shop.books.dispute(shop.capture(paid), 6_000, "USD")
    shop.books.decide(dispute, is_students=True)
    await shop.receive(paid)
    shop.books.decide(dispute, is_students=False)
    await shop.receive(paid)
    assert (shop.payment(paid), shop.purchases()) == (("SUCCEEDED", "FULFILLED", 0), [("STANDARD", "ACTIVE")])
    assert (shop.broken(), shop.agrees()) == ([], True)


async def test_a_refused_refund_is_not_promised_again_while_a_dispute_is_open(
    service: Service, shop: Shop, paid: Payment
) -> None:
    shop.books.refuses_refunds = True
    await shop.refund(paid)
    shop.books.refuses_refunds = False
    [failed] = service.stored(JobRow, state="FAILED")
    shop.books.dispute(shop.capture(paid), PRICE)
    await shop.receive(paid)
    refused = await service.purchases.submit(RetryJob(ADMIN, failed.id, "a test"))
    assert isinstance(refused, InvalidInput)
    assert "a dispute is open" in refused.fields[0].message


def assert_all_is_back(shop: Shop, payment: Payment) -> None:
    assert shop.payment(payment) == ("REFUNDED", "FULFILLED", PRICE)
    [purchase], [access] = shop.service.stored(PurchaseRow), shop.service.stored(StudentAccessRow)
    assert (purchase.status, access.status) == ("REFUNDED", "REVOKED")
    assert (shop.broken(), shop.agrees()) == ([], True)


def cases(service: Service) -> list[str]:
    return [row.last_error for row in service.stored(JobRow, kind="case.review", state="FAILED")]


def counted(service: Service) -> dict[str, tuple[int, str]]:
    return {row.origin: (row.amount_minor, row.status) for row in service.stored(RefundRow)}


def ticket_of(job: Job) -> Lease:
    return Lease(job.id, job.fence)
