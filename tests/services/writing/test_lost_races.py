"""Two writers on one database: whoever is second sees what the first one did, and nobody undoes anything."""

import asyncio
import threading
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import replace

import pytest
from sqlalchemy.exc import IntegrityError, OperationalError

from db.job_tables import JobRow
from db.saves import Saves
from db.tables import IdempotencyRecordRow, PaymentRow, PurchaseRow, RefundRow, TierRow
from db.writer import Writer
from gateway.services.core.commands.every import Command
from gateway.services.core.commands.open_payment import RecordIntent
from gateway.services.core.commands.save_course import SaveCourse
from gateway.services.core.model.outcomes import (
    Confirmed,
    CourseSaved,
    Created,
    DuplicatePayment,
    IdempotencyKeyReused,
    Opened,
    Outcome,
)
from gateway.services.core.model.state import State
from gateway.services.core.model.values import OnExisting
from gateway.services.writing import saving
from gateway.services.writing.turn import MOST_RUNS
from tests.service import ADMIN, BASIC, METADATA, STANDARD, Service, heard, running, student

pytestmark = pytest.mark.anyio

Action = Callable[[], Awaitable[object]]
Interrupt = Callable[[Service, Action], None]


@pytest.fixture
async def other(service: Service) -> AsyncIterator[Service]:
    """Another process's service on the same database."""
    async with running(service.url) as started:
        yield started


@pytest.fixture
async def rival(new_postgresql: Callable[[], str]) -> AsyncIterator[tuple[Service, Service]]:
    """Two services on one PostgreSQL database, which lets both be amid their turns at once; SQLite does not."""
    url = new_postgresql()
    async with running(url) as one, running(url) as another:
        yield one, another


@pytest.fixture
def interrupt(monkeypatch: pytest.MonkeyPatch) -> Interrupt:
    """Has something happen in the middle of a service's next turn: after it loaded and before it saves."""

    def interrupt_turn(service: Service, action: Action) -> None:
        loop, save, waiting = asyncio.get_running_loop(), saving.save, [action]

        async def act(wanted: Action) -> None:
            await wanted()

        def act_then_save(writer: Writer, saves: Saves, state: State) -> None:
            if writer.dialect is service.engine.dialect and waiting:
                asyncio.run_coroutine_threadsafe(act(waiting.pop()), loop).result()
            save(writer, saves, state)

        monkeypatch.setattr(saving, "save", act_then_save)

    return interrupt_turn


class Begun:
    """A command that a writer begins amid another's turn. It waits for the rows, or the file, that the turn holds."""

    def __init__(self, service: Service, command: Command) -> None:
        self._service, self._command = service, command
        self._has_begun = threading.Event()
        self._task: asyncio.Task[Outcome] | None = None

    async def begin(self) -> None:
        with heard(self._service.engine, lambda _: self._has_begun.set()):
            self._task = asyncio.create_task(self._service.writer.submit(self._command))
            await asyncio.get_running_loop().run_in_executor(None, self._has_begun.wait)

    async def outcome(self) -> Outcome:
        assert self._task is not None
        return await self._task


async def test_the_second_of_two_admins_answers_with_the_purchase_of_the_first(
    rival: tuple[Service, Service], interrupt: Interrupt
) -> None:
    service, other = rival
    course = await service.save_course()
    first: list[object] = []

    async def create_elsewhere() -> None:
        first.append(await other.create(course))

    interrupt(service, create_elsewhere)
    turns = service.writer.turns
    second = await service.create(course)
    assert service.writer.turns == turns + 2
    assert isinstance(second, Created)
    assert first == [Created(second.purchase, already_processed=False)]
    assert second.already_processed
    assert len(service.stored(PurchaseRow)) == 1


async def test_the_second_of_two_payments_is_a_duplicate_of_the_first_ones_purchase(
    rival: tuple[Service, Service], interrupt: Interrupt
) -> None:
    service, other = rival
    course = await service.save_course()
    payments = [await service.opened(student(), course) for _ in range(2)]
    first: list[object] = []

    async def confirm_elsewhere() -> None:
        first.append(await other.confirm(student(), payments[0]))

    interrupt(service, confirm_elsewhere)
    second = await service.confirm(student(), payments[1])
    assert isinstance(first[0], Confirmed)
    assert isinstance(second, DuplicatePayment)
    assert second.existing == first[0].purchase
    assert [row.fulfilment for row in service.stored(PaymentRow)] == ["FULFILLED", "DUPLICATE"]
    [refund] = service.stored(RefundRow)
    assert refund.payment_id == payments[1].id
    assert [row.subject_id for row in service.stored(JobRow, kind="payment.refund")] == [refund.id]


async def test_an_admin_who_comes_second_answers_with_the_paid_purchase(
    rival: tuple[Service, Service], interrupt: Interrupt
) -> None:
    service, other = rival
    course = await service.save_course()
    payment = await service.opened(student(), course)
    interrupt(service, lambda: other.confirm(student(), payment))
    created = await service.create(course)
    assert isinstance(created, Created)
    assert (created.purchase.payment_id, created.already_processed) == (payment.id, True)
    assert len(service.stored(PurchaseRow)) == 1


