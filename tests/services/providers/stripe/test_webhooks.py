"""Stripe's webhooks: what proves that one is Stripe's, and which payments it speaks of."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta

import pytest

from gateway.services.providers.base import BadSignature
from gateway.services.providers.stripe.provider import Stripe
from tests.services.providers.stripe.fake import KEY, SECRET, event, signed

pytestmark = pytest.mark.anyio
NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)


@pytest.fixture
async def provider() -> AsyncIterator[Stripe]:
    opened = Stripe(KEY, [SECRET])
    yield opened
    await opened.close()


@pytest.mark.parametrize(
    ("kind", "thing", "references"),
    [
        ("payment_intent.succeeded", {"id": "pi_1"}, ("pi_1",)),
        ("charge.refunded", {"id": "ch_1", "payment_intent": "pi_1"}, ("pi_1",)),
        ("charge.dispute.created", {"id": "du_1", "payment_intent": "pi_1"}, ("pi_1",)),
        ("charge.dispute.closed", {"id": "du_1", "payment_intent": {"id": "pi_1"}}, ("pi_1",)),
        ("charge.dispute.funds_withdrawn", {"id": "du_1", "payment_intent": None}, ()),
        ("refund.updated", {"id": "re_1", "payment_intent": {"id": "pi_1"}}, ("pi_1",)),
        ("charge.succeeded", {"id": "ch_1", "payment_intent": None}, ()),
        ("customer.created", {"id": "cus_1"}, ()),
    ],
)
async def test_an_event_names_its_payment(
    provider: Stripe, kind: str, thing: dict[str, object], references: tuple[str, ...]
) -> None:
    body = event(kind, thing, "evt_9")
    notice = provider.read_webhook({"stripe-signature": signed(body, NOW)}, body, NOW)
    assert (notice.event_id, notice.type, notice.references) == ("evt_9", kind, references)


@pytest.mark.parametrize(("skew_s", "is_good"), [(300, True), (301, False), (-300, True), (-301, False)])
async def test_a_signature_is_good_for_five_minutes(provider: Stripe, skew_s: int, is_good: bool) -> None:
    body = event("payment_intent.succeeded", {"id": "pi_1"})
    headers, then = {"stripe-signature": signed(body, NOW)}, NOW + timedelta(seconds=skew_s)
    if is_good:
        assert provider.read_webhook(headers, body, then).references == ("pi_1",)
    else:
        with pytest.raises(BadSignature):
            provider.read_webhook(headers, body, then)


@pytest.mark.parametrize(
    "header",
    [
        "",
        "v1=",
        "t=,v1=00",
        f"t={int(NOW.timestamp())}",
        f"t={int(NOW.timestamp())},v1=é",
        f"t={'9' * 5000},v1=00",
        signed(b"another body", NOW),
        signed(event("payment_intent.succeeded", {"id": "pi_1"}), NOW, "whsec_another"),
        signed(event("payment_intent.succeeded", {"id": "pi_1"}), NOW).replace("v1=", "v0="),
    ],
)
async def test_what_proves_nothing_is_refused(provider: Stripe, header: str) -> None:
    with pytest.raises(BadSignature):
        provider.read_webhook({"stripe-signature": header}, event("payment_intent.succeeded", {"id": "pi_1"}), NOW)


async def test_a_body_that_is_no_event_is_refused(provider: Stripe) -> None:
    for body in (b"[]", b"{", b'{"id": 1, "type": "x"}', b"[" * 100_000):
        with pytest.raises(BadSignature):
            provider.read_webhook({"stripe-signature": signed(body, NOW)}, body, NOW)
    with pytest.raises(BadSignature):
        provider.read_webhook({"stripe-signature": signed(b"x", NOW)}, b"\xff", NOW)


async def test_both_secrets_count_while_one_replaces_the_other() -> None:
    provider = Stripe(KEY, ["whsec_new", SECRET])
    body = event("payment_intent.succeeded", {"id": "pi_1"})
    for secrets in (("whsec_new",), (SECRET,), ("whsec_other", SECRET)):
        assert provider.read_webhook({"stripe-signature": signed(body, NOW, *secrets)}, body, NOW).event_id == "evt_1"
    await provider.close()
