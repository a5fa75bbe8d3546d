"""Every wait of a connection for its client ends: for a head, for a reader, and for the rest of what was refused."""

import asyncio
import socket
import struct
import urllib.error
import urllib.request
from collections.abc import Callable

import httpx
import pytest
import uvicorn
from uvicorn.server import ServerState
from websockets.sync.client import connect

from gateway.cli.processes.sockets import Socket
from gateway.cli.server.connection import Connection
from gateway.cli.server.heads import HEAD_S, LATE
from gateway.cli.server.lingering import (
    DROPPING_S,
    LEAST_READ_BYTES,
    MOST_DROPPED_BYTES,
    SILENT_S,
    STALLED_S,
    Lingering,
)
from gateway.cli.server.sockets import MOST_FRAGMENTS
from gateway.cli.server.waiting import Waiting
from tests.cli.server.test_answers import POST, Wire, all_is_done, by_asgi
from tests.cli.server.test_requests import answers_at_once
from tests.served.gateway import Served

pytestmark = pytest.mark.anyio


class Clock:
    """A loop whose time passes when the test says so."""

    def __init__(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._now = 1_000.0
        self._timers = dict[asyncio.TimerHandle, tuple[float, Callable[..., object], tuple[object, ...]]]()
        self.create_task = self._loop.create_task

    def time(self) -> float:
        return self._now

    def call_later(self, after_s: float, called: Callable[..., object], *given: object) -> asyncio.TimerHandle:
        timer = self._loop.call_later(10_000, called)
        self._timers[timer] = (self._now + after_s, called, given)
        return timer

    @property
    def waiting(self) -> int:
        """How many timers are set."""
        return sum(not timer.cancelled() for timer in self._timers)

    def passes(self, seconds: float) -> None:
        until = self._now + seconds
        while due := [(at, timer) for timer, (at, *_) in self._timers.items() if at <= until and not timer.cancelled()]:
            at, timer = min(due, key=lambda each: each[0])
            self._now = at
            _, called, given = self._timers.pop(timer)
            timer.cancel()
            called(*given)
        self._now = until


class Called:
    """A client's end of connections to one application, all of one process."""

    def __init__(self, app: Callable[..., object] = by_asgi, most: int = 100) -> None:
        self.clock = Clock()
        self._config = uvicorn.Config(app, log_config=None, access_log=False, proxy_headers=False)
        self._config.load()
        self._state, self.waiting = ServerState(), Waiting(most)

    def connect(self) -> tuple[Connection, Wire]:
        protocol, wire = Connection(self._config, self._state, {}, waiting=self.waiting), Wire()
        protocol.loop = self.clock  # type: ignore[assignment]  # as much of a loop as is asked of it
        protocol.connection_made(wire)
        return protocol, wire


# ------------------------------------------------------------ a head


async def test_who_sends_nothing_is_left_without_a_word() -> None:
    called = Called()
    _, wire = called.connect()
    called.clock.passes(HEAD_S - 0.1)
    assert not wire.is_closed
    called.clock.passes(0.1)
    assert (wire.is_closed, bytes(wire.written)) == (True, b"")


@pytest.mark.parametrize("sent", [POST[:40], b"\r\n", POST[:-60]])
async def test_a_head_that_is_not_whole_in_time_is_told_so(sent: bytes) -> None:
    called = Called()
    protocol, wire = called.connect()
    for _ in range(3):
        called.clock.passes(HEAD_S / 3 - 0.1)
        protocol.data_received(sent[:1])
        sent = sent[1:]
    assert not wire.is_closed
    called.clock.passes(0.4)
    assert (bytes(wire.written), wire.is_closed) == (LATE.answer([]), True)


async def test_a_head_behind_an_answer_has_as_long() -> None:
    called = Called()
    protocol, wire = called.connect()
    protocol.data_received(POST)
    await all_is_done()
    called.clock.passes(protocol.timeout_keep_alive - 0.1)
    protocol.data_received(POST[:40])
    called.clock.passes(HEAD_S - 0.1)
    assert not wire.is_closed
    called.clock.passes(0.2)
    assert bytes(wire.written).endswith(LATE.answer([]))
    assert wire.is_closed


async def test_a_head_has_no_longer_where_idle_connections_are_kept_for_longer() -> None:
    called = Called()
    protocol, wire = called.connect()
    protocol.timeout_keep_alive = int(3 * HEAD_S)
    protocol.data_received(POST)
    await all_is_done()
    protocol.data_received(POST[:40])
    called.clock.passes(HEAD_S + 0.1)
    assert bytes(wire.written).endswith(LATE.answer([]))
    assert wire.is_closed


async def test_a_blank_line_is_no_way_to_stay() -> None:
    called = Called()
    protocol, wire = called.connect()
    protocol.data_received(POST)
    await all_is_done()
    for _ in range(4):
        protocol.data_received(b"\r\n")
        called.clock.passes(HEAD_S / 3)
    assert wire.is_closed


async def test_while_a_request_is_answered_nobody_waits_for_its_client() -> None:
    called = Called()
    protocol, wire = called.connect()
    protocol.data_received(POST[:-1])
    called.clock.passes(1_000)
    protocol.data_received(POST[-1:])
    await all_is_done()
    assert (wire.is_closed, bytes(wire.written).count(b"HTTP/1.1 200")) == (False, 1)


async def test_of_those_who_have_asked_nothing_the_oldest_leaves_for_the_newest() -> None:
    called = Called(most=3)
    asked, _ = called.connect()
    asked.data_received(POST)
    wires = [called.connect()[1] for _ in range(5)]
    assert [wire.is_closed for wire in wires] == [True, True, False, False, False]
    asked.data_received(POST[:10])  # begins a head, which is one of theirs
    assert [wire.is_closed for wire in wires] == [True, True, True, False, False]
    asked.data_received(POST[10:])
    assert len(called.waiting) == 2


async def test_who_has_sent_half_a_body_is_one_of_them_until_it_is_whole() -> None:
    called = Called(most=3)
    head = b"POST /elsewhere HTTP/1.1\r\nHost: here\r\nContent-Length: 4\r\n\r\n"
    (half, left), (whole, answered), (_, silent) = [called.connect() for _ in range(3)]
    for protocol in (half, whole):
        protocol.data_received(head + b"ab")
    assert len(called.waiting) == 3
    whole.data_received(b"cd")
    await all_is_done()
    assert bytes(answered.written).startswith(b"HTTP/1.1 200")
    assert len(called.waiting) == 2
    called.connect()
    called.connect()
    assert [wire.is_closed for wire in (silent, left, answered)] == [True, False, False]
    called.connect()
    assert [wire.is_closed for wire in (silent, left, answered)] == [True, True, False]


async def test_nothing_of_a_connection_that_is_gone_is_left() -> None:
    called = Called()
    for sent in (b"", POST[:9], POST, POST[:-1], b"no HTTP\r\n\r\n"):
        protocol, wire = called.connect()
        protocol.data_received(sent)
        await all_is_done()
        protocol.pause_writing()
        last = wire.protocol or protocol
        assert isinstance(last, asyncio.Protocol)
        last.connection_lost(None)
        await all_is_done()
    assert (called.clock.waiting, len(called.waiting)) == (0, 0)


# ------------------------------------------------------------ a reader


async def test_one_who_does_not_read_an_answer_is_given_up() -> None:
    called = Called()
    protocol, wire = called.connect()
    wire.unsent = 100_000
    protocol.pause_writing()
    protocol.data_received(POST)
    await all_is_done()
    called.clock.passes(STALLED_S - 0.1)
    wire.unsent -= LEAST_READ_BYTES
    called.clock.passes(STALLED_S)
    assert not wire.is_closed  # it reads, if slowly
    called.clock.passes(STALLED_S)
    assert wire.is_closed
    protocol.connection_lost(None)  # as its transport would say


async def test_one_who_reads_on_is_not_given_up() -> None:
    called = Called()
    protocol, wire = called.connect()
    wire.unsent = 100_000
    protocol.pause_writing()
    protocol.data_received(POST)
    await all_is_done()
    protocol.resume_writing()
    await all_is_done()
    assert bytes(wire.written).startswith(b"HTTP/1.1 200")
    called.clock.passes(1)
    assert not wire.is_closed


# ------------------------------------------------------------ the rest of what was refused


async def lingering() -> tuple[Called, Lingering, Wire]:
    called = Called(answers_at_once)
    protocol, wire = called.connect()
    protocol.data_received(POST[:-1])
    await all_is_done()
    assert isinstance(wire.protocol, Lingering)
    assert (wire.is_closed, wire.is_gone, bytes(wire.written[:12])) == (True, False, b"HTTP/1.1 401")
    return called, wire.protocol, wire


async def test_what_comes_behind_the_last_answer_is_dropped_within_bytes() -> None:
    _, dropping, wire = await lingering()
    for _ in range(MOST_DROPPED_BYTES // 2**20):
        dropping.data_received(bytes(2**20))
    assert not wire.is_gone
    dropping.data_received(b"x")
    assert wire.is_gone


async def test_what_comes_behind_the_last_answer_is_dropped_within_seconds() -> None:
    called, dropping, wire = await lingering()
    for _ in range(int(DROPPING_S)):
        assert not wire.is_gone
        dropping.data_received(b"x")
        called.clock.passes(1)
    assert wire.is_gone


async def test_who_has_stopped_sending_behind_the_last_answer_is_left() -> None:
    called, _, wire = await lingering()
    called.clock.passes(SILENT_S)
    assert wire.is_gone


LARGE = b"x" * 10_000_000


@pytest.mark.parametrize(
    ("path", "status"),
    [("/graphql", 413), ("/webhooks/stripe", 404), ("/api/v1/purchases", 401), ("/nowhere", 404), ("/healthz", 405)],
)
def test_a_client_that_sends_all_before_it_reads_has_its_answer(gateway: Served, path: str, status: int) -> None:
    url = gateway.server.url.replace("/graphql", path)
    request = urllib.request.Request(url, LARGE, {"Content-Type": "application/json"})
    with pytest.raises(urllib.error.HTTPError) as refused:
        urllib.request.urlopen(request, timeout=30)
    assert refused.value.code == status
    refused.value.close()


def test_a_client_that_asks_first_is_refused_before_it_sends(gateway: Served) -> None:
    url = httpx.URL(gateway.server.url)
    with socket.create_connection((url.host, url.port), timeout=10) as connection:
        connection.sendall(
            b"POST /graphql HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
            b"Expect: 100-continue\r\nContent-Length: 10000000\r\n\r\n"
        )
        said = b""
        while part := connection.recv(4_096):
            said += part
    assert said.startswith(b"HTTP/1.1 413 ")
    assert b"connection: close" in said.lower()


# ------------------------------------------------------------ WebSockets


async def socket_of(clock: Clock) -> tuple[Socket, Wire]:
    config = uvicorn.Config(by_asgi, log_config=None, access_log=False, proxy_headers=False)
    config.load()
    protocol, wire = Socket(config, ServerState(), {}), Wire()
    protocol.loop = clock  # type: ignore[assignment]  # likewise
    protocol.connection_made(wire)
    return protocol, wire


async def test_of_a_socket_whose_client_does_not_read_nothing_is_read() -> None:
    clock = Clock()
    protocol, wire = await socket_of(clock)
    wire.is_read = True
    wire.unsent = 100_000
    protocol.pause_writing()
    assert not wire.is_read
    protocol.resume_writing()
    assert (wire.is_read, clock.waiting) == (True, 0)
    protocol.pause_writing()
    clock.passes(STALLED_S)
    assert wire.is_gone


def test_a_message_of_endless_fragments_ends_its_socket(gateway: Served) -> None:
    url = gateway.server.url.replace("http", "ws")
    with connect(url, subprotocols=["graphql-transport-ws"]) as client:  # type: ignore[list-item]  # it is a str
        first, other = (struct.pack("!BB4s", opcode, 0x80, bytes(4)) for opcode in (1, 0))
        client.socket.sendall(first + other * (MOST_FRAGMENTS + 1))
        with pytest.raises(Exception, match="1009"):
            client.recv(timeout=10)
