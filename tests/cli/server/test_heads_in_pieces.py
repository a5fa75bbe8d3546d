"""What may stand before, between and behind the parts of a body: read within bounds, and never taken for a header."""

import pytest
from starlette.types import Receive, Scope, Send

from gateway.cli.server.heads import LONG_FRAMING, MOST_HEAD_BYTES, TOO_LARGE
from tests.cli.server.test_answers import HEADERS_OF_ALL, POST, Wire, exchange

pytestmark = pytest.mark.anyio

CHUNKED = b"POST /a HTTP/1.1\r\nHost: here\r\nTransfer-Encoding: chunked\r\nX-Head: 1\r\n\r\n4\r\nbody\r\n"
PIECE = b"x" * 4_096
MANY = MOST_HEAD_BYTES // len(PIECE) + 2


async def heads(scope: Scope, receive: Receive, send: Send) -> None:
    """Answers with the names of the headers, when the body is whole or its client gone."""
    while (await receive()).get("more_body"):
        pass
    body = b" ".join(name for name, _ in scope["headers"])
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"%d" % len(body))]})
    await send({"type": "http.response.body", "body": body})


def answered(wire: Wire) -> bytes:
    return bytes(wire.written).partition(b"\r\n\r\n")[2]


@pytest.mark.parametrize("pieces", [1, 2])
async def test_what_is_behind_a_body_is_no_header(pieces: int) -> None:
    whole = CHUNKED + b"0\r\nAuthorization: Bearer x\r\n\r\n"
    received = [whole] if pieces == 1 else [CHUNKED, whole.removeprefix(CHUNKED)]
    assert answered(await exchange(heads, received)) == b"host transfer-encoding x-head"


ENDLESS = {
    "a trailer": (CHUNKED + b"0\r\nX-Long: ", PIECE),
    "trailers": (CHUNKED + b"0\r\n", b"X-A: y\r\n" * 512),
    "an extension": (CHUNKED + b"4;", PIECE),
    "a chunk's length": (CHUNKED, b"0" * len(PIECE)),
}


@pytest.mark.parametrize("what", ENDLESS)
async def test_what_does_not_end_around_a_chunk_is_hung_up_on(what: str) -> None:
    begun, piece = ENDLESS[what]
    wire = await exchange(heads, [begun, *[piece] * MANY])
    assert (bytes(wire.written), wire.is_closed) == (LONG_FRAMING.answer(HEADERS_OF_ALL), True)


async def test_a_head_that_does_not_end_is_told_so() -> None:
    wire = await exchange(heads, [POST.partition(b"\r\n")[0] + b"\r\nHost: here\r\nX-Long: ", *[PIECE] * MANY])
    assert (bytes(wire.written), wire.is_closed) == (TOO_LARGE.answer(HEADERS_OF_ALL), True)


async def test_a_long_body_in_many_pieces_has_another_bound() -> None:
    head = b"POST /a HTTP/1.1\r\nHost: here\r\nContent-Length: %d\r\n\r\n" % (MANY * len(PIECE))
    assert answered(await exchange(heads, [head, *[PIECE] * MANY])) == b"host content-length"
    chunk = b"%x\r\n%s\r\n" % (len(PIECE), PIECE)
    assert answered(await exchange(heads, [CHUNKED, *[chunk] * MANY, b"0\r\n\r\n"])) == b"host transfer-encoding x-head"


async def test_each_request_of_a_connection_has_its_own_bound() -> None:
    long = POST.replace(b"Host: here", b"Host: here\r\nX-Long: " + PIECE)
    pieces = [part for _ in range(MANY) for part in (long[:2_000], long[2_000:])]
    wire = await exchange(heads, pieces)
    assert (wire.answered, wire.is_closed) == (MANY, False)
