"""Idempotency keys: one result for one key of one actor in one operation.

Inputs are compared by a fingerprint, which is stored: its form never changes.
"""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from datetime import UTC, date, datetime, time
from uuid import UUID

from gateway.services.core.model.command import KeyedCommand
from gateway.services.core.model.metadata import Metadata
from gateway.services.core.model.outcomes import IdempotencyKeyReused
from gateway.services.core.model.records import IdempotencyRecord
from gateway.services.core.model.state import Moment, State
from gateway.services.core.model.values import TierChoice
from gateway.services.core.rules.inputs.metadata import in_canonical_words

ComparedFields = Mapping[str, object]
"""The fields of a command that two calls must agree in to mean the same, by name."""


def replay_of(command: KeyedCommand, state: State) -> UUID | IdempotencyKeyReused | None:
    """The id of the row that the command's key made before; IdempotencyKeyReused where the key was used with other
    input; None where the key is new, or there is none."""
    key = command.idempotency_key
    record = None if key is None else state.records.get(key)
    if key is None or record is None:
        return None
    return (
        record.result_id if _is_same_input(record, command.compared_fields(), state) else IdempotencyKeyReused(key.key)
    )


def recorded(command: KeyedCommand, result_id: UUID, moment: Moment) -> tuple[IdempotencyRecord, ...]:
    """The record to be written with the result, where the caller gave a key."""
    key = command.idempotency_key
    if key is None:
        return ()
    return (IdempotencyRecord(key, fingerprint(command.compared_fields()), result_id, moment.now),)


def fingerprint(compared: ComparedFields) -> bytes:
    """SHA-256 over the fields' canonical JSON: names sorted, no spaces.

    Instants count in UTC, time zones by their canonical name. Labels and tiers count without their order, which means
    nothing.
    """
    return fingerprint_as_spelt(
        {name: in_canonical_words(value) if isinstance(value, Metadata) else value for name, value in compared.items()}
    )


def fingerprint_as_spelt(compared: ComparedFields) -> bytes:
    """The same, but with time zones as the caller spelt them: a renamed zone changes the canonical name, and the very
    same call must still be a replay."""
    plain = {name: _plain(value) for name, value in compared.items()}
    return hashlib.sha256(json.dumps(plain, sort_keys=True, separators=(",", ":")).encode()).digest()


def _is_same_input(record: IdempotencyRecord, compared: ComparedFields, state: State) -> bool:
    """Compared by meaning: a tier named by its code is the same as one named by its number of sessions."""
    if record.fingerprint in (fingerprint(compared), fingerprint_as_spelt(compared)):
        return True
    return any(
        record.fingerprint == fingerprint({**compared, name: other})
        for name, choice in compared.items()
        if isinstance(choice, TierChoice)
        for other in _same_tier_in_other_words(choice, _sold(record.result_id, state))
    )


def _same_tier_in_other_words(choice: TierChoice, sold: TierChoice) -> tuple[TierChoice, ...]:
    """The other ways to name the tier that was sold, where the choice names that one: not by today's catalogue, which
    may have changed since."""
    agrees = choice.code in (None, sold.code) and choice.session_count in (None, sold.session_count)
    if not agrees or choice == TierChoice(None, None):
        return ()
    return TierChoice(sold.code, None), TierChoice(None, sold.session_count), sold


def _sold(result_id: UUID, state: State) -> TierChoice:
    """The tier that a key led to, by its code and its number of sessions."""
    payment = state.payments.get(result_id)
    if payment is not None:
        return TierChoice(payment.terms.tier, payment.terms.session_count)
    purchase = state.purchases[result_id]
    return TierChoice(purchase.tier, purchase.access.sessions_total)


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
