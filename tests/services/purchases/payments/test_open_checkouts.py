"""What opening a checkout comes to: everything is checked before money moves."""

import datetime as dt
from dataclasses import replace
from uuid import UUID

import pytest

from db.job_tables import JobRow
from db.tables import PaymentRow, PurchaseRow
from gateway.services.core.commands.every import Command
from gateway.services.core.commands.open_payment import RecordIntent
from gateway.services.core.model.metadata import Label, TimeSlot
from gateway.services.core.model.outcomes import (
    ActivePurchaseExists,
    Busy,
    FieldProblem,
    InvalidInput,
    NotFound,
    Opened,
    Outcome,
    ProviderAway,
)
from gateway.services.core.model.values import (
    Money,
    Payment,
    PaymentStatus,
    Provider,
    PurchaseStatus,
    Purpose,
    Tier,
    TierChoice,
)
from gateway.services.providers.base import Intent, ProviderUnavailable
from gateway.services.providers.sandbox import Sandbox
from gateway.services.rows.lookups import PAYMENT_BY_ID
from tests.service import BASIC, METADATA, STANDARD, Service, student

pytestmark = pytest.mark.anyio

ANY_DAY = replace(METADATA, is_sunday_only=False)


async def test_an_opened_payment_is_stored_with_what_it_was_opened_for(service: Service) -> None:
    course = await service.save_course()
    metadata = replace(METADATA, date=dt.date(2026, 12, 6), labels=(Label("b", "2"), Label("a", "1")))
    payment = await service.opened(student(), course, "STANDARD", metadata=metadata)
    [row] = service.stored(PaymentRow)
    assert (row.id, row.student_id, row.course_id) == (payment.id, "student-1", course.id)
    assert (row.tier, row.tier_rank, row.session_count, row.validity_days) == ("STANDARD", 2, 12, 180)
    assert (row.amount_minor, row.currency, row.purpose) == (499_900, "INR", "PURCHASE")
    assert (row.provider, row.reference) == ("SANDBOX", f"sbx_{payment.id.hex}")
    assert (row.status, row.fulfilment, row.captured_minor) == ("REQUIRES_PAYMENT", "PENDING", None)
    assert (row.created_at, row.confirmed_at) == (service.clock.now, None)
    assert (await service.find(PAYMENT_BY_ID, payment.id)) == payment
    assert payment.metadata == metadata


async def test_opening_grants_nothing_and_asks_for_no_work(service: Service) -> None:
    payment = await service.opened(student(), await service.save_course())
    assert (service.stored(PurchaseRow), service.stored(JobRow)) == ([], [])
    assert service.actions(payment.id) == ["payment.opened", "payment.intent_opened"]


async def test_a_course_that_does_not_exist_is_missing(service: Service) -> None:
    course = await service.save_course()
    before = service.everything()
    assert await service.open(student(), replace(course, id=UUID(int=7))) == NotFound("course")
    assert service.everything() == before


@pytest.mark.parametrize(
    "choice",
    [TierChoice("STANDARD", None), TierChoice(None, 12), TierChoice("STANDARD", 12)],
    ids=["by code", "by sessions", "by both in agreement"],
)
async def test_a_tier_is_found_by_its_code_by_its_sessions_or_by_both(service: Service, choice: TierChoice) -> None:
    payment = await service.opened(student(), await service.save_course(), choice)
    assert (payment.terms.tier, payment.amount) == ("STANDARD", STANDARD.price)


@pytest.mark.parametrize(
    ("choice", "field", "words"),
    [
        (TierChoice("GOLD", None), "tier", "no tier 'GOLD'. It has BASIC (4 sessions), STANDARD (12 sessions)"),
        (TierChoice("GOLD", 12), "tier", "no tier 'GOLD'"),
        (TierChoice(None, 5), "sessionCount", "No tier of this course has 5 sessions. It has BASIC (4 sessions)"),
        (TierChoice("BASIC", 12), "sessionCount", "BASIC has 4 sessions, not 12"),
        (TierChoice(None, None), "tier", "by tier or by sessionCount"),
    ],
    ids=["unknown code", "unknown code with sessions", "unknown sessions", "the two disagree", "neither"],
)
async def test_a_tier_that_is_not_named_well_is_refused_by_field_with_what_exists(
    service: Service, choice: TierChoice, field: str, words: str
) -> None:
    course = await service.save_course()
    before = service.everything()
    outcome = await service.open(student(), course, choice)
    assert isinstance(outcome, InvalidInput)
    [problem] = outcome.fields
    assert problem.path == (field,)
    assert words in problem.message
    assert service.everything() == before


