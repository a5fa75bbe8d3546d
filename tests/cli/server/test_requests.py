"""What is no request, or leaves a doubt of where it ends, is refused by the server itself, in its turn."""

import re

import pytest
from starlette.types import Receive, Scope, Send

from gateway.cli.server import heads
from gateway.cli.server.heads import MOST_HEADERS, MOST_PIPELINED, Fault
from tests.cli.server.test_answers import HEADERS_OF_ALL, POST, AtOnce, all_is_done, by_asgi, exchange

pytestmark = pytest.mark.anyio

CHUNKED = b"POST /a HTTP/1.1\r\nHost: here\r\nTransfer-Encoding: chunked\r\n\r\n"
SMALL = b"".join(b"X-%d: y\r\n" % number for number in range(MOST_HEADERS))


def post(*lines: bytes, first: bytes = b"POST /a HTTP/1.1", body: bytes = b"") -> bytes:
    return first + b"\r\n" + b"".join(line + b"\r\n" for line in lines) + b"\r\n" + body


FAULTY: dict[str, tuple[bytes, Fault]] = {
    "no Host": (post(b"Content-Length: 4", body=b"body"), heads.NO_HOST),
    "two Hosts": (post(b"Host: here", b"Host: here", b"Content-Length: 4", body=b"body"), heads.NO_HOST),
    "a Host that is no name": (post(b"Host: a b/c", b"Content-Length: 4", body=b"body"), heads.NO_HOST),
    "two Hosts of HTTP/1.0": (post(b"Host: a", b"Host: b", first=b"GET /a HTTP/1.0"), heads.NO_HOST),
    "too many headers": (POST.replace(b"Host", SMALL + b"Host"), heads.TOO_LARGE),
    "a long header in one read": (POST.replace(b"Host", b"X: " + b"x" * 65_536 + b"\r\nHost"), heads.TOO_LARGE),
    "a long URL": (post(b"Host: here", first=b"GET /" + b"a" * 65_536 + b" HTTP/1.1"), heads.TOO_LARGE),
    "a length and chunks": (CHUNKED.replace(b"Host", b"Content-Length: 4\r\nHost") + b"0\r\n\r\n", heads.NO_HTTP),
    "chunks and a length": (CHUNKED.replace(b"\r\n\r\n", b"\r\nContent-Length: 4\r\n\r\n"), heads.NO_HTTP),
    "two lengths": (post(b"Host: here", b"Content-Length: 4", b"Content-Length: 4", body=b"body"), heads.NO_HTTP),
    "a list of lengths": (post(b"Host: here", b"Content-Length: 4, 4", body=b"body"), heads.NO_HTTP),
    "a length with a sign": (post(b"Host: here", b"Content-Length: +4", body=b"body"), heads.NO_HTTP),
    "a coding before chunks": (CHUNKED.replace(b"chunked", b"gzip, chunked"), heads.OTHER_CODING),
    "another coding": (CHUNKED.replace(b"chunked", b"xchunked"), heads.OTHER_CODING),
    "chunks of HTTP/1.0": (CHUNKED.replace(b"1.1", b"1.0") + b"0\r\n\r\n", heads.OLD_CODING),
    "a name with a space behind": (post(b"Host: here", b"Transfer-Encoding : chunked"), heads.NO_HTTP),
    "a folded line": (post(b"Host: here", b"X-A: a", b" b"), heads.NO_HTTP),
    "a NUL": (post(b"Host: here", b"X-A: a\0b"), heads.NO_HTTP),
    "a lone CR": (post(b"Host: here", b"X-A: a\rb"), heads.NO_HTTP),
    "lone LFs": (b"GET /a HTTP/1.1\nHost: here\n\n", heads.NO_HTTP),
    "HTTP/0.9": (b"GET /a\r\n\r\n", heads.OTHER_VERSION),
    "HTTP/2.0": (post(b"Host: here", first=b"GET /a HTTP/2.0"), heads.OTHER_VERSION),
    "HTTP/2 at once": (b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", heads.NO_HTTP),
    "a proxy's tunnel": (post(b"Host: here", first=b"CONNECT here:80 HTTP/1.1"), heads.NO_PROXY),
    "TLS": (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + bytes(500), heads.NO_HTTP),
    "a chunk's length with 0x": (CHUNKED + b"0x4\r\nbody\r\n0\r\n\r\n", heads.NO_HTTP),
    "chunks between lone LFs": (CHUNKED + b"4\nbody\n0\n\n", heads.NO_HTTP),
    "a length among trailers": (CHUNKED + b"4\r\nbody\r\n0\r\nContent-Length: 9\r\n\r\n", heads.NO_HTTP),
}


@pytest.mark.parametrize("app", [by_asgi, AtOnce()], ids=["ASGI", "straight"])
@pytest.mark.parametrize("name", FAULTY)
async def test_a_request_that_leaves_a_doubt_is_refused(name: str, app: AtOnce) -> None:
    received, fault = FAULTY[name]
    wire = await exchange(app, [received])
    assert (bytes(wire.written), wire.is_closed) == (fault.answer(HEADERS_OF_ALL), True)


@pytest.mark.parametrize("name", FAULTY)
async def test_it_is_refused_in_its_turn_and_what_is_behind_it_is_not_read(name: str) -> None:
    received, fault = FAULTY[name]
    wire = await exchange(by_asgi, [POST + received + POST])
    first, second = re.split(rb"HTTP/1\.1 (?=\d{3} )", wire.written)[1:]
    assert (first[:3], second[:3], wire.is_closed) == (b"200", b"%d" % fault.status, True)
    assert second.endswith(fault.reason.encode() + b"\n")


async def test_so_many_requests_may_wait_on_a_connection() -> None:
    many = MOST_PIPELINED + 1  # the first does not wait
    kept, ended = await exchange(by_asgi, [POST * many]), await exchange(by_asgi, [POST * (many + 1_000), POST])
    for _ in range(20):
        await all_is_done()
    answered = [[bytes(wire.written).count(b"HTTP/1.1 %d " % each) for each in (200, 429)] for wire in (kept, ended)]
    assert answered == [[many, 0], [many, 1]]
    assert bytes(ended.written).partition(b"HTTP/1.1 429 ")[2].count(b"\r\nretry-after: 1\r\n") == 1
    assert (kept.is_closed, ended.is_closed) == (False, True)


async def test_a_head_has_as_many_bytes_as_are_allowed_however_it_comes() -> None:
    most = POST.replace(b"Host", b"X: " + b"x" * (heads.MOST_HEAD_BYTES - 200) + b"\r\nHost")
    for received in ([most], [most[:99], most[99:]], [POST + most[:40_000], most[40_000:]], [most * 3]):
        wire = await exchange(by_asgi, received)
        assert bytes(wire.written).count(b"HTTP/1.1 200") == wire.answered > 0
        assert not wire.is_closed


async def test_a_target_as_proxies_send_it_names_the_host() -> None:
    seen = []

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        seen.append((scope["path"], scope["query_string"], dict(scope["headers"])[b"host"]))
        await by_asgi(scope, receive, send)

    targets = [b"http://there:81/a?b=c", b"http://there", b"http://[::1]/a"]
    for target in targets:
        await exchange(app, [post(b"Host: here", first=b"GET " + target + b" HTTP/1.1")])
    assert seen == [("/a", b"b=c", b"there:81"), ("/", b"", b"there"), ("/a", b"", b"[::1]")]


H2C = POST.replace(
    b"Host: here", b"Host: here\r\nConnection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: A"
)
"""As Java's own client sends every request, until it knows what a server speaks."""

DECLINED = {
    "as a whole": [H2C],
    "its body apart": [H2C[:-4], H2C[-4:]],
    "its head in two": [H2C[:60], H2C[60:]],
    "in chunks": [H2C.replace(b"Content-Length: 4", b"Transfer-Encoding: chunked")[:-4] + b"4\r\nbody\r\n0\r\n\r\n"],
    "of HTTP/1.0": [H2C.replace(b"1.1", b"1.0")],
    "and closed": [H2C.replace(b"Upgrade, ", b"close, Upgrade, ")],
}


@pytest.mark.parametrize("name", DECLINED)
async def test_who_asks_for_another_protocol_is_answered_in_this_one(name: str) -> None:
    wire = await exchange(by_asgi, DECLINED[name])
    assert (bytes(wire.written).count(b"HTTP/1.1 200"), wire.answered) == (1, 1)
    assert wire.written.endswith(b"\r\n\r\nbody")
    assert wire.is_closed == (name in ("of HTTP/1.0", "and closed"))


async def test_the_body_of_who_asks_for_another_protocol_is_no_request() -> None:
    inner = POST.replace(b"/a", b"/smuggled")
    outer = H2C.replace(b"Content-Length: 4", b"Content-Length: %d" % len(inner))[:-4]
    paths = []

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        paths.append(scope["path"])
        await by_asgi(scope, receive, send)

    await exchange(app, [outer, inner])
    assert paths == ["/a"]


async def answers_at_once(scope: Scope, receive: Receive, send: Send) -> None:
    """Without its body."""
    await send({"type": "http.response.start", "status": 401, "headers": [(b"content-length", b"0")]})
    await send({"type": "http.response.body", "body": b""})


@pytest.mark.parametrize("begun", [POST[:-2], CHUNKED, POST.replace(b"Host", b"Expect: 100-continue\r\nHost")[:-4]])
async def test_an_answer_before_its_request_is_whole_is_the_last(begun: bytes) -> None:
    wire = await exchange(answers_at_once, [begun])
    assert (wire.answered, wire.is_closed) == (1, True)
    assert b"\r\nconnection: close\r\n" in wire.written


async def test_an_answer_to_a_whole_request_is_not_the_last() -> None:
    wire = await exchange(answers_at_once, [POST, POST[:-4], POST[-4:]])
    assert not bytes(wire.written[:200]).count(b"close")
