"""Stripe's webhooks: verified, and read for the payments that they are about."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import stripe

from gateway.services.providers.base import BadSignature, WebhookEvent
from gateway.services.providers.webhook_bodies import plain, read_object, texts

TOLERANCE_S = 300
"""Stripe's own default: a webhook that was recorded on the way is of no use for longer."""

LEADS_TO_INTENT = frozenset({"payment_intent", "charge", "refund", "dispute", "checkout.session"})
"""The types of Stripe's objects by which an intent is found."""

_Found = tuple[str, Mapping[str, str] | None]
"""A reference, and the metadata of its intent where that is shown."""


def read_event(signature: str, body: bytes, secrets: Sequence[str], now: datetime) -> WebhookEvent:
    """The event in a body that one of the secrets signed, at most so long ago.

    Raises:
        BadSignature
    """
    if not any(_is_signed(signature, body, secret) for secret in secrets):
        raise BadSignature("no signature of this endpoint's secrets fits the body")
    if abs(int(now.timestamp()) - _signed_at(signature)) > TOLERANCE_S:
        raise BadSignature("the signature's time is too far from the time here")
    return webhook_event_of(read_object(body))


def _is_signed(signature: str, body: bytes, secret: str) -> bool:
    """By Stripe's scheme v1, compared in constant time. Its time is checked by our clock, not by the library's."""
    try:
        stripe.WebhookSignature.verify_header(body, signature, secret, tolerance=None)
    except (stripe.SignatureVerificationError, UnicodeError, TypeError):  # the last two: bytes no signature has
        return False
    return True


def _signed_at(signature: str) -> int:
    """The time that was signed, in Unix seconds: the first one named, as the library has it."""
    fields = [field.split("=") for field in signature.split(",")]
    return next(int(field[1]) for field in fields if field[0] == "t")


def webhook_event_of(event: Mapping[str, Any]) -> WebhookEvent:
    """An event of Stripe's in our terms, wherever it was read.

    Raises:
        BadSignature: it is no event.
    """
    event_id, kind = plain(event.get("id")), plain(event.get("type"))
    found = _related(event) if event.get("object") == "v2.core.event" else _of_object(kind, event)
    if found is None:
        return WebhookEvent(event_id, kind, ())
    reference, metadata = found
    if event.get("account") or event.get("context"):
        metadata = {}  # of another account, connected to ours: its intents are nobody's here, and not to be read either
    shown = {} if metadata is None else {reference: metadata}
    return WebhookEvent(event_id, kind, (plain(reference),), shown, _attempt(kind, event))


def _attempt(kind: str, event: Mapping[str, Any]) -> str | None:
    """The charge that took the money, where the event tells of just that."""
    match kind, event.get("data"):
        case "payment_intent.succeeded", {"object": {"latest_charge": str(charge)}}:
            return charge
    return None


def _related(event: Mapping[str, Any]) -> _Found | None:
    """A thin event names what it is about and shows nothing of it."""
    match event.get("related_object"):
        case {"type": str(kind), "id": str(reference)} if kind in LEADS_TO_INTENT:
            return reference, None
    return None


def _of_object(kind: str, event: Mapping[str, Any]) -> _Found | None:
    """What the event is about, with its metadata where that is the intent's; a refund and a dispute name the intent
    as their charge does."""
    match kind.split("."), event.get("data"):
        case ["payment_intent", *_], {"object": {"id": str(reference)} as intent}:
            return reference, texts(intent.get("metadata"))
        case ["charge" | "refund" | "dispute", *more], {
            "object": {"payment_intent": str() | {"id": str()} as named} as thing
        }:
            # Stripe copies an intent's metadata to its charges. Refunds and disputes have metadata of their own.
            metadata = texts(thing.get("metadata")) if kind.startswith("charge.") and len(more) == 1 else None
            return named if isinstance(named, str) else named["id"], metadata
        case ["checkout", "session", *_], {"object": {"id": str(session), "payment_intent": str() | {"id": str()}}}:
            return session, None  # its metadata is not the intent's, so both are asked for
    return None
