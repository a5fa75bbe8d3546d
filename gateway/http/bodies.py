"""Request bodies, read no further than they may be long, and no longer than they may take; and what is JSON in them."""

import asyncio
import json
import re
from typing import Any, NoReturn

from cross_web import StarletteRequestAdapter
from starlette.requests import ClientDisconnect, Request

from gateway.http.errors import Refused

CLOSE = {"Connection": "close"}
"""Whoever sends too much, or too slowly, may still be sending: hanging up stops it."""


_JSON = re.compile(r'application/json\s*(;\s*charset="?utf-?8"?\s*)?;?\s*', re.IGNORECASE | re.ASCII)


class BoundedRequest(StarletteRequestAdapter):
    """A request as Strawberry's view reads it, whose body has an end."""

    def __init__(self, request: Request, most_bytes: int, most_s: float) -> None:
        super().__init__(request)
        self._most_bytes, self._most_s = most_bytes, most_s

    @property
    def content_type(self) -> str:
        """In small letters: Strawberry compares the name of a type by the letter, and RFC 9110 §8.3.1 does not."""
        return (super().content_type or "").lower()

    async def get_body(self) -> bytes:
        return await read_body(self._request, self._most_bytes, self._most_s)


def check_type(request: Request) -> None:
    """Only JSON, which no form of another site can send without the browser's asking first (CSRF).

    Raises: Refused, 415.
    """
    if not _JSON.fullmatch(request.headers.get("content-type", "")):
        raise Refused(415, "Send Content-Type: application/json, in UTF-8.")
    if request.headers.get("content-encoding", "identity").lower() != "identity":
        raise Refused(415, "Send the body as it is, without a Content-Encoding.")


def read_object(data: str | bytes) -> dict[str, Any]:
    """The JSON object that a text is.

    Raises: Refused, 400 for anything else, with what would be right.
    """
    try:
        parsed = json.loads(data.decode() if isinstance(data, bytes) else data, parse_constant=_no_number)
    except (ValueError, RecursionError):  # malformed, not UTF-8, or nested without end
        raise Refused(400, "The body must be a JSON object, in UTF-8.") from None
    if not isinstance(parsed, dict):
        raise Refused(400, "The body must be one JSON object; batches are not accepted.")
    return parsed


def _no_number(name: str) -> NoReturn:
    raise ValueError(f"{name} is no JSON")


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
