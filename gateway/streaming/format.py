"""How results are written into the body of an HTTP response."""

from collections.abc import Callable
from dataclasses import dataclass

from gateway.streaming.operation import Payload


@dataclass(frozen=True, slots=True)
class Format:
    """The bytes of a body: its opening, a part for each result, its closing, and the beat that is sent whenever
    nothing was for `beat_s` seconds, so that nobody on the way takes the connection for a dead one."""

    media_type: str
    opening: bytes
    part: Callable[[Payload], bytes]
    closing: bytes
    beat: bytes
    beat_s: float
