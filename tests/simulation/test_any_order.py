"""Whatever happens around the gateway, in any order and amid any crash: once all is heard, every promise is kept."""

import asyncio
import os
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager

import pytest
from hypothesis import HealthCheck, Phase, given, settings

from tests.databases import Databases
from tests.service import Service, running
from tests.simulation.histories import History, histories
from tests.simulation.memory import Memory, remembering
from tests.simulation.rest import assert_at_rest, come_to_rest, rows_of
from tests.simulation.stage import staged

EXAMPLES = {"memory": 90, "sqlite": 5, "postgresql": 4}
"""What is decided is the same on every kind; what a database adds to it shows in few histories."""
LONGEST = 20
"""Chapters of a history."""

ENDS = {
    *("FULFILLED", "DUPLICATE", "UNFULFILLABLE"),
    *("ACTIVE", "SUPERSEDED", "EXPIRED", "REFUNDED"),
    *("GATEWAY", "PROVIDER", "DISPUTE"),
    *("payment.adopted", "payment.refund_returned", "job.retried"),
    "an extra",
}
"""What some history must have come to, or the draw is too tame to prove anything."""


def examples(kind: str) -> int:
    """How many histories are told: as many as `HISTORIES` says, or what an everyday run has time for."""
    return int(os.environ.get("HISTORIES", EXAMPLES[kind]))


@pytest.mark.parametrize("kind", EXAMPLES)
def test_every_promise_is_kept_at_the_end_of_any_history(request: pytest.FixtureRequest, kind: str) -> None:
    databases: Databases = request.getfixturevalue("sqlite_databases" if kind == "memory" else f"{kind}_databases")
    seen: set[str] = set()

    @settings(
        max_examples=examples(kind),
        derandomize=True,
        database=None,
        deadline=None,
        phases=(Phase.generate, Phase.shrink),
        suppress_health_check=[HealthCheck.too_slow],  # a busy machine is not a wrong draw
    )
    @given(history=histories(LONGEST))
    def tell(history: History) -> None:
        url = databases.new()
        memory = Memory(url)
        seen.update(asyncio.run(told(lambda: remembering(memory) if kind == "memory" else running(url), history)))
        databases.take_back(url)

    tell()
    if kind == "memory":  # which tells enough histories to come to every end
        assert seen >= ENDS


async def told(opened: Callable[[], AbstractAsyncContextManager[Service]], history: History) -> set[str]:
    """What was seen to happen in a history at whose end every promise was kept."""
    async with staged(opened) as stage:
        for step in history:
            await stage.play(step)
        await come_to_rest(stage)
        assert_at_rest(stage)
        rows = rows_of(stage.service)
    return {
        *(row.fulfilment for row in rows.payments.values()),
        *(row.status for row in rows.purchases.values()),
        *(row.origin for row in rows.refunds),
        *(action for _, action in rows.audit),
        *("an extra" for row in rows.payments.values() if row.extra_of),
    }
