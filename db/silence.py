"""PostgreSQL connections that are given up where the server says nothing.

A network that swallows packets, or a server that is frozen, ends no connection: whoever waits on one would wait for as
long as that lasts. TCP's own patience does not help where something between us and the server still acknowledges.
"""

from typing import Any, TypeVar

from psycopg import AsyncConnection, Connection, OperationalError
from psycopg.abc import PQGen
from psycopg.errors import _WaitTimeout

from db.bounds import SILENCE_S

INTERVAL_S = 0.1
"""The driver's own, between two looks for signals."""

Found = TypeVar("Found")


class _Bounded:
    silence_s: float = SILENCE_S
    """How long the server may say nothing."""


class Bounded(_Bounded, Connection[Any]):
    """One of a thread."""

    def wait(self, gen: PQGen[Found], interval: float = INTERVAL_S, timeout: float | None = None) -> Found:
        """As the driver waits, and it waits here alone.

        Raises:
            OperationalError: the server said nothing for too long. The connection is closed, without asking the server:
                what was sent may or may not have been done.
        """
        try:
            return super().wait(gen, interval, self.silence_s if timeout is None else timeout)
        except _WaitTimeout:
            if timeout is not None:
                raise  # the driver's own question
            self.pgconn.finish()
            raise _silent(self.silence_s) from None


class AsyncBounded(_Bounded, AsyncConnection[Any]):
    """One of an event loop."""

    async def wait(
        self,
        gen: PQGen[Found],
        interval: float = INTERVAL_S,
        timeout: float | None = None,  # noqa: ASYNC109  the driver's own signature
    ) -> Found:
        """See `Bounded.wait`."""
        try:
            return await super().wait(gen, interval, self.silence_s if timeout is None else timeout)
        except _WaitTimeout:
            if timeout is not None:
                raise
            self.pgconn.finish()
            raise _silent(self.silence_s) from None


def _silent(seconds: float) -> OperationalError:
    return OperationalError(f"the server said nothing for {seconds:g} seconds")
