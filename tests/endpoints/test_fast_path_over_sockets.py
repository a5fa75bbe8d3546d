"""Odd requests over a socket are answered alike both ways: a header that comes twice makes one go the other."""

import re
import socket
from urllib.parse import urlsplit

import pytest

from tests.served.gateway import Served

VIEWER = b'{"query": "{ viewer { id role } }"}'
ONCE, TWICE = [b"X-Other: 1", b"X-Another: 1"], [b"X-Other: 1", b"X-Other: 1"]
FIRST = b"POST /graphql HTTP/1.1"


def chunked(*trailers: bytes) -> bytes:
    return b"%x\r\n%s\r\n0\r\n%s\r\n" % (len(VIEWER), VIEWER, b"".join(each + b"\r\n" for each in trailers))


CHUNKED = b"Transfer-Encoding: chunked"
LENGTH = b"Content-Length: %d" % len(VIEWER)
ODD: dict[str, tuple[bytes, list[bytes], bytes]] = {
    "nothing odd": (FIRST, [LENGTH], VIEWER),
    "HTTP/1.0": (FIRST.replace(b"1.1", b"1.0"), [LENGTH], VIEWER),
    "HTTP/2.0": (FIRST.replace(b"1.1", b"2.0"), [LENGTH], VIEWER),
    "a whole URL": (FIRST.replace(b"/graphql", b"http://evil.example/graphql"), [LENGTH], VIEWER),
    "an encoded path": (FIRST.replace(b"graphql", b"gr%61phql"), [LENGTH], VIEWER),
    "a fragment": (FIRST.replace(b"graphql", b"graphql#x"), [LENGTH], VIEWER),
    "two slashes": (FIRST.replace(b"/graphql", b"//graphql"), [LENGTH], VIEWER),
    "another method": (FIRST.replace(b"POST", b"OPTIONS"), [LENGTH], VIEWER),
    "a wish to be asked": (FIRST, [LENGTH, b"Expect: 100-continue"], VIEWER),
    "another upgrade": (FIRST, [LENGTH, b"Upgrade: h2c"], VIEWER),
    "bytes beyond ASCII": (FIRST, [LENGTH, b"X-Request-Id: \xff\xfe", b"Accept: \xff"], VIEWER),
    "a blank behind a value": (FIRST, [LENGTH, b"Accept: */* "], VIEWER),
    "a folded header": (FIRST, [LENGTH, b"Accept:", b" text/html"], VIEWER),
    "a bare line feed": (FIRST, [LENGTH, b"Accept: */*\nX-Injected: 1"], VIEWER),
    "a NUL": (FIRST, [LENGTH, b"Accept: a\x00"], VIEWER),
    "a blank before the colon": (FIRST, [LENGTH, b"Accept : */*"], VIEWER),
    "two lengths": (FIRST, [LENGTH, LENGTH], VIEWER),
    "a length with a sign": (FIRST, [b"Content-Length: +%d" % len(VIEWER)], VIEWER),
    "a length and chunks": (FIRST, [LENGTH, CHUNKED], VIEWER),
    "chunks": (FIRST, [CHUNKED], chunked()),
    "chunks and a token behind them": (FIRST, [CHUNKED], chunked(b"Authorization: Bearer x")),
    "no length": (FIRST, [], b""),
    "another host": (FIRST, [LENGTH, b"Host: evil.example"], VIEWER),
    "a false token": (FIRST, [LENGTH, b"Authorization: Bearer x"], VIEWER),
    "hundreds of headers": (FIRST, [LENGTH, *(b"X-%d: 1" % number for number in range(300))], VIEWER),
}


def answer(gateway: Served, what: str, more: list[bytes], *, has_token: bool) -> bytes:
    """All that the server says, without what is another each time."""
    first, headers, body = ODD[what]
    lines = [first, b"Content-Type: application/json", b"Connection: close", *headers, *more]
    if has_token:
        lines.append(b"Authorization: " + gateway.admin.headers()["Authorization"].encode())
    at = urlsplit(gateway.server.url)
    said = bytearray()
    with socket.create_connection((at.hostname, at.port), timeout=10) as connection:
        connection.sendall(b"\r\n".join(lines) + b"\r\n\r\n" + body)
        while part := connection.recv(65_536):
            said += part
    return re.sub(rb"date: [^\r]*|\b[0-9a-f]{32}\b", b"", bytes(said))


@pytest.mark.parametrize("has_token", [False, True])
@pytest.mark.parametrize("what", ODD)
def test_an_odd_request_is_answered_alike_both_ways(gateway: Served, what: str, has_token: bool) -> None:
    straight, other = [answer(gateway, what, more, has_token=has_token) for more in (ONCE, TWICE)]
    assert straight == other
    assert straight.startswith(b"HTTP/1.1 ")
