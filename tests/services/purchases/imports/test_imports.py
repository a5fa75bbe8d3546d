"""What rows of an old system come to: as they stood there, once, and with books that `gateway verify` finds right."""

from datetime import timedelta
from typing import Any

import pytest
from uuid_utils.compat import uuid7

from db.job_tables import JobRow
from db.tables import AuditEntryRow, PaymentRow, PurchaseRow, RefundRow, StudentAccessRow
from gateway.services.changes.commits import Commit
from gateway.services.core.commands.imports.rehearse_import import RehearseImport
from gateway.services.core.frozen import replace
from gateway.services.core.model.events import EVENT_TYPES, EventSubscriber
from gateway.services.core.model.imports.old_purchase import OldPurchase
from gateway.services.core.model.outcomes import ImportRefused, ImportRehearsed, PurchaseImported
from gateway.services.core.model.values import Money, PurchaseStatus, TierChoice
from gateway.services.core.rules.inputs.subjects import PSEUDONYM_BYTES, pseudonym_of
from tests.service import METADATA, Service, running, student
from tests.services.purchases.imports.rows import LATER, PAID, THEN, brought, came, every_end, faults, importing, old
from tests.simulation.verified import broken

pytestmark = pytest.mark.anyio

ACTIVE, EXPIRED, REVOKED = PurchaseStatus.ACTIVE, PurchaseStatus.EXPIRED, PurchaseStatus.REVOKED
SUPERSEDED, REFUNDED = PurchaseStatus.SUPERSEDED, PurchaseStatus.REFUNDED
WHOLE = 199_900


def is_right(service: Service) -> list[str]:
    with service.beside() as connection:
        return broken(connection, service.clock)


async def test_a_paid_purchase_comes_over_with_its_past_and_its_payment(service: Service) -> None:
    course = await service.save_course()
    purchase = await came(service, old(course, payment=replace(PAID, attempt="ch_1")))
    [row], [access], [payment] = (
        service.stored(PurchaseRow),
        service.stored(StudentAccessRow),
        service.stored(PaymentRow),
    )
    assert (row.created_at, row.status, row.origin, row.payment_id) == (THEN, "ACTIVE", "PAYMENT", payment.id)
    assert (access.sessions_total, access.sessions_used) == (4, 1)
    assert (access.starts_at, access.expires_at) == (THEN, THEN + timedelta(days=90))
    assert (payment.reference, payment.attempt, payment.captured_minor) == ("pi_1", "ch_1", WHOLE)
    assert (payment.status, payment.fulfilment, payment.created_at) == ("SUCCEEDED", "FULFILLED", THEN)
    assert service.actions(purchase.id) == ["purchase.imported"]
    assert service.actions(payment.id) == ["payment.imported"]
    [entry] = service.stored(AuditEntryRow, subject_id=purchase.id)
    assert (entry.at, entry.changes["oldId"], entry.changes["source"]) == (service.clock.now, "17", "platform")
    assert is_right(service) == []


async def test_every_end_comes_over_and_the_books_are_right(service: Service) -> None:
    course = await service.save_course()
    outcomes = await brought(service, *every_end(course))
    assert all(isinstance(each, PurchaseImported) and each.is_new for each in outcomes), outcomes
    status = {row.student_id: row.status for row in service.stored(PurchaseRow) if row.ended_at}
    assert {name: status.get(name) for name in ("s5", "s6", "s7", "s9", "s10")} == {
        "s5": "EXPIRED",
        "s6": "EXPIRED",
        "s7": "REVOKED",
        "s9": "REFUNDED",
        "s10": "SUPERSEDED",
    }
    assert [(row.amount_minor, row.created_at) for row in service.stored(RefundRow)] == [(100, THEN), (WHOLE, LATER)]
    renewals = {row.reference: row.purpose for row in service.stored(PaymentRow)}
    assert (renewals["pi_11b"], renewals["pi_13b"]) == ("RENEWAL", "PURCHASE")
    assert is_right(service) == []


async def test_a_row_that_came_over_is_there_already_and_is_not_written_again(service: Service) -> None:
    course = await service.save_course()
    row = old(course, payment=PAID)
    first = await came(service, row)
    before = service.everything()
    [again] = await brought(service, row)
    assert isinstance(again, PurchaseImported)
    assert (again.is_new, again.purchase.id) == (False, first.id)
    assert service.everything() == before


