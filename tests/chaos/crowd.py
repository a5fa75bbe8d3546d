"""Clients who mean no good, in numbers, on raw connections; and one who only wants to be served beside them."""

import asyncio
import resource
import threading
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

import httpx

from tests.served.gateway import Person

MIB = 1 << 20

DEFAULTS = {
    "rate_viewer_burst": "60",
    "rate_viewer_per_s": "10",
    "rate_address_burst": "600",
    "rate_address_per_s": "100",
    "cost_viewer_burst": "200000",
    "cost_viewer_per_s": "20000",
    "cost_address_burst": "2000000",
    "cost_address_per_s": "200000",
    "limit_viewer_in_flight": "100",
    "limit_address_in_flight": "500",
    "limit_viewer_sockets": "20",
    "limit_address_sockets": "1000",
}
"""A gateway's own bounds, which other tests raise."""


@dataclass
class Beside:
    """Asks all the time, one question after the other, in a thread of its own: what keeps the crowd's is not his."""

    took_s: list[float] = field(default_factory=list)
    failed: list[str] = field(default_factory=list)
    has_left: threading.Event = field(default_factory=threading.Event)

    def ask(self, caller: Person, query: str) -> None:
        with httpx.Client(timeout=60, headers=caller.headers()) as client:
            while not self.has_left.wait(0.02):
                began = time.monotonic()
                answer = client.post(caller.url, json={"query": query})
                self.took_s.append(time.monotonic() - began)
                if answer.status_code != 200 or "errors" in answer.json():
                    self.failed.append(answer.text)


@asynccontextmanager
async def beside(caller: Person, query: str) -> AsyncIterator[Beside]:
    """One is served meanwhile."""
    other = Beside()
    asking = asyncio.create_task(asyncio.to_thread(other.ask, caller, query))
    try:
        yield other
    finally:
        other.has_left.set()
        await asking


@dataclass
class Memory:
    """What a process has of it, in bytes, above what it had at first."""

    pid: int
    before: int = 0

    def __post_init__(self) -> None:
        self.before = self._now("VmRSS")

    @property
    def most(self) -> int:
        """The most that it ever had."""
        return self._now("VmHWM") - self.before

    def _now(self, what: str) -> int:
        lines = Path(f"/proc/{self.pid}/status").read_text().splitlines()
        [line] = [line for line in lines if line.startswith(f"{what}:")]
        return int(line.split()[1]) * 1024


@dataclass
class Raw:
    """A connection, and what came on it."""

    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter
    sent: int = 0
    received: bytes = b""

    async def send(self, data: bytes) -> bool:
        """Whether it could be sent."""
        try:
            self.writer.write(data)
            await self.writer.drain()
        except ConnectionError:
            return False
        self.sent += len(data)
        return True

    async def rest(self) -> bytes:
        """All that comes until the other end closes, or breaks off."""
        with suppress(ConnectionError):
            while data := await self.reader.read(MIB):
                self.received += data
        return self.received

    @property
    def status(self) -> int | None:
        """Of the first answer; None where there was none."""
        return int(self.received[9:12]) if self.received.startswith(b"HTTP/1.1 ") else None


async def connect(port: int, count: int = 1) -> list[Raw]:
    opened = await asyncio.gather(*(asyncio.open_connection("127.0.0.1", port) for _ in range(count)))
    return [Raw(reader, writer) for reader, writer in opened]


async def left(connections: list[Raw]) -> None:
    for each in connections:
        each.writer.close()
    for each in connections:
        with suppress(ConnectionError):
            await each.writer.wait_closed()


@contextmanager
def many_files() -> Iterator[None]:
    """As many connections as the system lets a process have."""
    before = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (before[1], before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, before)
