"""The client's messages of graphql-transport-ws: what is understood, and what is not."""

import json

import pytest

from gateway.execution.operations import Operation
from gateway.streaming.messages import BadMessage, Complete, Init, Ping, Pong, Subscribe, read

QUERY = "{ viewer { id } }"


@pytest.mark.parametrize(
    ("message", "meaning"),
    [
        ({"type": "connection_init"}, Init(None)),
        ({"type": "connection_init", "payload": None}, Init(None)),
        ({"type": "connection_init", "payload": {"other": 1}}, Init(None)),
        ({"type": "connection_init", "payload": {"Authorization": "Bearer x"}}, Init("Bearer x")),
        ({"type": "connection_init", "payload": {"authorization": "Bearer x"}}, Init("Bearer x")),
        ({"type": "connection_init", "payload": {"authorization": None}}, Init(None)),
        ({"type": "ping"}, Ping()),
        ({"type": "pong", "payload": {"a": 1}}, Pong()),
        ({"type": "complete", "id": "1"}, Complete("1")),
        ({"type": "subscribe", "id": "1", "payload": {"query": QUERY}}, Subscribe("1", Operation(QUERY))),
        (
            {"type": "subscribe", "id": "1", "payload": {"query": QUERY, "variables": {"a": 1}, "operationName": "A"}},
            Subscribe("1", Operation(QUERY, {"a": 1}, "A")),
        ),
    ],
)
def test_a_message_is_understood(message: object, meaning: object) -> None:
    assert read(json.dumps(message)) == meaning


@pytest.mark.parametrize(
    "text",
    [
        "",
        "x",
        "[]",
        "null",
        "1",
        "[" * 100_000,
        '{"type": 1}',
        '{"type": "start"}',
        '{"payload": {}}',
        '{"type": "connection_init", "payload": []}',
        '{"type": "connection_init", "payload": {"authorization": 5}}',
        '{"type": "connection_init", "payload": {"authorization": "a", "Authorization": "b"}}',
        '{"type": "ping", "payload": "x"}',
        '{"type": "complete"}',
        '{"type": "complete", "id": ""}',
        '{"type": "complete", "id": 1}',
        '{"type": "subscribe", "id": "1"}',
        '{"type": "subscribe", "payload": {"query": "{ a }"}}',
        '{"type": "subscribe", "id": "1", "payload": {"query": 1}}',
        '{"type": "subscribe", "id": "1", "payload": {"query": "{ a }", "variables": []}}',
        '{"type": "subscribe", "id": "1", "payload": {"query": "{ a }", "operationName": 1}}',
        '{"type": "subscribe", "id": "1", "payload": {"query": "{ a }", "extensions": 1}}',
    ],
)
def test_anything_else_is_refused_in_words_that_a_close_frame_holds(text: str) -> None:
    with pytest.raises(BadMessage) as raised:
        read(text)
    assert 0 < len(str(raised.value).encode()) <= 123
