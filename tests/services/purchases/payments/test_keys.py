"""What an idempotency key comes to: one result for one call of one actor in one operation."""

from dataclasses import replace
from uuid import UUID

import pytest
from sqlmodel import SQLModel
from uuid_utils.compat import uuid7

from db.tables import AuditEntryRow, CourseRow, IdempotencyRecordRow, PaymentRow, PurchaseRow
from gateway.services.core.commands.create_purchase import CreatePurchase
from gateway.services.core.commands.open_payment import OpenPayment
from gateway.services.core.commands.save_course import SaveCourse
from gateway.services.core.model.outcomes import (
    ActivePurchaseExists,
    CourseSaved,
    Created,
    IdempotencyKeyReused,
    InvalidInput,
    Opened,
    Outcome,
    ProviderAway,
)
from gateway.services.core.model.values import Actor, Course, OnExisting, Provider, PurchaseStatus, Role
from gateway.services.core.model.verdicts import Captured
from gateway.services.providers.base import PaymentProvider
from gateway.services.providers.sandbox import Sandbox
from gateway.services.rows.lookups import PAYMENT_BY_ID
from tests.service import ADMIN, METADATA, TIERS, Service, student

pytestmark = pytest.mark.anyio

OPERATIONS = ("createPayment", "createPurchase", "saveCourse")
Keyed = OpenPayment | CreatePurchase | SaveCourse
"""What makes a row under a key, and may come again as another call of the same caller."""
OTHER_ACTOR = Actor("somebody-else", Role.ADMIN)
ROWS: dict[str, type[SQLModel]] = {"createPayment": PaymentRow, "createPurchase": PurchaseRow, "saveCourse": CourseRow}


def a_command(service: Service, operation: str, course: Course, key: str | None = "k") -> Keyed:
    """A command that makes a row, as another call of the same caller would say it: with an id of its own."""
    match operation:
        case "createPayment":
            return service.opening(student(), course, key=key)
        case "createPurchase":
            return service.creating(course, "student-2", key=key)
        case _:
            return SaveCourse(ADMIN, uuid7(), True, "Chess", TIERS, key=key)


def other_command(command: Keyed) -> Keyed:
    match command:
        case OpenPayment() | CreatePurchase():
            return replace(command, metadata=replace(METADATA, session_duration=90))
        case SaveCourse():
            return replace(command, title="Go")


def result_of(outcome: Outcome) -> tuple[UUID, bool]:
    """The id of what a command led to, and whether an earlier one had made it."""
    match outcome:
        case Opened(payment, already_processed):
            return payment.id, already_processed
        case Created(purchase, already_processed):
            return purchase.id, already_processed
        case CourseSaved(course, already_processed):
            return course.id, already_processed
        case _:
            raise AssertionError(outcome)


@pytest.mark.parametrize("operation", OPERATIONS)
async def test_the_same_wish_with_the_same_key_gives_the_same_result_and_writes_nothing(
    service: Service, operation: str
) -> None:
    course = await service.save_course()
    made, already = result_of(await service.purchases.submit(a_command(service, operation, course)))
    assert not already
    [record] = service.stored(IdempotencyRecordRow)
    assert (record.operation, record.key, record.result_id) == (operation, "k", made)
    before = service.everything()
    service.clock.advance(days=400)
    assert result_of(await service.purchases.submit(a_command(service, operation, course))) == (made, True)
    assert service.everything() == before


@pytest.mark.parametrize("operation", OPERATIONS)
async def test_the_same_key_for_another_wish_is_refused_and_nothing_is_done(service: Service, operation: str) -> None:
    course = await service.save_course()
    await service.purchases.submit(a_command(service, operation, course))
    before = service.everything()
    assert await service.purchases.submit(other_command(a_command(service, operation, course))) == IdempotencyKeyReused(
        "k"
    )
    assert service.everything() == before


@pytest.mark.parametrize("operation", OPERATIONS)
async def test_another_actors_same_key_is_another_key(service: Service, operation: str) -> None:
    course = await service.save_course()
    first = a_command(service, operation, course)
    await service.purchases.submit(first)
    other = replace(other_command(a_command(service, operation, course)), actor=OTHER_ACTOR)
    if isinstance(other, CreatePurchase):
        other = replace(other, student_id="student-3")
    made, already = result_of(await service.purchases.submit(other))
    assert not already
    assert len(service.stored(IdempotencyRecordRow, key="k")) == 2
    assert made in [row.id for row in service.stored(ROWS[operation])]


async def test_the_same_key_in_another_operation_is_another_key(service: Service) -> None:
    course = await service.save_course()
    for operation in OPERATIONS:
        command = replace(a_command(service, operation, course), actor=ADMIN)
        assert result_of(await service.purchases.submit(command))[1] is False
    assert sorted(row.operation for row in service.stored(IdempotencyRecordRow)) == sorted(OPERATIONS)


@pytest.mark.parametrize("operation", OPERATIONS)
async def test_one_key_many_times_in_one_turn_makes_one_row(service: Service, operation: str) -> None:
    course = await service.save_course()
    rows = len(service.stored(ROWS[operation]))
    outcomes = await service.together(*(a_command(service, operation, course) for _ in range(5)))
    results = [result_of(outcome) for outcome in outcomes]
    assert len({made for made, _ in results}) == 1
    assert [already for _, already in results] == [False, True, True, True, True]
    assert len(service.stored(ROWS[operation])) == rows + 1
    assert len(service.stored(IdempotencyRecordRow)) == 1


