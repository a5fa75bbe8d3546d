"""Request bodies, read no further than they may be long, and no longer than they may take."""

import asyncio

from starlette.requests import ClientDisconnect, Request

from gateway.refusals import Refused

CLOSE = {"Connection": "close"}
"""Whoever sends too much, or too slowly, may still be sending: hanging up stops it."""


async def read_body(request: Request, most_bytes: int, most_s: float) -> bytes:
    """The body, whether its length was announced or it came in chunks.

    Raises:
        Refused: 413, of which no more is held than the limit and a chunk; 408, not here in time; 400, hung up on.
    """
    try:
        async with asyncio.timeout(most_s):
            return await _read(request, most_bytes)
    except TimeoutError:
        raise Refused(408, f"The body did not come within {most_s:g} seconds.", headers=CLOSE) from None
    except ClientDisconnect:
        raise Refused(400, "The body is not whole.") from None  # nobody is there to read it


async def _read(request: Request, most_bytes: int) -> bytes:
    if _announced(request) > most_bytes:
        raise _too_large(most_bytes)
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > most_bytes:
            raise _too_large(most_bytes)
    return bytes(body)


def _announced(request: Request) -> int:
    """Bytes by Content-Length; 0 where it says nothing that counts."""
    given = request.headers.get("content-length", "")
    return int(given) if given.isascii() and given.isdigit() and len(given) < 20 else 0


def _too_large(most_bytes: int) -> Refused:
    return Refused(413, f"The body must have at most {most_bytes} bytes.", headers=CLOSE)
