"""What is told of each request: its id, a line of the log, its place in the numbers, and its span."""

import re
import time
from contextlib import AbstractContextManager
from contextvars import Token
from typing import Any

import structlog
from starlette.datastructures import MutableHeaders
from starlette.requests import HTTPConnection
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from uuid_utils import uuid7

from gateway.http.log_lines import Lines, LogFields
from gateway.http.log_lines import configure_logging as configure_logging
from gateway.http.log_lines import request_id as _request_id
from gateway.http.rate_limits import Networks
from gateway.http.routes import OTHER, RouteNames, method_name
from gateway.services import tracing
from gateway.services.measures import recording

log = structlog.get_logger(__name__)

REQUEST_ID = b"x-request-id"
_GIVEN_ID = re.compile(rb"[A-Za-z0-9._-]{1,64}")
"""What a caller's own request id may look like; anything else could forge log lines."""

_QUIET = {"/healthz", "/readyz", "/metrics"}
"""Asked every few seconds by machines; a line for each would bury the rest."""

LOG_FIELDS = "gateway.log_fields"
"""In a request's scope, what its endpoint knows of the operation, as `LogFields`."""

LONGEST_PATH = 512
"""Characters of a path in the log, which a stranger may write."""


class RequestLog:
    """ASGI middleware: gives each request an id, answers with it, and logs one line when it is done.

    Args:
        routes: how requests are counted.
        proxies: how many before us say where a caller is, see `GATEWAY_TRUSTED_PROXIES`.
    """

    def __init__(self, app: ASGIApp, routes: RouteNames | None = None, proxies: int = 0) -> None:
        self._app, self._routes, self._networks = app, routes or RouteNames(()), Networks(proxies)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        given = {name: value for name, value in scope["headers"] if name in (REQUEST_ID, tracing.TRACEPARENT)}
        request_id = request_id_of(given.get(REQUEST_ID))
        done = Done(scope, self._routes.of(scope["path"]), time.perf_counter(), request_id)

        async def send_with_id(message: Message) -> None:
            if message["type"] == "http.response.start":
                done.status = message["status"]
                done.answered_at = time.perf_counter()
                MutableHeaders(scope=message)[REQUEST_ID.decode()] = request_id
            await send(message)

        with identified(request_id, given.get(tracing.TRACEPARENT), scope, done.route):
            try:
                await self._app(scope, receive, send_with_id)
            finally:
                done.address = self._networks.of(HTTPConnection(scope))
                done.tell(scope.get(LOG_FIELDS))


def request_id_of(given: bytes | None) -> str:
    """A request's id: the one that its caller gave, if it is fit to be in a log, or a new one."""
    return given.decode() if given is not None and _GIVEN_ID.fullmatch(given) else uuid7().hex


class identified:  # noqa: N801  a context manager reads as a verb
    """Meanwhile, each log line has the request's id, and that of its trace, whose span is open."""

    __slots__ = ("_before", "_given", "_id", "_route", "_scope", "_span", "_token")

    def __init__(
        self, request_id: str, traceparent: bytes | None = None, scope: Scope | None = None, route: str = OTHER
    ) -> None:
        self._id, self._given, self._scope, self._route = request_id, traceparent, scope, route
        self._span: AbstractContextManager[Any] | None = None
        self._token: Token[bytes | None] | None = None

    def __enter__(self) -> None:
        self._before = _request_id.set(self._id)
        if self._given is not None:
            self._token = tracing.take(self._given)
        if tracing.spans is not None and self._scope is not None and tracing.spans.wants(self._given):
            method, route = method_name(self._scope["method"]), self._route
            path, scheme = self._scope["path"][:LONGEST_PATH], self._scope["scheme"]
            attributes = {"http.request.method": method, "http.route": route, "url.path": path, "url.scheme": scheme}
            self._span = tracing.spans.server(self._given, f"{method} {route}", attributes)
            self._span.__enter__()

    def __exit__(self, kind: Any, error: Any, trace: Any) -> None:
        if self._span is not None:
            self._span.__exit__(kind, error, trace)
        tracing.leave(self._token)
        _request_id.reset(self._before)


class Done:
    """A request that is done, or will be.

    Args:
        began: when `time.perf_counter` said so.
    """

    __slots__ = ("address", "answered_at", "began", "request_id", "route", "scope", "status")

    def __init__(self, scope: Scope, route: str, began: float, request_id: str) -> None:
        self.scope, self.route, self.began, self.request_id = scope, route, began, request_id
        self.status = 500
        self.address: str | None = None
        self.answered_at: float | None = None
        """When its answer began, which a stream goes on after; None where that is now."""

    def tell(self, more: LogFields | None) -> None:
        """Count it, and write its line."""
        now = time.perf_counter()
        if (measures := recording.measures) is not None:
            took_s = (self.answered_at or now) - self.began
            measures.requests.observe(took_s, method_name(self.scope["method"]), self.route, str(self.status))
        if tracing.spans is not None:
            tracing.note(http__response__status_code=self.status)
        lines = structlog.get_config()["logger_factory"]
        if _is_wanted(self.scope, lines):
            self._write(lines, round((now - self.began) * 1000, 1), more)

    def _write(self, lines: object, took_ms: float, more: LogFields | None) -> None:
        # As it came, still percent-encoded: a decoded line break would forge a log line.
        path = self.scope["raw_path"].decode("ascii", "replace")[:LONGEST_PATH]
        fields = {"method": self.scope["method"], "path": path, "status": self.status, "took_ms": took_ms}
        if more is not None:
            fields |= more()
        if self.address is not None:
            fields["address"] = self.address
        if isinstance(lines, Lines) and lines.is_json:
            lines.write_request(fields, self.request_id, tracing.trace_id())
        else:
            log.info("request", **{name: value for name, value in fields.items() if value is not None})


def _is_wanted(scope: Scope, lines: object) -> bool:
    """Whether there is a line for it."""
    return scope["path"] not in _QUIET and (not isinstance(lines, Lines) or lines.has_requests)
