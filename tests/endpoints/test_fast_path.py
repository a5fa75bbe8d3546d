"""The straight way and the application behind it give the same answers and log the same lines, whatever is sent."""

import asyncio
import gc
import io
import json
import re
import time
import weakref
from collections.abc import Callable, Iterator
from contextlib import AsyncExitStack, redirect_stderr
from dataclasses import dataclass, field, replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from joserfc import jwt
from joserfc.jwk import OctKey
from starlette.types import Message, Receive, Scope, Send

from gateway.app import build_app
from gateway.endpoints.fast_path import FastPath
from gateway.http.telemetry import configure_logging
from gateway.settings.loading import load_settings
from tests.endpoints.refused_calls import ACCEPTS, BODIES, MOST_BYTES, MUTATION, TIGHT, WHO
from tests.served.inside import logging_as_before
from tests.served.server import SECRET, environment

HOUSES: dict[str, dict[str, str]] = {
    "development": {"jwt_secret": ""},  # whose secret everybody knows, so that only this machine may call
    "production": {"env": "production", "sandbox": "true", "automatic_persisted_queries": "10"},
    "other sites": {"cors_origins": "https://shop.example", "trusted_proxies": "1"},
    "strangers' documents refused": {"only_trusted_documents": "true"},
    "an issuer that is away": {"jwks_url": "http://127.0.0.1:1/keys", "jwt_secret": ""},
    "a broken house": {},
}


@dataclass(frozen=True)
class Asked:
    """A request, as a server hands it over."""

    headers: tuple[tuple[bytes, bytes], ...]
    chunks: tuple[bytes, ...]
    method: str = "POST"
    path: str = "/graphql"
    query: bytes = b""
    root_path: str = ""
    is_whole: bool = True
    is_of_our_server: bool = True


@dataclass
class House:
    """An application, once by its front and once behind the straight way."""

    runner: asyncio.Runner
    app: Any
    log: io.StringIO
    tokens: list[bytes]
    passed_on: int = 0
    stack: AsyncExitStack = field(default_factory=AsyncExitStack)

    def __post_init__(self) -> None:
        self.front: FastPath = self.app.middleware_stack
        self.behind = self.front._others
        self.front._others = self._pass_on

    async def _pass_on(self, scope: Scope, receive: Receive, send: Send) -> None:
        self.passed_on += 1
        await self.behind(scope, receive, send)

    def answers(self, asked: Asked) -> tuple[object, object, bool]:
        """By the front and behind it, and whether the straight way was gone to its end."""
        before = self.passed_on
        by_front = self._answer(self.front, asked)
        return by_front, self._answer(self.behind, asked), self.passed_on == before

    def _answer(self, app: Callable[..., Any], asked: Asked) -> object:
        self.log.truncate(0)
        self.log.seek(0)
        sent = self.runner.run(_sent(app, asked, self.app))
        start, *parts = sent
        names = {"type", "status", "headers"}
        assert start.keys() == names
        headers = [(name, _shown(value)) for name, value in start["headers"]]
        body = b"".join(part.get("body", b"") for part in parts)
        lines = [json.loads(line) for line in self.log.getvalue().splitlines()]
        for line in lines:
            line.pop("timestamp", None)
            line.pop("took_ms", None)
            line.pop("exception", None)
        shown = [_shown(json.dumps(line).encode()) for line in lines]
        return start["status"], headers, _shown(body), [part["type"] for part in sent], shown


def _shown(given: bytes) -> str:
    """Without what is another each time."""
    return re.sub(r"\b[0-9a-f]{32}\b", "…", given.decode("latin-1"))


