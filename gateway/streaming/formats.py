"""How results are written into the body of an HTTP response: as server-sent events, or as multipart.

Server-sent events are in distinct connections mode: each result an event, then `complete`. Their lines end with LF
alone: urql looks for two of them, and finds none where there are carriage returns in between.

Multipart is as Apollo's clients read it (`subscriptionSpec=1.0`). A reader takes a part when it sees the boundary after
it, so that each part brings its own. Without the last boundary, Apollo takes the body for a broken one.
"""

from collections.abc import Callable
from dataclasses import dataclass

from gateway.execution.operations import Payload
from gateway.http.json import write


@dataclass(frozen=True, slots=True)
class Format:
    """The bytes of a body: its opening, a part for each result, its closing, and the beat that is sent whenever
    nothing was for `beat_s` seconds, so that no proxy takes the connection for a dead one."""

    media_type: str
    opening: bytes
    part: Callable[[Payload], bytes]
    closing: bytes
    beat: bytes
    beat_s: float


EVENTS_BEAT_S = 12.0
"""Proxies commonly close a connection that was silent for a minute, some after half of that."""

PARTS_BEAT_S = 5.0
"""What Apollo's own router does."""


def _event(payload: Payload) -> bytes:
    return b"event: next\ndata: " + write(payload) + b"\n\n"


def _part(content: object) -> bytes:
    return b"\r\nContent-Type: application/json\r\n\r\n" + write(content) + b"\r\n--graphql"


def _payload_part(payload: Payload) -> bytes:
    return _part({"payload": payload})


SSE = Format(
    media_type="text/event-stream",
    opening=b"",
    part=_event,
    closing=b"event: complete\ndata:\n\n",  # with a data line: browsers drop events that have none
    beat=b":\n\n",
    beat_s=EVENTS_BEAT_S,
)

MULTIPART = Format(
    media_type='multipart/mixed;boundary="graphql";subscriptionSpec=1.0',
    opening=b"--graphql",
    part=_payload_part,
    closing=b"--\r\n",
    beat=_part({}),
    beat_s=PARTS_BEAT_S,
)
