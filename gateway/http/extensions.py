"""What our own server asks of its application besides ASGI. Another server knows nothing of it, and has all by ASGI."""

from typing import Protocol, runtime_checkable

from starlette.types import Scope

WholeAnswer = tuple[int, bytes, bytes | memoryview]
"""Its status, its headers as lines, and its body.

The lines are not looked at: each must be a header as HTTP/1.1 has it, with a CRLF, and none about the connection.
"""


@runtime_checkable
class Straight(Protocol):
    """Answers what is usual, without ASGI's messages. `url` is that of the POSTs which it should be asked about."""

    url: bytes

    async def answer(self, scope: Scope, body: bytes) -> WholeAnswer | None:
        """What a request with this whole body gets; None, where nothing was done, and the application has to say."""


def straight_of(app: object) -> Straight | None:
    """The straight way of a Starlette application; of one that stands behind another's middleware there is none."""
    first = getattr(app, "middleware_stack", None)
    return first if isinstance(first, Straight) else None
