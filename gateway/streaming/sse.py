"""GraphQL over server-sent events, in distinct connections mode: each result an event, then `complete`.

Lines end with LF alone: urql looks for two of them, and finds none where there are carriage returns in between.
"""

from gateway.streaming.format import Format
from gateway.streaming.operation import Payload, encoded

BEAT_S = 12.0
"""Proxies commonly give up a connection on which nothing came for a minute, some for half of it."""


def _part(payload: Payload) -> bytes:
    return b"event: next\ndata: " + encoded(payload) + b"\n\n"


SSE = Format(
    media_type="text/event-stream",
    opening=b"",
    part=_part,
    closing=b"event: complete\ndata:\n\n",  # with a data line: browsers drop events that have none
    beat=b":\n\n",
    beat_s=BEAT_S,
)
