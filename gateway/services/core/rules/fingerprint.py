"""One short value for what a command asks, the same for the same wish: what an idempotency key is compared by."""

import hashlib
import json
from dataclasses import fields, is_dataclass, replace
from datetime import UTC, date, datetime, time
from uuid import UUID

from gateway.services.core.commands.every import (
    Command,
    CorrectPurchaseMetadata,
    CreatePurchase,
    OpenPayment,
    RefundPayment,
)
from gateway.services.core.rules.inputs.metadata import in_canonical_words

_SCOPE = {"actor", "key", "default_provider", "may_fall_short"}
"""The scope of the key, and what the operator or the door chose."""
_MINTED = {OpenPayment: "payment_id", CreatePurchase: "purchase_id", RefundPayment: "refund_id"}
"""The id that each call mints anew, and which is not part of the wish."""


def fingerprint(command: Command) -> bytes:
    """SHA-256 over the command's canonical JSON: names sorted, no spaces, without what is not the wish itself.

    Instants count in UTC, time zones by their canonical name. Labels and tiers count without their order, which means
    nothing. A new course's id is minted by the call as well, so it counts only where the caller named the course.
    """
    if isinstance(command, OpenPayment | CreatePurchase | CorrectPurchaseMetadata):
        command = replace(command, metadata=in_canonical_words(command.metadata))
    return as_spelt(command)


def as_spelt(command: Command) -> bytes:
    """The same, but with time zones as the caller spelt them. What is canonical changes when a zone is renamed, and a
    replay to the letter is one all the same."""
    left_out = _SCOPE | {_MINTED.get(type(command), "")}
    wish = {field.name: _plain(getattr(command, field.name)) for field in fields(command) if field.name not in left_out}
    if wish.get("is_new"):
        del wish["course_id"]
    return hashlib.sha256(json.dumps(wish, sort_keys=True, separators=(",", ":")).encode()).digest()


def _plain(value: object) -> object:
    match value:
        case None | bool() | int() | str():
            return value
        case UUID():
            return value.hex
        case datetime():
            return value.astimezone(UTC).isoformat()
        case date() | time():
            return value.isoformat()
        case tuple():
            return sorted((_plain(each) for each in value), key=json.dumps)
        case _ if is_dataclass(value):
            return [_plain(getattr(value, field.name)) for field in fields(value)]
        case _:
            raise TypeError(f"{type(value).__name__} has no canonical form")
