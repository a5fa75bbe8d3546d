"""The bounds of streams, each with its reason."""

from dataclasses import dataclass

STALLED_S = 30.0
"""How long a send may wait for a reader that does not read, before the connection is given up."""

MOST_OPERATIONS = 100
"""Operations under way on one WebSocket: many times what a page needs, and what one connection may cost us."""

MOST_MESSAGE_BYTES = 256 * 1024
"""Of one WebSocket message: a document of the most tokens that we take, with its variables."""

INIT_S = 10.0
"""How long a WebSocket may be open without a `connection_init`."""


@dataclass(frozen=True, slots=True)
class Bounds:
    """What one connection may cost, see `limits`."""

    init_s: float = INIT_S
    stalled_s: float = STALLED_S
    most_operations: int = MOST_OPERATIONS
    most_message_bytes: int = MOST_MESSAGE_BYTES
