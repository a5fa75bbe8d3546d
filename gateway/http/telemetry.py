"""Structured log lines for the operator, each with its request's id."""

import logging
import re
import sys
import time

import structlog
from starlette.datastructures import MutableHeaders
from starlette.requests import HTTPConnection
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from structlog.typing import Processor
from uuid_utils.compat import uuid7

from gateway.settings.model import Settings

log = structlog.get_logger(__name__)

REQUEST_ID = "x-request-id"
_GIVEN_ID = re.compile(r"[A-Za-z0-9._-]{1,64}", re.ASCII)
"""What a caller's own request id may look like; anything else could forge log lines."""

_QUIET = {"/healthz", "/readyz"}
"""Asked every few seconds by machines; a line for each would bury the rest."""


def configure_logging(settings: Settings) -> None:
    """Log lines to standard error: for people in development, JSON in production."""
    is_for_people = settings.env == "development"
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            *(_for_people() if is_for_people else _for_machines()),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(settings.log_level),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
    )
    # Libraries that log by the standard library: what is amiss is shown, their small talk is not.
    logging.basicConfig(stream=sys.stderr, level=logging.WARNING, force=True)


# Neither shows the values of local variables, as both would by themselves: tokens are among them.
def _for_people() -> list[Processor]:
    plain = structlog.dev.plain_traceback
    return [structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty(), exception_formatter=plain)]


def _for_machines() -> list[Processor]:
    tracebacks = structlog.tracebacks.ExceptionDictTransformer(show_locals=False)
    return [structlog.processors.ExceptionRenderer(tracebacks), structlog.processors.JSONRenderer()]


class RequestLog:
    """ASGI middleware: gives each request an id, answers with it, and logs one line when it is done."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        request_id = _id_of(HTTPConnection(scope))
        began = time.perf_counter()
        status = 500

        async def send_with_id(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                MutableHeaders(scope=message)[REQUEST_ID] = request_id
            await send(message)

        with structlog.contextvars.bound_contextvars(request_id=request_id):
            try:
                await self._app(scope, receive, send_with_id)
            finally:
                if scope["path"] not in _QUIET:
                    took_ms = round((time.perf_counter() - began) * 1000, 1)
                    # As it came, still percent-encoded: a decoded line break would forge a log line.
                    path = scope["raw_path"].decode("ascii", "replace")
                    log.info("request", method=scope["method"], path=path, status=status, took_ms=took_ms)


def _id_of(connection: HTTPConnection) -> str:
    given = connection.headers.get(REQUEST_ID, "")
    return given if _GIVEN_ID.fullmatch(given) else uuid7().hex
