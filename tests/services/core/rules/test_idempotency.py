"""Fingerprints: the same for the same input whoever asks and whatever was minted, and another for any other input."""

from dataclasses import fields, replace
from datetime import UTC, date, datetime, time, timedelta, timezone
from typing import Any, get_args

import pytest

from gateway.services.core.commands.adopt_payment import AdoptPayment
from gateway.services.core.commands.amend_purchase import CorrectPurchaseMetadata, ExtendPurchase, RevokePurchase
from gateway.services.core.commands.confirm_payment import ConfirmPayment
from gateway.services.core.commands.create_purchase import CreatePurchase
from gateway.services.core.commands.every import Command
from gateway.services.core.commands.imports.import_purchase import ImportPurchase
from gateway.services.core.commands.imports.rehearse_import import RehearseImport
from gateway.services.core.commands.jobs.asks import PlanAsk
from gateway.services.core.commands.jobs.claims import ClaimJobs, DeferJob, EndJob
from gateway.services.core.commands.jobs.renewals import RenewLeases
from gateway.services.core.commands.jobs.retries import CancelJob, RetryJob
from gateway.services.core.commands.jobs.sweeps import EndSweep, StartSweep
from gateway.services.core.commands.jobs.verifications import EndVerification
from gateway.services.core.commands.lapse_purchases import LapsePurchases
from gateway.services.core.commands.open_payment import OpenPayment, RecordIntent, RefusePrice
from gateway.services.core.commands.privacy.erase_student import EraseStudent
from gateway.services.core.commands.privacy.prune import Prune
from gateway.services.core.commands.provider_events import EndEvent, StoreEvent
from gateway.services.core.commands.reconcile import Reconcile
from gateway.services.core.commands.refund_payment import RefundPayment
from gateway.services.core.commands.save_course import SaveCourse
from gateway.services.core.commands.sessions.record import RecordSession
from gateway.services.core.commands.sessions.withdraw import WithdrawSession
from gateway.services.core.commands.settle_refund import SettleRefund
from gateway.services.core.model.command import KeyedCommand
from gateway.services.core.model.metadata import Label, Metadata, TimeSlot
from gateway.services.core.model.records import IdempotencyKey
from gateway.services.core.model.values import Described, Money, OnExisting, Provider, Purpose, Tier, TierChoice
from gateway.services.core.rules.idempotency import fingerprint, fingerprint_as_spelt
from tests.services.core.examples import (
    ADMIN,
    BASIC,
    CORRECT,
    CREATE,
    EXTEND,
    METADATA,
    OPEN,
    PREMIUM,
    RECORD,
    REFUND_IT,
    REVOKE,
    SAVE,
    STANDARD,
    STUDENT,
    WITHDRAW,
    key,
)


def fingerprint_of(command: KeyedCommand) -> bytes:
    return fingerprint(command.compared_fields())


LABELS = (Label("a", "1"), Label("b", "2"))
FULL = replace(METADATA, date=date(2026, 12, 6), labels=LABELS)
EXPIRY = datetime(2027, 1, 1, tzinfo=UTC)
CHANGED_COURSE = replace(SAVE, is_new=False)

KEYED: dict[type[object], KeyedCommand] = {
    OpenPayment: replace(OPEN, metadata=FULL, key="k"),
    CreatePurchase: replace(CREATE, metadata=FULL, expiry_date=EXPIRY, key="k"),
    ExtendPurchase: replace(EXTEND, expiry_date=EXPIRY, key="k"),
    CorrectPurchaseMetadata: replace(CORRECT, metadata=FULL, key="k"),
    RevokePurchase: replace(REVOKE, key="k"),
    RecordSession: replace(RECORD, held_at=EXPIRY, key="k"),
    WithdrawSession: replace(WITHDRAW, key="k"),
    SaveCourse: replace(CHANGED_COURSE, key="k"),
    RefundPayment: replace(REFUND_IT, amount_minor=100, key="k"),
}
UNKEYED = (
    RecordIntent,
    RefusePrice,
    AdoptPayment,
    ConfirmPayment,
    Reconcile,
    LapsePurchases,
    EndJob,
    SettleRefund,
    StoreEvent,
    EndEvent,
    ClaimJobs,
    RenewLeases,
    DeferJob,
    StartSweep,
    EndSweep,
    EndVerification,
    PlanAsk,
    RetryJob,
    CancelJob,
    ImportPurchase,
    RehearseImport,
    EraseStudent,
    Prune,
)

NOT_THE_WISH: dict[str, object] = {
    "actor": replace(STUDENT, id="somebody else"),
    "payment_id": key(900),
    "purchase_id": key(901),
    "refund_id": key(904),
    "session_id": key(905),
    "key": "another key",
    "default_provider": Provider.RAZORPAY,
    "may_fall_short": True,
}
OTHER: dict[str, object] = {
    "course_id": key(902),
    "tier": TierChoice("STANDARD", None),
    "metadata": replace(FULL, session_duration=61),
    "provider": Provider.STRIPE,
    "purpose": Purpose.RENEWAL,
    "student_id": "student-2",
    "reason": "another reason",
    "expiry_date": EXPIRY + timedelta(microseconds=1),
    "on_existing": OnExisting.REPLACE,
    "is_new": True,
    "title": "Yoga ",
    "description": Described("For all"),
    "tiers": (BASIC, PREMIUM),
    "amount_minor": 101,
    "number": 12,
    "held_at": EXPIRY + timedelta(microseconds=1),
}
"""Another value for each field of a keyed command; a field that is in neither list fails the tests below."""

