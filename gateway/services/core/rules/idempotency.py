"""Idempotency keys: one result for one key of one actor in one operation."""

from dataclasses import replace
from uuid import UUID

from gateway.services.core.commands.every import Command, CreatePurchase, OpenPayment, key_of
from gateway.services.core.model.outcomes import IdempotencyKeyReused
from gateway.services.core.model.records import IdempotencyRecord
from gateway.services.core.model.state import Moment, State
from gateway.services.core.model.values import TierChoice
from gateway.services.core.rules.fingerprint import as_spelt, fingerprint


def replay_of(command: Command, state: State) -> UUID | IdempotencyKeyReused | None:
    """The id of what the command's key led to before; KeyReused where it stood for other input; None for a new
    key or none."""
    key = key_of(command)
    record = None if key is None else state.records.get(key)
    if key is None or record is None:
        return None
    return record.result_id if _is_same_wish(record, command, state) else IdempotencyKeyReused(key.key)


def _is_same_wish(record: IdempotencyRecord, command: Command, state: State) -> bool:
    """By what it says and not by how: a tier by its code is the same as by its number of sessions."""
    if record.fingerprint in (fingerprint(command), as_spelt(command)):
        return True
    if not isinstance(command, OpenPayment | CreatePurchase):
        return False
    others = _same_tier_in_other_words(command.tier, _sold(record.result_id, state))
    return any(record.fingerprint == fingerprint(replace(command, tier=other)) for other in others)


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


def recorded(command: Command, result_id: UUID, moment: Moment) -> tuple[IdempotencyRecord, ...]:
    """The record to be written with the result, where the caller gave a key."""
    key = key_of(command)
    if key is None:
        return ()
    return (IdempotencyRecord(key, fingerprint(command), result_id, moment.now),)
