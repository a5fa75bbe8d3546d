"""Stripe's webhooks: what proves that one is Stripe's, and which payments it speaks of."""

import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import stripe

from gateway.services.providers.base import BadSignature, Notice

TOLERANCE_S = 300
"""Stripe's own default: a webhook that was recorded on the way is of no use for longer."""


def read_event(signature: str, body: bytes, secrets: Sequence[str], now: datetime) -> Notice:
    """The event in a body that one of the secrets signed, at most so long ago.

    Raises:
        BadSignature
    """
    if not any(_is_signed(signature, body, secret) for secret in secrets):
        raise BadSignature("no signature of this endpoint's secrets fits the body")
    if abs(int(now.timestamp()) - _signed_at(signature)) > TOLERANCE_S:
        raise BadSignature("the signature's time is too far from the time here")
    return _notice(body)


def _is_signed(signature: str, body: bytes, secret: str) -> bool:
    """By Stripe's scheme v1, compared in constant time. Its time is judged by our clock, not by the library's."""
    try:
        stripe.WebhookSignature.verify_header(body, signature, secret, tolerance=None)
    except (stripe.SignatureVerificationError, UnicodeError, TypeError):  # the last two: bytes no signature has
        return False
    return True


def _signed_at(signature: str) -> int:
    """The time that was signed, in Unix seconds: the first one named, as the library has it."""
    fields = [field.split("=") for field in signature.split(",")]
    return next(int(field[1]) for field in fields if field[0] == "t")


def _notice(body: bytes) -> Notice:
    try:
        event = json.loads(body)
    except (ValueError, RecursionError):
        event = None
    match event:
        case {"id": str(event_id), "type": str(kind)}:
            return Notice(event_id, kind, _references(kind, event))
    raise BadSignature("what was signed is no event of Stripe's")


def _references(kind: str, event: Mapping[str, Any]) -> tuple[str, ...]:
    """The intent that the event is about; a refund and a dispute name it, as their charge does."""
    match kind.split(".")[0], event.get("data"):
        case "payment_intent", {"object": {"id": str(reference)}}:
            return (reference,)
        case "charge" | "refund", {"object": {"payment_intent": str(reference)}}:
            return (reference,)
        case "charge" | "refund", {"object": {"payment_intent": {"id": str(reference)}}}:
            return (reference,)
    return ()
