"""A stream of results as an HTTP response: it ends with its operation, its token, its client or its process."""

import asyncio
from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing, suppress

import structlog
from starlette.responses import Response
from starlette.types import Message, Receive, Scope, Send

from gateway.execution.operations import Result
from gateway.streaming.bounds import STALLED_S
from gateway.streaming.formats import Format
from gateway.streaming.lifetimes import StreamLifetimes
from gateway.streaming.results import Ending, until

log = structlog.get_logger(__name__)

HEADERS = {
    "Cache-Control": "no-store, no-transform",  # a proxy that compressed it would hold it back
    "X-Accel-Buffering": "no",  # and so would nginx, unless told
    "Vary": "Accept",
}


class StreamedResponse(Response):
    """Sends each result when it comes. Nothing runs before the response is sent, and nothing is left after it.

    Args:
        begin: starts the operation.
        expires_at: when the caller's token expires, in Unix seconds; None without a token.
        is_finished: see `until`.
    """

    def __init__(
        self,
        begin: Callable[[], AsyncGenerator[Result, None]],
        body_format: Format,
        lifetimes: StreamLifetimes,
        expires_at: float | None,
        stalled_s: float = STALLED_S,
        *,
        is_finished: bool = False,
    ) -> None:
        self._begin, self._format, self._lifetimes = begin, body_format, lifetimes
        self._expires_at, self._stalled_s, self._is_finished = expires_at, stalled_s, is_finished
        self.status_code = 200
        self.background = None
        self.init_headers(HEADERS | {"Content-Type": body_format.media_type})
        del self.headers["content-length"]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        with self._lifetimes.until(self._expires_at) as ending:
            leaving = asyncio.create_task(_hung_up(receive, ending))
            try:
                await self._stream(ending, send)
            except TimeoutError:
                log.warning("a client that does not read was disconnected", waited_s=self._stalled_s)
            finally:
                leaving.cancel()
                with suppress(asyncio.CancelledError):
                    await leaving

    async def _stream(self, ending: Ending, send: Send) -> None:
        await send({"type": "http.response.start", "status": self.status_code, "headers": self.raw_headers})
        await self._write(send, self._format.opening)
        results_until = until(ending, self._begin(), self._format.beat_s, is_finished=self._is_finished)
        async with aclosing(results_until) as results:
            async for result in results:
                await self._write(send, self._format.beat if result is None else self._format.part(result.payload))
        await self._write(send, self._format.closing, is_last=True)

    async def _write(self, send: Send, body: bytes, *, is_last: bool = False) -> None:
        """Raises: TimeoutError, where the client does not read for too long."""
        message: Message = {"type": "http.response.body", "body": body, "more_body": not is_last}
        async with asyncio.timeout(self._stalled_s):
            await send(message)


async def _hung_up(receive: Receive, ending: Ending) -> None:
    """End the stream without a last result when the client is gone."""
    while (await receive())["type"] != "http.disconnect":
        pass
    ending.cancel()
