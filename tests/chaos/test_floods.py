"""What strangers and one student send without end, beside somebody who is served meanwhile: it ends by itself, costs a
bounded number of bytes, and keeps nobody waiting. The bounds are those of decisions 0038 and 0039; their short forms
are in tests/cli/server, tests/http and tests/streaming."""

import asyncio
import json
from collections import Counter
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path

import pytest
from websockets.asyncio.client import ClientConnection
from websockets.asyncio.client import connect as open_socket
from websockets.exceptions import ConnectionClosed, InvalidMessage, InvalidStatus, WebSocketException
from websockets.typing import Subprotocol

from gateway.cli.server.heads import HEAD_S, MOST_HEAD_BYTES
from gateway.cli.server.lingering import MOST_DROPPED_BYTES
from gateway.cli.server.waiting import MOST_WAITING
from gateway.http.arriving import MOST_ARRIVING_BYTES
from tests.chaos.crowd import DEFAULTS, MIB, Beside, Memory, Raw, beside, connect, left, many_files
from tests.served.doors import PAYMENT
from tests.served.gateway import Person
from tests.served.logged import Logged, logged

pytestmark = [pytest.mark.chaos, pytest.mark.anyio, pytest.mark.usefixtures("process")]

MOST_S, SERVED_S = 120, 5.0
"""How long each may take in all, and whoever is served beside it for one answer."""

MOST_TAKEN_BYTES = 2 * MOST_DROPPED_BYTES
"""Of one connection, with all that the kernel holds of it at both ends."""

QUESTION = "{ viewer { purchases { nodes { id } } } }"
HEAD = b"POST /graphql HTTP/1.1\r\nHost: here\r\n"
WEBHOOK = (
    b"POST /webhooks/stripe HTTP/1.1\r\nHost: here\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n"
)


@pytest.fixture
def flooded(new_sqlite: Callable[[], str], tmp_path: Path) -> Iterator[Logged]:
    stripe = {"stripe_secret_key": "sk_test_x", "stripe_webhook_secrets": "whsec_x", "default_provider": "SANDBOX"}
    with many_files(), logged(new_sqlite(), tmp_path, **DEFAULTS, **stripe) as gateway:
        yield gateway
        assert gateway.said("error", "critical") == []
        assert gateway.stop() is not None


@asynccontextmanager
async def watched(gateway: Logged, most_bytes: int) -> AsyncIterator[Beside]:
    """Somebody is served all the time, the whole ends in time, and the gateway's memory stays within bounds."""
    memory = Memory(gateway.process.pid)
    student = gateway.gateway.student()
    async with asyncio.timeout(MOST_S), beside(student, QUESTION) as other:
        yield other
    slowest_s = max(other.took_s, default=0)  # a flood may be over before anybody is served
    print(f"{len(other.took_s)} served beside it, the slowest after {slowest_s:.2f} s;", end=" ")
    print(f"{memory.most / MIB:.0f} MiB more at most")
    assert other.failed == []
    assert slowest_s < SERVED_S
    assert memory.most < most_bytes


async def test_two_hundred_megabytes_of_headers_are_not_read(flooded: Logged) -> None:
    async with watched(flooded, 32 * MIB):
        [endless] = await connect(flooded.port)
        await endless.send(HEAD)
        reading = asyncio.create_task(endless.rest())
        lines = b"".join(b"X-%05d: %s\r\n" % (number, b"y" * 1_000) for number in range(64))
        while endless.sent < 200 * MIB and await endless.send(lines):
            await asyncio.wait({reading}, timeout=0)  # else nothing is read where each line is taken at once
        await reading
        print(f"{endless.sent / MIB:.1f} MiB were taken;", end=" ")
        assert endless.status == 431
        assert MOST_HEAD_BYTES <= endless.sent < MOST_TAKEN_BYTES
        await left([endless])


async def test_fifteen_hundred_half_heads_keep_nobody_out_and_are_over_in_time(flooded: Logged) -> None:
    async with watched(flooded, 64 * MIB):
        halves = await connect(flooded.port, 1_500)
        began = asyncio.get_running_loop().time()
        assert all(await asyncio.gather(*(each.send(HEAD) for each in halves)))
        await asyncio.gather(*(each.rest() for each in halves))
        took_s = asyncio.get_running_loop().time() - began
        told = Counter(each.status for each in halves)
        print(f"over after {took_s:.1f} s, told {dict(told)};", end=" ")
        assert took_s < HEAD_S + 10
        assert told[408] <= MOST_WAITING
        assert told[None] >= 1_500 - MOST_WAITING, "the oldest leave without a word"
        assert told.keys() <= {None, 408}
        await left(halves)


async def test_two_hundred_half_webhooks_have_a_bounded_room_together(flooded: Logged) -> None:
    async with watched(flooded, 4 * MOST_ARRIVING_BYTES):
        halves = await connect(flooded.port, 200)
        rests = [asyncio.create_task(each.rest()) for each in halves]
        await asyncio.gather(*(_half_of(each, MIB) for each in halves))
        await asyncio.gather(*rests)
        told = Counter(each.status for each in halves)
        print(f"told {dict(told)};", end=" ")
        assert told.keys() <= {408, 503, None}
        assert told[503] + told[None] >= 200 - MOST_ARRIVING_BYTES // (MIB - 1_000) - 1, (
            "those that began first gave way"
        )
        await left(halves)


