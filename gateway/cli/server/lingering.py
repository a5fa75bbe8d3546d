"""The end of a connection: what was written goes out, and a client that is still sending can read it.

Who closes while bytes wait to be read has the kernel send a reset, and by that a client loses an answer that was on
its way. So our side is closed first, and what still comes is dropped, within bounds (RFC 9112 §9.6).
"""

import asyncio
from typing import Protocol

from gateway.cli.server.waiting import Waiting

STALLED_S = 30.0
"""How long what was written may wait for a client that reads nothing."""

LEAST_READ_BYTES = 16_384
"""What a client has to read in that time, if not all: less is holding on to memory of ours."""

MOST_DROPPED_BYTES = 33_554_432
"""What a client may still send behind its answer: twice the longest body that can be allowed, for many programs read no
answer before they have sent all."""

DROPPING_S = 10.0
"""How long it may take for that."""

SILENT_S = 2.0
"""How long it may send nothing meanwhile: one that waits to read has its answer by then."""


class Ended(Protocol):
    """A connection that is told of its end."""

    def connection_lost(self, exc: Exception | None) -> None: ...


class Outgoing:
    """Watches that what was written is read at the other end, and gives the connection up where it is not."""

    def __init__(self, transport: asyncio.Transport, loop: asyncio.AbstractEventLoop) -> None:
        self._transport, self._loop = transport, loop
        self._left = transport.get_write_buffer_size()
        self._timer = loop.call_later(STALLED_S, self._look)

    def cancel(self) -> None:
        self._timer.cancel()

    def _look(self) -> None:
        left = self._transport.get_write_buffer_size()
        if left > self._left - LEAST_READ_BYTES:
            self._transport.abort()
        else:
            self._left = left
            self._timer = self._loop.call_later(STALLED_S, self._look)


class Lingering(asyncio.Protocol):
    """Takes the place of a connection's protocol after its last answer was written, while its client is sending. It is
    one of those who ask nothing, and leaves when there are too many."""

    def __init__(
        self, ended: Ended, transport: asyncio.Transport, loop: asyncio.AbstractEventLoop, waiting: Waiting
    ) -> None:
        self._ended, self._transport, self._loop, self._waiting = ended, transport, loop, waiting
        self._may_come, self._is_silent = MOST_DROPPED_BYTES, True
        self._until = loop.time() + DROPPING_S
        self._timer = loop.call_later(SILENT_S, self._look)
        self._outgoing = Outgoing(transport, loop)
        transport.set_protocol(self)
        transport.write_eof()
        waiting.add(self)

    def data_received(self, data: bytes) -> None:
        self._is_silent = False
        self._may_come -= len(data)
        if self._may_come < 0:
            self.give_way()

    def eof_received(self) -> None:
        """The client has sent all: the transport closes by itself."""

    def connection_lost(self, exc: Exception | None) -> None:
        self._timer.cancel()
        self._outgoing.cancel()
        self._waiting.discard(self)
        self._ended.connection_lost(exc)

    def give_way(self) -> None:
        self._transport.close()

    def _look(self) -> None:
        if self._is_silent or self._loop.time() >= self._until:
            self.give_way()
            return
        self._is_silent = True
        self._timer = self._loop.call_later(SILENT_S, self._look)
