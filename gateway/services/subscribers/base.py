"""What every subscriber to our events has in common, whatever its protocol."""

from typing import Protocol

from gateway.services.core.model.events import OutgoingEvent


class Undelivered(Exception):
    """The subscriber did not take the event, or nobody knows whether it did. The text is for the job's list: it names
    no secret and no query of the address."""

    def __init__(self, reason: str, retry_after_s: int = 0) -> None:
        super().__init__(reason)
        self.retry_after_s = retry_after_s


class Subscriber(Protocol):
    """Where events are sent. `send` ends by its own deadline, and is never called inside a transaction."""

    @property
    def name(self) -> str:
        """The name in jobs: the same after a restart, and without a secret."""
        ...

    def wants(self, event_type: str) -> bool:
        """Whether events of that type are sent to it."""
        ...

    async def send(self, event: OutgoingEvent) -> None:
        """Send the event; it may have been sent before.

        Raises:
            Undelivered: it is to be sent again.
        """
        ...

    async def close(self) -> None:
        """Close the connections to the subscriber."""
        ...
