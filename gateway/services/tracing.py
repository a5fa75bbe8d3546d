"""The trace that a piece of work belongs to (W3C Trace Context), and its spans where somebody records them.

Nothing of OpenTelemetry is known here: where the extra `traces` is installed and a collector is set, `spans` is its way
in, see `gateway.monitoring.traces`. Else spans are nothing, and only a caller's own `traceparent` goes on to whomever
we call, and its id into the log.
"""

import re
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from contextvars import ContextVar, Token
from typing import Any, Protocol, TypeVar

TRACEPARENT = b"traceparent"

_FORM = re.compile(rb"(?!ff)[0-9a-f]{2}-(?!0{32})([0-9a-f]{32})-(?!0{16})[0-9a-f]{16}-([0-9a-f]{2})(?:-[!-~]{0,64})?")

_given: ContextVar[bytes | None] = ContextVar("traceparent", default=None)

Asked = TypeVar("Asked")
Answered = TypeVar("Answered")
Attributes = Mapping[str, str | int | float | bool]

NOTHING: AbstractContextManager[Any] = nullcontext()


class Spans(Protocol):
    """Records spans. Each is the child of the one that is open where it begins."""

    def wants(self, given: bytes | None) -> bool:
        """Whether a request with that `traceparent`, or without one, is to be recorded."""
        ...

    def server(self, given: bytes | None, name: str, attributes: Attributes) -> AbstractContextManager[Any]:
        """That of a request that is to be recorded, in its caller's trace where it is in one."""
        ...

    def root(self, name: str, attributes: Attributes) -> AbstractContextManager[Any]:
        """That of work which no request waits for; `NOTHING`, where it is not to be recorded."""
        ...

    def child(self, name: str, attributes: Attributes, *, is_client: bool) -> AbstractContextManager[Any]:
        """That of a part of what is recorded."""
        ...

    def note(self, attributes: Attributes, name: str | None = None) -> None:
        """What is known meanwhile of the span that is open, and a better name for it."""
        ...

    def trace_id(self) -> str | None:
        """That of the span that is open; None where nothing is recorded."""
        ...

    def traceparent(self) -> str | None:
        """What tells others of the span that is open; likewise."""
        ...


recorded: ContextVar[bool] = ContextVar("recorded", default=False)
"""Whether a span is open here that is recorded: to ask OpenTelemetry costs ten times as much."""

spans: Spans | None = None


def use(recorder: Spans | None) -> None:
    """From now on spans are recorded by it, or not any more."""
    global spans
    spans = recorder


def root(name: str, **attributes: str | int) -> AbstractContextManager[Any]:
    return NOTHING if spans is None else spans.root(name, _dotted(attributes))


def child(name: str, *, is_client: bool = False, **attributes: str | int) -> AbstractContextManager[Any]:
    """In an attribute's name, `__` stands for a dot."""
    if spans is None or not recorded.get():
        return NOTHING
    return spans.child(name, _dotted(attributes), is_client=is_client)


def note(**attributes: str | int) -> None:
    if spans is not None and recorded.get():
        spans.note(_dotted(attributes))


def take(given: bytes | None) -> "Token[bytes | None] | None":
    """A request came with this `traceparent`. What is none counts as none: anything else could forge log lines."""
    return _given.set(given) if given is not None and _FORM.fullmatch(given) else None


def leave(token: "Token[bytes | None] | None") -> None:
    if token is not None:
        _given.reset(token)


def trace_id() -> str | None:
    """The id of the trace that goes on here, in 32 digits."""
    if spans is not None and recorded.get():
        return spans.trace_id()
    given = _given.get()
    return None if given is None else given[3:35].decode()


def propagated() -> dict[str, str]:
    """The headers that tell whomever we call of the trace."""
    if spans is not None and recorded.get() and (ours := spans.traceparent()) is not None:
        return {"traceparent": ours}
    given = _given.get()
    return {} if given is None else {"traceparent": given.decode()}


async def propagate(request: Any) -> None:
    """A hook of an HTTP client, for each request that it sends."""
    request.headers.update(propagated())


def is_sampled(given: bytes | None) -> bool | None:
    """Whether the caller records this trace; None where that is not said."""
    form = None if given is None else _FORM.fullmatch(given)
    return None if form is None else bool(int(form[2], 16) & 1)


def waited_for(submit: Callable[[Asked], Awaitable[Answered]]) -> Callable[[Asked], Awaitable[Answered]]:
    """The same, with a span for as long as a caller waits for the writer."""

    async def traced(asked: Asked) -> Answered:
        name = f"{len(asked)} commands" if isinstance(asked, Sequence) else type(asked).__name__
        with child("write", gateway__command=name):
            return await submit(asked)

    return traced


def _dotted(attributes: Mapping[str, str | int]) -> Attributes:
    return {name.replace("__", "."): value for name, value in attributes.items()}
