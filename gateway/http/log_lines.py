"""How log lines read, and where they go: one set-up for ours and for those of libraries, uvicorn's among them."""

import logging
import sys
from collections.abc import Callable, Collection
from contextvars import ContextVar
from datetime import UTC, datetime
from functools import partial
from json.encoder import encode_basestring_ascii as quoted
from typing import TextIO

import structlog
from structlog.typing import EventDict, Processor, WrappedLogger

from gateway.services import tracing
from gateway.settings.model import Settings

request_id: ContextVar[str] = ContextVar("request_id")


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

    def write_request(self, fields: dict[str, str | int | float | None], id_: str, trace_id: str | None) -> None:
        """The line that `log.info("request", …)` would be, in one write, so that no other is within it.

        Args:
            fields: by names that need no quoting; what is None is left out.
        """
        said = ""
        for name, value in fields.items():
            if value is not None:
                said += f'"{name}": {quoted(value)}, ' if isinstance(value, str) else f'"{name}": {value}, '
        timestamp = datetime.now(UTC).isoformat()[:-6] + "Z"
        trace = f'"trace_id": {quoted(trace_id)}, ' if trace_id else ""
        self._write(
            f'{{{said}"event": "request", "request_id": {quoted(id_)}, {trace}"level": "info",'
            f' "timestamp": "{timestamp}"}}\n'
        )


def configure_logging(settings: Settings, but_for: Collection[str] = ()) -> None:
    """Log lines to standard error: for people in development, JSON in production, unless `GATEWAY_LOG_FORMAT` says.

    Args:
        but_for: events that have no line, since something else says the same.
    """
    has_requests = settings.log_level in ("debug", "info")
    before: list[Processor] = [
        _add_request_id,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    after = _for_machines() if settings.logs_json else _for_people()
    structlog.configure(
        processors=[*((partial(_drop, but_for),) if but_for else ()), *before, *after],
        wrapper_class=structlog.make_filtering_bound_logger(settings.log_level),
        logger_factory=Lines(sys.stderr, has_requests=has_requests, is_json=settings.logs_json),
    )
    _follow_libraries(before, after)


def _follow_libraries(before: list[Processor], after: list[Processor]) -> None:
    """Libraries, uvicorn among them, log by the standard library: what is amiss is shown, in the same form as our own
    lines; their small talk is not."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=[_bounded, *before, structlog.stdlib.add_logger_name],
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, *after],
        )
    )
    logging.basicConfig(handlers=[handler], level=logging.WARNING, force=True)


LONGEST_FOREIGN = 2_000
"""Characters of a library's line: some quote what a stranger sent."""


def _bounded(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    text = str(event["event"])
    text = text if len(text) <= LONGEST_FOREIGN else text[:LONGEST_FOREIGN] + " …"
    event["event"] = text if text.isprintable() else repr(text)[1:-1]
    return event


def _drop(dropped: Collection[str], _logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    if event["event"] in dropped:
        raise structlog.DropEvent
    return event


def _add_request_id(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    if known := request_id.get(None):
        event.setdefault("request_id", known)
    if trace := tracing.trace_id():
        event.setdefault("trace_id", trace)
    return event


# Neither shows the values of local variables, as both would by themselves: tokens are among them.
def _for_people() -> list[Processor]:
    plain = structlog.dev.plain_traceback
    return [structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty(), exception_formatter=plain)]


def _for_machines() -> list[Processor]:
    tracebacks = structlog.tracebacks.ExceptionDictTransformer(show_locals=False)
    return [structlog.processors.ExceptionRenderer(tracebacks), structlog.processors.JSONRenderer()]


LogFields = Callable[[], dict[str, str | int | float | None]]
"""What is known of an operation once it is done, asked only where there is a line to write."""
