"""What everybody who is told of our events can be asked, whatever they speak."""

from typing import Protocol

from gateway.services.core.model.events import OutgoingEvent


class Undelivered(Exception):
    """The subscriber did not take the event, or nobody knows whether it did. The text is for the job's list: it names
    no secret and no query of the address."""

    def __init__(self, reason: str, retry_after_s: int = 0) -> None:
        super().__init__(reason)
        self.retry_after_s = retry_after_s


class Subscriber(Protocol):
    """Somebody who is told. `send` ends by its own deadline, and is never called inside a transaction."""

    @property
    def name(self) -> str:
        """By which jobs know it: the same after a restart, and without a secret."""
        ...

    def wants(self, event_type: str) -> bool:
        """Whether it is told of events of that type."""
        ...

    async def send(self, event: OutgoingEvent) -> None:
        """Hand the event over; it may have been handed over before.

        Raises:
            Undelivered: it is to be sent again.
        """
        ...

    async def close(self) -> None:
        """Give up what is open to the subscriber."""
        ...