async def _sent(app: Callable[..., Any], asked: Asked, whole: object) -> list[Message]:
    chunks = asked.chunks or (b"",)
    messages: list[Message] = [
        {"type": "http.request", "body": chunk, "more_body": not asked.is_whole or number < len(chunks)}
        for number, chunk in enumerate(chunks, 1)
    ]
    sent: list[Message] = []

    async def receive() -> Message:
        return messages.pop(0) if messages else {"type": "http.disconnect"}

    async def send(message: Message) -> None:
        sent.append(message)

    scope: Scope = {
        "type": "http",
        "asgi": {"version": "3.0", "spec_version": "2.3"},
        "http_version": "1.1",
        "method": asked.method,
        "scheme": "http",
        "path": asked.path,
        "raw_path": asked.path.encode(),
        "root_path": asked.root_path,
        "query_string": asked.query,
        "headers": list(asked.headers),
        "client": ("127.0.0.1", 1),
        "server": ("127.0.0.1", 80),
        "state": {},
        "app": whole,
    }
    async with asyncio.timeout(20):
        if isinstance(app, FastPath) and asked.is_of_our_server and asked.is_whole and len(chunks) == 1:
            await _as_our_server(app, scope, chunks[0], receive, send)
        else:
            await app(scope, receive, send)
    return sent


async def _as_our_server(app: FastPath, scope: Scope, body: bytes, receive: Receive, send: Send) -> None:
    """As `gateway/cli/server/straight.py` does it."""
    del scope["app"]  # which Starlette adds
    answer = await app.answer(scope, body)
    scope["app"] = app._app
    if answer is None:
        await app._others(scope, receive, send)
        return
    status, lines, written = answer
    headers = [tuple(line.split(b": ", 1)) for line in lines.removesuffix(b"\r\n").split(b"\r\n")]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": bytes(written)})


def _tokens(secret: str) -> list[bytes]:
    """Genuine ones first, then one of each fault."""
    now = int(time.time())

    def token(**claims: object) -> bytes:
        given = {"sub": "somebody", "role": "STUDENT", "exp": now + 3_600, **claims}
        kept = {name: value for name, value in given.items() if value is not None}
        return jwt.encode({"alg": "HS256"}, kept, OctKey.import_key(secret)).encode()

    whole = token()
    return [
        *(token(role=role) for role in ("STUDENT", "ADMIN", "SERVICE")),
        *(token(exp=now - 1_000), token(nbf=now + 1_000), token(exp=None), token(role="ROOT"), token(sub="\u200b")),
        *(whole[:-4] + b"AAAA", whole + b"=", whole[1:], b" " + whole, b"x", b"", b"\xff" + whole, whole + b"\xe9"),
        jwt.encode(
            {"alg": "HS256"}, {"sub": "s", "role": "ADMIN", "exp": now + 99}, OctKey.import_key("z" * 40)
        ).encode(),
    ]


@pytest.fixture(scope="module")
def houses(new_sqlite: Callable[[], str], tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, House]]:
    documents = tmp_path_factory.mktemp("documents") / "documents.json"
    documents.write_text(json.dumps({"1": WHO}))
    opened: dict[str, House] = {}
    with logging_as_before(), asyncio.Runner() as runner:
        log = io.StringIO()
        with redirect_stderr(log):
            configure_logging(load_settings({"GATEWAY_ENV": "production", "GATEWAY_JWT_SECRET": SECRET}))
        for name, changes in HOUSES.items():
            given = {**TIGHT, "limit_body_s": "5", **changes}
            if "only_trusted_documents" in changes:
                given["trusted_documents"] = str(documents)
            env = {key: value for key, value in environment(new_sqlite(), **given).items() if value}
            loaded = load_settings({key: value for key, value in env.items() if key.startswith("GATEWAY_")})
            app = build_app(loaded)
            secret = (loaded.signing_key or SECRET.encode()).decode()
            opened[name] = house = House(runner, app, log, _tokens(secret))
            runner.run(house.stack.enter_async_context(app.router.lifespan_context(app)))
            house.answers(usual(GOOD_BODIES[0], more=((b"x-forwarded-for", b"192.0.2.1"),)))  # is warned of once
            if name == "a broken house":
                app.state.services = None
        yield opened
        for house in opened.values():
            runner.run(house.stack.aclose())


