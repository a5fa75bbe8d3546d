"""Replays: a key with the same input leads to what it led to before, and with other input to nothing."""

from dataclasses import replace
from datetime import time

import pytest

from gateway.services.core.commands.create_purchase import CreatePurchase
from gateway.services.core.commands.open_payment import OpenPayment
from gateway.services.core.model.command import KeyedCommand
from gateway.services.core.model.metadata import TimeSlot
from gateway.services.core.model.outcomes import IdempotencyKeyReused
from gateway.services.core.model.records import IdempotencyRecord
from gateway.services.core.model.state import State
from gateway.services.core.model.values import TierChoice
from gateway.services.core.rules.idempotency import fingerprint_as_spelt, recorded, replay_of
from tests.services.core.examples import (
    ADMIN,
    CORRECT,
    CREATE,
    EXTEND,
    METADATA,
    NOW,
    OPEN,
    PAYMENT,
    PURCHASE,
    REFUND_IT,
    REVOKE,
    SAVE,
    STUDENT,
    key,
    moment,
)

COMMANDS: tuple[KeyedCommand, ...] = tuple(
    replace(command, key="k") for command in (OPEN, CREATE, EXTEND, CORRECT, REVOKE, SAVE, REFUND_IT)
)
OTHERS = {command: ADMIN if command.actor == STUDENT else STUDENT for command in COMMANDS}
"""Somebody else than who gave the command."""
OPENING, CREATING = replace(OPEN, key="k"), replace(CREATE, key="k")
CALCUTTA = replace(METADATA, slot=TimeSlot(time(17, 30), "Asia/Calcutta"))


def state_after(command: KeyedCommand) -> State:
    """Where the command's key led to a payment, or to a purchase."""
    result = PAYMENT.id if isinstance(command, OpenPayment) else PURCHASE.id
    state = State(payments={PAYMENT.id: PAYMENT}, purchases={PURCHASE.id: PURCHASE})
    state.records = {record.key: record for record in recorded(command, result, moment())}
    return state


@pytest.mark.parametrize("command", COMMANDS, ids=lambda command: type(command).__name__)
def test_the_same_call_with_the_same_key_leads_to_the_same_result(command: KeyedCommand) -> None:
    state = state_after(command)
    [record] = state.records.values()
    assert replay_of(command, state) == record.result_id
    assert record.created_at == NOW


@pytest.mark.parametrize("command", COMMANDS, ids=lambda command: type(command).__name__)
def test_without_a_key_or_with_a_new_one_nothing_is_a_replay(command: KeyedCommand) -> None:
    state = state_after(command)
    assert recorded(replace(command, key=None), key(1), moment()) == ()
    for other in (replace(command, key=None), replace(command, key="another"), replace(command, actor=OTHERS[command])):
        assert replay_of(other, state) is None


def test_a_key_that_stood_for_another_wish_leads_to_nothing() -> None:
    other = replace(CREATING, metadata=replace(METADATA, session_duration=90))
    assert replay_of(other, state_after(CREATING)) == IdempotencyKeyReused("k")


def test_what_each_call_mints_anew_is_no_other_wish() -> None:
    assert replay_of(replace(OPENING, payment_id=key(900)), state_after(OPENING)) == PAYMENT.id
    assert replay_of(replace(CREATING, purchase_id=key(900)), state_after(CREATING)) == PURCHASE.id


@pytest.mark.parametrize("choice", [TierChoice("BASIC", None), TierChoice(None, 4), TierChoice("BASIC", 4)], ids=str)
@pytest.mark.parametrize("stored", [TierChoice("BASIC", None), TierChoice(None, 4), TierChoice("BASIC", 4)], ids=str)
@pytest.mark.parametrize("command", [OPENING, CREATING], ids=lambda command: type(command).__name__)
def test_a_tier_is_the_same_by_its_code_and_by_its_sessions(
    command: OpenPayment | CreatePurchase, stored: TierChoice, choice: TierChoice
) -> None:
    state = state_after(replace(command, tier=stored))
    assert not isinstance(replay_of(replace(command, tier=choice), state), IdempotencyKeyReused)


@pytest.mark.parametrize(
    "choice",
    [TierChoice("STANDARD", None), TierChoice(None, 12), TierChoice("BASIC", 12), TierChoice(None, None)],
    ids=str,
)
@pytest.mark.parametrize("command", [OPENING, CREATING], ids=lambda command: type(command).__name__)
def test_any_other_tier_is_another_wish(command: OpenPayment | CreatePurchase, choice: TierChoice) -> None:
    assert replay_of(replace(command, tier=choice), state_after(command)) == IdempotencyKeyReused("k")


def test_a_zones_other_name_is_the_same_wish_and_a_replay_to_the_letter_is_one_whatever_zones_are_called() -> None:
    assert replay_of(replace(CREATING, metadata=CALCUTTA), state_after(CREATING)) == PURCHASE.id
    old = replace(CREATING, metadata=CALCUTTA)
    assert old.idempotency_key is not None
    to_the_letter = IdempotencyRecord(
        old.idempotency_key, fingerprint_as_spelt(old.compared_fields()), PURCHASE.id, NOW
    )
    state = State(records={to_the_letter.key: to_the_letter}, purchases={PURCHASE.id: PURCHASE})
    assert replay_of(old, state) == PURCHASE.id
    assert replay_of(CREATING, state) == IdempotencyKeyReused("k")
