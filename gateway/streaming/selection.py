"""Which kind of answer a request asks for: one JSON object, or a stream, and which."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import Enum, auto
from itertools import islice

from graphql import GraphQLError, OperationDefinitionNode, OperationType, parse

from gateway.streaming.bounds import MOST_TOKENS

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
    """A subscription, of a caller who named no stream that we could answer it with."""


def kind_of_answer(accept: str, query: str | None, operation_name: str | None) -> Kind:
    """The kind that suits the operation and the caller.

    A subscription is streamed to whoever names a stream, however low on the list: nothing else can answer it. A query
    or a mutation is streamed only to who prefers that to JSON, for some clients, urql among them, name event streams
    in every request. A wildcard names no stream: who sends one reads JSON.

    Raises:
        NoStream: for a subscription whose caller named none.
    """
    ranges = sorted(_ranges(accept), key=lambda each: -each.quality)  # stable: ties stay in the order of the list
    if is_subscription(query, operation_name):
        streams = [each.kind for each in ranges if each.kind is not Kind.JSON]
        if not streams:
            raise NoStream
        return streams[0]
    return next((each.kind for each in ranges if each.kind is not Kind.MULTIPART), Kind.JSON)


def names_stream(headers: Mapping[str, str]) -> bool:
    """Whether the caller reads a stream of ours."""
    return any(each.kind is not Kind.JSON for each in _ranges(headers.get("accept", "")))


def is_subscription(query: str | None, operation_name: str | None) -> bool:
    """Whether the operation that would be executed is a subscription; False for what is no operation at all."""
    if query is None or "subscription" not in query:
        return False
    try:
        document = parse(query, no_location=True, max_tokens=MOST_TOKENS)
    except (GraphQLError, ValueError):  # it will be refused as what it is
        return False
    operations = (each for each in document.definitions if isinstance(each, OperationDefinitionNode))
    # Of several, Strawberry takes the first where none is named.
    named = (each for each in operations if operation_name in (None, each.name and each.name.value))
    return any(each.operation is OperationType.SUBSCRIPTION for each in islice(named, 1))


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