GOOD_BODIES: list[bytes] = [
    *(json.dumps(each).encode() for each in ({"query": WHO}, {"query": MUTATION}, {"query": "{ viewer { id role } }"})),
    json.dumps({"query": "query A { __typename } query B { courses { nodes { id } } }", "operationName": "B"}).encode(),
    json.dumps({"query": "query($n: Int) { courses(first: $n) { nodes { id } } }", "variables": {"n": 2}}).encode(),
    json.dumps({"query": WHO, "extensions": {"cost": True}}).encode(),
    json.dumps({"documentId": "1"}).encode(),
]
ALL_BODIES = GOOD_BODIES + [each if isinstance(each, bytes) else json.dumps(each).encode() for each in BODIES.values()]
ODD_CALLS: list[dict[str, Any]] = [
    *({"method": each} for each in ("GET", "PUT", "HEAD", "OPTIONS", "post")),
    *({"path": each} for each in ("/graphql/", "/", "/healthz", "/Graphql")),
    *({"query": each} for each in (b"query={__typename}", b"x" * 17_000)),
    *({"root_path": each} for each in ("/graphql", "/api")),
    *({"at": each} for each in (0, 7, 1_000)),
    {"is_whole": False},
]
NAMES = [
    b"accept",
    b"authorization",
    b"content-length",
    b"content-type",
    b"host",
    b"origin",
    b"x-request-id",
    b"x-other",
]
TYPES = [b"application/json", b"application/json; charset=utf-8", b"Application/JSON", b"text/plain", b"", b"\xff"]
OTHERS: list[tuple[bytes, bytes]] = [
    *((b"origin", each) for each in (b"https://shop.example", b"https://evil.example", b"")),
    *(
        (b"host", each)
        for each in (b"localhost:8000", b"127.0.0.1", b"[::1]:80", b"evil.example", b"localhost:99999", b"")
    ),
    *((b"x-request-id", each) for each in (b"asked", b"a b", b"", b"x" * 65, b"\xff", b'"', b"a\n")),
    *((b"content-encoding", each) for each in (b"identity", b"gzip")),
    *((b"transfer-encoding", b"chunked"), (b"expect", b"100-continue"), (b"cookie", b"a=b"), (b"upgrade", b"h2c")),
    *((b"x-forwarded-for", each) for each in (b"192.0.2.1", b"2001:db8::1, 10.0.0.1", b"\xff", b"x" * 300)),
    *((b"content-length", each) for each in (b"5", b"-1", b"1e3", b"99999999", b"\xb2", b"", b"0" * 30)),
]


USUAL_ACCEPTS = ["", "*/*", "application/json", "application/json, */*;q=0.1", "application/graphql-response+json"]
ODD_HEADERS: list[tuple[bytes, bytes]] = [
    *((b"content-type", each) for each in TYPES),
    *((b"accept", each.encode()) for each in (*ACCEPTS, "text/event-stream, application/json;q=0.5")),
    *((b"authorization", scheme + b"token-0") for scheme in (b"bearer ", b"BEARER  ", b"Basic ", b"Bearer\t", b"")),
    *((b"authorization", b"Bearer token-%d" % number) for number in range(17)),
    *OTHERS,
]