@pytest.mark.parametrize(
    ("changes", "named"),
    [
        ({"sessions_used": 2}, "sessionsUsed"),
        ({"student_id": "student-2"}, "studentId"),
        ({"payment": replace(PAID, amount=Money(1, "INR"))}, "amount"),
        ({"metadata": replace(METADATA, session_duration=90)}, "metadata"),
    ],
)
async def test_a_known_old_id_with_another_row_is_a_conflict_that_names_the_field(
    service: Service, changes: dict[str, Any], named: str
) -> None:
    course = await service.save_course()
    first = await came(service, old(course, payment=PAID))
    before = service.everything()
    [again] = await brought(service, old(course, **{"payment": PAID, **changes}))
    assert isinstance(again, ImportRefused)
    assert (again.is_conflict, again.existing and again.existing.id) == (True, first.id)
    assert faults(again) == [named]
    assert service.everything() == before


async def test_old_ids_of_two_systems_do_not_meet(service: Service) -> None:
    course = await service.save_course()
    await came(service, old(course))
    outcome = await service.purchases.submit(importing(old(course, student_id="student-2"), source="another"))
    assert isinstance(outcome, PurchaseImported)
    assert outcome.is_new


REFUSED: list[tuple[dict[str, Any], list[str]]] = [
    ({"course_id": uuid7()}, ["courseId"]),
    ({"tier": TierChoice("GOLD", None)}, ["purchaseTier"]),
    ({"tier": TierChoice(None, 5)}, ["sessionCount"]),
    ({"created_at": THEN + timedelta(days=400)}, ["createdAt"]),
    ({"expires_at": THEN - timedelta(days=1)}, ["expiresAt"]),
    ({"sessions_used": 5}, ["sessionsUsed"]),
    ({"sessions_total": 0, "sessions_used": 0}, ["sessionsTotal"]),
    ({"status": REVOKED}, ["endedAt"]),
    ({"status": REVOKED, "ended_at": THEN - timedelta(days=1)}, ["endedAt"]),
    ({"status": EXPIRED}, ["expiresAt"]),
    ({"status": REFUNDED, "ended_at": LATER}, ["status"]),
    ({"status": ACTIVE, "payment": replace(PAID, refunded_minor=WHOLE)}, ["status"]),
    ({"ended_at": LATER}, ["status"]),
    ({"supersedes": "16"}, ["supersedes"]),
    ({"supersedes": "17"}, ["supersedes"]),
    ({"student_id": "a\0b"}, ["studentId"]),
    ({"payment": replace(PAID, amount=Money(199_900, "XXQ"))}, ["currency"]),
    ({"payment": replace(PAID, amount=Money(0, "INR"))}, ["amount"]),
    ({"payment": replace(PAID, refunded_minor=WHOLE + 1)}, ["refundedAmount"]),
]


@pytest.mark.parametrize(("changes", "named"), REFUSED, ids=lambda each: "+".join(each))
async def test_what_is_wrong_with_a_row_is_named_and_nothing_is_written(
    service: Service, changes: dict[str, Any], named: list[str]
) -> None:
    course = await service.save_course()
    before = service.everything()
    [outcome] = await brought(service, old(course, **changes))
    assert faults(outcome) == named
    assert service.everything() == before


async def test_a_student_has_one_active_purchase_whichever_rows_come(service: Service) -> None:
    course = await service.save_course()
    one, other = await brought(service, old(course, "1"), old(course, "2"))
    assert isinstance(one, PurchaseImported)
    assert isinstance(other, ImportRefused)
    assert (faults(other), other.is_conflict) == (["status"], True)
    standing = await service.created(course, "student-2")
    [beside] = await brought(service, old(course, "3", student_id="student-2"))
    assert isinstance(beside, ImportRefused)
    assert beside.existing == standing


async def test_a_payment_that_the_books_have_is_a_conflict(service: Service) -> None:
    course = await service.save_course()
    one, other = await brought(
        service, old(course, "1", payment=PAID), old(course, "2", student_id="student-2", payment=PAID)
    )
    assert isinstance(one, PurchaseImported)
    assert (faults(other), isinstance(other, ImportRefused) and other.is_conflict) == (["paymentReference"], True)


async def test_a_replaced_purchase_has_one_successor(service: Service) -> None:
    course = await service.save_course()
    await came(service, old(course, "1", status=SUPERSEDED, ended_at=LATER))
    ended = {"status": REVOKED, "ended_at": LATER, "supersedes": "1", "tier": TierChoice("PREMIUM", None)}
    await came(service, old(course, "2", **ended))
    [third] = await brought(service, old(course, "3", **ended))
    assert faults(third) == ["supersedes"]
    assert is_right(service) == []


async def test_an_active_purchase_past_its_end_comes_over_as_expired_and_that_is_noted(service: Service) -> None:
    course = await service.save_course()
    [outcome] = await brought(service, old(course, status=ACTIVE, expires_at=LATER))
    assert isinstance(outcome, PurchaseImported)
    assert (outcome.purchase.status, outcome.purchase.ended_at) == (EXPIRED, LATER)
    assert [note.path for note in outcome.notes] == [("status",)]


