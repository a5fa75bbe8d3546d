"""Request bodies, read within limits of size and time, and parsed as JSON.

Starlette's own limit is not used: it answers a body that is announced as too long with a plain text, so that no route
could refuse it in its own format.
"""

import asyncio
import re

from starlette.requests import ClientDisconnect, Request

from gateway.http import json
from gateway.http.arriving import arriving
from gateway.http.errors import Refused
from gateway.schema.conventions.errors import ErrorCode

CLOSE = {"Connection": "close"}
"""A client that sends too much, or too slowly, may still be sending: closing the connection stops it."""

DUE_AT = "gateway.body_due_at"
"""In a request's scope, when its body has to be here, by the loop's clock, where somebody began to wait for it."""

IN_UTF8 = r'\s*(;\s*(charset="?utf-?8"?\s*(;\s*)?)?)?'
"""Behind the type. Each blank has one place in it: of two that could take it, a stranger's header of fifty thousand had
every way of sharing them out tried, for half a minute."""

JSON = re.compile(rf"application/json{IN_UTF8}", re.IGNORECASE | re.ASCII)
ANY_JSON = re.compile(rf"application/([\w.-]+\+)?json{IN_UTF8}", re.IGNORECASE | re.ASCII)


def check_type(request: Request, wanted: re.Pattern[str] = JSON) -> None:
    """Only JSON, which no form of another site can send without the browser's asking first (CSRF).

    Raises: Refused, 415.
    """
    if not wanted.fullmatch(request.headers.get("content-type", "")):
        raise _bad(415, "Send Content-Type: application/json, in UTF-8.")
    if request.headers.get("content-encoding", "identity").lower() != "identity":
        raise _bad(415, "Send the body as it is, without a Content-Encoding.")


async def read_body(request: Request, most_bytes: int, most_s: float) -> bytes:
    """The body, whether its length was announced or it came in chunks.

    Raises:
        Refused: 413, of which no more is held than the limit and a chunk; 408, not here in time; 503, gave way to
            others; 400, hung up on.
    """
    due = asyncio.timeout_at(request.scope.get(DUE_AT, asyncio.get_running_loop().time() + most_s))
    gave_way = False
    try:
        async with due:
            try:
                return await _read(request, most_bytes, due)
            finally:
                gave_way = arriving.is_over(due)
    except TimeoutError:
        if gave_way:
            raise _too_many() from None
        raise _bad(408, f"The body did not come within {most_s:g} seconds.", CLOSE) from None
    except ClientDisconnect:
        raise _bad(400, "The body is not whole.") from None  # nobody is there to read it


def read_object(content: bytes | str, else_: str = "The body must be one JSON object.") -> dict[str, object]:
    """The JSON object that a body, or a text in a URL, is.

    Raises: Refused, 400: it is no JSON, or `else_`.
    """
    try:
        given = json.read(content) if isinstance(content, bytes) else json.read_text(content)
    except ValueError:
        raise _bad(400, "The body must be a JSON object, in UTF-8.") from None
    if not isinstance(given, dict):
        raise _bad(400, else_)
    return given


async def _read(request: Request, most_bytes: int, due: asyncio.Timeout) -> bytes:
    if _announced(request) > most_bytes:
        raise _too_large(most_bytes)
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > most_bytes:
            raise _too_large(most_bytes)
        arriving.came(due, len(chunk))
    return bytes(body)


def _announced(request: Request) -> int:
    """Bytes by Content-Length; 0 where it says nothing that counts."""
    given = request.headers.get("content-length", "")
    return int(given) if given.isascii() and given.isdigit() and len(given) < 20 else 0


def _too_large(most_bytes: int) -> Refused:
    return _bad(413, f"The body must have at most {most_bytes} bytes.", CLOSE)


def _too_many() -> Refused:
    retry = CLOSE | {"Retry-After": "1"}
    return Refused(503, ErrorCode.BUSY, "Too many bodies are on their way: nothing was done. Send it again.", retry)


def _bad(status: int, message: str, headers: dict[str, str] | None = None) -> Refused:
    return Refused(status, ErrorCode.BAD_USER_INPUT, message, headers)
