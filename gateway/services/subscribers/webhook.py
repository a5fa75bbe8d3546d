"""Subscribers by webhook: CloudEvents 1.0 in structured JSON, signed by Standard Webhooks."""

import json
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from typing import cast
from uuid import UUID

import httpx
from standardwebhooks import Webhook

from gateway.services.core.model.events import OutgoingEvent
from gateway.services.subscribers.http_delivery import DEADLINE_S, Clock, HttpDelivery

ToText = Callable[[str, UUID], str]
"""The text form of an id: of a type's prefix and a UUID."""

_EVENT = "evt"
_PREFIXES = {
    "purchase": {"id": "pur", "courseId": "crs", "paymentId": "pay", "supersedes": "pur"},
    "erasure": {"id": "ers"},
    "payment": {"id": "pay", "courseId": "crs", "purchaseId": "pur"},
    "session": {"id": "pur", "courseId": "crs", "purchaseId": "pur"},
}
"""For each subject of an event, the entries that are ids, and their prefixes. A student's id is the platform's own."""


class WebhookSubscriber:
    """An address to which every event is sent.

    Args:
        secrets: the signing secrets, `whsec_…`: each delivery is signed with all of them, so that a subscriber may
            verify with the old one or the new one while one replaces another.
        source: where events come from, a URI-reference: with the event's id it names one event in the world.
        clock: the present instant, of which a delivery is signed; a subscriber refuses one that is minutes old.
        deadline_s: what a delivery may take in all.
    """

    def __init__(
        self,
        name: str,
        url: str,
        secrets: Sequence[str],
        source: str,
        to_text: ToText,
        *,
        clock: Clock,
        deadline_s: float = DEADLINE_S,
        transport: httpx.AsyncBaseTransport | None = None,
    ) -> None:
        self.name = name
        self._source, self._to_text, self._clock = source, to_text, clock
        self._signers = [Webhook(secret) for secret in secrets]
        self._delivery = HttpDelivery(url, clock, deadline_s, transport)

    def wants(self, event_type: str) -> bool:
        return True

    async def send(self, event: OutgoingEvent) -> None:
        body = json.dumps(self._envelope(event), separators=(",", ":"))
        headers = {"content-type": "application/cloudevents+json", **self._signed(event, body)}
        await self._delivery.post(body.encode(), headers)

    async def close(self) -> None:
        await self._delivery.close()

    def _envelope(self, event: OutgoingEvent) -> dict[str, object]:
        """The event by CloudEvents 1.0.2 §3: the same on every attempt."""
        ((about, snapshot),) = event.data.items()
        prefixes = _PREFIXES[about]
        return {
            "specversion": "1.0",
            "id": self._id(event),
            "source": self._source,
            "type": event.type,
            "subject": self._to_text(prefixes["id"], event.subject_id),
            "time": event.at.astimezone(UTC).isoformat().replace("+00:00", "Z"),
            "datacontenttype": "application/json",
            "data": {about: self._shown(cast("Mapping[str, object]", snapshot), prefixes)},
        }

    def _shown(self, snapshot: Mapping[str, object], prefixes: Mapping[str, str]) -> dict[str, object]:
        """The snapshot with its ids as the API writes them."""
        ids = {
            name: self._to_text(prefix, UUID(str(snapshot[name])))
            for name, prefix in prefixes.items()
            if snapshot.get(name) is not None
        }
        return {**snapshot, **ids}

    def _signed(self, event: OutgoingEvent, body: str) -> dict[str, str]:
        """Standard Webhooks' headers: the id is the event's, so a repeat is known; the instant is the attempt's."""
        event_id = self._id(event)
        at = datetime.fromtimestamp(int(self._clock().timestamp()), UTC)  # in UTC, which the library takes for granted
        return {
            "webhook-id": event_id,
            "webhook-timestamp": str(int(at.timestamp())),
            "webhook-signature": " ".join(signer.sign(event_id, at, body) for signer in self._signers),
        }

    def _id(self, event: OutgoingEvent) -> str:
        return self._to_text(_EVENT, event.id)
