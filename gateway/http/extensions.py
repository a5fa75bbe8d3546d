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


@runtime_checkable
class Leaving(Protocol):
    """What the application does in a process that stops, and when: its server says."""

    drain_s: float
    """How long the process goes on as if it had not been told, so that load balancers learn of it."""

    @property
    def streams(self) -> int:
        """How many are open."""

    def tell(self, *, is_replaced: bool) -> None:
        """The process was told to stop; another serves in its place already where it is replaced."""

    def end_streams(self) -> None:
        """Nobody listens any more: whoever loses a stream now finds another process."""

    def cut_off(self, scope: Scope) -> WholeAnswer:
        """What a request gets that was not answered in time."""


class NothingToSay:
    """Of an application that knows nothing of this."""

    drain_s = 0.0
    streams = 0

    def tell(self, *, is_replaced: bool) -> None:
        pass

    def end_streams(self) -> None:
        pass

    def cut_off(self, _scope: Scope) -> WholeAnswer:
        return 503, b"content-length: 0\r\n", b""


def leaving_of(app: object) -> Leaving:
    """That of a Starlette application."""
    found = getattr(getattr(app, "state", None), "leaving", None)
    return found if isinstance(found, Leaving) else NothingToSay()
