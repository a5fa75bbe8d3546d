"""What a caller pays for by whichever transport it comes: connecting, messages, and variables by their size."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable

import httpx
import pytest
from starlette.types import Message

from gateway.auth.minting import mint_token
from gateway.http.callers import CONNECTING, MESSAGE, OPERATION, Callers
from gateway.services.core.model.values import Role
from gateway.streaming.bounds import Bounds
from tests.http.test_rate_limits import Clock
from tests.served.inside import Inside, inside
from tests.served.streams import MULTIPART, SSE
from tests.streaming.test_streams_inside import TOO_LONG_S, Line, _scope, closed, say

pytestmark = pytest.mark.anyio

WRONG = {"first": {"of": [1] * 20_000}}
"""60 kB, of which nothing can be meant."""

COURSES = "query($first: Int) { courses(first: $first) { nodes { id } } }"
SLOWLY = "0.0001"
"""What comes back in a second: in a test, nothing."""

STRANGER = "198.51.100.1", 50_000


BUDGETS = {"connecting": CONNECTING + 2 * OPERATION, "variables": 10_000}
"""Of a viewer, and of all without a token at an address: to connect once; to send the wrong variables once."""


@pytest.fixture
async def gateway(request: pytest.FixtureRequest, new_sqlite: Callable[[], str]) -> AsyncIterator[Inside]:
    few = {"cost_viewer_burst": str(BUDGETS[request.param]), "cost_viewer_per_s": SLOWLY, "get_queries": "true"}
    async with inside(new_sqlite(), worker="false", **few) as started:
        yield started


of_connecting = pytest.mark.parametrize("gateway", ["connecting"], indirect=True)
of_variables = pytest.mark.parametrize("gateway", ["variables"], indirect=True)


# ---------------------------------------------------------------- connecting


@of_connecting
async def test_who_connects_too_often_is_told_at_the_handshake_when_to_come_again(gateway: Inside) -> None:
    for is_stranger in (True, False):
        first, second = [await _handshake(gateway, is_stranger=is_stranger) for _ in range(2)]
        assert first["type"] == "websocket.accept"
        assert (second["type"], second["status"]) == ("websocket.http.response.start", 429)
        headers = dict(second["headers"])
        assert int(headers[b"retry-after"]) > 0
        assert headers[b"content-type"] == b"application/json"


@of_connecting
async def test_whose_token_is_shown_too_often_is_told_so_in_the_close(gateway: Inside) -> None:
    token = mint_token(gateway.settings, role=Role.STUDENT, subject="s1", ttl_s=3600)
    for _ in range(5):
        assert (await _asked(gateway, {"query": "{ __typename }"}, token)).status_code == 200
    line = _line(gateway, is_stranger=True)
    running = asyncio.create_task(line.run())
    say(line, type="connection_init", payload={"Authorization": f"Bearer {token}"})
    close = await _until(line, "websocket.close")
    assert (close["code"], close["reason"]) == (1013, "You connect too often; try again later")
    await running


@of_connecting
async def test_messages_without_a_token_are_paid_for_by_all_at_an_address(gateway: Inside) -> None:
    budget = CONNECTING * 2 + MESSAGE * 5
    settings = gateway.settings.model_copy(update={"cost_viewer_burst": budget, "cost_viewer_per_s": 0.0001})
    callers = Callers(settings, Clock())
    hello: dict[str, object] = {"type": "connection_init"}
    pings: list[dict[str, object]] = [{"type": "ping"}] * 3
    bounds = Bounds(idle_s=0.01)
    assert await closed(gateway, bounds, [hello, *pings], callers, client=STRANGER) == 1000
    assert await closed(gateway, bounds, [hello, *pings], callers, client=STRANGER) == 4429


# ---------------------------------------------------------------- variables


@of_variables
@pytest.mark.parametrize("accept", ["application/json", SSE, MULTIPART])
async def test_long_variables_are_paid_for_before_they_are_read(gateway: Inside, accept: str) -> None:
    first, second = [await _asked(gateway, {"query": COURSES, "variables": WRONG}, accept=accept) for _ in range(2)]
    assert "Int cannot represent" in first.text
    assert "RATE_LIMITED" in second.text


@of_variables
async def test_they_are_on_a_websocket_as_well(gateway: Inside) -> None:
    line = _line(gateway, is_stranger=False)
    running = asyncio.create_task(line.run())
    say(line, type="connection_init")
    for operation_id in ("1", "2"):
        say(line, type="subscribe", id=operation_id, payload={"query": COURSES, "variables": WRONG})
    told = [(await _until(line, "websocket.send"))["text"] for _ in range(3)]
    assert "Int cannot represent" in told[1]
    assert "RATE_LIMITED" in told[2]
    line.incoming.put_nowait({"type": "websocket.disconnect", "code": 1000})
    await running


@of_variables
async def test_they_are_in_a_url_as_well(gateway: Inside) -> None:
    parameters = {"query": COURSES, "variables": json.dumps({"first": "1" * 4_000})}
    statuses = [(await gateway.client.get("/graphql", params=parameters)).status_code for _ in range(25)]
    assert {statuses[0], statuses[-1]} == {200, 429}


@of_variables
async def test_a_long_body_is_paid_for_though_it_is_no_json(gateway: Inside) -> None:
    for path, role in (("/graphql", None), ("/api/v1/purchases", Role.ADMIN)):
        token = role and mint_token(gateway.settings, role=role, subject="s1", ttl_s=3600)
        answers = []
        for _ in range(8):
            headers = {"Content-Type": "application/json"} | ({"Authorization": f"Bearer {token}"} if token else {})
            answers.append(await gateway.client.post(path, content=b"[" * 100_000, headers=headers))
        assert [answers[0].status_code, answers[-1].status_code] == [400, 429]
        assert int(answers[-1].headers["Retry-After"]) > 0


@of_variables
async def test_what_is_usual_costs_nothing_more(gateway: Inside) -> None:
    usual = {"query": COURSES, "variables": {"first": 1, "unused": "x" * 150}}
    answers = [await _asked(gateway, usual) for _ in range(5)]
    assert [each.status_code for each in answers] == [200] * 5


async def _asked(
    gateway: Inside, body: object, token: str | None = None, accept: str = "application/json"
) -> httpx.Response:
    headers = {"Accept": accept} | ({"Authorization": f"Bearer {token}"} if token else {})
    return await gateway.client.post("/graphql", json=body, headers=headers)


def _line(gateway: Inside, *, is_stranger: bool) -> Line:
    scope = _scope(gateway, "websocket", [])
    if is_stranger:
        scope["headers"] = [(b"host", b"127.0.0.1")]
    line = Line(gateway, {**scope, "client": STRANGER, "extensions": {"websocket.http.response": {}}})
    line.incoming.put_nowait({"type": "websocket.connect"})
    return line


async def _handshake(gateway: Inside, *, is_stranger: bool) -> Message:
    """What it is answered with."""
    line = _line(gateway, is_stranger=is_stranger)
    line.incoming.put_nowait({"type": "websocket.disconnect", "code": 1000})
    await line.run()
    return line.outgoing.get_nowait()


async def _until(line: Line, kind: str) -> Message:
    async with asyncio.timeout(TOO_LONG_S):
        while (message := await line.outgoing.get())["type"] != kind:
            pass
    return message
