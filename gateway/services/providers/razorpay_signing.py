"""What Razorpay signs: the browser's proof and its webhooks, each an HMAC-SHA256 in hexadecimal."""

import hmac
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from hashlib import sha256

from gateway.services.core.proofs import RazorpayProof
from gateway.services.providers.base import BadSignature, Notice

ORDER_ID = re.compile(r"order_[A-Za-z0-9]{1,64}")
_EVENT_ID = re.compile(r"[\x21-\x7e]{1,200}")


def is_proven(proof: RazorpayProof, order_id: str, key_secret: str) -> bool:
    """Whether Razorpay handed this proof out for that order, which is the payment's own, not the browser's word."""
    return _is_signed(key_secret, f"{order_id}|{proof.payment_id}".encode(), proof.signature)


def read_webhook(headers: Mapping[str, str], body: bytes, secrets: Sequence[str]) -> Notice:
    """The event in a webhook's raw body, once one of the secrets is found to have signed it.

    Razorpay signs no time, so an old event is told from a new one by its id alone. The id comes beside the signed
    body: one that was changed on the way has the event handled again, which changes nothing.

    Raises:
        BadSignature: none of them signed it, or it is no event.
    """
    signature = headers.get("x-razorpay-signature", "")
    if not any(_is_signed(secret, body, signature) for secret in secrets):
        raise BadSignature("none of the webhook secrets signed it")
    event = _event(body)
    event_id = headers.get("x-razorpay-event-id", "")
    if not _EVENT_ID.fullmatch(event_id):
        event_id = f"sha256_{sha256(body).hexdigest()}"
    return Notice(event_id, str(event.get("event"))[:100], tuple(dict.fromkeys(_order_ids(event))))


def _is_signed(secret: str, message: bytes, signature: str) -> bool:
    expected = hmac.new(secret.encode(), message, sha256).hexdigest()
    return hmac.compare_digest(expected.encode(), signature.encode(errors="replace"))


def _event(body: bytes) -> Mapping[str, object]:
    try:
        event = json.loads(body)
    except ValueError:
        event = None
    if not isinstance(event, dict):
        raise BadSignature("it is signed, but is no event")
    return event


def _order_ids(event: Mapping[str, object]) -> Iterator[str]:
    """The orders in an event's payload: themselves, or named by the payments in it. Every event about money has one:
    those of refunds and disputes carry their payment."""
    payload = event.get("payload")
    for part in payload.values() if isinstance(payload, dict) else ():
        entity = part.get("entity") if isinstance(part, dict) else None
        if isinstance(entity, dict):
            order_id = entity.get("id") if entity.get("entity") == "order" else entity.get("order_id")
            if isinstance(order_id, str) and ORDER_ID.fullmatch(order_id):
                yield order_id
