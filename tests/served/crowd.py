"""Many calls at the same moment, each on a connection of its own."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar

import httpx

from tests.served.gateway import Answer, Person

Result = TypeVar("Result")

TIMEOUT_S = 60
UNLIMITED = httpx.Limits(max_connections=None, max_keepalive_connections=None)


@dataclass(frozen=True)
class Call:
    """A mutation that somebody sends."""

    caller: Person
    operation: str
    given: Mapping[str, object]

    async def answer(self, client: httpx.AsyncClient) -> Answer:
        body = {"query": self.operation, "variables": {"input": self.given}}
        response = await client.post(self.caller.url, json=body, headers=self.caller.headers())
        assert response.status_code == 200, response.text
        whole = response.json()
        assert "errors" not in whole, whole["errors"]
        [answer] = whole["data"].values()
        result: Answer = answer
        return result


def at_once(calls: Sequence[Call]) -> list[Answer]:
    """Every call's answer, in the order of the calls; all are sent before the first is answered."""

    async def send(client: httpx.AsyncClient) -> list[Answer]:
        return await asyncio.gather(*(call.answer(client) for call in calls))

    return _with_client(send)


def until_cut_off(calls: Sequence[Call], width: int, cut_after: int, cut: Callable[[], None]) -> dict[int, Answer]:
    """What was answered, by the call's place, where `cut` ends the server once so many answers have come.

    Only `width` calls are under way at a time, so that the cut finds calls answered, under way and not yet sent.
    """
    answered: dict[int, Answer] = {}

    async def work(client: httpx.AsyncClient, waiting: list[int]) -> None:
        while waiting:
            place = waiting.pop()
            try:
                answer = await calls[place].answer(client)
            except httpx.TransportError:
                continue  # cut off: nobody knows whether it was done
            answered[place] = answer
            if len(answered) == cut_after:
                cut()

    async def send(client: httpx.AsyncClient) -> None:
        waiting = list(range(len(calls)))
        await asyncio.gather(*(work(client, waiting) for _ in range(width)))

    _with_client(send)
    return answered


def _with_client(send: Callable[[httpx.AsyncClient], Awaitable[Result]]) -> Result:
    async def run() -> Result:
        async with httpx.AsyncClient(timeout=TIMEOUT_S, limits=UNLIMITED) as client:
            return await send(client)

    return asyncio.run(run())
