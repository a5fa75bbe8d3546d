"""The bounds of streams, each with its reason."""

from dataclasses import dataclass

STALLED_S = 30.0
"""How long a send may wait for a client that does not read, before the connection is closed."""

MOST_OPERATIONS = 100
"""Operations under way on one WebSocket: many times what a page needs, and still affordable."""

MOST_MESSAGE_BYTES = 256 * 1024
"""The size of a WebSocket message: a document of the most tokens that are accepted, with its variables."""

INIT_S = 10.0
"""How long a WebSocket may be open without a `connection_init`."""


@dataclass(frozen=True, slots=True)
class Bounds:
    """The bounds of one connection."""

    init_s: float = INIT_S
    stalled_s: float = STALLED_S
    most_operations: int = MOST_OPERATIONS
    most_message_bytes: int = MOST_MESSAGE_BYTES
