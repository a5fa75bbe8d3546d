"""What a start says: one line of what is configured, a warning of what a shop will miss, and never a secret."""

import json
import os
from collections.abc import Iterator
from itertools import islice
from typing import Any

import pytest
import structlog

from gateway.http.telemetry import configure_logging
from gateway.settings.loading import load_settings
from gateway.startup import NOTHING_TO_SELL_WITH, announce, configured, warn
from tests.served.forks import fork
from tests.served.server import environment
from tests.settings.test_loading import HIDDEN, ISSUER, PRODUCTION

TOLD = "whsec_" + "c2VjcmV0" * 4
SELLING = {
    "GATEWAY_STRIPE_SECRET_KEY": f"rk_live_{HIDDEN}",
    "GATEWAY_STRIPE_WEBHOOK_SECRETS": f"whsec_{HIDDEN}",
    "GATEWAY_RAZORPAY_KEY_ID": "rzp_live_x",
    "GATEWAY_RAZORPAY_KEY_SECRET": HIDDEN,
    "GATEWAY_RAZORPAY_WEBHOOK_SECRETS": HIDDEN,
}
DATABASE = {"GATEWAY_DATABASE_URL": f"postgresql://app:{HIDDEN}@db.internal/gateway?password={HIDDEN}"}


@pytest.fixture(autouse=True)
def _logging_as_before() -> Iterator[None]:
    yield
    structlog.reset_defaults()


def said(capsys: pytest.CaptureFixture[str], **given: str) -> list[dict[str, Any]]:
    """The lines of a start in production."""
    settings = load_settings(PRODUCTION | given)
    configure_logging(settings)
    announce(settings, workers=2)
    warn(settings)
    written = capsys.readouterr().err
    assert HIDDEN not in written
    return [json.loads(line) for line in written.splitlines()]


def warnings(capsys: pytest.CaptureFixture[str], **given: str) -> list[str]:
    return [line["event"] for line in said(capsys, **given) if line["level"] == "warning"]


def test_a_start_says_what_is_configured_in_one_line_without_a_secret(capsys: pytest.CaptureFixture[str]) -> None:
    told = {"GATEWAY_EVENT_SUBSCRIBERS": f"https://crm.example/in?key={HIDDEN} {TOLD}"}
    [line] = said(capsys, **SELLING, **DATABASE, **told)
    del line["timestamp"], line["level"]
    assert line == {
        "event": "configured",
        "env": "production",
        "database": "postgresql://app:***@db.internal/gateway",
        "providers": "STRIPE (live), RAZORPAY (live)",
        "default_provider": "STRIPE",
        "webhooks": "STRIPE, RAZORPAY",
        "subscribers": 1,
        "auth": "own secret",
        "jobs": True,
        "graphiql": False,
        "introspection": False,
        "workers": 2,
    }


def test_a_start_names_the_issuer_and_a_development_gateway_its_sandbox() -> None:
    assert configured(load_settings(ISSUER))["auth"] == "keys of id.example"
    found = configured(load_settings({}))
    assert (found["providers"], found["default_provider"]) == ("SANDBOX (no money)", "SANDBOX")
    assert (found["webhooks"], found["database"]) == ("none", "sqlite:///gateway.db")


@pytest.mark.parametrize("given", [{}, {"GATEWAY_SANDBOX": "true"}], ids=["none", "the sandbox alone"])
def test_production_without_a_provider_that_takes_money_is_said(
    given: dict[str, str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert NOTHING_TO_SELL_WITH in warnings(capsys, **given)


def test_a_provider_whose_events_are_refused_is_said(capsys: pytest.CaptureFixture[str]) -> None:
    given = {name: value for name, value in SELLING.items() if "WEBHOOK" not in name}
    assert [warning.split()[0] for warning in warnings(capsys, **given)] == [
        "GATEWAY_STRIPE_WEBHOOK_SECRETS",
        "GATEWAY_RAZORPAY_WEBHOOK_SECRETS",
    ]
    assert warnings(capsys, **SELLING) == []


@pytest.mark.usefixtures("process")
@pytest.mark.parametrize("command", [("serve", "--port", "0"), ("worker",)], ids=lambda words: words[0])
def test_a_process_says_it_before_it_works(command: tuple[str, ...], database_url: str) -> None:
    read, written = os.pipe()
    process = fork(*command, env=environment(database_url, env="production"), stderr=written)
    os.close(written)
    assert process.stdout is not None
    with os.fdopen(read) as log, process.stdout:
        try:
            of_writer = '"process": "writer"'  # which starts in its own time
            first, second = (json.loads(line) for line in islice((line for line in log if of_writer not in line), 2))
        finally:
            process.terminate()
            process.wait(60)
    assert (first["event"], first["providers"], first["jobs"]) == ("configured", "none", True)
    assert second["event"] == NOTHING_TO_SELL_WITH
