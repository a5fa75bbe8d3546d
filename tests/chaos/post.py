"""The way of the webhooks: doubled, delayed and so out of order, lost, and sent again while nobody takes them."""

import asyncio
import heapq
from collections import Counter
from dataclasses import dataclass, field
from itertools import count
from random import Random

import httpx

from tests.chaos.banks import Letter
from tests.chaos.processes import Gateway

LOST, DOUBLED, DELAYED = 0.10, 0.15, 0.40
LONGEST_DELAY = 40
"""Delays are counted in other webhooks, so that the same seed mixes them the same way on any machine."""


@dataclass
class Post:
    """Takes webhooks and brings most of them to the gateway."""

    random: Random
    gateway: Gateway
    happened: Counter[str]
    _held: list[tuple[int, int, Letter]] = field(default_factory=list)
    _numbers: "count[int]" = field(default_factory=count)
    _outgoing: "asyncio.Queue[Letter]" = field(default_factory=asyncio.Queue)
    _is_steady: bool = False

    def take(self, letter: Letter) -> None:
        self.happened["webhooks written"] += 1
        is_unlucky = not self._is_steady and self.random.random() < LOST
        if is_unlucky or letter.reference in letter.bank.unheard:
            self.happened["webhooks lost for good"] += 1
            return
        copies = 1
        if not self._is_steady and self.random.random() < DOUBLED:
            self.happened["webhooks doubled"] += 1
            copies = 2
        for _ in range(copies):
            heapq.heappush(self._held, (self._due(), next(self._numbers), letter))
        self._release(self.happened["webhooks written"])

    def deliver_all(self) -> None:
        """What is held back goes out now; from here on nothing is lost, doubled or delayed."""
        self._is_steady = True
        while self._held:
            self._outgoing.put_nowait(heapq.heappop(self._held)[2])

    async def all_delivered(self, most_s: float) -> None:
        async with asyncio.timeout(most_s):
            await self._outgoing.join()

    async def carry(self, client: httpx.AsyncClient) -> None:
        """One messenger, for as long as it is let run."""
        while True:
            letter = await self._outgoing.get()
            if not await self._is_taken(letter, client):
                self.happened["webhooks sent again"] += 1
                self._outgoing.put_nowait(letter)
            self._outgoing.task_done()

    async def _is_taken(self, letter: Letter, client: httpx.AsyncClient) -> bool:
        url = (await self.gateway.address()).replace("/graphql", f"/webhooks/{letter.bank.name.lower()}")
        self.happened["webhooks sent"] += 1
        try:
            answer = await client.post(url, content=letter.body, headers=letter.bank.headers(letter))
        except httpx.TransportError:
            return False  # killed in the middle: the provider never heard whether it was kept
        assert answer.status_code in (200, 503), answer.text
        return answer.status_code == 200

    def _due(self) -> int:
        now = self.happened["webhooks written"]
        if self._is_steady or self.random.random() >= DELAYED:
            return now
        self.happened["webhooks delayed"] += 1
        return now + self.random.randint(1, LONGEST_DELAY)

    def _release(self, now: int) -> None:
        while self._held and self._held[0][0] <= now:
            self._outgoing.put_nowait(heapq.heappop(self._held)[2])
