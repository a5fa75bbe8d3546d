"""Whom the stories of `everything` tell."""

from gateway.services.core.model.events import OutgoingEvent
from gateway.services.subscribers.base import Undelivered

SUBSCRIBER = "platform"


class Platform:
    """A subscriber that takes most of what it is sent."""

    name = SUBSCRIBER
    is_away = False

    def wants(self, event_type: str) -> bool:
        return True

    async def send(self, event: OutgoingEvent) -> None:
        if self.is_away:
            raise Undelivered("HTTP 503", 60)

    async def close(self) -> None:
        """Nothing is open."""