NAMED = {
    (RefundPayment, "payment_id"),
    (ExtendPurchase, "purchase_id"),
    (CorrectPurchaseMetadata, "purchase_id"),
    (RevokePurchase, "purchase_id"),
    (RecordSession, "purchase_id"),
    (WithdrawSession, "purchase_id"),
}
"""What is minted in one command and compared in another: here the caller names it."""

EVERY_FIELD = [(kind, field.name) for kind in KEYED for field in fields(kind)]  # type: ignore[arg-type]  # dataclasses all


def changed(command: KeyedCommand, name: str, value: object) -> KeyedCommand:
    assert getattr(command, name) != value, f"{name} is to be another"
    return replace(command, **{name: value})  # type: ignore[arg-type]  # the field's own type


def test_every_command_is_known_here_as_keyed_or_not() -> None:
    assert {*KEYED, *UNKEYED} == set(get_args(Command))


@pytest.mark.parametrize("kind", get_args(Command))
def test_a_command_is_keyed_just_where_it_can_carry_a_key(kind: type[Any]) -> None:
    assert (kind in KEYED) is ("key" in {field.name for field in fields(kind)})


@pytest.mark.parametrize(
    ("kind", "operation"),
    [
        (OpenPayment, "createPayment"),
        (CreatePurchase, "createPurchase"),
        (ExtendPurchase, "extendPurchase"),
        (CorrectPurchaseMetadata, "correctPurchaseMetadata"),
        (RevokePurchase, "revokePurchase"),
        (SaveCourse, "saveCourse"),
        (RefundPayment, "refundPayment"),
    ],
)
def test_a_key_is_one_actors_own_within_one_operation(kind: type[object], operation: str) -> None:
    command = KEYED[kind]
    assert command.idempotency_key == IdempotencyKey(command.actor.id, operation, "k")
    assert changed(command, "key", None).idempotency_key is None


@pytest.mark.parametrize(("kind", "name"), EVERY_FIELD)
def test_any_field_of_the_wish_changes_it_and_no_other_does(kind: type[object], name: str) -> None:
    command = KEYED[kind]
    is_wish = name not in NOT_THE_WISH or (kind, name) in NAMED
    value = NOT_THE_WISH.get(name) or OTHER[name]
    assert (fingerprint_of(changed(command, name, value)) != fingerprint_of(command)) is is_wish


OTHER_METADATA: dict[str, object] = {
    "is_sunday_only": False,
    "session_duration": 61,
    "slot": TimeSlot(time(17, 31), "Asia/Kolkata"),
    "date": None,
    "labels": (Label("a", "1"),),
}
OTHER_SLOT: dict[str, object] = {"start": time(17, 29), "time_zone": "Asia/Colombo"}
OTHER_TIER: dict[str, object] = {
    "code": "BASIC2",
    "session_count": 5,
    "price": Money(199_900, "USD"),
    "validity_days": None,
    "rank": 7,
}
OTHER_CHOICE: dict[str, object] = {"code": None, "session_count": 4}


@pytest.mark.parametrize("name", [field.name for field in fields(Metadata)])
def test_any_field_of_the_metadata_changes_it(name: str) -> None:
    other = replace(FULL, **{name: OTHER_METADATA[name]})  # type: ignore[arg-type]  # the field's own type
    assert other != FULL
    for command in (KEYED[OpenPayment], KEYED[CreatePurchase], KEYED[CorrectPurchaseMetadata]):
        assert fingerprint_of(changed(command, "metadata", other)) != fingerprint_of(command)


@pytest.mark.parametrize("name", [field.name for field in fields(TimeSlot)])
def test_any_field_of_the_slot_changes_it(name: str) -> None:
    slot = replace(FULL.slot, **{name: OTHER_SLOT[name]})  # type: ignore[arg-type]  # the field's own type
    other = changed(KEYED[OpenPayment], "metadata", replace(FULL, slot=slot))
    assert fingerprint_of(other) != fingerprint_of(KEYED[OpenPayment])


@pytest.mark.parametrize("name", [field.name for field in fields(Tier)])
def test_any_field_of_a_tier_changes_it(name: str) -> None:
    tier = replace(BASIC, **{name: OTHER_TIER[name]})  # type: ignore[arg-type]  # the field's own type
    other = changed(KEYED[SaveCourse], "tiers", (tier, STANDARD))
    assert fingerprint_of(other) != fingerprint_of(KEYED[SaveCourse])