@st.composite
def requests(draw: st.DrawFn) -> Asked:
    """A usual request, with up to three things about it that are odd. Tokens stand as numbers: each house has its
    own."""
    body = draw(st.sampled_from(GOOD_BODIES))
    changes: dict[str, Any] = {}
    headers = [(b"host", b"127.0.0.1:8000"), (b"content-type", b"application/json")]
    headers += [(b"accept", each.encode()) for each in draw(st.sampled_from([[], *([each] for each in USUAL_ACCEPTS)]))]
    headers += [(b"authorization", b"Bearer token-%d" % each) for each in draw(st.sampled_from([[], [0], [1], [2]]))]
    headers += draw(st.sampled_from([[], [(b"x-request-id", b"asked")], [(b"user-agent", b"x")]]))
    for odd in draw(st.sampled_from([(), (), ("body",), ("header",), ("header", "header", "body"), ("call",)])):
        if odd == "body":
            body = draw(st.sampled_from(ALL_BODIES) | st.binary(max_size=40) | st.just(body + b" " * MOST_BYTES))
        elif odd == "header":
            one = draw(st.sampled_from(ODD_HEADERS) | st.tuples(st.sampled_from(NAMES), st.binary(max_size=20)))
            kept = [each for each in headers if each[0] != one[0]]
            headers = draw(st.sampled_from([kept, [*kept, one], [*headers, one]]))
        else:
            changes = draw(st.sampled_from(ODD_CALLS))
    if b"content-length" not in dict(headers):
        headers.append((b"content-length", b"%d" % len(body)))
    at = changes.pop("at", None)
    chunks = (body,) if at is None else (body[:at], body[at:])
    return Asked(tuple(headers), chunks, is_of_our_server=draw(st.booleans()), **changes)


def with_tokens(asked: Asked, tokens: list[bytes]) -> Asked:
    def put(value: bytes) -> bytes:
        return re.sub(rb"token-(\d+)", lambda found: tokens[int(found[1])], value)

    headers = tuple((name, put(value) if name == b"authorization" else value) for name, value in asked.headers)
    return replace(asked, headers=headers)


@pytest.mark.parametrize("name", HOUSES)
def test_both_ways_answer_alike(houses: dict[str, House], name: str) -> None:
    house, straight = houses[name], []

    @settings(max_examples=150, derandomize=True, database=None)
    @given(drawn=requests())
    def draws(drawn: Asked) -> None:
        asked = with_tokens(drawn, house.tokens)
        for _ in range(2):  # a token is known the second time
            by_front, behind, is_straight = house.answers(asked)
            straight.append(is_straight)
            assert by_front == behind

    draws()
    assert name == "a broken house" or sum(straight) > 50


def usual(body: bytes, **changes: Any) -> Asked:
    headers = ((b"host", b"localhost:8000"), (b"content-length", b"%d" % len(body)), (b"content-type", TYPES[0]))
    return Asked(**{"headers": headers + changes.pop("more", ()), "chunks": (body,), **changes})


BEARER = (b"authorization", b"Bearer token-0")


@pytest.mark.parametrize("name", HOUSES)
def test_both_ways_answer_alike_where_one_header_is_odd(houses: dict[str, House], name: str) -> None:
    house = houses[name]
    for odd in ODD_HEADERS:
        asked = usual(GOOD_BODIES[0])
        kept = tuple(each for each in asked.headers if each[0] != odd[0])
        for _ in range(2):
            by_front, behind, _ = house.answers(with_tokens(replace(asked, headers=(*kept, odd)), house.tokens))
            assert by_front == behind, odd


@pytest.mark.parametrize("is_of_our_server", [True, False])
@pytest.mark.parametrize("body", GOOD_BODIES[:6])
@pytest.mark.parametrize("more", [(), (BEARER,), ((b"accept", b"*/*"), (b"user-agent", b"x"), (b"x-request-id", b"1"))])
@pytest.mark.parametrize("name", ["development", "production", "other sites"])
def test_what_programs_send_goes_the_straight_way(
    houses: dict[str, House], name: str, body: bytes, more: tuple[tuple[bytes, bytes], ...], is_of_our_server: bool
) -> None:
    house = houses[name]
    asked = with_tokens(usual(body, more=more, is_of_our_server=is_of_our_server), house.tokens)
    house.answers(asked)
    by_front, behind, is_straight = house.answers(asked)
    assert is_straight
    assert by_front == behind


