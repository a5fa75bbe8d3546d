"""What a process stands on is closed in time, whichever part of it hangs."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from types import SimpleNamespace
from typing import Any

import pytest
import structlog

from db.standing import HEAD, Standing, standing_by
from gateway import bootstrap
from gateway.running_jobs import running_jobs
from gateway.services.core.model.values import Provider
from gateway.services.providers.sandbox import Sandbox
from gateway.services.reading.source import Source
from tests.served.inside import inside

pytestmark = pytest.mark.anyio

SOON_S = 0.01
ENOUGH_S = 30.0
"""What nothing here takes that ends."""


class HangingProvider(Sandbox):
    async def close(self) -> None:
        await asyncio.Event().wait()


async def test_whoever_asks_how_the_database_stands_gets_an_answer_though_the_next_asks_as_it_comes(
    new_sqlite: Callable[[], str], monkeypatch: pytest.MonkeyPatch
) -> None:
    source = Source(new_sqlite())
    standing = bootstrap.StandingNow(source)
    later: list[asyncio.Task[Standing | None]] = []

    def ask_too() -> None:
        later.append(asyncio.create_task(standing.asked(ENOUGH_S)))

    async def found_as_another_comes(*arguments: Any) -> Standing:
        found = await standing_by(*arguments)
        if not later:
            asyncio.get_running_loop().call_soon(ask_too)  # it runs before the first one hears of the answer
        return found

    monkeypatch.setattr(bootstrap, "standing_by", found_as_another_comes)
    try:
        assert [await standing.asked(ENOUGH_S), *await asyncio.gather(*later)] == [Standing(HEAD)] * 2
    finally:
        await source.close()


async def test_a_provider_that_cannot_be_closed_is_left_behind(
    new_sqlite: Callable[[], str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bootstrap, "_providers", lambda _: {Provider.SANDBOX: HangingProvider()})
    monkeypatch.setattr("gateway.services.ends.CLIENTS_S", SOON_S)
    async with asyncio.timeout(ENOUGH_S), inside(new_sqlite(), worker="true"):
        pass


async def test_whoever_follows_the_database_and_does_not_hear_that_it_is_over_is_left_behind(
    new_sqlite: Callable[[], str], monkeypatch: pytest.MonkeyPatch
) -> None:
    may_end = asyncio.Event()

    async def deaf(_url: str, **_: object) -> AsyncIterator[None]:
        yield
        while not may_end.is_set():  # as a driver that waits for its server's word
            try:
                await may_end.wait()
            except asyncio.CancelledError:
                continue

    monkeypatch.setattr("gateway.running_jobs.pulse", deaf)
    monkeypatch.setattr("gateway.services.ends.FOLLOWING_S", SOON_S)
    async with asyncio.timeout(ENOUGH_S):
        async with inside(new_sqlite(), worker="true"):
            await asyncio.sleep(0)
        assert not may_end.is_set()
    may_end.set()


async def test_reads_that_hang_are_left_behind(new_sqlite: Callable[[], str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("gateway.services.ends.READS_S", SOON_S)
    source = Source(new_sqlite())
    hanging = [await source._place() for _ in range(source._places.qsize())]
    await asyncio.wait_for(source.close(), ENOUGH_S)
    assert len(hanging) > 1


@asynccontextmanager
async def jobs_of(runner: Any) -> AsyncIterator[None]:
    """A process that runs jobs by this runner, and was told to stop."""
    settings: Any = SimpleNamespace(stop_s=SOON_S, database_url="sqlite:///nowhere/at/all.db")
    services: Any = SimpleNamespace(
        runners=[runner], background=[], reader=SimpleNamespace(source=SimpleNamespace(standing=lambda: None))
    )
    async with running_jobs(settings, services):
        await asyncio.sleep(0)
        yield


@pytest.mark.parametrize("hangs", ["handing them back", "the run"])
async def test_jobs_that_cannot_even_be_handed_back_are_left_to_their_leases(
    monkeypatch: pytest.MonkeyPatch, hangs: str
) -> None:
    monkeypatch.setattr("gateway.services.ends.JOBS_S", SOON_S)
    monkeypatch.setattr("gateway.services.ends.FOLLOWING_S", SOON_S)
    for_ever = asyncio.Event()

    async def hand_back() -> None:
        if hangs == "handing them back":
            await for_ever.wait()

    async def run_until_stopped(_stopped: asyncio.Event) -> None:
        while not for_ever.is_set():  # and hears of no end either, as a driver that waits for its server's word
            with suppress(asyncio.CancelledError):
                await for_ever.wait()

    runner = SimpleNamespace(run_until_stopped=run_until_stopped, hand_back=hand_back, look=lambda: None)
    with structlog.testing.capture_logs() as logs:
        async with asyncio.timeout(ENOUGH_S), jobs_of(runner):
            pass
    assert [entry["event"].partition(":")[0] for entry in logs] == ["jobs are left to their leases"]
    for_ever.set()
