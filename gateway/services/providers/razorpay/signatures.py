"""What Razorpay signs: the browser's proof and its webhooks, each an HMAC-SHA256 in hexadecimal."""

import hmac
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from hashlib import sha256

from gateway.services.core.model.proofs import RazorpayProof
from gateway.services.providers.base import BadSignature, WebhookEvent
from gateway.services.providers.webhook_bodies import plain, read_object, texts

ORDER_ID = re.compile(r"order_[A-Za-z0-9]{1,64}")


def is_proven(proof: RazorpayProof, order_id: str, key_secret: str) -> bool:
    """Whether Razorpay handed this proof out for that order, which is the payment's own, not the browser's word."""
    return _is_signed(key_secret, f"{order_id}|{proof.payment_id}".encode(), proof.signature)


def read_webhook(headers: Mapping[str, str], body: bytes, secrets: Sequence[str]) -> WebhookEvent:
    """The event in a webhook's raw body, once one of the secrets is found to have signed it.

    Razorpay signs the body and nothing else: no time, and not the id in `X-Razorpay-Event-Id`, under which whoever has
    one signed body could send it as any number of events, or as one that is yet to be found in Razorpay's lists. So an
    event is what was signed, known by the digest of its bytes, and that header is not read.

    Raises:
        BadSignature: none of them signed it, or it is no event.
    """
    signature = headers.get("x-razorpay-signature", "")
    if not any(_is_signed(secret, body, signature) for secret in secrets):
        raise BadSignature("none of the webhook secrets signed it")
    event = read_object(body)
    kind = plain(event.get("event"))
    entities = list(_entities(event))
    return WebhookEvent(event_id_of(body), kind, tuple(dict.fromkeys(_order_ids(entities))), _said(entities))


def event_id_of(body: bytes) -> str:
    """The id of what was signed."""
    return f"sha256_{sha256(body).hexdigest()}"


def _is_signed(secret: str, message: bytes, signature: str) -> bool:
    expected = hmac.new(secret.encode(), message, sha256).hexdigest()
    return hmac.compare_digest(expected.encode(), signature.encode(errors="replace"))


def _entities(event: Mapping[str, object]) -> Iterator[Mapping[str, object]]:
    payload = event.get("payload")
    for part in payload.values() if isinstance(payload, dict) else ():
        entity = part.get("entity") if isinstance(part, dict) else None
        if isinstance(entity, dict):
            yield entity


def _order_ids(entities: Iterable[Mapping[str, object]]) -> Iterator[str]:
    """The orders in an event's payload: themselves, or named by the payments in it. Every event about money has one:
    those of refunds and disputes carry their payment."""
    for entity in entities:
        order_id = entity.get("id") if _is_order(entity) else entity.get("order_id")
        if isinstance(order_id, str) and ORDER_ID.fullmatch(plain(order_id)):
            yield order_id


def _said(entities: Iterable[Mapping[str, object]]) -> dict[str, Mapping[str, str]]:
    """The notes of the orders that are shown. Those of a payment say nothing of its order: the browser writes them."""
    shown = ((str(entity.get("id")), texts(entity.get("notes"))) for entity in entities if _is_order(entity))
    return {order_id: notes for order_id, notes in shown if notes is not None}


def _is_order(entity: Mapping[str, object]) -> bool:
    return entity.get("entity") == "order"
