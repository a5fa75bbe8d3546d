"""What a student's bank claims back through Razorpay is told with the refunds, and the same money is told once."""

from dataclasses import replace

import pytest
from structlog.testing import capture_logs

from gateway.services.core.model.values import Money, Payment, RefundStatus
from gateway.services.core.model.verdicts import ExtraCapture, RefundRecord
from gateway.services.providers.base import ProviderUnavailable
from gateway.services.providers.razorpay.api import MOST_PAGES, PAGE
from gateway.services.providers.razorpay.provider import Razorpay
from tests.services.providers.razorpay.case import PRICE, captured, id_of, order_of, refund_of
from tests.services.providers.razorpay.fake import FAULTS, FakeRazorpay

pytestmark = pytest.mark.anyio
WHY = "disputed: goods or services not received"


@pytest.fixture
def attempt(fake: FakeRazorpay, opened: Payment) -> str:
    return fake.pay(order_of(opened))


def disputed(dispute_id: str, status: RefundStatus, amount: Money = PRICE, reason: str = WHY) -> RefundRecord:
    return RefundRecord(dispute_id, None, amount, status, is_dispute=True, reason=reason)


@pytest.mark.parametrize(
    ("theirs", "ours"),
    [
        ("open", RefundStatus.PENDING),
        ("under_review", RefundStatus.PENDING),
        ("a_state_of_tomorrow", RefundStatus.PENDING),
        ("lost", RefundStatus.SUCCEEDED),
        ("won", RefundStatus.FAILED),
        ("closed", RefundStatus.FAILED),
    ],
)
async def test_a_dispute_is_money_that_may_go_back(
    fake: FakeRazorpay, razorpay: Razorpay, opened: Payment, attempt: str, theirs: str, ours: RefundStatus
) -> None:
    dispute = fake.dispute(attempt, theirs)
    provider_record = await razorpay.inspect(opened)
    assert (provider_record.verdict, provider_record.refunds, provider_record.extra) == (
        captured(attempt),
        (disputed(dispute, ours),),
        (),
    )


@pytest.mark.parametrize("phase", ["fraud", "retrieval"])
@pytest.mark.parametrize("status", ["open", "under_review", "won", "closed"])
async def test_an_inquiry_took_nothing(
    fake: FakeRazorpay, razorpay: Razorpay, opened: Payment, attempt: str, phase: str, status: str
) -> None:
    fake.dispute(attempt, status, phase=phase)
    assert (await razorpay.inspect(opened)).refunds == ()


async def test_an_inquiry_that_took_money_is_told(
    fake: FakeRazorpay, razorpay: Razorpay, opened: Payment, attempt: str
) -> None:
    dispute = fake.dispute(attempt, "lost", phase="retrieval")
    assert (await razorpay.inspect(opened)).refunds == (disputed(dispute, RefundStatus.SUCCEEDED),)


async def test_a_claim_that_was_won_and_claimed_again_is_two_facts(
    fake: FakeRazorpay, razorpay: Razorpay, opened: Payment, attempt: str
) -> None:
    first, again = fake.dispute(attempt, "won"), fake.dispute(attempt, "open", phase="pre_arbitration")
    records = disputed(first, RefundStatus.FAILED), disputed(again, RefundStatus.PENDING)
    assert (await razorpay.inspect(opened)).refunds == records


@pytest.mark.parametrize(
    ("deducted", "amount_minor"),
    [(300, 300), (0, 500), (None, 500)],
    ids=["a part", "not said yet", "not said"],
)
async def test_what_was_deducted_is_what_a_lost_dispute_cost(
    fake: FakeRazorpay, razorpay: Razorpay, opened: Payment, attempt: str, deducted: int | None, amount_minor: int
) -> None:
    dispute = fake.dispute(attempt, "lost", amount=500, amount_deducted=deducted)
    record = disputed(dispute, RefundStatus.SUCCEEDED, Money(amount_minor, "INR"))
    assert (await razorpay.inspect(opened)).refunds == (record,)