GOES_ON: dict[str, Asked] = {
    "another method": usual(GOOD_BODIES[0], method="PUT"),
    "another path": usual(GOOD_BODIES[0], path="/graphql/"),
    "a query string": usual(GOOD_BODIES[0], query=b"a=b"),
    "below another path": usual(GOOD_BODIES[0], root_path="/api"),
    "a header twice": usual(GOOD_BODIES[0], more=((b"x-other", b"1"), (b"x-other", b"2"))),
    "two tokens": usual(GOOD_BODIES[0], more=(BEARER, BEARER)),
    "a token unseen": usual(GOOD_BODIES[0], more=((b"authorization", b"Bearer x"),)),
    "a token and more": usual(GOOD_BODIES[0], more=((b"authorization", b"Bearer token-0 "),)),
    "another spelling of Bearer": usual(GOOD_BODIES[0], more=((b"authorization", b"bearer token-0"),)),
    "an encoding": usual(GOOD_BODIES[0], more=((b"content-encoding", b"gzip"),)),
    "a stream accepted": usual(GOOD_BODIES[0], more=((b"accept", b"text/event-stream"),)),
    "nothing of ours accepted": usual(GOOD_BODIES[0], more=((b"accept", b"text/html"),)),
    "pieces": usual(GOOD_BODIES[0], chunks=(b"{", b"}")),
    "hung up": usual(GOOD_BODIES[0], is_whole=False),
    "no JSON": usual(b"{"),
    "a body too long": usual(b'{"query": "{__typename}"}' + b" " * MOST_BYTES),
    "a body longer than announced": replace(usual(GOOD_BODIES[0]), chunks=(GOOD_BODIES[0] + b" " * MOST_BYTES,)),
    "a stream preferred": usual(GOOD_BODIES[0], more=((b"accept", b"text/event-stream, application/json;q=0.5"),)),
    "a subscription": usual(json.dumps({"query": 'subscription { payment(id: "x") { id } }'}).encode()),
    "no operation": usual(b"{}"),
}


@pytest.mark.parametrize("what", GOES_ON)
def test_what_is_unusual_goes_on(houses: dict[str, House], what: str) -> None:
    house = houses["production"]
    house.answers(with_tokens(usual(GOOD_BODIES[0], more=(BEARER,)), house.tokens))  # by now the token is known
    by_front, behind, is_straight = house.answers(with_tokens(GOES_ON[what], house.tokens))
    assert not is_straight
    assert by_front == behind


@pytest.mark.parametrize("is_of_our_server", [True, False])
@pytest.mark.parametrize("asked", [usual(GOOD_BODIES[0]), GOES_ON["another method"], GOES_ON["no JSON"]])
def test_a_request_leaves_no_circle_for_a_search_for_garbage(
    houses: dict[str, House], asked: Asked, is_of_our_server: bool
) -> None:
    house = houses["production"]
    left = list[weakref.ref[object]]()

    class Client(list[str | int]):
        """One of a request alone, by which it can be seen whether its scope is still there."""

    async def watched(scope: Scope, receive: Receive, send: Send) -> None:
        scope["client"] = Client(["127.0.0.1", 1])
        left.append(weakref.ref(scope["client"]))
        if is_of_our_server:
            await _as_our_server(house.front, scope, asked.chunks[0], receive, send)
        else:
            await house.front(scope, receive, send)

    gc.disable()
    try:
        assert house.runner.run(_sent(watched, asked, house.app))
        assert [each() for each in left] == [None]
    finally:
        gc.enable()


def test_a_failure_that_nobody_expects_is_told_once_by_the_application_behind(houses: dict[str, House]) -> None:
    by_front, behind, is_straight = houses["a broken house"].answers(usual(GOOD_BODIES[0]))
    assert not is_straight
    assert by_front == behind
    assert isinstance(by_front, tuple)
    assert by_front[0] == 500
    assert [json.loads(line)["event"] for line in by_front[-1]] == ["unexpected error", "request"]
