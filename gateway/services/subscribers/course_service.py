"""The old course service: each new purchase is sent to it by the POST that the old payment service used."""

import json
from collections.abc import Mapping
from typing import cast

import httpx

from gateway.services.core.legacy.body import BESIDE
from gateway.services.core.model.events import OutgoingEvent
from gateway.services.core.rules.inputs.metadata import MOST_LABELS
from gateway.services.subscribers.http_delivery import DEADLINE_S, Clock, HttpDelivery

NAME = "course-service"
PATH = "/api/v1/purchases"

_CREATED = "purchase.created"
_MEANT = BESIDE | {"isSundayOnly", "sessionDuration", "timeSlot", "timeZone", "date"}
"""Names that have a meaning in the old form: a label with such a name is left out, or it would change what is
bought."""

Snapshot = Mapping[str, object]


class CourseServiceSubscriber:
    """The course service at `url`. A 409 counts as done, as it did for the old payment service: the purchase is there.

    Args:
        token: a bearer token, if it asks for one.
        clock: the present instant, by which a date in Retry-After is counted.
        deadline_s: what a delivery may take in all: the old time-out.
    """

    name = NAME

    def __init__(
        self,
        url: str,
        token: str | None = None,
        *,
        clock: Clock,
        deadline_s: float = DEADLINE_S,
        transport: httpx.AsyncBaseTransport | None = None,
    ) -> None:
        self._authorization = {"authorization": f"Bearer {token}"} if token else {}
        self._delivery = HttpDelivery(url.rstrip("/") + PATH, clock, deadline_s, transport, taken=frozenset({409}))

    def wants(self, event_type: str) -> bool:
        return event_type == _CREATED

    async def send(self, event: OutgoingEvent) -> None:
        # In UTF-8: written as escapes, the longest labels would take more than the 64 KiB that our own route reads.
        body = json.dumps(old_body(cast("Snapshot", event.data["purchase"])), ensure_ascii=False).encode()
        # A service that knows the key, as our own route does, answers a repeat with the first result.
        headers = {"content-type": "application/json", "idempotency-key": str(event.id), **self._authorization}
        await self._delivery.post(body, headers)

    async def close(self) -> None:
        await self._delivery.close()


def old_body(purchase: Snapshot) -> dict[str, object]:
    """The old payment service's body for a purchase, with ids as UUIDs, the only form that the course service knows."""
    access = cast("Snapshot", purchase["access"])
    body = {
        "studentId": purchase["studentId"],
        "courseId": purchase["courseId"],
        "purchaseTier": purchase["tier"],
        "expiryDate": access["expiresAt"],
        "metadata": _old_metadata(cast("Snapshot", purchase["metadata"]), purchase["paymentId"]),
    }
    return _given(body)


def _old_metadata(metadata: Snapshot, payment_id: object) -> dict[str, object]:
    """The form that `legacy.body` reads, with the payment among the labels."""
    slot = cast("Snapshot", metadata["timeSlot"])
    meant = {
        "isSundayOnly": metadata["isSundayOnly"],
        "sessionDuration": metadata["sessionDuration"],
        "timeSlot": slot["start"],
        "timeZone": slot["timeZone"],
        "date": metadata["date"],
    }
    return {**_entries_of_their_own(metadata, payment_id), **_given(meant)}


def _entries_of_their_own(metadata: Snapshot, payment_id: object) -> dict[str, object]:
    """The labels and, where there is room for one more, the payment, which replaces a label of the same name."""
    labels = cast("list[Snapshot]", metadata["labels"])
    entries = {str(label["key"]): label["value"] for label in labels if label["key"] not in _MEANT}
    if payment_id is not None and len(entries.keys() - {"paymentId"}) < MOST_LABELS:
        entries["paymentId"] = payment_id
    return entries


def _given(entries: Snapshot) -> dict[str, object]:
    return {name: value for name, value in entries.items() if value is not None}