@pytest.mark.parametrize(
    ("said", "reason"),
    [
        ({"reason_code": "chargeback"}, "disputed: chargeback"),
        (
            {"reason_code": "10.4", "reason_description": "Other fraud: card absent"},
            "disputed: Other fraud: card absent",
        ),
        ({"reason_code": None}, "disputed"),
    ],
)
async def test_a_dispute_says_why(
    fake: FakeRazorpay, razorpay: Razorpay, opened: Payment, attempt: str, said: dict[str, object], reason: str
) -> None:
    fake.dispute(attempt, **said)  # type: ignore[arg-type]  # none of them is its status
    [record] = (await razorpay.inspect(opened)).refunds
    assert record.reason == reason


async def test_a_dispute_belongs_to_the_attempt_that_it_names(
    fake: FakeRazorpay, razorpay: Razorpay, opened: Payment, attempt: str
) -> None:
    extra, failed = fake.pay(order_of(opened)), fake.pay(order_of(opened), "failed")
    of_extra = fake.dispute(extra, "lost")
    fake.dispute(failed)
    provider_record = await razorpay.inspect(opened)
    records = (disputed(of_extra, RefundStatus.SUCCEEDED),)
    assert (provider_record.refunds, provider_record.extra) == ((), (ExtraCapture(captured(extra), records),))


async def test_the_refund_that_a_lost_dispute_made_is_told_once(
    fake: FakeRazorpay, razorpay: Razorpay, opened: Payment, attempt: str
) -> None:
    before = fake.give_back(attempt, 500)
    dispute = fake.dispute(attempt, "lost", amount=500, amount_deducted=500)
    fake.give_back(attempt, 500)
    after, failed = fake.give_back(attempt, 500), fake.give_back(attempt, 500, status="failed")
    records = (await razorpay.inspect(opened)).refunds
    assert [(record.reference, record.status) for record in records] == [
        (before, RefundStatus.SUCCEEDED),
        (after, RefundStatus.SUCCEEDED),
        (failed, RefundStatus.FAILED),
        (dispute, RefundStatus.SUCCEEDED),
    ]


@pytest.mark.parametrize(
    "is_another",
    [{"amount": 499}, {"currency": "USD"}, {"created_at": 1_600_000_000}, {"status": "failed"}],
)
async def test_a_refund_that_no_dispute_made_is_told_beside_it(
    fake: FakeRazorpay, razorpay: Razorpay, opened: Payment, attempt: str, is_another: dict[str, object]
) -> None:
    dispute = fake.dispute(attempt, "lost", amount_deducted=500)
    refund = fake.give_back(attempt, 500, **is_another)
    assert {record.reference for record in (await razorpay.inspect(opened)).refunds} == {dispute, refund}


@pytest.mark.parametrize("status", ["open", "won"])
async def test_a_dispute_that_is_not_lost_made_no_refund(
    fake: FakeRazorpay, razorpay: Razorpay, opened: Payment, attempt: str, status: str
) -> None:
    dispute, refund = fake.dispute(attempt, status), fake.give_back(attempt, PRICE.amount_minor)
    assert {record.reference for record in (await razorpay.inspect(opened)).refunds} == {dispute, refund}


async def test_a_refund_that_answers_an_inquiry_is_told(
    fake: FakeRazorpay, razorpay: Razorpay, opened: Payment, attempt: str
) -> None:
    fake.dispute(attempt, "lost", phase="fraud", amount_deducted=0)
    refund = fake.give_back(attempt, PRICE.amount_minor)
    assert [record.reference for record in (await razorpay.inspect(opened)).refunds] == [refund]


async def test_a_refund_of_ours_is_never_taken_for_a_disputes(
    fake: FakeRazorpay, razorpay: Razorpay, opened: Payment, attempt: str
) -> None:
    fake.dispute(attempt, "lost", amount_deducted=500)
    await razorpay.refund(replace(opened, attempt=attempt), refund_of("ours", 500))
    assert [record.refund_id for record in (await razorpay.inspect(opened)).refunds] == [
        id_of("ours"),
        None,
    ]


