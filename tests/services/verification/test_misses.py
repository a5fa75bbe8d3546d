"""What one row, or a few, say wrong after a hand's change: each is found by the entry that told of it."""

from datetime import UTC, datetime
from uuid import UUID

import pytest
from sqlalchemy import text
from uuid_utils.compat import uuid7

from db.engine import writer_engine
from db.job_tables import JobRow
from db.tables import AuditEntryRow
from gateway.services.core.commands.jobs.retries import RetryJob
from gateway.services.core.model.values import Purchase
from tests.service import ADMIN, Service, student
from tests.services.verification.test_good_histories import found
from tests.simulation.shop import open_shop

pytestmark = pytest.mark.anyio

STUDENT = student("student-1")
EXPIRY = datetime(2028, 1, 1, 12, 30, 15, 250_000, tzinfo=UTC)
OLDER = "UPDATE audit_entry SET changes = '{\"tier\": \"BASIC\"}' WHERE action = 'purchase.created'"
"""What a release before wrote of a grant."""


def changed(service: Service, *statements: str, **values: object) -> None:
    """What a hand does to the database, whatever it holds."""
    engine = writer_engine(service.url)
    with engine.begin() as connection:
        for statement in statements:
            connection.execute(text(statement), values)
    engine.dispose()


async def granted(service: Service, expiry_date: datetime | None = None) -> Purchase:
    course = await service.save_course()
    await service.save_course(title="Guitar")
    service.clock.advance(days=1)
    return await service.created(course, expiry_date=expiry_date)


@pytest.mark.parametrize(
    "moved",
    [
        "UPDATE purchase SET student_id = 'somebody-else'",
        "UPDATE purchase SET course_id = (SELECT id FROM course WHERE id <> purchase.course_id)",
    ],
)
async def test_a_grant_that_was_moved_to_another_student_or_course_is_found(service: Service, moved: str) -> None:
    await granted(service)
    assert found(service) == []
    changed(service, moved)
    [fault] = found(service)
    assert fault.startswith("A purchase is what its history says that was created.")


@pytest.mark.parametrize(
    "moved",
    [
        "UPDATE payment SET student_id = 'somebody-else'",
        "UPDATE payment SET course_id = (SELECT id FROM course WHERE id <> payment.course_id)",
    ],
)
async def test_a_checkout_that_was_moved_to_another_student_or_course_is_found(service: Service, moved: str) -> None:
    course = await service.save_course()
    await service.save_course(title="Guitar")
    service.clock.advance(days=1)
    await service.opened(STUDENT, course)
    assert found(service) == []
    changed(service, moved)
    assert any(each.startswith("A payment is what its history says") for each in found(service))


@pytest.mark.parametrize("expiry", [None, EXPIRY], ids=["by its tier", "of its own"])
@pytest.mark.parametrize("change", ["expires_at = NULL", "sessions_total = sessions_total + 1"])
async def test_an_end_or_sessions_that_an_admin_gave_are_found_where_they_are_others(
    service: Service, change: str, expiry: datetime | None
) -> None:
    purchase = await granted(service, expiry_date=expiry)
    service.clock.advance(hours=1)
    await service.save_course(course_id=purchase.course_id, title="Yoga, evenings")  # what it sells no longer tells
    assert found(service) == []
    changed(service, f"UPDATE student_access SET {change}")
    [fault] = found(service)
    assert "purchase.created" in fault


async def test_an_end_that_is_gone_is_found_of_a_grant_of_a_release_that_did_not_tell_it(service: Service) -> None:
    await granted(service)
    changed(service, OLDER)
    assert found(service) == []
    changed(service, "UPDATE student_access SET expires_at = NULL")
    [fault] = found(service)
    assert "validity" in fault


async def test_what_a_release_before_wrote_of_a_grant_is_no_fault(service: Service) -> None:
    await granted(service, expiry_date=EXPIRY)
    changed(service, OLDER)
    assert found(service) == []


async def test_the_job_of_a_refund_that_failed_is_missed(service: Service) -> None:
    shop = open_shop(service)
    payment, _ = await shop.paid(await service.save_course(), "BASIC")
    shop.books.refuses_refunds = True
    await shop.refund(payment, 5_000)
    assert found(service) == []
    changed(service, "DELETE FROM job WHERE kind = 'payment.refund'")
    [fault] = found(service)
    assert fault.startswith("A promised refund has a job")


