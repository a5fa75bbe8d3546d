"""A provider's address on loopback: real HTTP before a fake's books, failing as the weather has it."""

import asyncio
import socket
import struct
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field

import httpx

from tests.chaos.weather import Fault, Weather

NO_LINGER = struct.pack("ii", 1, 0)
"""SO_LINGER on, with no time to linger: closing sends RST, and what was not sent yet is dropped."""


class Cut(Exception):
    """The connection is to be reset here."""


@dataclass
class Front:
    """Serves a fake provider.

    Args:
        books: the fake, as the transport that answers requests.
        acted: told of each request that the books were given, before anything of it is answered.
        hang_s: how long a call that hangs is held before the line is cut.
    """

    books: httpx.AsyncBaseTransport
    weather: Weather
    acted: Callable[[httpx.Request], None]
    hang_s: float
    url: str = ""
    _under_way: set[str] = field(default_factory=set)
    """Idempotency keys of requests that are not answered yet."""

    @asynccontextmanager
    async def serving(self) -> AsyncIterator[None]:
        server = await asyncio.start_server(self._converse, "127.0.0.1", 0)
        self.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
        async with server:
            yield

    async def _converse(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while (request := await self._read(reader)) is not None:
                writer.write(_bytes_of(await self._answer(request, reader, writer)))
                await writer.drain()
        except (Cut, ConnectionError):
            _reset(writer)
        finally:
            writer.close()

    async def _read(self, reader: asyncio.StreamReader) -> httpx.Request | None:
        """The next request; None where the caller has hung up."""
        try:
            head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
            first, *lines = head.rstrip().split("\r\n")
            headers = httpx.Headers([(name, value.strip()) for name, _, value in (x.partition(":") for x in lines)])
            body = await reader.readexactly(int(headers.get("content-length", "0")))
        except asyncio.IncompleteReadError:
            return None
        method, path, _ = first.split(" ")
        return httpx.Request(method, self.url + path, headers=headers, content=body)

    async def _answer(
        self, request: httpx.Request, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> httpx.Response:
        """As Stripe does, a second request with a key whose first is under way is refused for now."""
        key = request.headers.get("idempotency-key", "")
        if key in self._under_way:
            return httpx.Response(409, json={"error": {"type": "invalid_request_error", "code": "key_in_use"}})
        if key:
            self._under_way.add(key)
        try:
            return await self._in_this_weather(request, reader, writer)
        finally:
            self._under_way.discard(key)

    async def _in_this_weather(
        self, request: httpx.Request, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> httpx.Response:
        fault = self.weather.next()
        if refused := await _before(fault, reader, self.hang_s):
            return refused
        answer = await self.books.handle_async_request(request)
        await answer.aread()
        self.acted(request)
        match fault:
            case Fault.RESET_AFTER:
                raise Cut
            case Fault.HANG_AFTER:
                await _hang(reader, self.hang_s)
            case Fault.SILENCE_AFTER:
                await _hang(reader, None)
            case Fault.HALF_AFTER:
                whole = _bytes_of(answer)
                writer.write(whole[: len(whole) // 2])
                await writer.drain()
                raise Cut
            case Fault.BROKEN_AFTER:
                return httpx.Response(502, text="<h1>Bad gateway</h1>")
        return answer


async def _before(fault: Fault | None, reader: asyncio.StreamReader, hang_s: float) -> httpx.Response | None:
    """What comes instead of the books' answer, where they are not even asked."""
    match fault:
        case Fault.RESET_BEFORE:
            raise Cut
        case Fault.HANG_BEFORE:
            await _hang(reader, hang_s)
        case Fault.TOO_MANY:
            return httpx.Response(429, json={"error": {"code": "rate_limit"}})
        case Fault.TOO_MANY_WAIT:
            return httpx.Response(429, headers={"Retry-After": "3"}, json={"error": {"code": "rate_limit"}})
        case Fault.BROKEN_BEFORE:
            return httpx.Response(500, json={"error": {"type": "api_error"}})
    return None


async def _hang(reader: asyncio.StreamReader, most_s: float | None) -> None:
    """Say nothing until the caller hangs up or so many seconds are over, then cut the line."""
    with suppress(TimeoutError):  # the caller still waits
        await asyncio.wait_for(reader.read(1), most_s)
    raise Cut


def _reset(writer: asyncio.StreamWriter) -> None:
    line = writer.get_extra_info("socket")
    if not writer.transport.is_closing():
        line.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, NO_LINGER)
        writer.transport.abort()


def _bytes_of(answer: httpx.Response) -> bytes:
    kept = {name: value for name, value in answer.headers.items() if name not in ("content-length", "connection")}
    lines = [f"HTTP/1.1 {answer.status_code} {answer.reason_phrase}"]
    lines += [f"{name}: {value}" for name, value in {**kept, "content-length": str(len(answer.content))}.items()]
    return "\r\n".join([*lines, "", ""]).encode("latin-1") + answer.content
