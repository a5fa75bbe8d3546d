"""The writer's end of the line: the calls of all processes put to the one writer, and news told to all of them."""

import asyncio
import itertools
import socket
import sys
from collections.abc import Sequence
from functools import partial
from typing import cast

import structlog

from gateway.services.changes.commits import Commit
from gateway.services.core.model.jobs import Job
from gateway.services.core.model.outcomes import Outcome
from gateway.services.writer_process.frames import (
    VERSION,
    Call,
    FrameReader,
    Hello,
    Standing,
    TooLarge,
    Unreadable,
    check_size,
    frames_of,
    hello_frame,
    packed_answer,
    packed_commit,
    packed_due,
    packed_failure,
    packed_standing,
    read_calls,
    read_hello,
)
from gateway.services.writer_process.sockets import is_of_this_user
from gateway.services.writing.group_commit import GroupCommit, WriterStopped

log = structlog.get_logger(__name__)

MOST_UNREAD_BYTES = 64 * 1024 * 1024
"""What may wait to be read by one process. One that is so far behind hangs; it is let go, and may connect again."""


class Lines:
    """The processes that are connected, and what is told to them.

    Its methods are what `GroupCommit` calls after a commit; the writer is given to it once it is made.
    """

    def __init__(self) -> None:
        self._open: dict[_Line, None] = {}
        self._standing = Standing(is_writing=True)
        self._turns = itertools.count()
        self._nobody = asyncio.Event()
        self._nobody.set()
        self.has_writer_stopped = asyncio.Event()

    def tell_commit(self, commit: Commit) -> None:
        """All are told: each has subscribers of its own."""
        packed = packed_commit(commit)
        for line in self._open:
            line.send(packed)

    def tell_due(self, jobs: Sequence[Job]) -> None:
        """One is told, each in its turn: if all looked for the same jobs, all but one would look in vain."""
        runners = [line for line in self._open if line.runs_jobs]
        if runners:
            runners[next(self._turns) % len(runners)].send(packed_due(jobs))

    def tell_standing(self, is_writing: bool) -> None:
        """All are told, and whoever connects meanwhile: each is asked whether it is ready."""
        self._standing = Standing(is_writing)
        packed = packed_standing(self._standing)
        for line in self._open:
            line.send(packed)

    async def serve(self, writer: GroupCommit, listening: socket.socket) -> asyncio.Server:
        """Take connections from now on. Closing what is returned ends that, and no line."""
        loop = asyncio.get_running_loop()
        if sys.version_info >= (3, 13):  # the socket is the next writer's as well
            return await loop.create_unix_server(lambda: _Line(writer, self), sock=listening, cleanup_socket=False)
        return await loop.create_unix_server(lambda: _Line(writer, self), sock=listening)

    async def all_closed(self) -> None:
        """Return once nobody is connected."""
        await self._nobody.wait()

    async def hang_up(self) -> None:
        """Close all lines, once what the writer answered is sent."""
        await asyncio.gather(*(line.close() for line in self._open))
        await self.all_closed()

    def opened(self, line: "_Line") -> None:
        self._open[line] = None
        self._nobody.clear()
        if not self._standing.is_writing:
            line.send(packed_standing(self._standing))

    def closed(self, line: "_Line") -> None:
        self._open.pop(line, None)
        if not self._open:
            self._nobody.set()


class _Line(asyncio.Protocol):
    """The connection of one process."""

    def __init__(self, writer: GroupCommit, lines: Lines) -> None:
        self._writer, self._lines = writer, lines
        self._reader = FrameReader()
        self._loop = asyncio.get_running_loop()
        self._unsent: list[bytes] = []
        self._under_way = 0
        self._all_answered = asyncio.Event()
        self._transport: asyncio.Transport | None = None
        self._has_greeted = False
        self.runs_jobs = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)
        if not is_of_this_user(transport.get_extra_info("socket")):
            log.error("a process of another user called the writer")
            transport.abort()  # type: ignore[attr-defined]  # of a socket it is a Transport

    def data_received(self, data: bytes) -> None:
        try:
            for body in self._reader.bodies(data):
                if self._has_greeted:
                    self._take(read_calls(body))
                else:
                    self._greet(read_hello(body))
        except Unreadable as error:
            log.error("the writer was called in other words than its own", reason=str(error))  # noqa: TRY400  no bug
            self._abort()

    def connection_lost(self, _: Exception | None) -> None:
        self._transport = None
        self._lines.closed(self)

    def send(self, packed: bytes) -> None:
        """Send it with all else that is known when the loop comes round."""
        if not self._unsent:
            self._loop.call_soon(self._flush)
        self._unsent.append(packed)

    async def close(self) -> None:
        """Hang up once all calls are answered."""
        while self._under_way:
            self._all_answered.clear()
            await self._all_answered.wait()
        self._flush()
        if self._transport is not None:
            self._transport.close()

    def _greet(self, hello: Hello) -> None:
        assert self._transport is not None
        self._transport.write(hello_frame(Hello(VERSION)))
        if hello.version != VERSION:
            # It is told ours, and so knows why.
            self._transport.close()
            return
        self._has_greeted, self.runs_jobs = True, hello.runs_jobs
        self._lines.opened(self)

    def _take(self, calls: Sequence[Call]) -> None:
        self._under_way += len(calls)
        for call in calls:
            done = self._writer.put(call.commands) if call.commands else asyncio.ensure_future(self._looked())
            done.add_done_callback(partial(self._answer, call))

    async def _looked(self) -> list[Outcome]:
        await self._writer.look()
        return []

    def _answer(self, call: Call, done: asyncio.Future[list[Outcome]]) -> None:
        match done.exception():
            case None:
                self.send(_packed(call, done.result()))
            case WriterStopped():
                # No answer: whoever waits learns it by the end of this process, and asks the next one.
                self._lines.has_writer_stopped.set()
            case error:
                log.error("a command raised", commands=_kinds(call), exc_info=error)
                self.send(packed_failure(call.number, type(error).__name__))
        self._under_way -= 1
        if not self._under_way:
            self._all_answered.set()

    def _flush(self) -> None:
        unsent, self._unsent = self._unsent, []
        if self._transport is None:
            return
        self._transport.write(b"".join(frames_of(unsent)))
        if self._transport.get_write_buffer_size() > MOST_UNREAD_BYTES:
            log.error("a process does not read what its writer answers")
            self._abort()

    def _abort(self) -> None:
        if self._transport is not None:
            self._transport.abort()


def _packed(call: Call, outcomes: Sequence[Outcome]) -> bytes:
    packed = packed_answer(call.number, outcomes)
    try:
        check_size(packed)
    except TooLarge:
        log.exception("an answer is too large", commands=_kinds(call))
        return packed_failure(call.number, "")
    return packed


def _kinds(call: Call) -> list[str]:
    return sorted({type(command).__name__ for command in call.commands})
