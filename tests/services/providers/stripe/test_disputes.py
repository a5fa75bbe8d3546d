"""What a student's bank claims back through Stripe is told with the refunds, and what took no money is not."""

import pytest
from structlog.testing import capture_logs

from gateway.services.core.model.values import Money, RefundStatus
from gateway.services.core.model.verdicts import Captured, RefundRecord
from gateway.services.providers.base import ProviderUnavailable
from gateway.services.providers.stripe.provider import Stripe
from tests.service import INSTALLATION
from tests.services.providers.stripe.fake import FakeStripe, Fault
from tests.services.providers.stripe.test_provider import OUTAGES, opened, refund_of

pytestmark = pytest.mark.anyio
PRICE = Money(199_900, "INR")
WITHDRAWN, REINSTATED = {"amount": -2_400, "currency": "usd"}, {"amount": 2_400, "currency": "usd"}


def disputed(status: RefundStatus, reason: str = "disputed: fraudulent", amount: Money = PRICE) -> RefundRecord:
    return RefundRecord("du_1", None, amount, status, is_dispute=True, reason=reason)


@pytest.mark.parametrize(
    ("theirs", "ours"),
    [
        ("needs_response", RefundStatus.PENDING),
        ("under_review", RefundStatus.PENDING),
        ("appeal_needs_response", RefundStatus.PENDING),
        ("appeal_under_review", RefundStatus.PENDING),
        ("a_state_of_tomorrow", RefundStatus.PENDING),
        ("lost", RefundStatus.SUCCEEDED),
        ("won", RefundStatus.FAILED),
    ],
)
async def test_a_dispute_is_money_that_may_go_back(
    provider: Stripe, books: FakeStripe, theirs: str, ours: RefundStatus
) -> None:
    taken = await opened(provider)
    books.pay("pi_1")
    books.dispute("pi_1", theirs)
    provider_record = await provider.inspect(taken)
    assert provider_record.verdict == Captured("ch_1", PRICE, "student-1", taken.course_id, INSTALLATION)
    assert provider_record.refunds == (disputed(ours),)
    assert provider_record.extra == ()


@pytest.mark.parametrize("status", ["warning_needs_response", "warning_under_review", "warning_closed"])
async def test_an_inquiry_took_nothing(provider: Stripe, books: FakeStripe, status: str) -> None:
    taken = await opened(provider)
    books.pay("pi_1")
    books.dispute("pi_1", status)
    assert (await provider.inspect(taken)).refunds == ()


@pytest.mark.parametrize(
    ("moved", "records"),
    [
        ([WITHDRAWN], (disputed(RefundStatus.SUCCEEDED),)),
        ([WITHDRAWN, REINSTATED], ()),
        ([], ()),
    ],
)
async def test_a_prevented_dispute_counts_where_money_left_our_balance(
    provider: Stripe, books: FakeStripe, moved: list[dict[str, object]], records: tuple[RefundRecord, ...]
) -> None:
    taken = await opened(provider)
    books.pay("pi_1")
    books.dispute("pi_1", "prevented", balance_transactions=moved)
    assert (await provider.inspect(taken)).refunds == records


async def test_a_part_is_disputed_for_its_own_reason(provider: Stripe, books: FakeStripe) -> None:
    taken = await opened(provider)
    books.pay("pi_1")
    books.dispute("pi_1", amount=500, reason="product_not_received")
    record = disputed(RefundStatus.PENDING, "disputed: product not received", Money(500, "INR"))
    assert (await provider.inspect(taken)).refunds == (record,)


async def test_only_a_disputed_charge_is_asked_about(provider: Stripe, books: FakeStripe) -> None:
    taken = await opened(provider)
    books.pay("pi_1")
    books.asked.clear()
    assert (await provider.inspect(taken)).refunds == ()
    assert books.asked == ["GET pi_1", "GET refunds"]
    books.dispute("pi_1")
    books.asked.clear()
    await provider.inspect(taken)
    assert books.asked == ["GET pi_1", "GET refunds", "GET disputes"]


async def test_disputes_stand_beside_refunds_page_by_page(provider: Stripe, books: FakeStripe) -> None:
    taken = await opened(provider)
    books.pay("pi_1")
    ours = refund_of(taken, 1)
    await provider.refund(taken, ours)
    for _ in range(101):
        books.dispute("pi_1", "won", amount=2)
    records = (await provider.inspect(taken)).refunds
    assert records[0] == RefundRecord("re_1", ours.id, Money(1, "INR"), RefundStatus.SUCCEEDED)
    assert [record.reference for record in records[1:]] == [f"du_{n}" for n in range(101, 0, -1)]
    assert books.asked.count("GET disputes") == 2


@pytest.mark.parametrize("fault", OUTAGES)
@pytest.mark.parametrize("before", [0, 1, 2], ids=["the intent", "its refunds", "its disputes"])
async def test_an_outage_while_looking_is_no_truth(
    provider: Stripe, books: FakeStripe, fault: Fault, before: int
) -> None:
    taken = await opened(provider)
    books.pay("pi_1")
    books.dispute("pi_1", "lost")
    books.faults = [*[None] * before, fault]
    with pytest.raises(ProviderUnavailable) as caught:
        await provider.inspect(taken)
    assert caught.value.retry_after_s == (7 if fault == "429" else 5)
    assert (await provider.inspect(taken)).refunds == (disputed(RefundStatus.SUCCEEDED),)


@pytest.mark.parametrize(
    ("said", "reason"),
    [
        ({"reason": "requested_by_customer"}, "requested by customer"),
        ({"reason": None}, None),
        ({}, None),
    ],
)
async def test_a_refund_says_why_where_stripe_does(
    provider: Stripe, books: FakeStripe, said: dict[str, object], reason: str | None
) -> None:
    taken = await opened(provider)
    books.pay("pi_1")
    books.give_back("pi_1", 5, status="pending", **said)
    [record] = (await provider.inspect(taken)).refunds
    assert (record.status, record.is_dispute, record.reason) == (
        RefundStatus.PENDING,
        False,
        reason,
    )


async def test_a_key_without_the_right_to_read_disputes_books_the_refunds_and_is_told_once(
    provider: Stripe, books: FakeStripe
) -> None:
    taken = await opened(provider)
    books.pay("pi_1")
    books.give_back("pi_1", 500)
    books.dispute("pi_1", "lost")
    books.may_read_disputes = False
    with capture_logs() as logs:
        for _ in range(3):
            provider_record = await provider.inspect(taken)
            assert isinstance(provider_record.verdict, Captured)
            assert [record.reference for record in provider_record.refunds] == ["re_1"]
    [said] = logs
    assert said["log_level"] == "error"
    assert "Disputes: Read" in said["needed"]
    books.may_read_disputes = True  # the operator has added the right
    assert [record.reference for record in (await provider.inspect(taken)).refunds] == ["re_1", "du_1"]
