"""Spans for an OpenTelemetry collector, by OTLP over HTTP: recorded for some requests, and sent in the background.

Which ones is drawn before anything of OpenTelemetry is asked, so that the others cost next to nothing. Nothing that a
caller sent goes into a span but its path: no variables, no documents, no words of exceptions.
"""

import asyncio
import random
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AbstractContextManager, asynccontextmanager, contextmanager
from importlib.metadata import version
from threading import Thread
from typing import Any

from opentelemetry import trace
from opentelemetry.context import Context
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from opentelemetry.trace import Span, SpanKind, StatusCode, Tracer
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

from gateway.services import tracing
from gateway.services.tracing import NOTHING, Attributes
from gateway.settings.model import Settings

SENT_S = 3.0
"""How long a collector may take for one batch, and a process that stops for the last."""

LOOK_S = 0.02

_W3C = TraceContextTextMapPropagator()


class Recorder:
    """`Spans` by OpenTelemetry's SDK.

    Args:
        sampled: of how many requests, jobs and turns spans are recorded, where their callers do not say: 0 to 1.
    """

    def __init__(self, tracer: Tracer, sampled: float, draw: Callable[[], float] = random.random) -> None:
        self._tracer, self._sampled, self._draw = tracer, sampled, draw

    def wants(self, given: bytes | None) -> bool:
        says = tracing.is_sampled(given)
        return self._draw() < self._sampled if says is None else says

    def server(self, given: bytes | None, name: str, attributes: Attributes) -> AbstractContextManager[Any]:
        carrier = {} if given is None or tracing.is_sampled(given) is None else {"traceparent": given.decode()}
        return self._open(name, attributes, SpanKind.SERVER, _W3C.extract(carrier, Context()))

    def root(self, name: str, attributes: Attributes) -> AbstractContextManager[Any]:
        if self._draw() >= self._sampled:
            return NOTHING
        return self._open(name, attributes, SpanKind.INTERNAL, Context())

    def child(self, name: str, attributes: Attributes, *, is_client: bool) -> AbstractContextManager[Any]:
        return self._open(name, attributes, SpanKind.CLIENT if is_client else SpanKind.INTERNAL, None)

    def note(self, attributes: Attributes, name: str | None = None) -> None:
        span = trace.get_current_span()
        if span.is_recording():
            span.set_attributes(dict(attributes))
            if name is not None:
                span.update_name(name)

    def trace_id(self) -> str | None:
        span = trace.get_current_span()
        return trace.format_trace_id(span.get_span_context().trace_id) if span.is_recording() else None

    def traceparent(self) -> str | None:
        if not trace.get_current_span().is_recording():
            return None
        carrier: dict[str, str] = {}
        _W3C.inject(carrier)
        return carrier.get("traceparent")

    @contextmanager
    def _open(self, name: str, attributes: Attributes, kind: SpanKind, context: Context | None) -> Iterator[None]:
        """The words of an exception may be a caller's: only its type is told."""
        with self._tracer.start_as_current_span(
            name, context, kind, dict(attributes), record_exception=False, set_status_on_exception=False
        ) as span:
            before = tracing.recorded.set(True)
            try:
                yield
            except BaseException as error:
                _note_error(span, error)
                raise
            finally:
                tracing.recorded.reset(before)


def _note_error(span: Span, error: BaseException) -> None:
    span.set_attribute("error.type", type(error).__name__)
    span.set_status(StatusCode.ERROR)


@asynccontextmanager
async def recorded(settings: Settings, process: str) -> AsyncIterator[None]:
    """Meanwhile spans are recorded and sent; what is left is sent at the end, if the collector takes it in time.

    Args:
        process: what this one does: `serve`, `worker` or `writer`.
    """
    resource = Resource.create(
        {
            "service.name": "course-gateway",
            "service.version": version("course-gateway"),
            "gateway.process": process,
        }
    )
    provider = TracerProvider(resource=resource, shutdown_on_exit=False)
    exporter = OTLPSpanExporter(endpoint=str(settings.traces_url), timeout=SENT_S)
    provider.add_span_processor(BatchSpanProcessor(exporter))
    tracing.use(Recorder(provider.get_tracer("gateway"), settings.traces_sampled))
    try:
        yield
    finally:
        tracing.use(None)
        ending = Thread(target=provider.shutdown, daemon=True)  # which nobody waits for that has no time
        ending.start()
        left_s = SENT_S
        while ending.is_alive() and left_s > 0:
            await asyncio.sleep(LOOK_S)
            left_s -= LOOK_S
