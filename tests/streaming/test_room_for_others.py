"""One caller leaves room for the others, by whichever transport he comes."""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import ExitStack
from typing import Any

import pytest
from websockets.exceptions import ConnectionClosed, InvalidStatus

from gateway.services.core.model.values import Role
from gateway.services.reading.snapshot import Snapshot
from tests.served.gateway import Served, served
from tests.served.inside import Inside, inside
from tests.served.streams import MULTIPART, PAYMENT, SSE, Socket, connected, events, opened
from tests.streaming.test_streams_inside import Line, _scope, heard, say

COURSES = "{ courses(first: 1) { nodes { id } } }"
WHO = "{ viewer { id } }"


@pytest.fixture(scope="module")
def gateway(new_sqlite: Callable[[], str]) -> Iterator[Served]:
    few = {"limit_viewer_sockets": "2", "limit_address_strangers": "3", "limit_viewer_subscriptions": "2"}
    with served(new_sqlite(), **few) as started:
        yield started


@pytest.fixture
async def held(new_sqlite: Callable[[], str], monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Inside]:
    """A student has as many operations under way as one may."""
    arrived, may_go_on = asyncio.Event(), asyncio.Event()
    read = Snapshot.page

    async def hold(*given: Any) -> Any:
        arrived.set()
        await may_go_on.wait()
        return await read(*given)

    monkeypatch.setattr(Snapshot, "page", hold)
    limits = {"limit_viewer_in_flight": "1", "limit_address_in_flight": "10", "get_queries": "true"}
    async with inside(new_sqlite(), worker="false", **limits) as started:
        first = asyncio.create_task(started.ask(COURSES, Role.STUDENT))
        await arrived.wait()
        yield started
        may_go_on.set()
        assert (await first).json() == {"data": {"courses": {"nodes": []}}}
        assert (await started.ask(WHO, Role.STUDENT)).json() == {"data": {"viewer": {"id": "STUDENT-1"}}}


@pytest.mark.anyio
async def test_over_every_transport_it_is_one_caller(held: Inside) -> None:
    refused = await held.ask(WHO, Role.STUDENT)
    assert (refused.status_code, refused.headers["Retry-After"]) == (429, "1")
    headers = {"Authorization": refused.request.headers["Authorization"]}
    by_get = await held.client.get("/graphql", params={"query": WHO}, headers=headers)
    assert (by_get.status_code, by_get.json()["errors"][0]["extensions"]["code"]) == (429, "RATE_LIMITED")
    for accept in (SSE, MULTIPART):
        streamed = await held.client.post("/graphql", json={"query": WHO}, headers={**headers, "Accept": accept})
        assert '"RATE_LIMITED"' in streamed.text
    line = Line(held, _scope(held, "websocket", []))
    line.incoming.put_nowait({"type": "websocket.connect"})
    running = asyncio.create_task(line.run())
    say(line, type="connection_init")
    say(line, type="subscribe", id="1", payload={"query": WHO})
    await heard(line, "websocket.send", "RATE_LIMITED")
    line.incoming.put_nowait({"type": "websocket.disconnect", "code": 1000})
    await running
    assert (await held.ask(WHO, Role.ADMIN)).status_code == 200
    assert (await held.ask(WHO)).status_code == 200


def test_a_viewer_has_so_many_sockets(gateway: Served) -> None:
    student = gateway.student()
    with connected(student) as one, connected(student):
        with opened(student.url) as third:
            third.send(type="connection_init", payload=student.headers())
            assert _code(third) == 1013
        with pytest.raises(InvalidStatus) as refused, opened(student.url, student.headers()):
            pass
        assert refused.value.response.status_code == 503
        with connected(gateway.student()) as other:
            other.subscribe("1", WHO)
            assert other.next()["type"] == "next"
        one.subscribe("1", WHO)
        assert one.data("1") == {"id": student.id}
    with connected(student):
        pass


def test_without_a_token_there_are_few_sockets_of_an_address_and_the_one_idle_for_longest_gives_way(
    gateway: Served,
) -> None:
    with ExitStack() as stack:
        strangers = [stack.enter_context(opened(gateway.server.url)) for _ in range(3)]
        for stranger in strangers:
            stranger.send(type="connection_init")
            assert stranger.next() == {"type": "connection_ack"}
        strangers[0].subscribe("1", COURSES)
        assert [strangers[0].next()["type"] for _ in range(2)] == ["next", "complete"]
        strangers[1].send(type="ping")
        assert strangers[1].next() == {"type": "pong"}
        newcomer = stack.enter_context(opened(gateway.server.url))
        assert _code(strangers[1]) == 1013
        student = gateway.student()
        newcomer.send(type="connection_init", payload=student.headers())
        assert newcomer.next() == {"type": "connection_ack"}
        for stranger in (strangers[0], strangers[2]):
            stranger.subscribe("2", COURSES)
            assert stranger.next()["type"] == "next"


def test_a_viewer_has_so_many_subscriptions_by_sockets_and_event_streams_together(gateway: Served) -> None:
    student = gateway.student()
    payment_id = gateway.opened(student, gateway.course())
    with connected(student) as socket, events(student, PAYMENT, id=payment_id) as stream:
        assert stream.data()["id"] == payment_id
        socket.subscribe("1", PAYMENT, id=payment_id)
        assert socket.data("1")["id"] == payment_id
        socket.subscribe("2", PAYMENT, id=payment_id)
        error = socket.next()
        assert (error["type"], error["payload"][0]["extensions"]["code"]) == ("error", "RATE_LIMITED")
        with events(student, PAYMENT, id=payment_id) as more:
            assert more.next()["errors"][0]["extensions"]["code"] == "RATE_LIMITED"
        other = gateway.student()
        with events(other, PAYMENT, id=gateway.opened(other, gateway.course())) as theirs:
            assert theirs.data()["status"] == "REQUIRES_PAYMENT"
        socket.send(type="complete", id="1")
        socket.subscribe("3", WHO)
        assert socket.data("3") == {"id": student.id}
        assert socket.next()["type"] == "complete"
        socket.subscribe("4", PAYMENT, id=payment_id)
        assert socket.data("4")["id"] == payment_id


def _code(socket: Socket) -> int:
    with pytest.raises(ConnectionClosed) as closed:
        socket.next()
    assert closed.value.rcvd is not None
    return closed.value.rcvd.code
