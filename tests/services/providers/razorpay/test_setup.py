"""Razorpay is offered where its keys are set, and only whole."""

import pytest

from gateway.bootstrap import open_services
from gateway.schema.mutations.payments import PaymentProofInput, RazorpayProofInput
from gateway.services.core.model.proofs import RazorpayProof, provider_of
from gateway.services.core.model.values import Provider
from gateway.settings.loading import load_settings
from gateway.settings.model import SettingsError
from tests.services.providers.razorpay.fake import KEY_ID, KEY_SECRET

KEYS = {"GATEWAY_RAZORPAY_KEY_ID": KEY_ID, "GATEWAY_RAZORPAY_KEY_SECRET": KEY_SECRET}
PRODUCTION = {"GATEWAY_ENV": "production", "GATEWAY_JWT_SECRET": "correct-horse-battery-staple-0123456789"}


def test_keys_and_webhook_secrets_are_read_and_never_shown() -> None:
    settings = load_settings(KEYS | {"GATEWAY_RAZORPAY_WEBHOOK_SECRETS": "the-new-one, the-old-one"})
    assert [each.get_secret_value() for each in settings.razorpay_webhook_secrets] == ["the-new-one", "the-old-one"]
    assert str(settings.razorpay_api_base) == "https://api.razorpay.com/"
    shown = f"{settings!r} {settings} {settings.model_dump()} {settings.model_dump_json()}"
    assert [secret for secret in (KEY_SECRET, "the-new-one", "the-old-one") if secret in shown] == []


@pytest.mark.parametrize(
    ("environ", "problem"),
    [
        ({"GATEWAY_RAZORPAY_KEY_ID": KEY_ID}, "go together"),
        ({"GATEWAY_RAZORPAY_KEY_SECRET": KEY_SECRET}, "go together"),
        ({"GATEWAY_DEFAULT_PROVIDER": "RAZORPAY"}, "GATEWAY_DEFAULT_PROVIDER is RAZORPAY"),
        ({"GATEWAY_RAZORPAY_WEBHOOK_SECRETS": "whatever"}, "GATEWAY_RAZORPAY_WEBHOOK_SECRETS is set"),
        (PRODUCTION | KEYS | {"GATEWAY_RAZORPAY_API_BASE": "http://api.example"}, "must be https"),
    ],
)
def test_half_a_setup_is_refused(environ: dict[str, str], problem: str) -> None:
    with pytest.raises(SettingsError) as caught:
        load_settings(environ)
    assert problem in str(caught.value)
    assert KEY_SECRET not in str(caught.value)


def test_a_stand_in_on_loopback_is_allowed_in_production() -> None:
    load_settings(PRODUCTION | KEYS | {"GATEWAY_RAZORPAY_API_BASE": "http://127.0.0.1:1"})


@pytest.mark.anyio
async def test_it_is_offered_and_the_default_where_it_is_set_up(database_url: str) -> None:
    settings = load_settings(KEYS | {"GATEWAY_DATABASE_URL": database_url})
    async with open_services(settings) as services:
        assert services.purchases.providers.default is Provider.RAZORPAY
        assert services.purchases.providers.by_name[Provider.RAZORPAY].name is Provider.RAZORPAY


def test_the_browsers_words_are_a_proof() -> None:
    given = PaymentProofInput(razorpay=RazorpayProofInput(order_id="order_1", payment_id="pay_1", signature="s"))
    proof = given.to_value()
    assert proof == RazorpayProof("order_1", "pay_1", "s")
    assert provider_of(proof) is Provider.RAZORPAY
