"""How processes that listen on one socket share its connections evenly.

The kernel wakes all of them, and whoever comes first would take all that wait. So each tells the others how many it
has, and who has more than another leaves what comes to that one for a moment. What is still there then is taken all the
same: a process that hangs keeps nobody waiting.
"""

import asyncio
import ctypes
import errno
import os
import socket
from collections.abc import Callable, Collection
from multiprocessing.sharedctypes import RawArray
from typing import Any

import structlog
import uvicorn
import uvloop

log = structlog.get_logger(__name__)

MOST_PROCESSES = 64
"""That serve at once, those included that a reload replaces."""

AHEAD = 8
"""A process lets another go first once it has more than that one by one part in so many; among few, by one."""

MOMENT_S = 0.004
"""For which it does: one that has nothing to do wakes in a tenth of it, and one that has comes round to it."""

PAUSE_S = 1.0
"""Before the next try where this process can open no more files, as asyncio has it."""

_NO_ROOM = {errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM}


class Shares:
    """How many connections each process has, in memory that all of them see.

    The one that starts them makes it; each that it is sent to, at its start, has a place of its own in there.
    """

    def __init__(self) -> None:
        self._cells = RawArray(ctypes.c_long, 2 * MOST_PROCESSES)
        self._place = -1
        """Of none: this process serves nobody."""

    def __getstate__(self) -> tuple[Any, int]:
        """For the next process: the same memory, and the next place that is free."""
        for _ in range(MOST_PROCESSES):
            self._place = (self._place + 1) % MOST_PROCESSES
            if not _is_alive(self._cells[2 * self._place]):
                break
        return self._cells, self._place

    def __setstate__(self, state: tuple[Any, int]) -> None:
        self._cells, self._place = state

    def tell(self, connections: int) -> None:
        """So many this process has."""
        self._cells[2 * self._place + 1] = connections
        self._cells[2 * self._place] = os.getpid()

    def leave(self) -> None:
        """This process takes no more."""
        self._cells[2 * self._place] = 0

    def forget(self, pid: int) -> None:
        """That process died, and could not say so; its number may soon be another's."""
        for place in range(0, len(self._cells), 2):
            if self._cells[place] == pid:
                self._cells[place] = 0

    def others(self) -> list[int]:
        """How many each of the others has."""
        cells = self._cells[:]
        return [
            cells[place + 1]
            for place in range(0, len(cells), 2)
            if place != 2 * self._place and _is_alive(cells[place])
        ]


def _is_alive(pid: int) -> bool:
    if not pid:
        return False
    try:
        os.kill(pid, 0)
    except (ProcessLookupError, PermissionError):  # another user's is none of ours: it got the number of one that died
        return False
    return True


class SharedConfig(uvicorn.Config):
    """uvicorn's, for several processes that share a socket."""

    def __init__(self, *arguments: Any, **named: Any) -> None:
        super().__init__(*arguments, **named)
        self.shares = Shares()

    def get_loop_factory(self) -> Callable[[], asyncio.AbstractEventLoop]:
        return lambda: SharingLoop(self.shares)


class SharingLoop(uvloop.Loop):
    """A loop that takes of the sockets which it serves its share."""

    def __init__(self, shares: Shares) -> None:
        super().__init__()
        self._shares = shares

    async def create_server(self, protocol_factory: Any, *arguments: Any, **named: Any) -> Any:
        listening = named.get("sock")
        if listening is None or named.get("ssl") is not None:
            return await super().create_server(protocol_factory, *arguments, **named)
        return Sharing(self, listening, protocol_factory, self._shares)


class Sharing:
    """A process's end of a socket on which others listen as well: a server, as far as uvicorn asks anything of one.

    Args:
        protocol: makes what answers a connection: uvicorn's, which knows all of this process.
    """

    def __init__(
        self, loop: asyncio.AbstractEventLoop, listening: socket.socket, protocol: Callable[[], Any], shares: Shares
    ) -> None:
        self._loop, self._listening, self._protocol, self._shares = loop, listening, protocol, shares
        self._connections: Collection[object] = ()
        self._beginning: set[asyncio.Task[None]] = set()
        self._others: list[int] = []
        """How many the others had when this process last let them go first."""
        self._most_left = 1
        """How many it takes next of those that they left: twice as many each time, for they hang."""
        self._later: asyncio.TimerHandle | None = None
        self._is_closed = False
        listening.setblocking(False)
        shares.tell(0)
        self._listen()

    def close(self) -> None:
        self._is_closed = True
        self._shares.leave()
        self._loop.remove_reader(self._listening)
        if self._later is not None:
            self._later.cancel()

    async def wait_closed(self) -> None:
        """Return at once: connections are closed by who answers them."""

    def is_serving(self) -> bool:
        return not self._is_closed

    @property
    def count(self) -> int:
        """The connections that this process has."""
        return len(self._connections) + len(self._beginning)

    def _listen(self) -> None:
        self._loop.add_reader(self._listening, self._take_share)

    def _take_share(self) -> None:
        """Take what waits, as long as no other has fewer; beyond that the others go first.

        A few each time that it is woken, for what the others have may be long gone: they are woken as well, and say it
        anew."""
        self._shares.tell(self.count)
        others = self._shares.others()
        fewest = min(others, default=self.count)
        ahead = fewest // AHEAD
        for _ in range(1 + ahead):
            if self.count > fewest + ahead:
                break
            if not self._has_taken():
                return
        else:
            return
        if others != self._others:
            self._others, self._most_left = others, 1
        self._look_again(MOMENT_S, self._take_what_is_left)

    def _take_what_is_left(self) -> None:
        """Where the others have not moved, take of what still waits; else compare again."""
        self._listen()
        if self._shares.others() != self._others:
            return
        for _ in range(self._most_left):
            if not self._has_taken():
                return
        self._most_left *= 2

    def _look_again(self, in_s: float, look: Callable[[], None]) -> None:
        self._loop.remove_reader(self._listening)
        self._later = self._loop.call_later(in_s, look)

    def _has_taken(self) -> bool:
        try:
            connection, _ = self._listening.accept()
        except (BlockingIOError, InterruptedError, ConnectionAbortedError):
            return False
        except OSError as error:
            if error.errno not in _NO_ROOM:
                raise
            log.exception("no connection can be taken")
            self._look_again(PAUSE_S, self._listen)
            return False
        connection.setblocking(False)
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, True)
        task = self._loop.create_task(self._begin(connection))
        self._beginning.add(task)
        task.add_done_callback(self._beginning.discard)
        self._shares.tell(self.count)
        return True

    async def _begin(self, connection: socket.socket) -> None:
        _, protocol = await self._loop.connect_accepted_socket(self._protocol, connection)
        self._connections = protocol.connections
        if self._is_closed:  # it came while the process was told to stop
            protocol.shutdown()
