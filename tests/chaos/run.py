"""One run: the crowd at the gateway, its deaths, the end of all troubles, and what the books say then."""

import asyncio
import os
import time
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from random import Random

import httpx

from gateway.services.core.model.values import Role
from tests.chaos.banks import Bank
from tests.chaos.clients import Clients
from tests.chaos.front import Front
from tests.chaos.judgement import Judgement, books_of
from tests.chaos.milestones import Milestones
from tests.chaos.post import Post
from tests.chaos.processes import Gateway
from tests.chaos.razorpay_bank import RazorpayBank
from tests.chaos.stories import Story, stories
from tests.chaos.stripe_bank import StripeBank
from tests.chaos.time_travel import Clocks
from tests.chaos.visit import Visit
from tests.chaos.weather import Weather
from tests.served.operations import COURSE, SAVE_COURSE

SEED = int(os.environ.get("CHAOS_SEED", "20261"))
FAILING = 0.3
MESSENGERS = 4
MOST_HOURS = 30
"""Of healed providers, until everything must have come to its end; a job that waits for an hour has had its turn
in each."""

RESOURCES = {"refund": "refunds", "capture": "captures"}

LIMITS = httpx.Limits(max_connections=None, keepalive_expiry=2)
"""An idle connection is given up before the server, after five seconds, gives it up under us."""


@dataclass(frozen=True)
class Plan:
    """How much of everything.

    Args:
        server_dies, workers_die: the events and their counts at which they are killed, all workers at once.
        at_once: students who are there at a time.
        hours_of_trouble: so long the providers go on to fail after the last student has gone, as jobs count time.
        silences: calls to the providers that hang until the gateway's own time-out.
        hang_s: after how long the line is cut of other calls that hang.
        most_s: the longest that the jobs may take to get through what is due.
    """

    payments: int
    workers: int
    server_dies: tuple[tuple[str, int], ...]
    workers_die: tuple[tuple[str, int], ...]
    at_once: int
    hours_of_trouble: int = 1
    silences: int = 0
    hang_s: float = 0.3
    most_s: float = 60.0


