"""Idempotency keys: one result for one key of one actor in one operation."""

from uuid import UUID

from gateway.services.core.commands import Command, key_of
from gateway.services.core.fingerprint import fingerprint
from gateway.services.core.outcomes import KeyReused
from gateway.services.core.values import IdempotencyRecord
from gateway.services.core.world import Moment, World


def replay_of(command: Command, world: World) -> UUID | KeyReused | None:
    """The id of what the command's key led to before; KeyReused where it stood for other input; None for a new
    key or none."""
    key = key_of(command)
    record = None if key is None else world.records.get(key)
    if key is None or record is None:
        return None
    return record.result_id if record.fingerprint == fingerprint(command) else KeyReused(key.key)


def recorded(command: Command, result_id: UUID, moment: Moment) -> tuple[IdempotencyRecord, ...]:
    """The record to be written with the result, where the caller gave a key."""
    key = key_of(command)
    if key is None:
        return ()
    return (IdempotencyRecord(key, fingerprint(command), result_id, moment.now),)