async def test_a_retry_takes_the_job_of_the_one_refund_and_of_no_other(service: Service) -> None:
    shop = open_shop(service)
    payment, _ = await shop.paid(await service.save_course(), "BASIC")
    shop.books.refuses_refunds = True
    await shop.refund(payment, 5_000)
    await shop.refund(payment, 6_000)
    first, second = service.stored(JobRow, kind="payment.refund", state="FAILED")
    shop.books.refuses_refunds = False
    await service.purchases.submit(RetryJob(ADMIN, first.id, "the account is open again"))
    await shop.run_jobs()
    [entry] = service.stored(AuditEntryRow, action="job.retried")
    assert entry.changes["refundId"][0] == str(first.subject_id)
    assert found(service) == []
    changed(service, "DELETE FROM job WHERE state = 'FAILED'")
    [fault] = found(service)
    assert fault.startswith("A promised refund has a job"), second


@pytest.mark.parametrize("which", ["min", "max"])
async def test_a_history_that_is_gone_as_a_whole_is_missed_be_it_the_first(service: Service, which: str) -> None:
    course = await service.save_course()
    payments = [await service.opened(STUDENT, course) for _ in range(2)]
    assert found(service) == []
    gone = payments[0 if which == "min" else 1].id
    changed(service, "DELETE FROM audit_entry WHERE subject_id = :id", id=stored(service, gone))
    assert any(each.startswith("Every payment came to be once") for each in found(service))


async def test_payments_from_before_there_were_histories_are_as_they_were(service: Service) -> None:
    course = await service.save_course()
    old, first = [await service.opened(STUDENT, course) for _ in range(2)]
    noted = "UPDATE installation SET histories_from = :id"
    changed(service, "DELETE FROM audit_entry WHERE subject_id = :id", id=stored(service, old.id))
    changed(service, noted, id=stored(service, first.id))
    assert found(service) == []
    changed(service, noted, id=None)
    assert found(service) == []
    changed(service, noted, id=stored(service, uuid7()))
    assert any("histories_from" in each for each in found(service))


def stored(service: Service, key: UUID) -> object:
    return key.bytes if service.url.startswith("sqlite") else key


AMOUNT = "An entry of its payment has its amount and its origin"


async def test_a_failed_refund_whose_amount_is_another_refunds_is_found(service: Service) -> None:
    shop = open_shop(service)
    payment, _ = await shop.paid(await service.save_course(), "BASIC")
    await shop.refund(payment, 5_000)
    shop.books.refuses_refunds = True
    service.clock.advance(hours=1)
    await shop.refund(payment, 6_000)
    assert found(service) == []
    changed(service, "UPDATE refund SET amount_minor = 5000 WHERE status = 'FAILED'")
    assert any(AMOUNT in each for each in found(service))


@pytest.mark.parametrize("status", ["FAILED", "PENDING", "SUCCEEDED"])
async def test_a_retry_hides_no_refunds_amount(service: Service, status: str) -> None:
    shop = open_shop(service)
    payment, _ = await shop.paid(await service.save_course(), "BASIC")
    shop.books.refuses_refunds = True
    await shop.refund(payment, 5_000)
    [failed] = service.stored(JobRow, kind="payment.refund", state="FAILED")
    shop.books.refuses_refunds = False
    service.clock.advance(hours=1)
    await service.purchases.submit(RetryJob(ADMIN, failed.id, "the account is open again"))
    if status == "SUCCEEDED":
        await shop.run_jobs()
    assert found(service) == []
    changed(service, "UPDATE refund SET amount_minor = 5001 WHERE status = :status", status=status)
    assert any(AMOUNT in each for each in found(service))


async def test_a_retry_of_a_release_that_did_not_tell_the_amount_is_no_fault(service: Service) -> None:
    shop = open_shop(service)
    payment, _ = await shop.paid(await service.save_course(), "BASIC")
    shop.books.refuses_refunds = True
    await shop.refund(payment, 5_000)
    [failed] = service.stored(JobRow, kind="payment.refund", state="FAILED")
    await service.purchases.submit(RetryJob(ADMIN, failed.id, "the account is open again"))
    changed(service, """UPDATE audit_entry SET changes = '{"job": "payment.refund"}' WHERE action = 'job.retried'""")
    assert found(service) == []