@dataclass
class Run:
    """Everything that takes part."""

    plan: Plan
    gateway: Gateway
    happened: Counter[str] = field(default_factory=Counter)
    weather: Weather = field(init=False)
    milestones: Milestones = field(init=False)
    post: Post = field(init=False)
    banks: tuple[Bank, ...] = field(init=False)
    clocks: Clocks = field(init=False)

    def __post_init__(self) -> None:
        self.happened = self.gateway.happened
        self.weather = Weather(self.drawn("weather"), FAILING, self.plan.silences)
        self.milestones = Milestones(self.happened)
        self.post = Post(self.drawn("post"), self.gateway, self.happened)
        self.banks = (StripeBank(self.post.take), RazorpayBank(self.post.take))
        self.clocks = Clocks(self.gateway.database_url, self.happened)
        for event, count in self.plan.server_dies:
            self.milestones.plan(event, count, self.gateway.kill_server)
        for event, count in self.plan.workers_die:
            self.milestones.plan(event, count, self.gateway.kill_workers)

    @staticmethod
    def drawn(what: str) -> Random:
        """Chance of its own for everything, so that one more draw here changes nothing there."""
        return Random(f"{SEED} {what}")

    async def to_the_end(self) -> None:
        """The whole of it.

        Raises:
            AssertionError: the promise was broken, or nothing came to an end.
        """
        async with self._open() as (clients, courses):
            await self._trouble(clients, courses)
            await self._settle()
            code, said = await self.gateway.verdict()
            self._judge(clients, code, said)

    @asynccontextmanager
    async def _open(self) -> AsyncIterator[tuple[Clients, list[str]]]:
        async with AsyncExitStack() as stack:
            for bank in self.banks:
                front = Front(bank.books(), self.weather, partial(self._acted, bank), self.plan.hang_s)
                await stack.enter_async_context(front.serving())
                self.gateway.settings |= bank.settings(front.url)
            stack.push_async_callback(self.gateway.stop)
            stack.push_async_callback(self.clocks.close)
            await self.gateway.start()
            http = await stack.enter_async_context(httpx.AsyncClient(timeout=60, limits=LIMITS))
            clients = Clients(self.gateway, http, self.drawn("pauses"), self.milestones)
            saved = [await clients.ask(Role.ADMIN, "admin-1", SAVE_COURSE, COURSE) for _ in range(3)]
            async with self._messengers(http):
                yield clients, [each["course"]["id"] for each in saved]

    @asynccontextmanager
    async def _messengers(self, http: httpx.AsyncClient) -> AsyncIterator[None]:
        """Webhooks are brought meanwhile.

        Raises:
            AssertionError: one was answered as none may be.
        """
        messengers = [asyncio.create_task(self.post.carry(http)) for _ in range(MESSENGERS)]
        try:
            yield
        finally:
            for messenger in messengers:
                messenger.cancel()
            await asyncio.wait(messengers)
            for messenger in messengers:
                if not messenger.cancelled():
                    messenger.result()

    async def _trouble(self, clients: Clients, courses: list[str]) -> None:
        """The crowd comes and goes; then hours pass in which the providers still fail."""
        places = asyncio.Semaphore(self.plan.at_once)
        draws = self.drawn("people")
        async with asyncio.TaskGroup() as crowd:
            for number, (student, story) in enumerate(stories(draws, self.plan.payments)):
                bank = self.banks[number % 2]
                visit = Visit(student, draws.choice(courses), bank, clients, self.drawn(student))
                crowd.create_task(self._visited(visit, story, places))
        await self._bury_the_dead()
        for bank in self.banks:
            bank.decide_all()
        for _ in range(self.plan.hours_of_trouble):
            await self.clocks.an_hour_passes()
            await self.clocks.wait_until_nothing_is_due(self.plan.most_s)

    async def _visited(self, visit: Visit, story: Story, places: asyncio.Semaphore) -> None:
        async with places:
            await story(visit)

    async def _bury_the_dead(self) -> None:
        """The kills that no event has brought about; then what the dead workers held is let go."""
        for kill in self.milestones.left():
            await self.gateway.restarted()
            kill()
        await self.gateway.restarted()
        await self.clocks.leases_end(self.gateway.workers_died_at)

    async def _settle(self) -> None:
        """The providers are well, and the last webhooks arrive. Hours pass until every job is done and our books agree
        with the providers'; then one more, which changes nothing."""
        self.weather.clear()
        self.post.deliver_all()
        for _ in range(MOST_HOURS):
            await self.clocks.an_hour_passes()
            await self.clocks.wait_until_nothing_is_due(self.plan.most_s)
            await self.post.all_delivered(self.plan.most_s)
            judgement = Judgement(books_of(self.gateway.database_url), self.banks)
            if not judgement.unsettled() and not judgement.unfinished():
                break
        await self.clocks.an_hour_passes()
        await self.clocks.wait_until_nothing_is_due(self.plan.most_s)
        await self.post.all_delivered(self.plan.most_s)

    def _acted(self, bank: Bank, request: httpx.Request) -> None:
        """A provider's books were asked or changed, and nobody has been answered yet."""
        if request.method != "POST":
            return
        bank.write_of_refunds()
        resource = request.url.path.rstrip("s").rpartition("/")[2]
        self.milestones.reached(f"{RESOURCES.get(resource, 'intents')} asked for")

    def _judge(self, clients: Clients, code: int | None, said: str) -> None:
        judgement = Judgement(books_of(self.gateway.database_url), self.banks)
        self._print(judgement, code)
        assert self.happened["kill -9 of the server"] == len(self.plan.server_dies)
        assert self.happened["kill -9 of a worker"] == len(self.plan.workers_die) * self.plan.workers
        broken, errors = judgement.broken(clients.answered), self.gateway.errors()
        assert not broken, "\n".join(broken)
        assert code == 0, said
        assert not errors, "\n".join(errors)

    def _print(self, judgement: Judgement, code: int | None) -> None:
        lines: dict[str, object] = {
            "seed": SEED,
            "payments asked for": self.plan.payments,
            **judgement.figures(),
            **dict(sorted(self.happened.items())),
            "calls to the providers": self.weather.calls,
            "  while they failed": self.weather.calls_in_trouble,
            "  that failed": self.weather.met.total(),
            **{f"    {fault.value}": count for fault, count in sorted(self.weather.met.items())},
            "exit code of `gateway verify`": code,
        }
        print()
        for name, value in lines.items():
            print(f"{name:60} {value}")


def run(plan: Plan, database_url: str, home: Path) -> None:
    """A run on a fresh database, to its end; it prints its seed first, and how long it took."""
    print(f"\nCHAOS_SEED={SEED}")
    began = time.monotonic()

    async def whole() -> None:
        await Run(plan, Gateway(database_url, home, plan.workers, Counter())).to_the_end()

    asyncio.run(whole())
    print(f"{'seconds':60} {time.monotonic() - began:.0f}")
