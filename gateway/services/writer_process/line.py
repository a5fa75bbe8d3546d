"""One connection to the writer's process, from the side of those who call."""

import asyncio
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import cast

import structlog

from gateway.services.core.model.outcomes import Outcome
from gateway.services.outages import Damaged
from gateway.services.writer_process.frames import (
    FrameReader,
    Hello,
    News,
    Unreadable,
    frames_of,
    hello_frame,
    read_hello,
    read_news,
)
from gateway.services.writer_process.sockets import is_of_this_user
from gateway.services.writing.group_commit import WriterStopped

log = structlog.get_logger(__name__)


class CommandFailed(Exception):
    """A command raised in the writer's process, whose log says why; nothing of it was written. The text is the name of
    the exception's type."""


def failure_of(kind: str) -> Exception:
    """What a call raises here whose command raised that there, by the name of its type; of none where it did not."""
    if kind == Damaged.__name__:
        return Damaged("the writer's log says what is damaged")
    return CommandFailed(kind) if kind else WriterStopped()


@dataclass(slots=True)
class Waiting:
    """A call, the future of its outcomes, since when it waits, by the loop's clock, and how often it was sent."""

    packed: bytes
    commands: int
    done: asyncio.Future[list[Outcome]]
    since: float
    sends: int = 0


class Line(asyncio.Protocol):
    """One connection to a writer's process.

    Args:
        take: is given all that the writer says.
    """

    def __init__(self, take: Callable[[News], None]) -> None:
        self._take = take
        self._reader = FrameReader()
        self._loop = asyncio.get_running_loop()
        self._transport: asyncio.Transport | None = None
        self._greeted: asyncio.Future[Hello] = self._loop.create_future()
        self._unsent: list[Waiting] = []
        self.lost = asyncio.Event()

    async def greet(self, hello: Hello) -> None:
        """Raises: WriterStopped, OSError; Unreadable, where the writer is of another release."""
        if self._transport is None:
            raise WriterStopped
        if not is_of_this_user(self._transport.get_extra_info("socket")):
            raise Unreadable("another user's process is in the writer's place")
        self._transport.write(hello_frame(hello))
        answered = await self._greeted
        if answered.version != hello.version:
            raise Unreadable("the writer's process is of another release: restart the whole of `serve`")

    def send(self, waiting: Waiting) -> None:
        """Send it with all else that is known when the loop comes round."""
        if not self._unsent:
            self._loop.call_soon(self._flush)
        self._unsent.append(waiting)

    def hang_up(self) -> None:
        if self._transport is not None:
            self._transport.close()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)

    def data_received(self, data: bytes) -> None:
        try:
            for body in self._reader.bodies(data):
                if not self._greeted.done():
                    self._greeted.set_result(read_hello(body))
                    continue
                for news in read_news(body):
                    self._take(news)
        except Unreadable as error:
            log.error("the writer answered in other words than its own", reason=str(error))  # noqa: TRY400  no bug
            self.hang_up()

    def connection_lost(self, _: Exception | None) -> None:
        self._transport = None
        if not self._greeted.done():
            self._greeted.set_exception(WriterStopped())
        with suppress(asyncio.CancelledError, WriterStopped, Unreadable):
            self._greeted.exception()  # it may be that nobody asks any more
        self.lost.set()

    def _flush(self) -> None:
        unsent, self._unsent = self._unsent, []
        if self._transport is None:
            return  # the next line sends them
        for waiting in unsent:
            waiting.sends += 1
        self._transport.write(b"".join(frames_of(waiting.packed for waiting in unsent)))
