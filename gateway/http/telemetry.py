"""Structured log lines for the operator, each with its request's id."""

import logging
import re
import sys
import time
from collections.abc import Collection
from contextvars import ContextVar
from datetime import UTC, datetime
from functools import partial
from json.encoder import encode_basestring_ascii as quoted
from typing import TextIO

import structlog
from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from structlog.typing import EventDict, Processor, WrappedLogger
from uuid_utils import uuid7

from gateway.settings.model import Settings

log = structlog.get_logger(__name__)

REQUEST_ID = b"x-request-id"
_GIVEN_ID = re.compile(rb"[A-Za-z0-9._-]{1,64}")
"""What a caller's own request id may look like; anything else could forge log lines."""

_QUIET = {"/healthz", "/readyz"}
"""Asked every few seconds by machines; a line for each would bury the rest."""

_request_id: ContextVar[str] = ContextVar("request_id")


class Lines(structlog.PrintLoggerFactory):
    """Where log lines go.

    Args:
        has_requests: whether the level lets the line through that each request has.
        is_json: whether that line is written by `write_request`, without the general way through processors.
    """

    def __init__(self, stream: TextIO, *, has_requests: bool, is_json: bool) -> None:
        super().__init__(stream)
        self.has_requests, self.is_json = has_requests, is_json
        self._write = stream.write

    def write_request(self, method: str, path: str, status: int, took_ms: float, request_id: str) -> None:
        """The line that `log.info("request", …)` would be, in one write, so that no other is within it."""
        timestamp = datetime.now(UTC).isoformat().replace("+00:00", "Z")
        self._write(
            f'{{"method": {quoted(method)}, "path": {quoted(path)}, "status": {status}, "took_ms": {took_ms}, '
            f'"event": "request", "request_id": {quoted(request_id)}, "level": "info", "timestamp": "{timestamp}"}}\n'
        )


def configure_logging(settings: Settings, but_for: Collection[str] = ()) -> None:
    """Log lines to standard error: for people in development, JSON in production.

    Args:
        but_for: events that have no line, since something else says the same.
    """
    is_for_people = settings.env == "development"
    has_requests = settings.log_level in ("debug", "info")
    structlog.configure(
        processors=[
            *((partial(_drop, but_for),) if but_for else ()),
            _add_request_id,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            *(_for_people() if is_for_people else _for_machines()),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(settings.log_level),
        logger_factory=Lines(sys.stderr, has_requests=has_requests, is_json=not is_for_people),
    )
    # Libraries that log by the standard library: what is amiss is shown, their small talk is not.
    logging.basicConfig(stream=sys.stderr, level=logging.WARNING, force=True)


def _drop(dropped: Collection[str], _logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    if event["event"] in dropped:
        raise structlog.DropEvent
    return event


def _add_request_id(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    if request_id := _request_id.get(None):
        event.setdefault("request_id", request_id)
    return event


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
        request_id = request_id_of(next((value for name, value in scope["headers"] if name == REQUEST_ID), None))
        began = time.perf_counter()
        status = 500

        async def send_with_id(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                MutableHeaders(scope=message)[REQUEST_ID.decode()] = request_id
            await send(message)

        with identified(request_id):
            try:
                await self._app(scope, receive, send_with_id)
            finally:
                log_request(scope, status, began, request_id)


def request_id_of(given: bytes | None) -> str:
    """A request's id: the one that its caller gave, if it is fit to be in a log, or a new one."""
    return given.decode() if given is not None and _GIVEN_ID.fullmatch(given) else uuid7().hex


class identified:  # noqa: N801  a context manager reads as a verb
    """Meanwhile, each log line has the request's id."""

    __slots__ = ("_before", "_id")

    def __init__(self, request_id: str) -> None:
        self._id = request_id

    def __enter__(self) -> None:
        self._before = _request_id.set(self._id)

    def __exit__(self, *_: object) -> None:
        _request_id.reset(self._before)


def log_request(scope: Scope, status: int, began: float, request_id: str) -> None:
    """One line for a request that is done, which `began` when `time.perf_counter` said so."""
    lines = structlog.get_config()["logger_factory"]
    is_ours = isinstance(lines, Lines)
    if scope["path"] in _QUIET or (is_ours and not lines.has_requests):
        return
    took_ms = round((time.perf_counter() - began) * 1000, 1)
    # As it came, still percent-encoded: a decoded line break would forge a log line.
    path = scope["raw_path"].decode("ascii", "replace")
    if is_ours and lines.is_json:
        lines.write_request(scope["method"], path, status, took_ms, request_id)
    else:
        log.info("request", method=scope["method"], path=path, status=status, took_ms=took_ms)
