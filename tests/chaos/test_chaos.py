"""Every captured payment ends in exactly one purchase or one full refund, whatever fails and whoever dies."""

import os
from pathlib import Path

import pytest

from tests.chaos.run import Plan, run

SHORT = Plan(
    payments=60,
    workers=1,
    server_dies=(("confirmations answered", 20),),
    workers_die=(("refunds asked for", 3),),
    at_once=30,
)
LONG = Plan(
    payments=int(os.environ.get("CHAOS_PAYMENTS", "1000")),
    workers=2,
    server_dies=(("confirmations answered", 150), ("intents asked for", 600), ("confirmations answered", 600)),
    workers_die=(("refunds asked for", 10), ("refunds asked for", 60), ("refunds asked for", 120)),
    at_once=40,
    hours_of_trouble=2,
    silences=3,
    hang_s=1.0,
    most_s=180,
)


@pytest.mark.usefixtures("process")
def test_sixty_payments_and_a_death_each_of_server_and_worker_end_as_promised(
    database_url: str, tmp_path: Path
) -> None:
    run(SHORT, database_url, tmp_path)


@pytest.mark.chaos
def test_a_thousand_payments_and_three_deaths_each_end_as_promised(
    request: pytest.FixtureRequest, tmp_path: Path
) -> None:
    kind = os.environ.get("CHAOS_DATABASE", "sqlite")
    run(LONG, request.getfixturevalue(f"new_{kind}")(), tmp_path)
