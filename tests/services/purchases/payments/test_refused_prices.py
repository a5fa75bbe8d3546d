"""A price that the provider refuses for good: the payment ends with the reason, and the caller is told which field."""

from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any

import pytest
from uuid_utils.compat import uuid7

from db.tables import AuditEntryRow, PaymentRow, RefundRow
from gateway.services.core.commands.confirm_payment import ConfirmPayment
from gateway.services.core.model.outcomes import FieldProblem, InvalidInput, Opened, PaymentDeclined, ProviderAway
from gateway.services.core.model.records import Door
from gateway.services.core.model.values import Course, Money, Provider
from gateway.services.providers.base import PaymentProvider
from gateway.services.providers.stripe.units import STRIPE_UNITS
from tests.service import BASIC, METADATA, Service, student
from tests.services.providers.razorpay.case import provider_of
from tests.services.providers.razorpay.fake import FakeRazorpay
from tests.services.providers.stripe.fake import FakeStripe
from tests.simulation.shop import Shop, open_shop

pytestmark = pytest.mark.anyio

TOO_LITTLE = "Amount must convert to at least 50 cents. (amount_too_small)"


@pytest.fixture
def shop(service: Service) -> Shop:
    return open_shop(service)


async def selling(service: Service, price: Money) -> Course:
    return await service.save_course(replace(BASIC, price=price))


@pytest.fixture(params=[Provider.STRIPE, Provider.RAZORPAY])
async def vendor(request: pytest.FixtureRequest, service: Service) -> AsyncIterator[Provider]:
    """The service beside a fake of one vendor, which has the vendor's rules for prices."""
    if request.param is Provider.RAZORPAY:
        razorpay = provider_of(FakeRazorpay())
        _sell_by(service, razorpay)
        yield Provider.RAZORPAY
        await razorpay.close()
        return
    async with FakeStripe().provider() as stripe:
        _sell_by(service, stripe)
        yield Provider.STRIPE


def _sell_by(service: Service, provider: PaymentProvider) -> None:
    providers = {provider.name: provider}
    service.set_up(by_name=providers, default=provider.name)


REFUSED: dict[Provider, list[tuple[Money, str]]] = {
    Provider.STRIPE: [
        (Money(49, "INR"), TOO_LITTLE),
        (Money(100_000_000, "INR"), "Amount must be no more than 999,999.99 inr (amount_too_large)"),
        (Money(5_000, "KPW"), "Invalid currency: kpw. Stripe currently supports these currencies: usd, aed, afn, …"),
        (Money(150, "MGA"), "amounts of MGA must be multiples of 100 minor units with STRIPE"),
        (Money(5_005, "KWD"), "amounts of KWD must be multiples of 10 minor units with STRIPE"),
        (Money(5_000, "IQD"), "STRIPE has no amounts of IQD"),
    ],
    Provider.RAZORPAY: [
        (Money(99, "INR"), "Order amount less than minimum amount allowed"),
        (Money(5_000, "KPW"), "Currency is not supported"),
        (Money(5_005, "KWD"), "amounts of KWD must be multiples of 10 minor units with RAZORPAY"),
    ],
}


async def test_a_price_that_the_provider_refuses_for_good_is_typed_final_and_names_the_tier(
    service: Service, vendor: Provider
) -> None:
    for price, reason in REFUSED[vendor]:
        course = await selling(service, price)
        outcome = await service.open(student(), course, provider=None, key=str(price))
        said = f"BASIC costs {price}, which {vendor} does not take: {reason}"
        assert outcome == InvalidInput((FieldProblem(("tier",), said),))
        [row] = service.stored(PaymentRow, course_id=course.id)
        assert (row.status, row.failure_code, row.failure_message) == ("CANCELED", "price_refused", said)
        assert (row.reference, service.actions(row.id)) == (None, ["payment.opened", "payment.refused"])


@pytest.mark.parametrize(
    "price", [Money(5_000, "UGX"), Money(5_000, "ISK"), Money(500, "MGA"), Money(5_120, "KWD")], ids=str
)
async def test_a_price_that_the_provider_takes_is_opened_in_its_own_minor_units(
    service: Service, vendor: Provider, price: Money
) -> None:
    outcome = await service.open(student(), await selling(service, price), provider=None)
    assert isinstance(outcome, Opened)
    assert outcome.payment.amount == price