async def test_two_replacements_of_one_purchase_make_one_chain(
    service: Service, other: Service, interrupt: Interrupt
) -> None:
    course = await service.save_course()
    first = await service.created(course, tier="BASIC")
    last = Begun(other, other.creating(course, tier="PREMIUM", on_existing=OnExisting.REPLACE))
    interrupt(service, last.begin)
    second = await service.created(course, tier="STANDARD", on_existing=OnExisting.REPLACE)
    third = await last.outcome()
    assert isinstance(third, Created)
    assert {row.id: row.supersedes for row in service.stored(PurchaseRow)} == {
        first.id: None,
        second.id: first.id,
        third.purchase.id: second.id,
    }
    assert [row.id for row in service.stored(PurchaseRow, status="ACTIVE")] == [third.purchase.id]


@pytest.mark.parametrize("is_same_input", [True, False], ids=["the same input", "other input"])
async def test_the_second_call_with_a_key_answers_by_the_first(
    rival: tuple[Service, Service], interrupt: Interrupt, is_same_input: bool
) -> None:
    service, other = rival
    course = await service.save_course()
    first: list[object] = []

    async def open_elsewhere() -> None:
        first.append(await other.open(student(), course, key="k"))

    interrupt(service, open_elsewhere)
    metadata = METADATA if is_same_input else replace(METADATA, session_duration=90)
    second = await service.open(student(), course, key="k", metadata=metadata)
    assert isinstance(first[0], Opened)
    assert second == (replace(first[0], already_processed=True) if is_same_input else IdempotencyKeyReused("k"))
    assert len(service.stored(PaymentRow)) == len(service.stored(IdempotencyRecordRow)) == 1


async def test_of_two_changes_of_a_course_the_later_one_stands_whole(
    rival: tuple[Service, Service], interrupt: Interrupt
) -> None:
    service, other = rival
    course = await service.save_course()
    interrupt(service, lambda: other.save_course(replace(BASIC, code="OTHER", rank=9), course_id=course.id))
    saved = await service.purchases.submit(SaveCourse(ADMIN, course.id, False, "Chess", (STANDARD,)))
    assert isinstance(saved, CourseSaved)
    assert [row.code for row in service.stored(TierRow)] == ["STANDARD"]


async def test_the_batch_mates_of_a_lost_race_are_committed_with_it(
    rival: tuple[Service, Service], interrupt: Interrupt
) -> None:
    service, other = rival
    course = await service.save_course()
    interrupt(service, lambda: other.create(course, "student-3"))
    turns = service.writer.turns
    outcomes = await asyncio.gather(*(service.create(course, f"student-{index}") for index in range(5)))
    assert service.writer.turns == turns + 2
    assert [outcome.already_processed for outcome in outcomes if isinstance(outcome, Created)] == [
        index == 3 for index in range(5)
    ]
    assert len(service.stored(PurchaseRow)) == 5


async def test_one_payment_confirmed_by_two_writers_at_once_gives_one_purchase(
    service: Service, other: Service, interrupt: Interrupt
) -> None:
    payment = await service.opened(student(), await service.save_course())
    second = Begun(other, other.confirming(payment))
    interrupt(service, second.begin)
    [first] = await service.together(service.confirming(payment))
    assert isinstance(first, Confirmed)
    assert await second.outcome() == replace(first, already_processed=True)
    assert len(service.stored(PurchaseRow)) == 1


async def test_what_a_turn_decides_on_is_locked_until_its_commit(
    rival: tuple[Service, Service], interrupt: Interrupt
) -> None:
    service, _ = rival
    course = await service.save_course()
    payment = await service.opened(student(), course, "STANDARD")
    await service.paid(student(), course, "BASIC")
    locked: list[str] = []

    async def try_to_lock() -> None:
        for table in ("payment", "purchase"):
            with pytest.raises(OperationalError, match="could not obtain lock"):
                service.rows(f"SELECT * FROM {table} ORDER BY id DESC FOR UPDATE NOWAIT")
            locked.append(table)

    interrupt(service, try_to_lock)
    assert isinstance(await service.confirm(student(), payment), Confirmed)
    assert locked == ["payment", "purchase"]


async def test_writers_that_do_not_meet_do_not_wait_for_each_other(
    rival: tuple[Service, Service], interrupt: Interrupt
) -> None:
    service, other = rival
    course = await service.save_course()
    payments = [await service.opened(student(f"student-{index}"), course) for index in range(2)]
    first: list[object] = []

    async def confirm_elsewhere() -> None:
        first.append(await other.confirm(ADMIN, payments[0]))

    interrupt(service, confirm_elsewhere)
    turns = service.writer.turns
    assert isinstance(await service.confirm(ADMIN, payments[1]), Confirmed)
    assert isinstance(first[0], Confirmed)
    assert service.writer.turns == turns + 1


async def test_a_race_that_is_lost_for_ever_is_given_up_after_a_few_runs(service: Service) -> None:
    course = await service.save_course()
    first = await service.opened(student("student-1"), course)
    [opened] = await service.together(service.opening(student("student-2"), course))
    assert isinstance(opened, Opened)
    assert first.reference is not None
    turns = service.writer.turns
    with pytest.raises(IntegrityError):
        await service.writer.submit(RecordIntent(student("student-2"), opened.payment.id, first.reference))
    assert service.writer.turns == turns + MOST_RUNS
