"""What Razorpay signed is told from what it did not, and no secret shows in what goes wrong."""

import traceback
from dataclasses import replace

import httpx
import pytest

from gateway.services.core.model.proofs import RazorpayProof
from gateway.services.core.model.values import Payment
from gateway.services.core.model.verdicts import Unacceptable
from gateway.services.providers.base import BadSignature, ProviderUnavailable, WebhookEvent
from gateway.services.providers.razorpay.provider import Razorpay
from gateway.services.providers.razorpay.signatures import event_id_of
from tests.services.providers.razorpay.case import NOW, PAYMENT, captured, order_of, proof_of, refund_of
from tests.services.providers.razorpay.fake import (
    KEY_ID,
    KEY_SECRET,
    WEBHOOK_SECRET,
    FakeRazorpay,
    event,
    signature,
)

pytestmark = pytest.mark.anyio

PAID = event(
    "payment.captured",
    payment={"id": "pay_1", "entity": "payment", "order_id": "order_A"},
    order={"id": "order_A", "entity": "order"},
)

DISPUTED = {
    "payment": {"id": "pay_1", "entity": "payment", "order_id": "order_A"},
    "dispute": {"id": "disp_1", "entity": "dispute", "payment_id": "pay_1"},
}
DISPUTE_KINDS = ("created", "under_review", "action_required", "won", "lost", "closed")


def headers_of(body: bytes, secret: str = WEBHOOK_SECRET, event_id: str = "evt_1") -> dict[str, str]:
    return {"x-razorpay-signature": signature(secret, body), "x-razorpay-event-id": event_id}


async def test_a_valid_proof_is_settled(fake: FakeRazorpay, razorpay: Razorpay, opened: Payment) -> None:
    attempt = fake.pay(order_of(opened))
    assert await razorpay.settle(opened, proof_of(fake, opened, attempt)) == captured(attempt)


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"order_id": "order_of_somebody_else"}, "orderId"),
        ({"payment_id": "pay_9"}, "signature"),
        ({"signature": "0" * 64}, "signature"),
        ({"signature": ""}, "signature"),
        ({"signature": "é" * 64}, "signature"),
        ({"signature": "\ud800"}, "signature"),
    ],
)
async def test_a_proof_that_was_tampered_with_is_refused_unasked(
    fake: FakeRazorpay, razorpay: Razorpay, opened: Payment, change: dict[str, str], field: str
) -> None:
    proof = replace(proof_of(fake, opened, fake.pay(order_of(opened))), **change)
    asked = len(fake.calls)
    verdict = await razorpay.settle(opened, proof)
    assert isinstance(verdict, Unacceptable)
    assert verdict.path == ("proof", "razorpay", field)
    assert len(fake.calls) == asked


async def test_a_proof_signed_with_another_secret_is_refused(
    fake: FakeRazorpay, razorpay: Razorpay, opened: Payment
) -> None:
    attempt = fake.pay(order_of(opened))
    forged = signature(WEBHOOK_SECRET, f"{opened.reference}|{attempt}".encode())
    verdict = await razorpay.settle(opened, RazorpayProof(order_of(opened), attempt, forged))
    assert isinstance(verdict, Unacceptable)


async def test_a_proof_of_a_payment_without_an_order_is_refused(razorpay: Razorpay) -> None:
    verdict = await razorpay.settle(PAYMENT, RazorpayProof("order_1", "pay_1", ""))
    assert isinstance(verdict, Unacceptable)


async def test_a_signed_webhook_is_read(razorpay: Razorpay) -> None:
    assert razorpay.read_webhook(headers_of(PAID), PAID, NOW) == WebhookEvent(
        event_id_of(PAID), "payment.captured", ("order_A",)
    )


@pytest.mark.parametrize("secret", ["the new one", "the old one"])
async def test_two_webhook_secrets_hold_at_once(secret: str) -> None:
    provider = Razorpay(KEY_ID, KEY_SECRET, ["the new one", "the old one"])
    assert provider.read_webhook(headers_of(PAID, secret), PAID, NOW).event_id == event_id_of(PAID)
    await provider.close()