async def test_sessions_that_two_tiers_have_name_neither(service: Service) -> None:
    course = await service.save_course(BASIC, STANDARD, replace(STANDARD, code="EVENING", rank=3))
    outcome = await service.open(student(), course, TierChoice(None, 12))
    assert outcome == InvalidInput(
        (FieldProblem(("sessionCount",), "STANDARD and EVENING both have 12 sessions. Name one by tier."),)
    )
    assert (await service.opened(student(), course, TierChoice("EVENING", 12))).terms.tier == "EVENING"


async def test_a_free_tier_is_not_paid_for(service: Service) -> None:
    course = await service.save_course(Tier("FREE", 1, Money(0, "INR"), 7, 0), BASIC)
    outcome = await service.open(student(), course, "FREE")
    assert outcome == InvalidInput((FieldProblem(("tier",), "FREE is free; an admin grants it with createPurchase"),))
    assert service.stored(PaymentRow) == []


async def test_a_first_day_that_has_passed_in_the_slots_time_zone_is_refused(service: Service) -> None:
    course = await service.save_course()
    service.clock.advance(hours=11)  # 20:00 UTC on the 23rd is the 24th in Kolkata
    metadata = replace(ANY_DAY, date=dt.date(2026, 11, 23))
    outcome = await service.open(student(), course, metadata=metadata)
    assert outcome == InvalidInput(
        (FieldProblem(("metadata", "date"), "must be today or later, in the slot's time zone"),),
    )
    for_london = replace(metadata, slot=replace(METADATA.slot, time_zone="Europe/London"))
    assert isinstance(await service.open(student(), course, metadata=for_london), Opened)
    assert isinstance(
        await service.open(student("student-2"), course, metadata=replace(ANY_DAY, date=dt.date(2026, 11, 24))), Opened
    )


async def test_a_wrong_tier_and_a_passed_day_are_named_at_once(service: Service) -> None:
    metadata = replace(ANY_DAY, date=dt.date(2026, 11, 22))
    outcome = await service.open(student(), await service.save_course(), "GOLD", metadata=metadata)
    assert isinstance(outcome, InvalidInput)
    assert {problem.path for problem in outcome.fields} == {("metadata", "date"), ("tier",)}


async def test_everything_that_is_wrong_is_named_at_once_and_nothing_is_stored(service: Service) -> None:
    course = await service.save_course()
    wrong = replace(
        METADATA,
        session_duration=481,
        slot=TimeSlot(METADATA.slot.start, "Mars/Olympus"),
        date=dt.date(2026, 12, 7),
        labels=(Label("a", "1"), Label("a", "\x00")),
    )
    before = service.everything()
    outcome = await service.open(student(), course, metadata=wrong, key=" ")
    assert isinstance(outcome, InvalidInput)
    assert [problem.path for problem in outcome.fields] == [
        ("idempotencyKey",),
        ("metadata", "sessionDuration"),
        ("metadata", "timeSlot", "timeZone"),
        ("metadata", "date"),
        ("metadata", "labels", "1", "value"),
        ("metadata", "labels", "1", "key"),
    ]
    assert service.everything() == before


@pytest.mark.parametrize(
    ("standing", "wanted", "purpose", "is_downgrade"),
    [
        ("STANDARD", "STANDARD", Purpose.PURCHASE, False),
        ("STANDARD", "BASIC", Purpose.PURCHASE, True),
        ("STANDARD", "BASIC", Purpose.RENEWAL, True),
    ],
)
async def test_what_a_student_has_already_is_not_sold_again(
    service: Service, standing: str, wanted: str, purpose: Purpose, is_downgrade: bool
) -> None:
    course = await service.save_course()
    _, purchase = await service.paid(student(), course, standing)
    before = service.everything()
    outcome = await service.open(student(), course, wanted, purpose=purpose)
    assert outcome == ActivePurchaseExists(purchase, is_downgrade)
    assert service.everything() == before


@pytest.mark.parametrize(
    ("wanted", "purpose"),
    [("STANDARD", Purpose.RENEWAL), ("PREMIUM", Purpose.PURCHASE), ("PREMIUM", Purpose.RENEWAL)],
)
async def test_a_renewal_and_an_upgrade_may_be_paid_beside_an_active_purchase(
    service: Service, wanted: str, purpose: Purpose
) -> None:
    course = await service.save_course()
    await service.paid(student(), course, "STANDARD")
    assert isinstance(await service.open(student(), course, wanted, purpose=purpose), Opened)


