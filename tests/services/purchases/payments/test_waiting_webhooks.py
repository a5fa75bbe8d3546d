"""Webhooks that cannot be handled yet: of an intent that nobody knows here, or while the provider is away."""

from collections.abc import Iterator
from datetime import timedelta

import pytest
from structlog.testing import capture_logs
from structlog.typing import EventDict

from db.job_tables import JobRow, ProviderEventRow
from db.tables import PaymentRow
from gateway.services.core.commands.jobs.retries import CancelJob, RetryJob
from gateway.services.core.model.job_outcomes import JobChanged
from gateway.services.core.model.jobs import JobKind
from gateway.services.core.model.outcomes import Opened, ProviderAway
from gateway.services.core.model.values import Course
from gateway.services.core.rules.jobs import MOST_ATTEMPTS
from gateway.services.providers.metadata import of_payment
from gateway.services.rows.lookups import PAYMENT_BY_ID
from tests.service import ADMIN, BASIC, Service, student
from tests.simulation.shop import Shop, open_shop

pytestmark = pytest.mark.anyio


@pytest.fixture
def shop(service: Service) -> Shop:
    return open_shop(service)


@pytest.fixture(autouse=True)
def logs() -> Iterator[list[EventDict]]:
    """What is logged, unrendered: a traceback takes longer to draw than its job to run."""
    with capture_logs() as entries:
        yield entries


@pytest.fixture
async def course(service: Service) -> Course:
    return await service.save_course()


async def test_an_event_of_an_intent_that_cannot_be_read_is_tried_again_listed_and_kept(
    service: Service, shop: Shop
) -> None:
    shop.books.book(BASIC.price, {"courseId": "yoga"}, "pi_of_somebody")
    await shop.store("pi_of_somebody")
    for run in range(1, MOST_ATTEMPTS[JobKind.WEBHOOK_HANDLE] + 1):
        assert await shop.run_jobs() == 1
        [job] = service.stored(JobRow)
        assert job.attempts == run
        assert job.last_error.startswith(f"{shop.books.name} speaks of pi_of_somebody, whose metadata cannot be taken")
        service.clock.advance(hours=3)
    assert (job.state, job.finished_at) == ("FAILED", service.clock.now - timedelta(hours=3))
    assert await shop.run_jobs() == 0
    assert [row.state for row in service.stored(ProviderEventRow)] == ["PENDING"]
    assert (service.count("payment"), shop.broken()) == (0, [])


async def test_a_webhook_that_was_given_up_runs_again_when_an_admin_says_so(
    service: Service, shop: Shop, course: Course
) -> None:
    shop.books.fault = lambda question, _: "before" if question == "open" else None
    assert isinstance(await service.open(student(), course), ProviderAway)
    theirs = shop.books.book(BASIC.price, {"courseId": "yoga"}, "pi_unknown")
    stored = await shop.store(theirs.reference)
    [job] = service.stored(JobRow)
    service.change(JobRow, job.id, attempts=MOST_ATTEMPTS[JobKind.WEBHOOK_HANDLE] - 1)
    await shop.run_jobs()
    assert service.stored(JobRow)[0].state == "FAILED"

    [row] = service.stored(PaymentRow)
    payment = await service.find(PAYMENT_BY_ID, row.id)
    theirs.metadata = of_payment(
        payment, await service.purchases.providers.installation()
    )  # somebody put right at the provider what was left out
    shop.books.pay(theirs.reference)
    retried = await service.purchases.submit(RetryJob(ADMIN, job.id, "put right"))
    assert isinstance(retried, JobChanged)
    assert (retried.job.state, retried.job.attempts) == ("PENDING", 0)
    assert service.actions(stored.event.id) == ["job.retried"]
    await shop.run_jobs()
    assert [row.state for row in service.stored(ProviderEventRow)] == ["HANDLED"]
    assert (shop.purchases(), shop.broken()) == ([("BASIC", "ACTIVE")], [])


async def test_a_payment_whose_intent_was_never_noted_is_found_by_its_webhook(
    service: Service, shop: Shop, course: Course
) -> None:
    shop.books.fault = lambda question, _: "after" if question == "open" else None
    assert isinstance(await service.open(student(), course, key="k"), ProviderAway)
    [intent] = shop.books.intents.values()
    shop.books.pay(intent.reference)
    await shop.receive(intent.reference)
    assert [row.reference for row in service.stored(PaymentRow)] == [intent.reference]
    assert shop.purchases() == [("BASIC", "ACTIVE")]
    shop.books.fault = lambda *_: None
    again = await service.open(student(), course, key="k")
    assert isinstance(again, Opened)
    assert (again.payment.reference, again.payment.status) == (intent.reference, "SUCCEEDED")
    assert len(shop.books.intents) == 1


async def test_a_webhook_whose_provider_is_away_waits_and_is_handled_then(
    service: Service, shop: Shop, course: Course
) -> None:
    payment = await service.opened(student(), course)
    shop.pay(payment)
    shop.books.fault = lambda question, _: "before" if question == "inspect" else None
    await shop.receive(payment)
    [job] = service.stored(JobRow)
    assert (job.state, job.attempts, service.count("purchase")) == ("RETRYING", 1, 0)
    shop.books.fault = lambda *_: None
    service.clock.now = job.run_at
    await shop.run_jobs()
    assert [row.state for row in service.stored(ProviderEventRow)] == ["HANDLED"]
    assert (shop.purchases(), shop.broken()) == ([("BASIC", "ACTIVE")], [])


async def test_a_webhook_that_an_admin_called_off_is_not_handled(service: Service, shop: Shop, course: Course) -> None:
    payment = await service.opened(student(), course)
    shop.pay(payment)
    stored = await shop.store(payment)
    [job] = service.stored(JobRow)
    await service.purchases.submit(CancelJob(ADMIN, job.id, "not now"))
    assert (await shop.run_jobs(), service.count("purchase")) == (0, 0)
    assert service.actions(stored.event.id) == ["job.canceled"]
