"""What a request's head must be: bounded, and clear about whom it is for and where its message ends (RFC 9112)."""

import re
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

import httptools

Headers = list[tuple[bytes, bytes]]

MOST_HEAD_BYTES = 65_536
"""A request line and its headers together, which are kept until the head ends; as much as Java's and Python's servers
take for one line."""

MOST_HEADERS = 100
"""As Apache and gunicorn have it; browsers send twenty."""

MOST_PIPELINED = 100
"""Requests of a connection that wait for the one before them to be answered. Each is a few kilobytes of memory, and one
read may bring thousands."""

MOST_HANDSHAKE_LINE_BYTES = 8_180
"""A line of a WebSocket's handshake: `websockets`, which reads it anew, takes no longer one."""

HEAD_S = 15.0
"""How long a client may take to send a head, from the connection or the head's first byte on."""

HOST = re.compile(rb"(?:\[[0-9A-Za-z:.%_~-]+\]|[A-Za-z0-9._~!$&'()*+,;=%-]*)(?::[0-9]*)?")
"""RFC 9110 §7.2: a name or an address, and a port."""

UPGRADING = frozenset({b"upgrade", b"connection", b"http2-settings"})


@dataclass(frozen=True, slots=True)
class Fault:
    """Why a request is answered by the server itself, after which its connection ends. An ASGI application as well,
    which gives that answer in its turn."""

    status: HTTPStatus
    reason: str

    def answer(self, always: Headers) -> bytes:
        """The whole of it, with those headers that every answer has."""
        headers = [*always, *self._headers(), (b"connection", b"close")]
        lines = b"".join([b"%s: %s\r\n" % each for each in headers])
        return b"HTTP/1.1 %d %s\r\n%s\r\n%s" % (self.status, self.status.phrase.encode(), lines, self._body)

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        await send({"type": "http.response.start", "status": int(self.status), "headers": self._headers()})
        await send({"type": "http.response.body", "body": self._body})

    def _headers(self) -> Headers:
        length = b"%d" % len(self._body)
        headers = [(b"content-type", b"text/plain; charset=utf-8"), (b"content-length", length)]
        if self.status == HTTPStatus.TOO_MANY_REQUESTS:
            headers.append((b"retry-after", b"1"))  # on another connection, at once if need be
        return headers

    @property
    def _body(self) -> bytes:
        return self.reason.encode() + b"\n"


NO_HTTP = Fault(HTTPStatus.BAD_REQUEST, "This is no request of HTTP/1.1 that can be read without doubt.")
TOO_LARGE = Fault(
    HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE,
    f"The request's headers are too large: {MOST_HEADERS} headers, and {MOST_HEAD_BYTES} bytes with the request line,"
    " are the most.",
)
LONG_HANDSHAKE = Fault(
    HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE,
    f"A header is too large: in a WebSocket's handshake {MOST_HANDSHAKE_LINE_BYTES} bytes are the most for each.",
)
LATE = Fault(HTTPStatus.REQUEST_TIMEOUT, f"The request's headers did not come within {HEAD_S:g} seconds.")
TOO_MANY = Fault(
    HTTPStatus.TOO_MANY_REQUESTS,
    f"{MOST_PIPELINED} requests wait for their answers here: this one, and those behind it, were not read.",
)
NO_HOST = Fault(HTTPStatus.BAD_REQUEST, "Send one Host header, with the name and port that you call.")
OTHER_VERSION = Fault(HTTPStatus.HTTP_VERSION_NOT_SUPPORTED, "HTTP/1.1 and HTTP/1.0 are spoken here.")
OTHER_CODING = Fault(HTTPStatus.NOT_IMPLEMENTED, "The one Transfer-Encoding that is known here is chunked.")
OLD_CODING = Fault(HTTPStatus.BAD_REQUEST, "HTTP/1.0 has no Transfer-Encoding: send a Content-Length.")
NO_PROXY = Fault(HTTPStatus.NOT_IMPLEMENTED, "CONNECT is for proxies; this is none.")
LONG_FRAMING = Fault(HTTPStatus.BAD_REQUEST, "There is too much around the chunks of the body.")


def fault_in(headers: Headers, version: str) -> Fault | None:
    """What is wrong in these headers, whatever they are for."""
    if len(headers) > MOST_HEADERS:
        return TOO_LARGE
    hosts = 0
    for name, value in headers:
        if name == b"host":
            hosts += 1
            if HOST.fullmatch(value) is None:
                return NO_HOST
        elif name == b"transfer-encoding":
            if version == "1.0":
                return OLD_CODING
            if value.strip().lower() != b"chunked":
                return OTHER_CODING
    # RFC 9112 §3.2: none may be missing from 1.1, and there are never two.
    return NO_HOST if hosts != 1 and (hosts or version == "1.1") else None


def length_of(url: bytes, headers: Headers) -> int:
    """Bytes of the whole head, but for a few of its first line."""
    return len(url) + sum([len(name) + len(value) + 4 for name, value in headers])


def has_long_line(headers: Headers) -> bool:
    """Whether one is too long for a handshake."""
    return any(len(name) + len(value) > MOST_HANDSHAKE_LINE_BYTES for name, value in headers)


def has_body(headers: Headers) -> bool:
    """Whether a body follows this head."""
    return any(
        name == b"transfer-encoding" or (name == b"content-length" and value.strip(b"0")) for name, value in headers
    )


def in_origin_form(url: bytes, headers: Headers) -> bytes:
    """The target as clients send it to a server, of one as they send it to a proxy, which servers have to take as well;
    its host then is the one that counts (RFC 9112 §3.2.2).

    Raises: httptools.HttpParserInvalidURLError.
    """
    target = httptools.parse_url(url)
    if target.host:
        port = b":%d" % target.port if target.port else b""
        host = b"[%s]" % target.host if b":" in target.host else target.host
        headers[:] = [(name, host + port if name == b"host" else value) for name, value in headers]
    return (target.path or b"/") + (b"?" + target.query if target.query else b"")


def without_upgrade(method: bytes, url: bytes, version: str, headers: Headers) -> bytes:
    """The head of the same request, which does not ask for another protocol."""
    lines = [b"%s: %s\r\n" % each for each in headers if each[0] not in UPGRADING]
    tokens = {token.strip().lower() for name, value in headers if name == b"connection" for token in value.split(b",")}
    lines += [b"connection: %s\r\n" % each for each in (b"close", b"keep-alive") if each in tokens]
    return b"%s %s HTTP/%s\r\n%s\r\n" % (method, url, version.encode(), b"".join(lines))