async def test_asked_again_with_the_same_key_it_is_the_same_answer(service: Service, shop: Shop) -> None:
    course = await selling(service, Money(10, "INR"))
    shop.books.refuses_prices = "too little"
    first = await service.open(student(), course, key="k")
    entries = service.count("audit_entry")
    shop.books.refuses_prices = None
    assert await service.open(student(), course, key="k") == first
    assert isinstance(first, InvalidInput)
    assert (service.count("payment"), service.count("audit_entry")) == (1, entries)
    assert isinstance(await service.open(student(), course, key="another"), Opened)


async def test_the_refusal_is_in_the_books_by_one_commit_with_its_entry(service: Service, shop: Shop) -> None:
    shop.books.refuses_prices = "too little"
    await service.open(student(), await selling(service, Money(10, "INR")))
    [row] = service.stored(PaymentRow)
    [_, refused] = service.stored(AuditEntryRow, subject_id=row.id)
    assert (refused.reason, refused.actor_id) == (row.failure_message, "student-1")
    assert refused.changes == {"provider": "SANDBOX", "code": "price_refused"}
    assert shop.broken() == []


async def test_a_refused_payment_is_declined_to_whoever_confirms_it(service: Service, shop: Shop) -> None:
    shop.books.refuses_prices = "too little"
    await service.open(student(), await selling(service, Money(10, "INR")))
    [row] = service.stored(PaymentRow)
    confirming = ConfirmPayment(student(), row.id, uuid7(), None, METADATA, door=Door.CONFIRM_PAYMENT)
    outcome = await service.purchases.confirm(confirming, None)
    assert isinstance(outcome, PaymentDeclined)
    assert outcome.payment.failure is not None
    assert outcome.payment.failure.code == "price_refused"
    await shop.sweep()
    assert shop.payment(outcome.payment) == ("CANCELED", "PENDING", 0)


async def test_a_checkout_that_was_opened_meanwhile_stands(service: Service, shop: Shop) -> None:
    """Two calls with one key at one moment, of which the provider opened one and refused the other."""
    course = await selling(service, Money(10, "INR"))
    shop.books.refuses_prices = "too little"
    whole, late = service.purchases, shop.books.open

    async def opened_by_another_first(payment: Any, installation: str) -> Any:
        refusal = await late(payment, installation)
        shop.books.refuses_prices = None
        assert isinstance(await whole.open(service.opening(student(), course, key="k")), Opened)
        return refusal

    class Racing(type(shop.books)):  # type: ignore[misc]  # its books are the shop's
        open = staticmethod(opened_by_another_first)

    racing = Racing()
    service.set_up(by_name={racing.name: racing})
    assert await service.open(student(), course, key="k") == ProviderAway(1)
    service.purchases = whole
    assert isinstance(await service.open(student(), course, key="k"), Opened)


async def test_a_part_that_the_provider_cannot_send_back_is_refused_before_it_is_promised(
    service: Service, shop: Shop
) -> None:
    shop.books.units = STRIPE_UNITS
    payment, _ = await shop.paid(await selling(service, Money(50_000, "KWD")))
    assert await service.refund(payment, 1_005, "k") == InvalidInput(
        (FieldProblem(("amountMinor",), "amounts of KWD must be multiples of 10 minor units with STRIPE"),)
    )
    assert service.stored(RefundRow) == []
    await shop.refund(payment, 1_010)
    assert shop.refunds(payment.id) == [(1_010, "SUCCEEDED")]


async def test_what_stripe_refuses_for_the_operator_is_an_outage(service: Service) -> None:
    fake = FakeStripe(refuses=_error("testmode_charges_only", "Your account cannot currently make live charges."))
    async with fake.provider() as stripe:
        _sell_by(service, stripe)
        course = await selling(service, Money(10_000, "INR"))
        assert await service.open(student(), course, provider=None, key="k") == ProviderAway(60)
        fake.refuses = None
        fake.replies.clear()
        assert isinstance(await service.open(student(), course, provider=None, key="k"), Opened)


async def test_a_refusal_of_stripes_that_nobody_foresaw_is_typed(service: Service) -> None:
    async with FakeStripe(refuses=_error("a_code_of_tomorrow", "It will not do.")).provider() as stripe:
        _sell_by(service, stripe)
        outcome = await service.open(student(), await selling(service, Money(10_000, "INR")), provider=None)
        assert isinstance(outcome, InvalidInput)
        assert outcome.fields[0].message.endswith("It will not do. (a_code_of_tomorrow)")


def _error(code: str, message: str) -> dict[str, object]:
    return {"error": {"type": "invalid_request_error", "code": code, "message": message}}