async def test_bodies_over_the_limit_end_however_they_come(flooded: Logged) -> None:
    student = flooded.gateway.student()
    head = HEAD + b"Authorization: Bearer %s\r\nContent-Type: application/json\r\n" % (student.token or "").encode()
    chunked = head + b"Transfer-Encoding: chunked\r\n\r\n"
    announced = head + b"Content-Length: %d\r\n\r\n" % (200 * MIB)
    chunk = b"%x\r\n%s\r\n" % (MIB, b" " * MIB)
    async with watched(flooded, 64 * MIB):
        for begun, more in ((announced, b" " * MIB), (chunked, chunk), (chunked, b"1\r\n \r\n" * 100_000)):
            endless = await connect(flooded.port, 10)
            await asyncio.gather(*(_without_end(each, begun, more) for each in endless))
            assert {each.status for each in endless} <= {413, 400, None}
            assert any(each.status for each in endless), "who reads is told"
            assert max(each.sent for each in endless) < MOST_TAKEN_BYTES
            await left(endless)


async def test_one_student_on_twenty_sockets_leaves_room_for_the_others(flooded: Logged) -> None:
    student = flooded.gateway.student()
    async with watched(flooded, 128 * MIB), AsyncExitStack() as stack:
        sockets = [await stack.enter_async_context(_authenticated(student)) for _ in range(20)]
        told = Counter[str]()
        await asyncio.gather(*(_asked_often(each, 100, told) for each in sockets))
        print(f"told {dict(told)};", end=" ")
        assert sum(told.values()) == 2_000
        assert told.keys() <= {"answered", "RATE_LIMITED", "BUSY"}
        assert told["answered"] > 0


async def test_ten_thousand_subscriptions_of_one_address_have_so_many_places(flooded: Logged) -> None:
    gateway = flooded.gateway
    course = gateway.course()
    buyers = [gateway.student() for _ in range(101)]
    payments = [gateway.opened(each, course) for each in buyers]
    async with watched(flooded, 256 * MIB), AsyncExitStack() as stack:
        sockets = [await stack.enter_async_context(_authenticated(each)) for each in buyers]
        told = Counter[str]()
        asked = zip(sockets, payments, strict=True)
        await asyncio.gather(*(_subscribed(each, 100, payment, told) for each, payment in asked))
        print(f"told {dict(told)};", end=" ")
        assert sum(told.values()) == 10_100
        assert told.keys() <= {"answered", "RATE_LIMITED", "BUSY"}
        assert 0 < told["answered"] <= 2_000


async def test_two_thousand_sockets_without_a_token_have_few_places(flooded: Logged) -> None:
    async with watched(flooded, 128 * MIB):
        told = Counter[str]()
        await asyncio.gather(*(_stayed(flooded.gateway.server.url, told) for _ in range(2_000)))
        print(f"told {dict(told)};", end=" ")
        assert sum(told.values()) == 2_000
        assert told.keys() <= {"left", "refused", "1013", "4408"}
        assert told["4408"] <= 3 * 100, (
            "an address has a hundred places for strangers, of ten seconds each; others leave"
        )
        assert told["left"] <= 2_000 - MOST_WAITING + 10, "the oldest of too many who have asked nothing"
        async with _authenticated(flooded.gateway.student()):
            pass


async def _half_of(each: Raw, size: int) -> None:
    await each.send(WEBHOOK % size)
    await each.send(b" " * (size - 1_000))


async def _without_end(each: Raw, begun: bytes, more: bytes) -> None:
    reading = asyncio.create_task(each.rest())
    await each.send(begun)
    while each.sent < 200 * MIB and await each.send(more):
        pass
    await reading


@asynccontextmanager
async def _authenticated(caller: Person) -> AsyncIterator[ClientConnection]:
    async with open_socket(
        caller.url.replace("http://", "ws://"),
        subprotocols=[Subprotocol("graphql-transport-ws")],
        additional_headers=caller.headers(),
        open_timeout=60,
        max_queue=None,
    ) as socket:
        await socket.send(json.dumps({"type": "connection_init"}))
        assert json.loads(await socket.recv()) == {"type": "connection_ack"}
        yield socket


async def _asked_often(socket: ClientConnection, times: int, told: Counter[str]) -> None:
    for number in range(times):
        message = {"type": "subscribe", "id": str(number), "payload": {"query": QUESTION}}
        await socket.send(json.dumps(message))
    await _first_results(socket, times, told)


async def _subscribed(socket: ClientConnection, times: int, payment: str, told: Counter[str]) -> None:
    for number in range(times):
        asked = {"query": PAYMENT, "variables": {"id": payment}}
        await socket.send(json.dumps({"type": "subscribe", "id": str(number), "payload": asked}))
    await _first_results(socket, times, told)


async def _first_results(socket: ClientConnection, count: int, told: Counter[str]) -> None:
    """Note what the first result of each operation was."""
    first = set[str]()
    while len(first) < count:
        message = json.loads(await socket.recv())
        if message["type"] not in ("next", "error") or message["id"] in first:
            continue
        first.add(message["id"])
        payload = message["payload"]
        errors = payload.get("errors", []) if isinstance(payload, dict) else payload
        told[errors[0]["extensions"]["code"] if errors else "answered"] += 1


async def _stayed(url: str, told: Counter[str]) -> None:
    """A stranger's socket that says nothing, until it is closed; where it comes to be one."""
    try:
        async with open_socket(
            url.replace("http://", "ws://"), subprotocols=[Subprotocol("graphql-transport-ws")], open_timeout=60
        ) as socket:
            await socket.recv()
    except InvalidStatus as refused:
        told["refused" if refused.response.status_code in (429, 503) else str(refused)] += 1
    except InvalidMessage:
        told["left"] += 1
    except ConnectionClosed as closed:
        told[str(closed.rcvd and closed.rcvd.code)] += 1
    except (WebSocketException, OSError) as error:
        told[type(error).__name__] += 1
