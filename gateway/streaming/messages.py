"""The messages of graphql-transport-ws that a client sends, read and checked."""

import json
from dataclasses import dataclass
from typing import Any

from gateway.execution.operations import Operation


class BadMessage(Exception):
    """It is none of the protocol's messages. Its text goes to the client, in at most 123 bytes."""


@dataclass(frozen=True, slots=True)
class Init:
    """`authorization` is that of its payload, as an HTTP header's value."""

    authorization: str | None


@dataclass(frozen=True, slots=True)
class Ping:
    pass


@dataclass(frozen=True, slots=True)
class Pong:
    pass


@dataclass(frozen=True, slots=True)
class Subscribe:
    id: str
    operation: Operation


@dataclass(frozen=True, slots=True)
class Complete:
    id: str


ClientMessage = Init | Ping | Pong | Subscribe | Complete


def read(text: str) -> ClientMessage:
    """Parse a client's message.

    Raises:
        BadMessage: it is not a message of the protocol.
    """
    try:
        message = json.loads(text)
    except (ValueError, RecursionError):  # malformed, or nested without end
        raise BadMessage("A message must be a JSON object.") from None
    if not isinstance(message, dict):
        raise BadMessage("A message must be a JSON object.")
    match message.get("type"):
        case "connection_init":
            return Init(_authorization(_object(message, "payload") or {}))
        case "ping":
            _object(message, "payload")
            return Ping()
        case "pong":
            return Pong()
        case "subscribe":
            return _subscribe(message, len(text))
        case "complete":
            return Complete(_text(message, "id"))
        case _:
            raise BadMessage("A message must have a type of graphql-transport-ws.")


def _subscribe(message: dict[str, Any], size: int) -> Subscribe:
    payload = _object(message, "payload") or {}
    name = payload.get("operationName")
    if not isinstance(name, str | None):
        raise BadMessage("operationName must be a string.")
    query, variables, extensions = (
        _text(payload, "query"),
        _object(payload, "variables"),
        _object(payload, "extensions"),
    )
    operation = Operation(query, variables, name, extensions, variables_bytes=size - len(query))
    return Subscribe(_text(message, "id"), operation)


def _authorization(payload: dict[str, Any]) -> str | None:
    """As an HTTP header's, its name may be in any case."""
    given = [value for name, value in payload.items() if name.lower() == "authorization" and value is not None]
    if not given:
        return None
    if len(given) > 1 or not isinstance(given[0], str):
        raise BadMessage("There must be one Authorization, a string.")
    return given[0]


def _text(message: dict[str, Any], name: str) -> str:
    value = message.get(name)
    if not isinstance(value, str) or not value:
        raise BadMessage(f"{name} must be a string that is not empty.")
    return value


def _object(message: dict[str, Any], name: str) -> dict[str, Any] | None:
    value = message.get(name)
    if not isinstance(value, dict | None):
        raise BadMessage(f"{name} must be an object.")
    return value
