"""Addresses on loopback for each test: one that listens, and one at which nobody does."""

import asyncio
import socket
from collections.abc import AsyncIterator, Iterator

import pytest

from tests.services.subscribers.listener import Listener, listening


@pytest.fixture
async def listener() -> AsyncIterator[Listener]:
    async with listening() as listener:
        yield listener


@pytest.fixture
def free_url() -> Iterator[str]:
    """An address that is taken, so that nobody else gets it, and at which nobody listens."""
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))
        yield f"http://127.0.0.1:{bound.getsockname()[1]}"


@pytest.fixture
async def not_tls_url() -> AsyncIterator[str]:
    """An https address at which something else is spoken than TLS."""
    answered: list[asyncio.Task[None]] = []

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(1)
        writer.write(b"HTTP/1.1 400 Bad Request\r\n\r\n")
        await reader.read()
        writer.close()
        await writer.wait_closed()

    def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        answered.append(asyncio.create_task(answer(reader, writer)))

    async with await asyncio.start_server(handle, "127.0.0.1", 0) as server:
        yield f"https://127.0.0.1:{server.sockets[0].getsockname()[1]}"
        await asyncio.gather(*answered)
