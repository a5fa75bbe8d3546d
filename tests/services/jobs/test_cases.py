"""Cases: what no rule may decide is noted among the FAILED jobs, until an admin has dealt with it."""

from uuid import UUID

import pytest
from sqlalchemy import insert
from uuid_utils.compat import uuid7

from db.job_tables import JobRow
from db.statements import table_of
from db.tables import AuditEntryRow
from gateway.services.core.commands.jobs.retries import CancelJob, RetryJob
from gateway.services.core.model.job_outcomes import JobChanged
from gateway.services.core.model.outcomes import InvalidInput
from gateway.services.core.model.state import Moment
from gateway.services.core.rules.cases import noted
from gateway.services.rows.jobs import job_columns
from tests.service import ADMIN, Service, student
from tests.simulation.shop import open_shop

pytestmark = pytest.mark.anyio


async def test_a_case_stands_among_what_failed_and_is_run_by_nobody(service: Service) -> None:
    shop, payment_id = open_shop(service), await a_payment(service)
    case_id = note(service, payment_id)
    service.clock.advance(days=400)
    assert await shop.run_jobs() == 0
    [case] = service.stored(JobRow, id=case_id)
    assert (case.kind, case.state, case.subject_id) == ("case.review", "FAILED", payment_id)
    assert (case.last_error, case.attempts) == ("something happened; cancelJob ends it", 0)


async def test_a_case_is_ended_by_calling_it_off_with_a_reason(service: Service) -> None:
    payment_id = await a_payment(service)
    case_id = note(service, payment_id)
    assert isinstance(await service.purchases.submit(CancelJob(ADMIN, case_id, "called the student")), JobChanged)
    [case] = service.stored(JobRow, id=case_id)
    assert case.state == "CANCELED"
    assert case.last_error == "canceled: called the student; it was: something happened; cancelJob ends it"
    [entry] = service.stored(AuditEntryRow, action="job.canceled")
    assert (entry.subject_id, entry.reason, entry.changes) == (payment_id, "called the student", {"job": "case.review"})


@pytest.mark.parametrize("is_ended", [False, True])
async def test_a_case_cannot_be_run_and_the_answer_says_what_ends_it(service: Service, is_ended: bool) -> None:
    case_id = note(service, await a_payment(service))
    if is_ended:
        await service.purchases.submit(CancelJob(ADMIN, case_id, "a test"))
    before = service.everything()
    outcome = await service.purchases.submit(RetryJob(ADMIN, case_id, "a test"))
    assert isinstance(outcome, InvalidInput)
    [problem] = outcome.fields
    assert problem.path == ("jobId",)
    assert "cancelJob" in problem.message
    assert service.everything() == before


async def test_several_cases_of_one_payment_stand_beside_each_other(service: Service) -> None:
    payment_id = await a_payment(service)
    cases = {note(service, payment_id), note(service, payment_id)}
    assert {row.id for row in service.stored(JobRow, state="FAILED")} == cases


async def a_payment(service: Service) -> UUID:
    return (await service.opened(student(), await service.save_course())).id


def note(service: Service, subject_id: UUID) -> UUID:
    """A case as a commit writes it."""
    [job] = noted(subject_id, "something happened; cancelJob ends it", Moment(service.clock.now, uuid7)).jobs
    with service.beside() as connection:
        connection.execute(insert(table_of(JobRow)).values(job_columns(job)))
    return job.id
