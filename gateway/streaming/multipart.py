"""Subscriptions over multipart HTTP, as Apollo's clients read them (`subscriptionSpec=1.0`).

A reader takes a part when it sees the boundary after it, so that each part brings its own. Without the last boundary,
Apollo takes the body for a broken one.
"""

from gateway.streaming.format import Format
from gateway.streaming.operation import Payload, encoded

BEAT_S = 5.0
"""What Apollo's own router does."""


def _part(content: object) -> bytes:
    return b"\r\nContent-Type: application/json\r\n\r\n" + encoded(content) + b"\r\n--graphql"


def _result(payload: Payload) -> bytes:
    return _part({"payload": payload})


MULTIPART = Format(
    media_type='multipart/mixed;boundary="graphql";subscriptionSpec=1.0',
    opening=b"--graphql",
    part=_result,
    closing=b"--\r\n",
    beat=_part({}),
    beat_s=BEAT_S,
)
