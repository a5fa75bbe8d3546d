"""The kind of answer that a request asks for: JSON, server-sent events, or multipart."""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum, auto

from gateway.http.negotiation import remembered

JSON_TYPES = ("application/json", "application/graphql-response+json", "application/graphql+json")
WILDCARDS = ("*/*", "application/*")


class Kind(Enum):
    JSON = auto()
    SSE = auto()
    MULTIPART = auto()


@dataclass(frozen=True, slots=True)
class _Range:
    """One entry of an Accept header."""

    kind: Kind
    quality: float


class NoStream(Exception):
    """A subscription whose caller accepts no kind of stream that we have."""


def kind_of_answer(accept: str, *, is_subscription: bool) -> Kind:
    """The kind that suits the operation and the caller.

    A subscription is streamed to a caller that names a stream, however low on the list: nothing else can answer it. A
    query or a mutation is streamed only to a caller that prefers that to JSON, because some clients, such as urql, name
    event streams in every request. A wildcard names no stream: its sender reads JSON.

    Raises:
        NoStream: for a subscription whose caller named none.
    """
    kinds = _kinds(accept)
    if is_subscription:
        streams = [each for each in kinds if each is not Kind.JSON]
        if not streams:
            raise NoStream
        return streams[0]
    return next((each for each in kinds if each is not Kind.MULTIPART), Kind.JSON)


def names_stream(accept: str) -> bool:
    """Whether the caller accepts one of our streams."""
    return any(each is not Kind.JSON for each in _kinds(accept))


@remembered
def _kinds(accept: str) -> tuple[Kind, ...]:
    """The kinds that the caller accepts, the preferred first."""
    ranges = sorted(_ranges(accept), key=lambda each: -each.quality)  # stable: ties stay in the order of the list
    return tuple(each.kind for each in ranges)


def _ranges(accept: str) -> Iterator[_Range]:
    for entry in accept.lower().split(","):
        media_type, *parameters = (part.strip() for part in entry.split(";"))
        named = dict(parameter.partition("=")[::2] for parameter in parameters)
        kind = _kind(media_type, named)
        quality = _quality(named.get("q", "1"))
        if kind is not None and quality > 0:
            yield _Range(kind, quality)


def _kind(media_type: str, parameters: dict[str, str]) -> Kind | None:
    if media_type in JSON_TYPES or media_type in WILDCARDS:
        return Kind.JSON
    if media_type == "text/event-stream":
        return Kind.SSE
    is_ours = parameters.get("subscriptionspec", "").strip("\"'").startswith("1.")
    return Kind.MULTIPART if media_type == "multipart/mixed" and is_ours else None


def _quality(text: str) -> float:
    try:
        return min(max(float(text), 0.0), 1.0)
    except ValueError:
        return 1.0
