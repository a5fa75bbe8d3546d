"""The bytes of streams, read as the clients' own parsers read them."""

import json
import re
from collections.abc import Iterator

import pytest

from gateway.execution.operations import Payload
from gateway.http.json import write
from gateway.streaming.formats import MULTIPART, SSE, Format

PAYLOADS: list[Payload] = [
    {"data": {"payment": {"status": "PROCESSING"}}},
    {"data": {"text": "one\ntwo\r\n\r\n--graphql\n\ndata: x"}},
    {"data": None, "errors": [{"message": "\ud800 “é”"}]},
]


def body(written: Format, payloads: list[Payload]) -> str:
    parts = [each for payload in payloads for each in (written.beat, written.part(payload), written.beat)]
    return b"".join([written.opening, *parts, written.closing]).decode()


def read_by_urql(text: str) -> Iterator[Payload]:
    """As `parseEventStream` of @urql/core: split at empty lines, and the data of each piece."""
    for chunk in text.split("\n\n"):
        if found := re.search(r"(?:^|\n)data: ([^\n]+)", chunk):
            yield json.loads(found[1])


def read_by_apollo(text: str) -> Iterator[Payload]:
    """As `consumeMultipartBody` of @apollo/client: split at the boundary, until the last one."""
    buffer = text
    while "\r\n--graphql" in buffer:
        message, _, buffer = buffer.partition("\r\n--graphql")
        part = json.loads(message[message.index("\r\n\r\n") :])
        if part:
            yield part["payload"]
        if buffer.startswith("--"):
            return
    raise AssertionError("premature end of multipart body")


def test_urql_reads_every_event() -> None:
    assert list(read_by_urql(body(SSE, PAYLOADS))) == PAYLOADS


def test_apollo_reads_every_part() -> None:
    assert list(read_by_apollo(body(MULTIPART, PAYLOADS))) == PAYLOADS


def test_an_event_stream_has_no_carriage_return() -> None:
    assert "\r" not in body(SSE, PAYLOADS)


def test_the_boundary_comes_with_its_part_so_that_nobody_waits_for_the_next() -> None:
    assert MULTIPART.part({"data": None}).endswith(b"}\r\n--graphql")


@pytest.mark.parametrize("payload", PAYLOADS)
def test_a_payload_is_one_line(payload: Payload) -> None:
    assert json.loads(write(payload)) == payload
    assert b"\n" not in write(payload)