@pytest.mark.parametrize(
    ("headers", "body"),
    [
        ({}, PAID),
        ({"x-razorpay-signature": ""}, PAID),
        ({"x-razorpay-signature": "é"}, PAID),
        (headers_of(PAID), PAID + b" "),
        (headers_of(PAID), PAID.replace(b"order_A", b"order_B")),
        (headers_of(PAID, KEY_SECRET), PAID),
        (headers_of(PAID, ""), PAID),
        (headers_of(b"[]"), b"[]"),
        (headers_of(b"\xff"), b"\xff"),
    ],
)
async def test_an_unverifiable_webhook_is_refused(razorpay: Razorpay, headers: dict[str, str], body: bytes) -> None:
    with pytest.raises(BadSignature):
        razorpay.read_webhook(headers, body, NOW)


async def test_without_a_webhook_secret_none_is_believed() -> None:
    provider = Razorpay(KEY_ID, KEY_SECRET)
    with pytest.raises(BadSignature):
        provider.read_webhook(headers_of(PAID, ""), PAID, NOW)
    await provider.close()


@pytest.mark.parametrize("event_id", ["", "evt_1", "x" * 201, "with space", "ü", "pay_1.captured"])
async def test_an_event_is_known_by_what_was_signed_and_not_by_the_id_beside_it(
    razorpay: Razorpay, event_id: str
) -> None:
    first, again = [
        razorpay.read_webhook(headers_of(PAID, event_id=each), PAID, NOW) for each in (event_id, f"another {event_id}")
    ]
    other = event("order.paid", order={"id": "order_A", "entity": "order"})
    assert first == again
    assert first.event_id.startswith("sha256_")
    assert razorpay.read_webhook(headers_of(other, event_id=event_id), other, NOW).event_id != first.event_id


@pytest.mark.parametrize(
    ("body", "references"),
    [
        (event("refund.processed", refund={"entity": "refund"}, payment={"order_id": "order_A"}), ("order_A",)),
        *((event(f"payment.dispute.{kind}", **DISPUTED), ("order_A",)) for kind in DISPUTE_KINDS),
        (event("payment.captured", payment={"order_id": None}), ()),
        (event("payment.captured", payment={"order_id": "order_../x"}), ()),
        (event("settlement.processed", settlement={"id": "setl_1", "entity": "settlement"}), ()),
        (b'{"event": "odd", "payload": {"payment": []}}', ()),
        (b'{"event": "odd", "payload": []}', ()),
    ],
)
async def test_an_event_names_the_orders_that_it_is_about(
    razorpay: Razorpay, body: bytes, references: tuple[str, ...]
) -> None:
    assert razorpay.read_webhook(headers_of(body), body, NOW).references == references


async def test_no_secret_shows_in_what_goes_wrong(fake: FakeRazorpay, razorpay: Razorpay, opened: Payment) -> None:
    shown = [repr(razorpay), str(razorpay), repr(razorpay._api)]
    for fault in ("timeout after", "reset before", "malformed after", "500", "refused: because"):
        fake.fail(fault)
        with pytest.raises(ProviderUnavailable) as caught:
            await razorpay.refund(replace(opened, attempt=fake.pay(order_of(opened))), refund_of())
        shown.append("".join(traceback.format_exception(caught.value)))
        cause: BaseException | None = caught.value
        while cause is not None:
            shown.append(repr(cause))
            if isinstance(cause, httpx.RequestError):
                shown.append(f"{cause.request!r} {cause.request.headers!r}")
            cause = cause.__cause__ or cause.__context__
    with pytest.raises(BadSignature) as refused:
        razorpay.read_webhook({}, PAID, NOW)
    shown.append("".join(traceback.format_exception(refused.value)))
    assert [text for text in shown if KEY_SECRET in text or WEBHOOK_SECRET in text or "Basic " in text] == []
