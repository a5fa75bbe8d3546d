"""What a stream leaves behind, and what becomes of a reader who does not read: seen from inside the process."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import pytest
from starlette.types import Message

from gateway.auth.minting import mint_token
from gateway.execution.executor import Executor
from gateway.execution.operations import Result
from gateway.execution.schema import build_schema
from gateway.http.callers import Callers
from gateway.schema.conventions import ids
from gateway.services.core.model.values import Role
from gateway.streaming.bounds import MESSAGE_BYTES, Bounds
from gateway.streaming.formats import SSE
from gateway.streaming.lifetimes import StreamLifetimes
from gateway.streaming.response import StreamedResponse
from gateway.streaming.websocket import GraphQLSocket
from tests.served.inside import Inside, inside
from tests.served.operations import COURSE, CREATE_PAYMENT, METADATA, SAVE_COURSE
from tests.served.streams import PAYMENT, PURCHASES

pytestmark = pytest.mark.anyio

TOO_LONG_S = 30
"""What no step takes, and no test waits for without end."""

MOST_TURNS = 1_000_000
"""Of the event loop, before it is too late."""


@dataclass
class Line:
    """An ASGI server's end of one connection: what comes in and what goes out, by the test's own hand."""

    gateway: Inside
    scope: dict[str, object]
    incoming: "asyncio.Queue[Message]" = field(default_factory=asyncio.Queue)
    outgoing: "asyncio.Queue[Message]" = field(default_factory=asyncio.Queue)
    is_open: asyncio.Event = field(default_factory=asyncio.Event)
    """Cleared: nothing more goes out, as with a reader whose buffers are full."""

    async def run(self) -> None:
        self.is_open.set()
        async with asyncio.timeout(TOO_LONG_S):
            await self.gateway.app(self.scope, self.incoming.get, self._send)

    async def _send(self, message: Message) -> None:
        await self.is_open.wait()
        self.outgoing.put_nowait(message)


@asynccontextmanager
async def posted(
    gateway: Inside, query: str, variables: object, accept: bytes = b"text/event-stream"
) -> AsyncIterator[Line]:
    body = json.dumps({"query": query, "variables": variables}).encode()
    line = Line(gateway, _scope(gateway, "http", [(b"accept", accept), (b"content-type", b"application/json")]))
    line.incoming.put_nowait({"type": "http.request", "body": body, "more_body": False})
    yield line


def _scope(gateway: Inside, kind: str, headers: list[tuple[bytes, bytes]]) -> dict[str, object]:
    token = mint_token(gateway.settings, role=Role.STUDENT, subject="STUDENT-1", ttl_s=3600)
    return {
        "type": kind,
        "asgi": {"version": "3.0", "spec_version": "2.3"},
        "http_version": "1.1",
        "method": "POST",
        "scheme": "http",
        "path": "/graphql",
        "raw_path": b"/graphql",
        "root_path": "",
        "query_string": b"",
        "headers": [(b"host", b"127.0.0.1"), (b"authorization", f"Bearer {token}".encode()), *headers],
        "subprotocols": ["graphql-transport-ws"],
        "state": {},
    }


async def new_payment(gateway: Inside) -> str:
    saved = (await gateway.ask(SAVE_COURSE, Role.ADMIN, input=COURSE)).json()
    wanted = {"courseId": saved["data"]["saveCourse"]["course"]["id"], "tier": "BASIC", "metadata": METADATA}
    answer = (await gateway.ask(CREATE_PAYMENT, Role.STUDENT, input=wanted)).json()
    payment_id: str = answer["data"]["createPayment"]["payment"]["id"]
    return payment_id


async def test_who_hangs_up_leaves_nothing(new_sqlite: Callable[[], str]) -> None:
    async with inside(new_sqlite(), worker="false") as gateway:
        payment_id = await new_payment(gateway)
        for accept in (b"text/event-stream", b"multipart/mixed;subscriptionSpec=1.0"):
            async with posted(gateway, PAYMENT, {"id": payment_id}, accept) as line:
                running = asyncio.create_task(line.run())
                while b"REQUIRES_PAYMENT" not in (await line.outgoing.get()).get("body", b""):
                    pass
                assert (gateway.services.live.hub.subscribers, gateway.app.state.lifetimes.open) == (1, 1)
                line.incoming.put_nowait({"type": "http.disconnect"})
                await running
                assert (gateway.services.live.hub.subscribers, gateway.app.state.lifetimes.open) == (0, 0)


async def test_who_closes_a_socket_leaves_nothing(new_sqlite: Callable[[], str]) -> None:
    async with inside(new_sqlite(), worker="false") as gateway:
        line = Line(gateway, _scope(gateway, "websocket", []))
        line.incoming.put_nowait({"type": "websocket.connect"})
        running = asyncio.create_task(line.run())
        await heard(line, "websocket.accept")
        say(line, type="connection_init")
        for operation_id, query, variables in (
            ("1", PAYMENT, {"id": await new_payment(gateway)}),
            ("2", PURCHASES, {}),
        ):
            say(line, type="subscribe", id=operation_id, payload={"query": query, "variables": variables})
        while b"REQUIRES_PAYMENT" not in (await line.outgoing.get()).get("text", "").encode():
            pass
        assert gateway.services.live.hub.subscribers == 2
        line.incoming.put_nowait({"type": "websocket.disconnect", "code": 1000})
        await running
        assert (gateway.services.live.hub.subscribers, gateway.app.state.lifetimes.open) == (0, 0)


async def test_a_subscription_that_is_completed_leaves_nothing_while_its_socket_stays(
    new_sqlite: Callable[[], str],
) -> None:
    async with inside(new_sqlite(), worker="false") as gateway:
        line = Line(gateway, _scope(gateway, "websocket", []))
        line.incoming.put_nowait({"type": "websocket.connect"})
        running = asyncio.create_task(line.run())
        say(line, type="connection_init")
        say(line, type="subscribe", id="1", payload={"query": PAYMENT, "variables": {"id": await new_payment(gateway)}})
        await heard(line, "websocket.send", '"next"')
        say(line, type="complete", id="1")
        say(line, type="ping")
        await heard(line, "websocket.send", "pong")
        await until(lambda: not gateway.services.live.hub.subscribers)
        line.incoming.put_nowait({"type": "websocket.disconnect", "code": 1000})
        await running


async def test_a_socket_that_nobody_initialises_is_closed(new_sqlite: Callable[[], str]) -> None:
    async with inside(new_sqlite(), worker="false") as gateway:
        assert await closed(gateway, Bounds(init_s=0), []) == 4408


async def test_a_socket_on_which_nothing_is_said_is_closed(new_sqlite: Callable[[], str]) -> None:
    async with inside(new_sqlite(), worker="false") as gateway:
        assert await closed(gateway, Bounds(idle_s=0.01), [{"type": "connection_init"}]) == 1000


async def test_pings_keep_no_socket_on_which_nothing_is_under_way(new_sqlite: Callable[[], str]) -> None:
    hello: list[dict[str, object]] = [{"type": "connection_init"}]
    async with inside(new_sqlite(), worker="false") as gateway:
        for said in (hello, []):
            bounds = Bounds(idle_s=0.01, init_s=0.01, most_messages=10**9, messages_per_s=10**9)
            code = await closed(gateway, bounds, said, for_ever={"type": "ping"})
            assert code == (1000 if said else 4408)


async def test_a_socket_that_says_too_much_is_closed(new_sqlite: Callable[[], str]) -> None:
    async with inside(new_sqlite(), worker="false") as gateway:
        short: dict[str, object] = {"type": "ping"}
        long: dict[str, object] = {"type": "ping", "payload": {"of": "x" * 3 * MESSAGE_BYTES}}
        for said in ([short] * 5, [long, short]):
            assert await closed(gateway, Bounds(most_messages=4, messages_per_s=0.001), said) == 4429


async def test_a_socket_whose_client_does_not_read_is_given_up(new_sqlite: Callable[[], str]) -> None:
    async with inside(new_sqlite(), worker="false") as gateway:
        hello: list[dict[str, object]] = [{"type": "connection_init"}]
        assert await closed(gateway, Bounds(stalled_s=0), hello) is None, "no close goes through either"


async def test_a_stream_whose_reader_does_not_read_is_given_up_and_frees_its_source() -> None:
    is_closed = asyncio.Event()

    async def results() -> AsyncIterator[Result]:
        try:
            while True:
                yield Result({"data": None})
        finally:
            is_closed.set()

    async def receive() -> Message:
        await asyncio.get_running_loop().create_future()
        raise AssertionError("it never hangs up")

    async def send(message: Message) -> None:
        if message.get("body", b""):
            await asyncio.get_running_loop().create_future()  # its buffers are full

    lifetimes = StreamLifetimes()
    response = StreamedResponse(results, SSE, lifetimes, None, stalled_s=0)  # type: ignore[arg-type]  # a generator
    await response({"type": "http"}, receive, send)
    assert (is_closed.is_set(), lifetimes.open) == (True, 0)


async def test_a_subscriber_who_falls_too_far_behind_is_told_to_begin_again(new_sqlite: Callable[[], str]) -> None:
    async with inside(new_sqlite(), worker="false") as gateway:
        hub = gateway.services.live.hub
        async with posted(gateway, PURCHASES, {}) as line:
            running = asyncio.create_task(line.run())
            await until(lambda: hub.subscribers)
            await gateway.services.live.ready()
            hub.catch_up()  # as where its inbox is full: what was in it is lost
            text = b""
            while b"complete" not in text:
                text += (await line.outgoing.get()).get("body", b"")
            assert b'"SUBSCRIPTION_LOST"' in text
            await running


async def test_when_there_are_too_many_subscribers_the_next_is_told_to_come_back(
    new_sqlite: Callable[[], str], monkeypatch: pytest.MonkeyPatch
) -> None:
    async with inside(new_sqlite(), worker="false") as gateway:
        monkeypatch.setattr(gateway.services.live.hub, "_most_subscribers", 0)
        async with posted(gateway, PAYMENT, {"id": ids.EXAMPLES[ids.PAYMENT]}) as line:
            await line.run()
            sent = [line.outgoing.get_nowait().get("body", b"") for _ in range(line.outgoing.qsize())]
            assert b'"BUSY"' in b"".join(sent)


async def until(is_so: Callable[[], object]) -> None:
    """Let the others go on until it is so."""
    for _ in range(MOST_TURNS):
        if is_so():
            return
        await asyncio.sleep(0)
    pytest.fail("it never was")


def say(line: Line, **message: object) -> None:
    line.incoming.put_nowait({"type": "websocket.receive", "text": json.dumps(message)})


async def heard(line: Line, kind: str, text: str = "") -> None:
    """Wait until something of the kind goes out."""
    while True:
        message = await line.outgoing.get()
        if message["type"] == kind and text in message.get("text", ""):
            return


async def closed(
    gateway: Inside,
    bounds: Bounds,
    messages: list[dict[str, object]],
    callers: Callers | None = None,
    *,
    client: tuple[str, int] | None = None,
    for_ever: dict[str, object] | None = None,
) -> int | None:
    """The code with which a socket of those bounds is closed; None where it is left without one.

    Args:
        callers: among whom this one is.
        client: its address; it has no token.
        for_ever: what is said again and again after the messages.
    """
    incoming: asyncio.Queue[Message] = asyncio.Queue()
    codes: list[int] = []

    async def send(message: Message) -> None:
        if message["type"] == "websocket.close":
            codes.append(message["code"])
        if message["type"] != "websocket.accept" and bounds.stalled_s == 0:
            await asyncio.get_running_loop().create_future()

    async def judge(_: str) -> object:
        raise AssertionError("no token is given")

    for message in (
        {"type": "websocket.connect"},
        *({"type": "websocket.receive", "text": json.dumps(m)} for m in messages),
    ):
        incoming.put_nowait(message)

    async def receive() -> Message:
        if for_ever is None or not incoming.empty():
            return await incoming.get()
        await asyncio.sleep(0)
        return {"type": "websocket.receive", "text": json.dumps(for_ever)}

    executor, callers = Executor(build_schema(), gateway.settings), callers or Callers(gateway.settings)
    socket = GraphQLSocket(executor, judge, _no_context, StreamLifetimes(), callers, bounds=bounds)  # type: ignore[arg-type]
    async with asyncio.timeout(TOO_LONG_S):
        await socket({**_scope(gateway, "websocket", []), "client": client}, receive, send)
    return codes[0] if codes else None


def _no_context(*_: object) -> object:
    raise AssertionError("nothing is asked")
