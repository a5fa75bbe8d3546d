"""A student erased: the books stay and hold, and nothing names the person any more."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from structlog.testing import capture_logs
from uuid_utils.compat import uuid7

from db.job_tables import JobRow
from db.tables import AuditEntryRow, IdempotencyRecordRow, PaymentRow, PurchaseRow
from db.urls import file_of
from gateway.services.core.commands.amend_purchase import RevokePurchase
from gateway.services.core.commands.jobs.retries import CancelJob
from gateway.services.core.commands.sessions.record import RecordSession
from gateway.services.core.model.events import EVENT_TYPES, EventSubscriber
from gateway.services.core.model.metadata import Label
from gateway.services.core.model.outcomes import (
    Busy,
    Created,
    IdempotencyKeyReused,
    ImportRefused,
    InvalidInput,
    Opened,
)
from gateway.services.core.model.privacy.erasure import OpenKind
from gateway.services.core.model.privacy.outcomes import StudentErased, StudentHasOpenBusiness
from gateway.services.core.model.sessions.outcomes import SessionRecorded
from gateway.services.core.model.values import Actor, PurchaseStatus, Role
from gateway.services.core.rules.inputs.subjects import is_pseudonym, is_subject
from gateway.services.core.rules.privacy.naming import ERASED
from gateway.services.providers.metadata import of_payment
from tests.service import ADMIN, BASIC, METADATA, Service, running, student
from tests.services.privacy.erasing import erase, erased, places
from tests.services.purchases.imports.rows import LATER, PAID, THEN, brought, came, old
from tests.services.subscribers.test_announcements import Ear
from tests.services.verification.everything import ADOPTED, tell
from tests.simulation.shop import Shop, open_shop, reference_of

pytestmark = pytest.mark.anyio

AMY = "amy-lovelace-1815"
WORDS = "Mrs Lovelace of Ockham"
"""What people write about her; each test looks for both."""
ABOUT_HER = replace(METADATA, labels=(Label("parent", WORDS),))


@pytest.fixture
def shop(service: Service) -> Shop:
    return open_shop(service)


def traces(service: Service) -> list[str]:
    """Where she is still named."""
    return [*places(service, AMY), *places(service, WORDS)]


async def refunded(service: Service, shop: Shop, **changes: Any) -> Any:
    """Her payment, which bought a course and went back."""
    payment, _ = await shop.paid(await service.save_course(), actor=student(AMY), metadata=ABOUT_HER, **changes)
    await shop.refund(payment)
    return payment


async def test_whoever_has_nothing_open_is_erased_whatever_happened_and_the_books_hold(
    new_sqlite: Callable[[], str],
) -> None:
    """What it takes on PostgreSQL, the other tests show, at less cost."""
    url = new_sqlite()
    now = await tell(url)
    async with running(url) as service:
        shop = open_shop(service)
        service.clock.now = now
        await _end_all(service)
        ids = {row.student_id for row in (*service.stored(PaymentRow), *service.stored(PurchaseRow))}
        ids -= {each for each in ids if is_pseudonym(each)}
        outcomes = {each: await erase(service, each) for each in sorted(ids)}
        refused = {each for each, outcome in outcomes.items() if isinstance(outcome, StudentHasOpenBusiness)}
        assert len(refused) < 5 < 25 < len(ids - refused)
        left = {row.student_id for row in (*service.stored(PaymentRow), *service.stored(PurchaseRow))}
        assert {each for each in left if not is_pseudonym(each)} == refused
        assert not [place for each in ids - refused for place in places(service, f'"{each}"')]
        theirs = {
            row.id for table in (PaymentRow, PurchaseRow) for row in service.stored(table) if row.student_id in refused
        }
        worded = [row for row in service.stored(AuditEntryRow) if WORDS in (row.reason or "")]
        assert {row.subject_id for row in worded} <= theirs
        assert shop.broken() == []


async def _end_all(service: Service) -> None:
    for row in service.stored(PurchaseRow, status="ACTIVE"):
        await service.purchases.submit(RevokePurchase(ADMIN, row.id, f"{WORDS} wrote"))
    for row in service.stored(JobRow, state="FAILED"):
        await service.purchases.submit(CancelJob(ADMIN, row.id, WORDS))


async def test_what_people_wrote_goes_and_what_happened_stays(service: Service, shop: Shop) -> None:
    course = await service.save_course()
    granted = await service.created(course, AMY, metadata=ABOUT_HER, reason=f"a gift for {WORDS}", key="grant-1")
    await service.correct(granted, replace(ABOUT_HER, session_duration=90), reason=WORDS)
    await service.revoke(granted, reason=f"{WORDS} asked")
    before = service.actions(granted.id)
    done = await erased(service, AMY)
    assert done.pseudonym is not None
    assert is_pseudonym(done.pseudonym)
    assert (done.payments, done.purchases, done.already_processed) == (0, 1, False)
    assert traces(service) == []
    assert service.actions(granted.id) == [*before, "student.erased"]
    entries = service.stored(AuditEntryRow, subject_id=granted.id)
    assert {entry.actor_id for entry in entries} == {ADMIN.id}
    assert {entry.reason for entry in entries[:-1]} == {ERASED}
    assert (entries[-1].reason, entries[-1].changes) == ("asked for by mail", {"pseudonym": done.pseudonym})
    [row] = service.stored(PurchaseRow)
    assert (row.student_id, row.tier, row.labels) == (done.pseudonym, "BASIC", [])
    assert shop.broken() == []


async def test_what_is_open_has_to_end_first_and_is_named(service: Service, shop: Shop) -> None:
    course, other = await service.save_course(), await service.save_course(title="Chess")
    payment, bought = await shop.paid(course, actor=student(AMY))
    under_way = await service.opened(student(AMY), other)
    shop.books.begin(reference_of(under_way))
    await service.confirm(student(AMY), under_way)
    before = service.everything()
    refusal = await erase(service, AMY)
    assert isinstance(refusal, StudentHasOpenBusiness)
    assert [(each.kind, each.id) for each in refusal.open] == [
        (OpenKind.ACTIVE_PURCHASE, bought.id),
        (OpenKind.PAYMENT_UNDER_WAY, under_way.id),
    ]
    assert service.everything() == before
    disputed = shop.books.dispute(shop.capture(payment), 50_000)
    await shop.receive(payment)
    refusal = await erase(service, AMY)
    assert isinstance(refusal, StudentHasOpenBusiness)
    assert OpenKind.DISPUTE_OPEN in {each.kind for each in refusal.open}
    shop.books.decide(disputed, False)


async def test_a_purchase_past_its_expiry_is_not_open(service: Service, shop: Shop) -> None:
    await shop.paid(await service.save_course(), actor=student(AMY))
    service.clock.advance(days=200)
    assert not (await erased(service, AMY)).already_processed
    await shop.sweep()
    assert shop.purchases() == [("BASIC", "EXPIRED")]
    assert (traces(service), shop.broken()) == ([], [])


async def test_a_refund_that_failed_is_open_until_a_person_has_dealt_with_it(service: Service, shop: Shop) -> None:
    payment, bought = await shop.paid(await service.save_course(), actor=student(AMY))
    shop.books.refuses_refunds = True
    await shop.refund(payment)
    await service.revoke(bought)
    refusal = await erase(service, AMY)
    [job] = service.stored(JobRow, state="FAILED")
    assert isinstance(refusal, StudentHasOpenBusiness)
    assert [(each.kind, each.id) for each in refusal.open] == [(OpenKind.NEEDS_ATTENTION, job.id)]
    await service.purchases.submit(CancelJob(ADMIN, job.id, f"paid out to {WORDS}"))
    await erased(service, AMY)
    assert (traces(service), shop.broken()) == ([], [])


async def test_what_comes_later_finds_its_payment_and_does_not_bring_her_back(service: Service, shop: Shop) -> None:
    payment, bought = await shop.paid(await service.save_course(), actor=student(AMY))
    await service.revoke(bought)
    done = await erased(service, AMY)
    shop.books.refund_at_dashboard(shop.capture(payment), 1_000)
    await shop.receive(payment)
    assert shop.payment(payment) == ("PARTIALLY_REFUNDED", "FULFILLED", 1_000)
    lost = shop.books.dispute(shop.capture(payment), 100_000)
    shop.books.decide(lost, True)
    await shop.receive(payment, event_id="evt_again")
    await shop.receive(payment, event_id="evt_again")
    assert shop.payment(payment) == ("PARTIALLY_REFUNDED", "FULFILLED", 101_000)
    shop.books.capture_again(reference_of(payment))
    await shop.receive(payment)
    assert {row.student_id for row in service.stored(PaymentRow)} == {done.pseudonym}
    assert traces(service) == []
    assert (shop.agrees(), shop.broken()) == (True, [])


async def test_a_checkout_that_is_paid_afterwards_goes_back_in_full(service: Service, shop: Shop) -> None:
    payment = await service.opened(student(AMY), await service.save_course(), metadata=ABOUT_HER)
    await erased(service, AMY)
    shop.pay(payment)
    await shop.receive(payment)
    assert shop.payment(payment) == ("REFUNDED", "UNFULFILLABLE", 199_900)
    [row] = service.stored(PaymentRow)
    assert (row.failure_code, row.failure_message) == (
        "student_erased",
        "The student was erased, so the money goes back.",
    )
    assert (traces(service), shop.purchases(), shop.broken()) == ([], [], [])


async def test_a_second_intent_of_an_old_payment_stays_nobodys(service: Service, shop: Shop) -> None:
    payment = await refunded(service, shop)
    mark = await service.purchases.providers.installation()
    of_whom = {**ADOPTED, "purchaseTier": "BASIC", "note": WORDS, **of_payment(payment, mark)}
    second = shop.books.book(BASIC.price, of_whom, "pi_second")
    await erased(service, AMY)
    shop.books.pay(second.reference)
    with capture_logs():
        await shop.receive(second.reference)
    assert [(row.fulfilment, is_pseudonym(row.student_id)) for row in service.stored(PaymentRow)] == [
        ("FULFILLED", True),
        ("UNFULFILLABLE", True),
    ]
    assert (traces(service), shop.broken()) == ([], [])


async def test_whoever_comes_back_under_the_same_id_is_a_new_student(service: Service, shop: Shop) -> None:
    course = await service.save_course()
    payment, bought = await shop.paid(course, actor=student(AMY), key="checkout-1")
    await service.revoke(bought)
    assert (await erased(service, AMY)).payments == 1
    again = await service.opened(student(AMY), course, key="checkout-1")
    assert again.id != payment.id
    shop.pay(again)
    await service.confirm(student(AMY), again)
    assert shop.purchases() == [("BASIC", "REVOKED"), ("BASIC", "ACTIVE")]
    assert shop.broken() == []


async def test_a_key_of_an_admin_that_led_to_her_makes_nothing_anew(service: Service, shop: Shop) -> None:
    course = await service.save_course()
    keys = ("grant-1", f"grant-{AMY}")
    for key in keys:
        await service.revoke(await service.created(course, AMY, key=key))
    prints = {row.key: row.fingerprint for row in service.stored(IdempotencyRecordRow)}
    await erased(service, AMY)
    [row] = service.stored(IdempotencyRecordRow)
    assert (row.key, row.fingerprint != prints["grant-1"]) == ("grant-1", True), "who tries all ids would find hers"
    assert isinstance(await service.create(course, AMY, key="grant-1"), IdempotencyKeyReused)
    assert isinstance(await service.create(course, AMY, key=f"grant-{AMY}"), Created), "she is new, and so is the key"
    assert shop.broken() == []


async def test_once_erased_there_is_nothing_more_to_erase(service: Service, shop: Shop) -> None:
    await refunded(service, shop)
    await erased(service, AMY)
    before = service.everything()
    assert await erase(service, AMY) == StudentErased(None, 0, 0, already_processed=True)
    assert await erase(service, "nobody-ever") == StudentErased(None, 0, 0, already_processed=True)
    assert service.everything() == before


async def test_a_reason_that_names_her_is_refused_and_so_is_a_pseudonym(service: Service, shop: Shop) -> None:
    await refunded(service, shop)
    refusal = await erase(service, AMY, f"{AMY} asked for it")
    assert isinstance(refusal, InvalidInput)
    assert [each.path for each in refusal.fields] == [("reason",)]
    pseudonym = (await erased(service, AMY)).pseudonym
    assert pseudonym is not None
    assert not is_subject(pseudonym)
    for outcome in (await erase(service, pseudonym), await service.create(await service.save_course(), pseudonym)):
        assert isinstance(outcome, InvalidInput)
        assert [each.path for each in outcome.fields] == [("studentId",)]


async def test_what_happens_to_her_in_the_same_turn_is_not_overlooked(service: Service, shop: Shop) -> None:
    payment = await service.opened(student(AMY), await service.save_course())
    shop.pay(payment)
    confirming = service.confirming(payment)
    command = await _erasing(service)
    outcomes = await service.together(command, confirming)
    assert isinstance(outcomes[0], Busy)
    assert isinstance(await erase(service, AMY), StudentHasOpenBusiness)


async def test_a_lost_answer_is_found_again_with_its_pseudonym(
    service: Service, shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    await refunded(service, shop)
    commit = service.commits.do_commit
    lost: list[object] = []

    def lose(connection: Any) -> None:
        commit(connection)
        if not lost:
            lost.append(connection)
            service.lose_connection(connection)

    monkeypatch.setattr(service.commits, "do_commit", lose)
    done = await erased(service, AMY)
    monkeypatch.undo()
    assert lost
    assert {row.student_id for row in service.stored(PaymentRow)} == {done.pseudonym}
    assert service.count("audit_entry", "action = 'student.erased'") == 3


async def _erasing(service: Service) -> Any:
    taken: list[Any] = []

    async def take(command: Any) -> Any:
        taken.append(command)

    await replace(service.purchases, write=take).erase(ADMIN, AMY, "asked for by mail")
    return taken[0]


@pytest.fixture
async def told(database_url: str) -> Any:
    ear = Ear("platform")
    async with running(database_url, subscribers=[EventSubscriber(ear.name, EVENT_TYPES)]) as service:
        shop = open_shop(service)
        shop.subscribers[ear.name] = ear
        yield shop, ear


async def test_subscribers_are_told_whom_to_forget_and_then_it_is_forgotten(told: tuple[Shop, Ear]) -> None:
    shop, ear = told
    await refunded(shop.service, shop)
    done = await erased(shop.service, AMY)
    await shop.run_jobs()
    event = ear.heard[-1]
    assert event.type == "student.erased"
    assert event.data == {"erasure": {"id": str(event.subject_id), "studentId": AMY, "pseudonym": done.pseudonym}}
    assert (traces(shop.service), shop.broken()) == ([], [])


async def test_what_was_not_delivered_yet_is_told_of_the_pseudonym(told: tuple[Shop, Ear]) -> None:
    shop, ear = told
    ear.is_deaf = True
    _, bought = await shop.paid(await shop.service.save_course(), actor=student(AMY), metadata=ABOUT_HER)
    await shop.service.revoke(bought)
    await shop.run_jobs()
    done = await erased(shop.service, AMY)
    assert set(places(shop.service, AMY)) == {"job.payload"}, "of the event that tells whom to forget"
    assert shop.broken() == []
    ear.is_deaf = False
    shop.service.clock.advance(hours=5)
    await shop.run_jobs()
    named = [next(iter(event.data.values())) for event in ear.heard if event.type != "student.erased"]
    assert {each["studentId"] for each in named if isinstance(each, dict)} == {done.pseudonym}
    assert "access.revoked" in ear.told()
    assert (traces(shop.service), shop.broken()) == ([], [])


async def test_nothing_of_her_is_left_in_the_file(new_sqlite: Callable[[], str]) -> None:
    """Once its log is copied and gone, as it is where the last process that has it open ends."""
    url = new_sqlite()
    async with running(url) as service:
        shop = open_shop(service)
        await refunded(service, shop, key=f"checkout-of-{AMY}")
        with _looked_into(url) as before:
            assert before
        await erased(service, AMY)
    with _looked_into(url) as after:
        assert not after


@contextmanager
def _looked_into(url: str) -> Iterator[bool]:
    files = [file_of(url), *Path(file_of(url)).parent.glob(f"{Path(file_of(url)).name}-*")]
    yield any(AMY.encode() in Path(each).read_bytes() or WORDS.encode() in Path(each).read_bytes() for each in files)


async def test_a_student_of_whom_another_process_opens_a_payment_meanwhile_is_new(service: Service, shop: Shop) -> None:
    await refunded(service, shop)
    course = await service.save_course(title="Chess")
    outcomes = await service.together(await _erasing(service), service.opening(student(AMY), course))
    assert isinstance(outcomes[1], Opened)
    assert isinstance(outcomes[0], Busy)


async def test_who_came_over_from_another_system_is_erased_and_does_not_come_over_again(service: Service) -> None:
    course = await service.save_course()
    lapsed = {"expires_at": LATER, "status": PurchaseStatus.EXPIRED}
    row = old(course, "17", student_id=AMY, metadata=ABOUT_HER, payment=PAID, **lapsed)
    granted = old(course, f"{AMY}/18", student_id=AMY, status=PurchaseStatus.REVOKED, ended_at=THEN + timedelta(days=1))
    shop = open_shop(service)
    for each in (row, granted):
        await came(service, each)
    await erased(service, AMY)
    assert (traces(service), shop.broken()) == ([], [])
    [again] = await brought(service, row)
    assert isinstance(again, ImportRefused)
    assert (again.is_conflict, traces(service)) == (True, [])


async def test_recorded_sessions_stay_under_the_pseudonym(service: Service, shop: Shop) -> None:
    bought = await service.created(await service.save_course(), AMY)
    service.clock.advance(days=1)
    recording = RecordSession(Actor(AMY, Role.SERVICE), uuid7(), bought.id, 1)
    assert isinstance(await service.purchases.submit(recording), SessionRecorded)
    await service.revoke(bought)
    assert "recorded_session.recorded_by_id" in places(service, AMY)
    await erased(service, AMY)
    assert (traces(service), shop.broken(), service.count("recorded_session")) == ([], [], 1)