async def rehearsed(service: Service, rows: list[OldPurchase], *earlier: OldPurchase) -> list[str]:
    command = RehearseImport(tuple(map(importing, rows)), tuple(map(importing, earlier)))
    outcome = await service.purchases.submit(command)
    assert isinstance(outcome, ImportRehearsed)
    return [type(each).__name__ for each in outcome.outcomes]


async def test_a_rehearsal_decides_as_an_import_would_and_writes_nothing(service: Service) -> None:
    course = await service.save_course()
    await came(service, old(course, "there"))
    before = service.everything()
    rows = [
        old(course, "there"),
        old(course, "1", student_id="student-2", status=SUPERSEDED, ended_at=LATER),
        old(course, "2", student_id="student-2", created_at=LATER, tier=TierChoice("PREMIUM", None), supersedes="1"),
        old(course, "3", student_id="student-2"),
    ]
    assert await rehearsed(service, rows) == ["PurchaseImported"] * 3 + ["ImportRefused"]
    assert await rehearsed(service, rows[3:], rows[1]) == ["PurchaseImported"]
    assert await rehearsed(service, rows[3:], *rows[1:3]) == ["ImportRefused"]
    assert service.everything() == before


async def test_nobody_is_told_of_what_came_over_unless_it_is_asked_for(database_url: str) -> None:
    commits: list[Commit] = []
    subscriber = EventSubscriber("platform", EVENT_TYPES)
    async with running(database_url, subscribers=[subscriber], on_commit=commits.append) as service:
        course = await service.save_course()
        commits.clear()
        quiet = await came(service, old(course, "1", payment=PAID))
        assert (service.stored(JobRow), commits) == ([], [])
        await service.purchases.submit(importing(old(course, "2", student_id="student-2"), is_told=True))
        told = {row.payload["type"] for row in service.stored(JobRow)}
        assert told == {"purchase.created", "access.granted"}
        assert [len(commit.purchases) for commit in commits] == [1]
        await service.revoke(quiet)  # from now on it is as any other
        assert [commit.purchases[0].purchase_id for commit in commits[1:]] == [quiet.id]


async def test_what_came_over_goes_on_as_any_other_purchase(service: Service) -> None:
    course = await service.save_course()
    rows = [
        old(course, "1", student_id="s1", payment=PAID),
        old(course, "2", student_id="s2"),
        old(course, "3", student_id="s3", status=EXPIRED, ended_at=LATER),
        old(course, "4", student_id="s4"),
    ]
    one, two, three, four = [await came(service, row) for row in rows]
    await service.extend(one, service.clock.now + timedelta(days=400))
    await service.revoke(two)
    await service.extend(three, service.clock.now + timedelta(days=10))
    await service.correct(four, replace(METADATA, session_duration=90))
    assert is_right(service) == []


async def test_a_course_that_is_changed_afterwards_leaves_what_came_over_right(service: Service) -> None:
    course = await service.save_course()
    rows = [old(course, "1", created_at=service.clock.now, sessions_total=9), old(course, "2", student_id="s2")]
    await brought(service, *rows)
    service.clock.advance(days=1)
    await service.save_course(course_id=course.id)
    assert is_right(service) == []


async def test_a_purchase_that_was_replaced_here_since_has_no_other_successor(service: Service) -> None:
    course = await service.save_course()
    await came(service, old(course, "1"))
    await service.paid(student(), course, "STANDARD")
    before = service.everything()
    again = {"status": SUPERSEDED, "ended_at": LATER, "supersedes": "1", "tier": TierChoice("PREMIUM", None)}
    [late] = await brought(service, old(course, "2", **again))
    assert faults(late) == ["supersedes"]
    assert service.everything() == before
    assert is_right(service) == []


async def test_what_stayed_superseded_when_its_successors_money_went_back_stays_so(service: Service) -> None:
    course = await service.save_course()
    await came(service, old(course, "1", status=SUPERSEDED, ended_at=LATER, is_endless=True))
    better = TierChoice("PREMIUM", None)
    paid = replace(PAID, refunded_minor=WHOLE, refunded_at=LATER)
    refunded = await came(service, old(course, "2", tier=better, supersedes="1", payment=paid))
    assert refunded.status is REFUNDED
    assert [row.status for row in service.stored(PurchaseRow)] == ["SUPERSEDED", "REFUNDED"]
    assert is_right(service) == []


async def test_what_stands_for_an_erased_student_comes_over_ended_and_never_active(service: Service) -> None:
    course, nobody = await service.save_course(), pseudonym_of(b"0" * PSEUDONYM_BYTES)
    ended, active = await brought(
        service,
        old(course, "1", student_id=nobody, status=REVOKED, ended_at=LATER),
        old(course, "2", student_id=nobody),
    )
    assert isinstance(ended, PurchaseImported)
    assert faults(active) == ["studentId"]
