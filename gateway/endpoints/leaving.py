"""What the application does in a process that stops: not ready, no more jobs, streams told, late requests refused."""

import asyncio

from starlette.requests import HTTPConnection
from starlette.types import Scope

from gateway.endpoints import webhooks
from gateway.endpoints.errors import refusal_response
from gateway.http.errors import Refused
from gateway.http.extensions import WholeAnswer
from gateway.schema.conventions.errors import ErrorCode
from gateway.streaming.lifetimes import StreamLifetimes

RETRY_AFTER_S = 1
"""After which another process answers."""

STOPS = "This server stops, and could not wait any longer."
MAY_BE_DONE = (
    "It may have been done; make the same call again shortly, with the same idempotencyKey if it has one."  # as `busy`
)


class LeavingInOrder:
    """See `gateway.http.extensions.Leaving`.

    Args:
        drain_s: how long the process serves on after it was told to stop.
    """

    def __init__(self, lifetimes: StreamLifetimes, drain_s: float) -> None:
        self._lifetimes, self.drain_s = lifetimes, drain_s
        self.told = asyncio.Event()
        """That the process stops."""
        self.is_ready = True
        """Whether the gateway may be sent more: one that is reloaded may, whichever of its processes ends."""

    @property
    def streams(self) -> int:
        return self._lifetimes.open

    def tell(self, *, is_replaced: bool) -> None:
        self.is_ready = is_replaced
        self.told.set()

    def end_streams(self) -> None:
        self._lifetimes.stop()

    def cut_off(self, scope: Scope) -> WholeAnswer:
        retry = {"Retry-After": str(RETRY_AFTER_S)}
        if scope["path"].startswith(webhooks.PATH):
            response = webhooks.refusal_response(Refused(503, ErrorCode.BUSY, STOPS, retry))
        else:
            details = {"retryable": True, "retryAfterSeconds": RETRY_AFTER_S}
            refused = Refused(503, ErrorCode.BUSY, f"{STOPS} {MAY_BE_DONE}", retry, **details)
            response = refusal_response(HTTPConnection(scope), refused)
        lines = b"".join(b"%s: %s\r\n" % each for each in response.raw_headers)
        return response.status_code, lines, bytes(response.body)