async def test_a_renewal_of_nothing_may_be_paid(service: Service) -> None:
    payment = await service.opened(student(), await service.save_course(), purpose=Purpose.RENEWAL)
    assert payment.purpose is Purpose.RENEWAL


async def test_a_lapsed_purchase_does_not_stand_in_the_way_and_opening_does_not_touch_it(service: Service) -> None:
    course = await service.save_course()
    _, purchase = await service.paid(student(), course)
    service.clock.advance(days=90)
    assert isinstance(await service.open(student(), course), Opened)
    [row] = service.stored(PurchaseRow)
    assert (row.id, row.status) == (purchase.id, "ACTIVE")


@pytest.mark.parametrize("status", [PurchaseStatus.REVOKED, PurchaseStatus.REFUNDED])
async def test_an_ended_purchase_does_not_stand_in_the_way(service: Service, status: PurchaseStatus) -> None:
    course = await service.save_course()
    _, purchase = await service.paid(student(), course)
    service.change(PurchaseRow, purchase.id, status=status.value, ended_at=service.clock.now)
    assert isinstance(await service.open(student(), course), Opened)


async def test_the_purchase_of_another_student_does_not_stand_in_the_way(service: Service) -> None:
    course = await service.save_course()
    await service.paid(student("student-1"), course)
    assert isinstance(await service.open(student("student-2"), course), Opened)


async def test_without_a_provider_nothing_can_be_opened(service: Service) -> None:
    course = await service.save_course()
    service.set_up(by_name={}, default=None)
    outcome = await service.open(student(), course, provider=None)
    assert isinstance(outcome, InvalidInput)
    assert [problem.path for problem in outcome.fields] == [("provider",)]
    assert service.stored(PaymentRow) == []


async def test_a_provider_that_is_not_set_up_is_refused_with_those_that_are(service: Service) -> None:
    outcome = await service.open(student(), await service.save_course(), provider=Provider.STRIPE)
    assert outcome == InvalidInput((FieldProblem(("provider",), "must be one that is set up here: SANDBOX"),))


async def test_a_caller_who_names_no_provider_gets_the_default(service: Service) -> None:
    payment = await service.opened(student(), await service.save_course(), provider=None)
    assert payment.provider is Provider.SANDBOX


class Recovering(Sandbox):
    """A provider that is away once."""

    def __init__(self) -> None:
        self.asked = 0

    async def open(self, payment: Payment, installation: str) -> Intent:
        self.asked += 1
        if self.asked == 1:
            raise ProviderUnavailable(3)
        return await super().open(payment, installation)


async def test_an_outage_while_opening_leaves_a_payment_that_the_same_call_goes_on_with(service: Service) -> None:
    course = await service.save_course()
    service.set_up(by_name={Provider.SANDBOX: Recovering()})
    assert await service.open(student(), course, key="k") == ProviderAway(3)
    [row] = service.stored(PaymentRow)
    assert (row.status, row.reference) == (PaymentStatus.REQUIRES_PAYMENT, None)

    outcome = await service.open(student(), course, key="k")
    assert isinstance(outcome, Opened)
    assert (outcome.payment.id, outcome.payment.reference) == (row.id, f"sbx_{row.id.hex}")
    assert outcome.already_processed
    assert len(service.stored(PaymentRow)) == 1


async def test_a_writer_too_busy_to_note_the_intent_leaves_a_payment_that_the_same_call_goes_on_with(
    service: Service,
) -> None:
    course = await service.save_course()
    whole = service.purchases

    async def write_all_but_intents(command: Command) -> Outcome:
        return Busy() if isinstance(command, RecordIntent) else await whole.write(command)

    service.purchases = replace(whole, write=write_all_but_intents)
    assert await service.open(student(), course, key="k") == Busy()
    service.purchases = whole
    outcome = await service.open(student(), course, key="k")
    assert isinstance(outcome, Opened)
    [row] = service.stored(PaymentRow)
    assert (row.id, row.reference) == (outcome.payment.id, f"sbx_{row.id.hex}")


async def test_the_intent_that_was_noted_first_stays_and_no_stranger_notes_one(service: Service) -> None:
    payment = await service.opened(student("student-1"), await service.save_course())
    before = service.everything()
    [again, strangers, unknown] = await service.together(
        RecordIntent(student("student-1"), payment.id, "sbx_other"),
        RecordIntent(student("student-2"), payment.id, "sbx_other"),
        RecordIntent(student("student-1"), UUID(int=7), "sbx_other"),
    )
    assert again == Opened(payment, already_processed=True)
    assert strangers == unknown == NotFound("payment")
    assert service.everything() == before
