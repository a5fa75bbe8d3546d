"""The reasons for which a WebSocket is closed, as its client sees them."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Close:
    """A close code of graphql-transport-ws, or of RFC 6455, with its reason in at most 123 bytes."""

    code: int
    reason: str


TOO_LONG = Close(1009, "The message is too long")
BAD_DATA = Close(4400, "A message must be text")
UNACKNOWLEDGED = Close(4401, "Unauthorized")
# Clients try again after 4403, with a new token, and never after 4401.
FORBIDDEN = Close(4403, "Forbidden")
TOKEN_EXPIRED = Close(4403, "The token has expired")
STOPPING = Close(1012, "This server stops")
TRY_LATER = Close(1013, "Tokens cannot be judged now; try again later")
TOO_MANY = Close(1013, "You have too many sockets; close one, or try again later")
NO_ROOM = Close(1013, "Others need the room, and nothing is under way here; connect again when it is")
CONNECTS_TOO_OFTEN = Close(1013, "You connect too often; try again later")
IDLE = Close(1000, "Nothing was under way for too long")
INIT_LATE = Close(4408, "Connection initialisation timeout")
INIT_TWICE = Close(4429, "Too many initialisation requests")
TOO_OFTEN = Close(4429, "Too many messages")
FAILED = Close(4500, "Internal server error")