async def test_disputes_are_looked_for_in_all_pages_since_the_payment(
    fake: FakeRazorpay, razorpay: Razorpay, opened: Payment
) -> None:
    earlier = fake.pay(order_of(opened), "failed")
    for _ in range(PAGE):
        fake.dispute(earlier)
    attempt = fake.pay(order_of(opened))
    ours = fake.dispute(attempt)
    for _ in range(PAGE - 1):
        fake.dispute(earlier)
    assert (await razorpay.inspect(opened)).refunds == (disputed(ours, RefundStatus.PENDING),)
    assert fake.calls.count("GET /v1/disputes") == 2
    fake.dispute(earlier)
    assert (await razorpay.inspect(opened)).refunds == (disputed(ours, RefundStatus.PENDING),)


async def test_pages_that_move_on_while_they_are_read_show_a_dispute_once(
    fake: FakeRazorpay, razorpay: Razorpay, opened: Payment, attempt: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    disputes = [fake.dispute(attempt, "won", amount=1) for _ in range(PAGE + 1)]
    answer = fake._list_disputes

    def raised_meanwhile(request: object) -> object:
        listed = answer(request)  # type: ignore[arg-type]  # as httpx has it
        fake.dispute(attempt, "won", amount=1)
        return listed

    monkeypatch.setattr(fake, "_list_disputes", raised_meanwhile)
    assert [record.reference for record in (await razorpay.inspect(opened)).refunds] == disputes


async def test_an_account_with_more_disputes_than_are_looked_at_still_tells_the_newest(
    fake: FakeRazorpay, razorpay: Razorpay, opened: Payment, attempt: str
) -> None:
    elsewhere = fake.pay(order_of(opened), "failed")
    fake.dispute(attempt, "won")
    for _ in range(MOST_PAGES * PAGE - 1):
        fake.dispute(elsewhere)
    newest = fake.dispute(attempt)
    assert (await razorpay.inspect(opened)).refunds == (disputed(newest, RefundStatus.PENDING),)
    assert fake.calls.count("GET /v1/disputes") == MOST_PAGES


@pytest.mark.parametrize("fault", FAULTS)
async def test_an_outage_while_looking_for_disputes_is_no_truth(
    fake: FakeRazorpay, razorpay: Razorpay, opened: Payment, attempt: str, fault: str
) -> None:
    dispute = fake.dispute(attempt, "lost")
    fake.fail(fault, "disputes")
    with pytest.raises(ProviderUnavailable) as caught:
        await razorpay.inspect(opened)
    assert caught.value.retry_after_s == (7 if fault == "429" else 2)
    assert (await razorpay.inspect(opened)).refunds == (disputed(dispute, RefundStatus.SUCCEEDED),)


@pytest.mark.parametrize("fault", ["403", "refused: The requested URL was not found on the server."])
async def test_an_account_that_may_not_read_disputes_tells_the_rest_and_that_it_may_not_is_told_once(
    fake: FakeRazorpay, razorpay: Razorpay, opened: Payment, attempt: str, fault: str
) -> None:
    refund = fake.give_back(attempt, 500)
    dispute = fake.dispute(attempt)
    with capture_logs() as logs:
        for _ in range(3):
            fake.fail(fault, "disputes")
            provider_record = await razorpay.inspect(opened)
            assert provider_record.verdict == captured(attempt)
            assert [record.reference for record in provider_record.refunds] == [refund]
    [said] = logs
    assert (said["log_level"], "Disputes API" in said["needed"]) == ("error", True)
    assert [record.reference for record in (await razorpay.inspect(opened)).refunds] == [refund, dispute]


async def test_what_nobody_paid_nobody_disputes(fake: FakeRazorpay, razorpay: Razorpay, opened: Payment) -> None:
    fake.pay(order_of(opened), "failed")
    await razorpay.inspect(opened)
    assert "GET /v1/disputes" not in fake.calls
