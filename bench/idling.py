"""What subscribers cost that wait for something that does not happen."""

import asyncio
import json
import resource
import tempfile
from collections.abc import Callable, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path

from websockets.asyncio.client import ClientConnection, connect
from websockets.typing import Subprotocol

from bench import servers
from bench.books import Sale, fill_gateway, make_books
from bench.operations import token
from bench.servers import Running, running
from bench.usage import cpu_s, family_of, rss_mib
from gateway.schema.conventions import ids

AT_ONCE = 50
"""Subscribers that connect at the same time."""

SETTLE_S = 2.0
PAYMENT = "subscription Wait($id: ID!) { payment(id: $id) { id status } }"
FILES_BESIDE = 200
"""What a process has open beside its connections."""


@dataclass(frozen=True, slots=True)
class Idle:
    """What the gateway used in so many seconds, without subscribers and with them."""

    subscribers: int
    seconds: float
    cpu_without_s: float
    cpu_with_s: float
    mib_without: float
    mib_with: float


def idle(subscribers: int, seconds: float, step: Callable[[str], None]) -> Idle:
    """Each subscriber is a student whose checkout page waits for the payment.

    Raises:
        ServerFailed
    """
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = subscribers + FILES_BESIDE
    resource.setrlimit(resource.RLIMIT_NOFILE, (wanted if most == resource.RLIM_INFINITY else min(wanted, most), most))
    with tempfile.TemporaryDirectory(prefix="gateway-bench-") as name:
        folder = Path(name)
        url = f"sqlite:///{folder / 'gateway.db'}"
        books = make_books(1, subscribers, 1)
        fill_gateway(url, books)
        with running(servers.gateway("gateway", url), folder / "log") as server:
            server.wait_until_warm()
            return asyncio.run(_idle(server, books.open, seconds, step))


async def _idle(server: Running, waiting: Sequence[Sale], seconds: float, step: Callable[[str], None]) -> Idle:
    step(f"nobody waits, {seconds:.0f} s")
    cpu_without_s, mib_without = await _used(server, seconds), rss_mib(family_of(server.pids))
    async with AsyncExitStack() as stack:
        for at in range(0, len(waiting), AT_ONCE):
            step(f"{at:,} of {len(waiting):,} wait")
            some = await asyncio.gather(*(_subscribed(server.port, sale) for sale in waiting[at : at + AT_ONCE]))
            for each in some:
                stack.push_async_callback(each.close)
        await asyncio.sleep(SETTLE_S)
        step(f"{len(waiting):,} wait, {seconds:.0f} s")
        cpu_with_s, mib_with = await _used(server, seconds), rss_mib(family_of(server.pids))
    return Idle(len(waiting), seconds, cpu_without_s, cpu_with_s, mib_without, mib_with)


async def _used(server: Running, seconds: float) -> float:
    before = cpu_s(family_of(server.pids))
    await asyncio.sleep(seconds)
    return cpu_s(family_of(server.pids)) - before


async def _subscribed(port: int, sale: Sale) -> ClientConnection:
    """A connection that has been told the present state. It sends no pings of its own."""
    protocol = Subprotocol("graphql-transport-ws")
    connection = await connect(
        f"ws://127.0.0.1:{port}/graphql", subprotocols=[protocol], ping_interval=None, compression=None
    )
    bearer = {"Authorization": f"Bearer {token('STUDENT', sale.student)}"}
    await _exchange(connection, {"type": "connection_init", "payload": bearer}, "connection_ack")
    payload = {"query": PAYMENT, "variables": {"id": ids.to_text(ids.PAYMENT, sale.payment)}}
    await _exchange(connection, {"type": "subscribe", "id": "1", "payload": payload}, "next")
    return connection


async def _exchange(connection: ClientConnection, message: dict[str, object], wanted: str) -> None:
    await connection.send(json.dumps(message))
    answer = json.loads(await connection.recv())
    assert answer["type"] == wanted, answer
