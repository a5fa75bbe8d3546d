"""Intents of others with the same account at the provider: they are never adopted, never refunded, and cost nothing."""

from dataclasses import replace

import pytest

from db.job_tables import JobRow, ProviderEventRow
from db.tables import PaymentRow
from gateway.services.core.model.job_outcomes import EventStored
from gateway.services.core.model.outcomes import PaymentPending
from gateway.services.core.model.values import Course, Payment
from gateway.services.providers.metadata import of_payment
from tests.service import INSTALLATION, STANDARD, Service, student
from tests.simulation.shop import Shop, open_shop

pytestmark = pytest.mark.anyio


@pytest.fixture
def shop(service: Service) -> Shop:
    return open_shop(service)


@pytest.fixture
async def course(service: Service) -> Course:
    return await service.save_course()


async def written(service: Service, course: Course, installation: str | None, **changes: str) -> dict[str, str]:
    """What a gateway writes into the intent of a payment of student-1's that is in no books of ours."""
    command = service.opening(student(), course, "STANDARD")
    payment = replace((await service.opened(student("somebody"), course, "STANDARD")), id=command.payment_id)
    said = of_payment(replace(payment, student_id="student-1"), installation or "") | changes
    return {name: text for name, text in said.items() if text}


async def assert_untouched(service: Service, shop: Shop, reference: str) -> None:
    before, asked = service.everything(), len(shop.books.asked)
    await shop.receive(reference)
    assert [row.state for row in service.stored(ProviderEventRow)][-1:] == ["IGNORED"]
    assert [row.state for row in service.stored(JobRow)] == ["COMPLETED"]
    assert shop.books.asked[asked:] == [("find", reference)]
    after = service.everything()
    assert {name for name in after if after[name] != before[name]} == {"provider_event", "job", "change"}
    assert shop.books.returns == []


@pytest.mark.parametrize("mark", ["another-gateway", None], ids=["of another installation", "of no installation"])
@pytest.mark.parametrize("has_course", [True, False])
async def test_an_intent_of_another_gateway_is_never_touched_while_the_student_owns_the_course_here(
    service: Service, shop: Shop, course: Course, mark: str | None, has_course: bool
) -> None:
    """As staging beside production on one account: its payment's id is in no books of ours."""
    if has_course:
        await service.created(course, tier="STANDARD")
    shop.books.book(STANDARD.price, await written(service, course, mark), "pi_staging")
    shop.books.pay("pi_staging")
    await assert_untouched(service, shop, "pi_staging")


async def test_an_intent_of_another_gateway_is_never_touched_though_its_payment_is_in_our_books(
    service: Service, shop: Shop, course: Course
) -> None:
    """As staging's on a copy of production's database."""
    ours = await service.opened(student(), course, "STANDARD")
    said = of_payment(ours, "another-gateway")
    shop.books.book(STANDARD.price, said, "pi_second")
    shop.books.pay("pi_second")
    await assert_untouched(service, shop, "pi_second")


async def test_an_intent_whose_payment_has_an_id_that_is_none_is_never_touched(
    service: Service, shop: Shop, course: Course
) -> None:
    said = await written(service, course, None, gateway_payment_id="pay_of_some_other_gateway")
    shop.books.book(STANDARD.price, said, "pi_other")
    shop.books.pay("pi_other")
    await assert_untouched(service, shop, "pi_other")


async def test_an_intent_with_our_mark_is_adopted_though_our_books_lost_its_payment(
    service: Service, shop: Shop, course: Course
) -> None:
    said = await written(service, course, await service.purchases.providers.installation())
    shop.books.book(STANDARD.price, said, "pi_lost")
    shop.books.pay("pi_lost")
    await shop.receive("pi_lost")
    [adopted] = service.stored(PaymentRow, student_id="student-1")
    assert (str(adopted.id), adopted.fulfilment) == (said["gateway_payment_id"], "FULFILLED")


async def test_every_intent_of_ours_bears_the_mark_of_its_database(
    service: Service, shop: Shop, course: Course
) -> None:
    payment = await service.opened(student(), course)
    [(installation,)] = service.rows("SELECT id FROM installation")
    mark = await service.purchases.providers.installation()
    assert shop.books.intents[str(payment.reference)].metadata["gateway_installation"] == mark
    assert mark.replace("-", "") == (installation.hex() if isinstance(installation, bytes) else installation.hex)  # type: ignore[attr-defined]


def of_another(service: Service) -> None:
    """From now on the database is a copy, and whoever runs on it was told so."""

    async def named() -> str:
        return INSTALLATION

    service.set_up(installation=named)


@pytest.fixture
async def copied(service: Service, shop: Shop, course: Course) -> Payment:
    """A payment that was open when the database was copied, and is paid now to where it came from."""
    payment = await service.opened(student(), course, "STANDARD")
    of_another(service)
    shop.pay(payment)
    return payment


async def test_on_a_copy_of_the_database_the_payments_of_the_original_are_not_settled(
    service: Service, shop: Shop, copied: Payment
) -> None:
    await shop.receive(copied)
    assert [row.state for row in service.stored(ProviderEventRow)] == ["IGNORED"]
    outcome = await service.confirm(student(), copied)
    assert isinstance(outcome, PaymentPending)
    service.clock.advance(hours=1)
    await shop.sweep()
    assert (shop.payment(copied)[:2], shop.purchases()) == (("REQUIRES_PAYMENT", "PENDING"), [])
    assert shop.books.returns == []


async def test_an_event_that_shows_that_it_is_nobodys_here_ends_at_the_door(
    service: Service, shop: Shop, course: Course
) -> None:
    said = {"orderId": "a book"}
    kept = await service.events.store(shop.event("pi_book"), {"pi_book": said})
    assert isinstance(kept, EventStored)
    assert (kept.event.state, service.stored(JobRow), shop.books.asked) == ("IGNORED", [], [])


async def test_what_our_books_know_is_heard_whatever_the_event_shows(
    service: Service, shop: Shop, course: Course
) -> None:
    payment = await service.opened(student(), course)
    shop.pay(payment)
    shop.books.intents[str(payment.reference)].metadata.clear()
    await service.events.store(shop.event(payment), {str(payment.reference): {}})
    await shop.run_jobs()
    assert shop.purchases() == [("BASIC", "ACTIVE")]


async def test_an_event_that_shows_a_course_purchase_is_asked_about_until_the_provider_knows_it(
    service: Service, shop: Shop, course: Course
) -> None:
    said = {"studentId": "student-1", "courseId": str(course.id), "purchaseTier": "BASIC"}
    await service.events.store(shop.event("pi_late"), {"pi_late": said})
    await shop.run_jobs()
    assert [row.state for row in service.stored(JobRow)] == ["RETRYING"]
    await shop.receive("pi_later")
    assert [row.state for row in service.stored(ProviderEventRow)] == ["PENDING", "IGNORED"]
