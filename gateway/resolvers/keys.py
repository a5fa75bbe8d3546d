"""What an idempotency key was used for, told before a call is made with it."""

from uuid import UUID

from gateway.context import Context
from gateway.services.core.model.command import KeyedCommand
from gateway.services.core.model.outcomes import IdempotencyKeyReused
from gateway.services.core.model.state import State
from gateway.services.core.rules.idempotency import replay_of
from gateway.services.reading.lookups import RECORD_BY_KEY


async def made_by_key(context: Context, command: KeyedCommand) -> UUID | IdempotencyKeyReused | None:
    """The id of what the command's key made before, which the call will give again; IdempotencyKeyReused, by which it
    will be refused; None where it has no key, or a new one. Only for commands whose tier is not chosen.

    Raises:
        Unavailable: the database cannot be used now.
    """
    key = command.idempotency_key
    if key is None:
        return None
    record = await context.reads.find(RECORD_BY_KEY, (key.actor_id, key.operation, key.key))
    return None if record is None else replay_of(command, State(records={key: record}))