@pytest.mark.parametrize("operation", OPERATIONS)
async def test_one_key_for_two_inputs_in_one_turn_stands_for_the_first(service: Service, operation: str) -> None:
    course = await service.save_course()
    first, second = await service.together(
        a_command(service, operation, course), other_command(a_command(service, operation, course))
    )
    assert result_of(first)[1] is False
    assert second == IdempotencyKeyReused("k")
    assert len(service.stored(IdempotencyRecordRow)) == 1


@pytest.mark.parametrize("operation", ["createPayment", "saveCourse"])
async def test_without_a_key_each_wish_makes_a_row_of_its_own(service: Service, operation: str) -> None:
    course = await service.save_course()
    rows = len(service.stored(ROWS[operation]))
    for _ in range(2):
        await service.purchases.submit(a_command(service, operation, course, key=None))
    assert len(service.stored(ROWS[operation])) == rows + 2
    assert service.stored(IdempotencyRecordRow) == []


async def test_a_replay_answers_with_the_present_state_of_a_payment(service: Service) -> None:
    course = await service.save_course()
    payment = await service.opened(student(), course, key="k")
    await service.confirm(student(), payment)
    # Without its key the same call would be refused by now: the student has the course.
    again = await service.open(student(), course, key="k")
    assert isinstance(again, Opened)
    assert again.payment == (await service.find(PAYMENT_BY_ID, payment.id))
    assert again.payment.captured is not None


async def test_a_replay_answers_with_the_present_state_of_a_purchase(service: Service) -> None:
    course = await service.save_course()
    first = await service.created(course, key="k")
    await service.created(course, tier="STANDARD", on_existing=OnExisting.REPLACE)
    before = service.everything()
    again = await service.create(course, key="k")
    assert isinstance(again, Created)
    assert (again.purchase.id, again.purchase.status) == (first.id, PurchaseStatus.SUPERSEDED)
    assert again.already_processed
    assert service.everything() == before


async def test_a_replay_answers_with_the_present_state_of_a_course(service: Service) -> None:
    command = SaveCourse(ADMIN, uuid7(), True, "Chess", TIERS, key="k")
    await service.purchases.submit(command)
    await service.save_course(course_id=command.course_id, title="Go")
    again = await service.purchases.submit(replace(command, course_id=uuid7()))
    assert isinstance(again, CourseSaved)
    assert (again.course.id, again.course.title) == (command.course_id, "Go")


async def test_a_replay_stays_one_when_the_default_provider_changes(service: Service) -> None:
    course = await service.save_course()
    payment = await service.opened(student(), course, provider=None, key="k")
    both: dict[Provider, PaymentProvider] = {Provider.SANDBOX: Sandbox(), Provider.STRIPE: Sandbox()}
    service.set_up(by_name=both, default=Provider.STRIPE)
    again = await service.open(student(), course, provider=None, key="k")
    assert isinstance(again, Opened)
    assert (again.payment, again.already_processed) == (payment, True)
    assert await service.open(student(), course, provider=Provider.STRIPE, key="k") == IdempotencyKeyReused("k")


async def test_a_replay_of_a_payment_whose_provider_is_gone_says_so(service: Service) -> None:
    course = await service.save_course()
    await service.opened(student(), course, provider=None, key="k")
    others: dict[Provider, PaymentProvider] = {Provider.STRIPE: Sandbox()}
    service.set_up(by_name=others, default=Provider.STRIPE)
    assert isinstance(await service.open(student(), course, provider=None, key="k"), ProviderAway)
    assert len(service.stored(PaymentRow)) == 1


async def test_a_key_that_found_the_standing_purchase_stands_for_it(service: Service) -> None:
    course = await service.save_course()
    standing = await service.created(course)
    found = await service.create(course, key="k")
    assert found == Created(standing, already_processed=True)
    service.change(PurchaseRow, standing.id, status="REVOKED", ended_at=service.clock.now)
    again = await service.create(course, key="k")
    assert isinstance(again, Created)
    assert (again.purchase.id, again.purchase.status) == (standing.id, PurchaseStatus.REVOKED)


@pytest.mark.parametrize("refused_by", ["what stands", "the input"])
async def test_a_wish_that_was_refused_leaves_its_key_free(service: Service, refused_by: str) -> None:
    course = await service.save_course()
    await service.created(course, tier="STANDARD")
    if refused_by == "what stands":
        assert isinstance(await service.create(course, key="k"), ActivePurchaseExists)
    else:
        assert isinstance(await service.create(course, tier="GOLD", key="k"), InvalidInput)
    assert service.stored(IdempotencyRecordRow) == []
    assert isinstance(await service.create(course, "student-9", key="k"), Created)


async def test_the_wish_and_its_key_are_committed_together_and_audited_once(service: Service) -> None:
    course = await service.save_course()
    turns = service.writer.turns
    purchase = await service.created(course, key="k")
    assert service.writer.turns == turns + 1
    await service.create(course, key="k")
    assert len(service.stored(AuditEntryRow, subject_id=purchase.id)) == 1


async def test_a_capture_in_the_same_turn_as_a_replayed_opening_is_seen_by_it(service: Service) -> None:
    course = await service.save_course()
    payment = await service.opened(student(), course, key="k")
    captured = Captured("a", payment.amount)
    again, _ = await service.together(
        service.opening(student(), course, key="k"), service.confirming(payment, captured)
    )
    assert isinstance(again, Opened)
    assert (again.payment.id, again.payment.captured) == (payment.id, payment.amount)
