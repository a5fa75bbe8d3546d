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

IDLE_S = 120.0
"""How long a WebSocket may be open with nothing under way, whatever is said on it: pings ask for nothing. Clients open
another when they need one."""

MOST_MESSAGES, MESSAGES_PER_S = 500, 50.0
"""Messages that a client may send at once, and a second after that: each operation a socket may have, begun and
completed twice."""

MESSAGE_BYTES = 4_096
"""A message counts once more for each so many, as reading a long one takes longer."""


@dataclass(frozen=True, slots=True)
class Bounds:
    """The bounds of one connection."""

    init_s: float = INIT_S
    stalled_s: float = STALLED_S
    most_operations: int = MOST_OPERATIONS
    most_message_bytes: int = MOST_MESSAGE_BYTES
    idle_s: float = IDLE_S
    most_messages: int = MOST_MESSAGES
    messages_per_s: float = MESSAGES_PER_S
