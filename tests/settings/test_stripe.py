"""Stripe's settings: what is refused at start, and that no secret shows."""

import pytest

from gateway.app import build_app
from gateway.services.core.model.values import Provider
from gateway.settings.loading import load_settings
from gateway.settings.model import SettingsError
from tests.services.providers.stripe.fake import KEY, SECRET
from tests.settings.test_loading import PRODUCTION, problems

STRIPE = {"GATEWAY_STRIPE_SECRET_KEY": KEY, "GATEWAY_STRIPE_WEBHOOK_SECRETS": f"{SECRET}, whsec_new"}


def test_several_webhook_secrets_are_read_and_none_shows() -> None:
    settings = load_settings(PRODUCTION | STRIPE | {"GATEWAY_STRIPE_API_BASE": "http://127.0.0.1:8420"})
    assert [each.get_secret_value() for each in settings.stripe_webhook_secrets] == [SECRET, "whsec_new"]
    for shown in (repr(settings), str(settings), settings.model_dump_json()):
        assert KEY not in shown
        assert "whsec" not in shown


@pytest.mark.parametrize("key", ["pk_test_publishable", "sk_", "sk_live_a b", "whsec_x", "sk_é"])
def test_another_kind_of_key_is_refused_and_not_shown(key: str) -> None:
    said = "GATEWAY_STRIPE_SECRET_KEY must be a secret or restricted key: sk_… or rk_…."
    assert problems({"GATEWAY_STRIPE_SECRET_KEY": key}) == (said,)


def test_what_needs_the_key_is_refused_without_it() -> None:
    found = problems({"GATEWAY_DEFAULT_PROVIDER": "STRIPE", "GATEWAY_STRIPE_WEBHOOK_SECRETS": SECRET})
    assert found == (
        "GATEWAY_DEFAULT_PROVIDER is STRIPE, but GATEWAY_STRIPE_SECRET_KEY is not set.",
        "GATEWAY_STRIPE_WEBHOOK_SECRETS is set, but GATEWAY_STRIPE_SECRET_KEY is not.",
    )
    assert load_settings(STRIPE | {"GATEWAY_DEFAULT_PROVIDER": "STRIPE"}).default_provider is Provider.STRIPE


def test_in_production_the_key_does_not_travel_in_the_open() -> None:
    with pytest.raises(SettingsError, match="GATEWAY_STRIPE_API_BASE must be https"):
        load_settings(PRODUCTION | STRIPE | {"GATEWAY_STRIPE_API_BASE": "http://stripe.example"})


@pytest.mark.anyio
@pytest.mark.parametrize(("key", "is_warned"), [(KEY, True), ("rk_live_x", False)])
async def test_a_test_mode_key_in_production_is_said_aloud(
    database_url: str, capsys: pytest.CaptureFixture[str], key: str, is_warned: bool
) -> None:
    given = PRODUCTION | STRIPE | {"GATEWAY_STRIPE_SECRET_KEY": key, "GATEWAY_DATABASE_URL": database_url}
    app = build_app(load_settings(given))
    async with app.router.lifespan_context(app):
        assert next(iter(app.state.services.purchases.providers.by_name)) is Provider.STRIPE
    written = "".join(capsys.readouterr())
    assert ("test mode key" in written) is is_warned
    assert key not in written
