"""Streams over real HTTP and real WebSockets, read as they come."""

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import httpx
from websockets.sync.client import ClientConnection, connect
from websockets.typing import Subprotocol

from tests.served.gateway import Person

Answer = dict[str, Any]

PAYMENT = "subscription($id: ID!) { payment(id: $id) { id status } }"
PAYMENT_WHOLE = "subscription($id: ID!) { payment(id: $id) { id status purchase { id status } refunds { status } } }"
PURCHASES = "subscription($courseId: ID) { purchases(courseId: $courseId) { id status student { id } } }"
CHANGED = "subscription($kinds: [ChangedKind!]) { changed(kinds: $kinds) { kinds } }"

SSE = "text/event-stream"
MULTIPART = "multipart/mixed;boundary=graphql;subscriptionSpec=1.0,application/graphql-response+json"
TOO_LONG_S = 30
"""What no step takes, and no test waits for without end."""


@dataclass
class Events:
    """An event stream under way: its bytes, each event when it is asked for."""

    response: httpx.Response
    chunks: Iterator[bytes]
    read: bytes = b""

    def raw(self) -> bytes:
        """The next event or comment, with the empty line that ends it."""
        return self.until(b"\n\n")

    def until(self, end: bytes) -> bytes:
        """The bytes up to and with `end`."""
        while end not in self.read:
            self.read += next(self.chunks)
        found, _, self.read = self.read.partition(end)
        return found + end

    def next(self) -> Answer:
        """The next result; beats are passed over."""
        event = self.raw()
        while event.startswith(b":"):
            event = self.raw()
        assert event.startswith(b"event: next\ndata: {"), event
        result: Answer = json.loads(event.removeprefix(b"event: next\ndata: "))
        return result

    def data(self) -> Answer:
        """The next result's one field, which has no errors."""
        result = self.next()
        assert "errors" not in result, result
        [field] = result["data"].values()
        found: Answer = field
        return found

    def rest(self) -> bytes:
        return self.read + b"".join(self.chunks)


@contextmanager
def events(caller: Person, query: str, accept: str = SSE, **variables: object) -> Iterator[Events]:
    """An operation that is streamed over HTTP; left at the end."""
    headers = {**caller.headers(), "Accept": accept}
    body = {"query": query, "variables": variables}
    with (
        httpx.Client(timeout=TOO_LONG_S) as client,
        client.stream("POST", caller.url, json=body, headers=headers) as response,
    ):
        assert response.status_code == 200, response.read()
        yield Events(response, response.iter_bytes())


@dataclass
class Socket:
    """A WebSocket of graphql-transport-ws."""

    connection: ClientConnection

    def send(self, **message: object) -> None:
        self.connection.send(json.dumps(message))

    def next(self) -> Answer:
        text = self.connection.recv(timeout=TOO_LONG_S)
        assert isinstance(text, str), "the protocol speaks in text"
        message: Answer = json.loads(text)
        return message

    def subscribe(self, operation_id: str, query: str, **variables: object) -> None:
        self.send(type="subscribe", id=operation_id, payload={"query": query, "variables": variables})

    def data(self, operation_id: str) -> Answer:
        """The next message, which is a result of that operation: its one field."""
        message = self.next()
        assert (message["type"], message["id"]) == ("next", operation_id), message
        [field] = message["payload"]["data"].values()
        found: Answer = field
        return found


@contextmanager
def opened(
    url: str, headers: Mapping[str, str] | None = None, protocol: str = "graphql-transport-ws"
) -> Iterator[Socket]:
    """A socket before its `connection_init`."""
    address = url.replace("http://", "ws://")
    with connect(
        address, subprotocols=[Subprotocol(protocol)], additional_headers=headers, open_timeout=TOO_LONG_S
    ) as connection:
        yield Socket(connection)


@contextmanager
def connected(caller: Person) -> Iterator[Socket]:
    """A socket that speaks for somebody, acknowledged."""
    with opened(caller.url) as socket:
        socket.send(type="connection_init", payload=caller.headers())
        assert socket.next() == {"type": "connection_ack"}
        yield socket