@pytest.mark.parametrize("name", [field.name for field in fields(TierChoice)])
def test_any_field_of_the_choice_of_a_tier_changes_it(name: str) -> None:
    choice = replace(OPEN.tier, **{name: OTHER_CHOICE[name]})  # type: ignore[arg-type]  # the field's own type
    assert fingerprint_of(changed(OPEN, "tier", choice)) != fingerprint_of(OPEN)


def test_the_id_of_a_new_course_is_minted_and_counts_for_nothing() -> None:
    assert fingerprint_of(replace(SAVE, course_id=key(903))) == fingerprint_of(SAVE)


def test_a_new_course_and_a_change_of_one_are_two_inputs() -> None:
    assert fingerprint_of(SAVE) != fingerprint_of(CHANGED_COURSE)


def test_an_instant_counts_and_not_the_offset_it_is_written_with() -> None:
    kolkata = timezone(timedelta(hours=5, minutes=30))
    one, other = (replace(CREATE, expiry_date=EXPIRY.astimezone(zone)) for zone in (UTC, kolkata))
    assert fingerprint_of(one) == fingerprint_of(other)


def test_labels_and_tiers_count_without_their_order() -> None:
    for command, name, value in (
        (KEYED[OpenPayment], "metadata", replace(FULL, labels=LABELS[::-1])),
        (CHANGED_COURSE, "tiers", (STANDARD, BASIC)),
    ):
        assert fingerprint_of(changed(command, name, value)) == fingerprint_of(command)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ((Label("a", "b"), Label("c", "d")), (Label("a", "d"), Label("c", "b"))),
        ((Label("a", "b"),), (Label("a", "b"), Label("a", "b"))),
        ((Label("a,b", "c"),), (Label("a", "b,c"),)),
        ((Label("a", "null"),), ()),
        ((Label("é", "x"),), (Label("e\u0301", "x"),)),
        ((Label("\ud800", "x"),), (Label("?", "x"),)),
    ],
    ids=ascii,
)
def test_labels_that_are_made_to_look_alike_are_other_inputs(one: tuple[Label, ...], other: tuple[Label, ...]) -> None:
    first, second = (replace(OPEN, metadata=replace(METADATA, labels=labels)) for labels in (one, other))
    assert fingerprint_of(first) != fingerprint_of(second)


CALCUTTA = replace(FULL, slot=TimeSlot(time(17, 30), "Asia/Calcutta"))


@pytest.mark.parametrize(
    ("command", "stored"),
    [
        (KEYED[OpenPayment], "9376457af453fbd1e8cf6e494af8bf513e6eea9d87be3f10c9518e414b4e461b"),
        (KEYED[CreatePurchase], "a5dcddc2959ef4aa29b6e27a04e31803199dca07984cde648c1a82ae408f60d8"),
        (KEYED[ExtendPurchase], "ba7593f5785e7c077a1f878a5ea8770ba2f99ff0b4296ecf3b716eca3d62e9fc"),
        (KEYED[CorrectPurchaseMetadata], "2fddd9a00d422572e930dc9f5cd8f82bdd38ab2cbd53fd945a407c6f3b5dfb0f"),
        (KEYED[RevokePurchase], "83299ecce55af6ac94d51d5f3b6b2e3d7bb42ca8508883030a839859a714f539"),
        (KEYED[SaveCourse], "41e0dfab5bcaef4966105eba7edfbc8b731febc4e253d942528c3f679419678f"),
        (SAVE, "6d17adcec31d8bcbb2652ebc6130f6b9793110aece53a2cd4bf8af3f9d165d48"),
        (KEYED[RefundPayment], "99d6b026113d5f723a0d214c7dcc569e6a1b4a02ceffbe1e214b62c40df97b7e"),
    ],
    ids=lambda value: type(value).__name__,
)
def test_a_fingerprint_is_the_same_in_every_process(command: KeyedCommand, stored: str) -> None:
    """Stored yesterday, compared today: a changed form would answer every replay with IDEMPOTENCY_KEY_REUSED."""
    assert fingerprint_of(command).hex() == stored


@pytest.mark.parametrize(
    ("kind", "stored"),
    [
        (OpenPayment, "b4e84e0975fa5ac1444c73f17a1dd0af6ca9ce625588c23d9cde35a5203234ec"),
        (CreatePurchase, "a38aa9e459e85fddd7fdcb54585323a62a63a98d6b8fa7fde31f1ad20497f89a"),
        (CorrectPurchaseMetadata, "6645b3bbede76a03ceac03b2ee7e11debcff931ef4780ad6939011ba8b8b7408"),
    ],
)
def test_a_fingerprint_of_the_callers_spelling_is_the_same_in_every_process(kind: type[object], stored: str) -> None:
    assert fingerprint_as_spelt(changed(KEYED[kind], "metadata", CALCUTTA).compared_fields()).hex() == stored


def test_what_has_no_canonical_form_is_refused() -> None:
    with pytest.raises(TypeError, match="set has no canonical form"):
        fingerprint_of(replace(SAVE, actor=ADMIN, tiers={BASIC}))  # type: ignore[arg-type]  # that is the point
