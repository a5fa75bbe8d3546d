"""Webhooks for intents that another system opened: what carries a course purchase is adopted, typed and validated."""

from datetime import UTC, date, datetime, time

import pytest

from db.job_tables import JobRow, ProviderEventRow
from db.tables import AuditEntryRow, PaymentRow, PurchaseRow, StudentAccessRow
from gateway.schema.conventions import ids
from gateway.services.core.commands.jobs.retries import CancelJob
from gateway.services.core.model.metadata import Label
from gateway.services.core.model.values import Course, Money, Purpose
from gateway.services.providers.metadata import of_payment
from tests.service import ADMIN, BASIC, STANDARD, Service, student
from tests.simulation.shop import Shop, open_shop

pytestmark = pytest.mark.anyio
Noted = dict[str, list[str]]


@pytest.fixture
def shop(service: Service) -> Shop:
    return open_shop(service)


@pytest.fixture
async def course(service: Service) -> Course:
    return await service.save_course()


def theirs(course: Course, **changes: str) -> dict[str, str]:
    """What the old payment service wrote: everything text, as providers keep it."""
    said = {
        "studentId": "student-1",
        "courseId": str(course.id),
        "purchaseTier": "STANDARD",
        "isSundayOnly": "true",
        "sessionDuration": "60",
        "timeSlot": "5:30 PM - 6:30 PM",
    }
    return {name: text for name, text in (said | changes).items() if text}


async def test_a_paid_intent_of_the_old_payment_service_becomes_a_purchase(
    service: Service, shop: Shop, course: Course
) -> None:
    shop.books.book(STANDARD.price, theirs(course, date="2026-12-06", campaign="diwali"), "pi_old")
    shop.books.pay("pi_old")
    await shop.receive("pi_old")
    [payment], [purchase] = service.stored(PaymentRow), service.stored(PurchaseRow)
    assert (payment.reference, payment.student_id, payment.fulfilment) == ("pi_old", "student-1", "FULFILLED")
    assert (purchase.tier, purchase.payment_id, purchase.first_day) == ("STANDARD", payment.id, date(2026, 12, 6))
    assert (purchase.slot_start_min, purchase.session_duration_min) == (17 * 60 + 30, 60)
    assert purchase.labels == [[Label("campaign", "diwali").key, "diwali"]]
    assert service.actions(payment.id)[0] == "payment.adopted"
    assert (shop.broken(), shop.agrees()) == ([], True)


async def test_the_number_of_sessions_names_the_tier_as_well(service: Service, shop: Shop, course: Course) -> None:
    shop.books.book(STANDARD.price, theirs(course, purchaseTier="", sessionCount="12"), "pi_old")
    shop.books.pay("pi_old")
    await shop.receive("pi_old")
    assert shop.purchases() == [("STANDARD", "ACTIVE")]


async def test_an_expiry_that_was_promised_by_name_wins_over_the_tiers(
    service: Service, shop: Shop, course: Course
) -> None:
    shop.books.book(STANDARD.price, theirs(course, expiryDate="2027-12-31T18:30:00Z"), "pi_old")
    shop.books.pay("pi_old")
    await shop.receive("pi_old")
    [access] = service.stored(StudentAccessRow)
    assert access.expires_at == datetime(2027, 12, 31, 18, 30, tzinfo=UTC)


async def test_an_expiry_that_was_promised_as_a_day_is_the_end_of_that_day_where_the_slot_is(
    service: Service, shop: Shop, course: Course
) -> None:
    said = theirs(course, expiryDate="2027-12-31", timeZone="America/New_York")
    shop.books.book(STANDARD.price, said, "pi_old")
    shop.books.pay("pi_old")
    await shop.receive("pi_old")
    [access] = service.stored(StudentAccessRow)
    assert access.expires_at == datetime(2028, 1, 1, 5, tzinfo=UTC)


async def test_an_expiry_that_passed_before_the_money_came_is_refunded(
    service: Service, shop: Shop, course: Course
) -> None:
    shop.books.book(STANDARD.price, theirs(course, expiryDate="2026-11-24"), "pi_old")
    await shop.receive("pi_old")
    service.clock.advance(days=2)
    shop.books.pay("pi_old")
    await shop.receive("pi_old")
    [payment] = service.stored(PaymentRow)
    assert (payment.fulfilment, payment.failure_code, payment.status) == ("UNFULFILLABLE", "expiry_passed", "REFUNDED")
    assert (shop.broken(), shop.agrees()) == ([], True)


async def test_adopted_before_it_is_paid_it_waits_and_is_then_settled_by_the_next_event(
    service: Service, shop: Shop, course: Course
) -> None:
    shop.books.book(BASIC.price, theirs(course, purchaseTier="BASIC"), "pi_old")
    await shop.receive("pi_old")
    assert [row.status for row in service.stored(PaymentRow)] == ["REQUIRES_PAYMENT"]
    shop.books.pay("pi_old")
    await shop.receive("pi_old")
    assert shop.purchases() == [("BASIC", "ACTIVE")]
    assert len(service.stored(PaymentRow)) == 1


async def test_it_is_adopted_once_however_many_events_speak_of_it(service: Service, shop: Shop, course: Course) -> None:
    shop.books.book(STANDARD.price, theirs(course), "pi_old")
    shop.books.pay("pi_old")
    for _ in range(3):
        await shop.store("pi_old")
    await shop.run_jobs()
    assert (service.count("payment"), service.count("purchase")) == (1, 1)
    assert len(service.stored(AuditEntryRow, action="payment.adopted")) == 1


async def test_a_student_who_has_the_course_already_gets_the_money_back(
    service: Service, shop: Shop, course: Course
) -> None:
    await service.created(course, tier="STANDARD")
    shop.books.book(STANDARD.price, theirs(course), "pi_old")
    attempt = shop.books.pay("pi_old")
    await shop.receive("pi_old")
    assert [row.fulfilment for row in service.stored(PaymentRow)] == ["DUPLICATE"]
    assert shop.books.left(attempt) == 0
    assert (shop.broken(), shop.agrees()) == ([], True)


@pytest.mark.parametrize(
    ("changes", "problem"),
    [
        ({"timeSlot": "half past five"}, "timeSlot"),
        ({"isSundayOnly": "perhaps"}, "isSundayOnly"),
        ({"date": "2026-12-07"}, "date"),
        ({"purchaseTier": "GOLD"}, "purchaseTier"),
        ({"sessionCount": "13"}, "sessionCount"),
        ({"courseId": "yoga"}, "courseId"),
        ({"courseId": "00000000-0000-7000-8000-000000000099"}, "courseId"),
        ({"expiryDate": "soon"}, "expiryDate"),
        ({"studentId": "x" * 200}, "studentId"),
        ({"studentId": "student\u200b-1"}, "studentId"),
    ],
)
async def test_what_cannot_be_meant_is_listed_with_field_and_reason_and_taken_over_once_it_is_mended(
    service: Service, shop: Shop, course: Course, changes: dict[str, str], problem: str
) -> None:
    intent = shop.books.book(STANDARD.price, theirs(course, **changes), "pi_old")
    shop.books.pay("pi_old")
    await shop.receive("pi_old")
    [job], [case] = service.stored(JobRow, kind="webhook.handle"), service.stored(JobRow, kind="case.review")
    assert (job.state, service.count("payment")) == ("RETRYING", 0)
    assert f"pi_old, whose metadata cannot be taken over: {problem} " in job.last_error
    assert (case.state, "for pi_old, which another system opened" in case.last_error) == ("FAILED", True)
    assert f" taken over: {problem} " in case.last_error
    intent.metadata.clear()
    intent.metadata.update(theirs(course))
    service.clock.advance(hours=2)
    await shop.run_jobs()
    assert shop.purchases() == [("STANDARD", "ACTIVE")]
    assert {row.state for row in service.stored(JobRow)} == {"COMPLETED"}


async def test_a_person_is_told_at_once_of_money_that_no_purchase_can_stand_for_and_only_once(
    service: Service, shop: Shop, course: Course
) -> None:
    shop.books.book(STANDARD.price, theirs(course, purchaseTier="GOLD"), "pi_old")
    await shop.receive("pi_old")
    assert service.stored(JobRow, kind="case.review") == []  # nobody has paid yet
    shop.books.pay("pi_old")
    for _ in range(3):
        await shop.receive("pi_old")
    service.clock.advance(hours=12)
    await shop.run_jobs()
    [case] = service.stored(JobRow, kind="case.review")
    assert case.state == "FAILED"
    assert case.last_error.startswith(
        f"{shop.books.name} took {STANDARD.price} for pi_old, which another system opened"
    )
    assert {job.attempts for job in service.stored(JobRow, kind="webhook.handle")} == {2}


async def test_once_its_course_is_in_the_catalogue_it_is_adopted_and_its_case_is_over(
    service: Service, shop: Shop, course: Course
) -> None:
    await service.save_course(BASIC, course_id=course.id)
    shop.books.book(STANDARD.price, theirs(course), "pi_old")
    shop.books.pay("pi_old")
    await shop.receive("pi_old")
    assert [row.state for row in service.stored(JobRow, kind="case.review")] == ["FAILED"]
    await service.save_course(course_id=course.id)
    service.clock.advance(hours=2)
    await shop.run_jobs()
    assert shop.purchases() == [("STANDARD", "ACTIVE")]
    assert [row.state for row in service.stored(JobRow, kind="case.review")] == ["COMPLETED"]


async def test_a_case_that_an_admin_called_off_ends_the_tries_as_well(
    service: Service, shop: Shop, course: Course
) -> None:
    shop.books.book(STANDARD.price, theirs(course, timeSlot="after school"), "pi_old")
    shop.books.pay("pi_old")
    await shop.receive("pi_old")
    [case] = service.stored(JobRow, kind="case.review")
    await service.purchases.submit(CancelJob(ADMIN, case.id, "the old system served it"))
    service.clock.advance(hours=2)
    await shop.run_jobs()
    assert [row.state for row in service.stored(JobRow)] == ["CANCELED", "CANCELED"]
    service.clock.advance(days=30)
    assert (await shop.run_jobs(), service.count("payment")) == (0, 0)


@pytest.mark.parametrize("said", ["\ufeffstudent-1", "student-1\u200b", "student-1\u00a0", " student-1\n"], ids=ascii)
async def test_what_cannot_be_seen_around_a_students_id_is_trimmed_so_that_their_token_owns_the_purchase(
    service: Service, shop: Shop, course: Course, said: str
) -> None:
    """And what the provider says of whose money it was is read the same: nobody else paid."""
    shop.books.book(STANDARD.price, theirs(course, studentId=said), "pi_old")
    shop.books.pay("pi_old")
    await shop.receive("pi_old")
    [payment], [purchase] = service.stored(PaymentRow), service.stored(PurchaseRow)
    assert (payment.student_id, payment.fulfilment) == ("student-1", "FULFILLED")
    assert (purchase.student_id, purchase.status) == ("student-1", "ACTIVE")


LONG_NAME, STRANGE_NAME = "n" * 65, "a\x00b\ud800"


@pytest.mark.parametrize(
    ("entries", "labels", "noted"),
    [
        ({"address": "12 MG Road\nBengaluru"}, {"address": "12 MG Road Bengaluru"}, {"cleaned": ["address"]}),
        ({"address": "a\r\n\tb\x00c\u2028d"}, {"address": "a b c d"}, {"cleaned": ["address"]}),
        ({"note": "\u202eabc\u2066"}, {"note": "abc"}, {"cleaned": ["note"]}),
        ({"note": "half \ud83d"}, {"note": "half \ufffd"}, {"cleaned": ["note"]}),
        ({"note": "x" * 600}, {"note": "x" * 500}, {"cleaned": ["note"]}),
        ({"note": "\x00\x01", "kept": "as it is "}, {"kept": "as it is "}, {"leftOut": ["note"]}),
        ({LONG_NAME: "x", STRANGE_NAME: "y", "": "z"}, {}, {"leftOut": ["\ufffd", "a b\ufffd", "n" * 64]}),
        ({"blank": "  "}, {}, {}),
        (
            {f"entry{number:02}": str(number) for number in range(21)},
            {f"entry{number:02}": str(number) for number in range(20)},
            {"leftOut": ["entry20"]},
        ),
    ],
    ids=ascii,
)
async def test_a_free_entry_never_keeps_a_paid_student_out(
    service: Service, shop: Shop, course: Course, entries: dict[str, str], labels: dict[str, str], noted: Noted
) -> None:
    """Line breaks, too many, too long, or nothing that a database could store: kept as far as it can be, and noted."""
    shop.books.book(STANDARD.price, theirs(course) | entries, "pi_old")
    shop.books.pay("pi_old")
    await shop.receive("pi_old")
    [payment], [purchase] = service.stored(PaymentRow), service.stored(PurchaseRow)
    assert (payment.fulfilment, dict(purchase.labels)) == ("FULFILLED", labels)
    [entry] = service.stored(AuditEntryRow, action="payment.adopted")
    assert {name: entry.changes[name] for name in ("cleaned", "leftOut") if name in entry.changes} == noted


@pytest.mark.parametrize(
    "form", ["{uuid}", "{typeid}", " {typeid}", "{uuid}\n", "{uuid}\u00a0", "\ufeff{typeid} "], ids=ascii
)
async def test_a_course_is_known_by_either_form_of_its_id_and_by_blanks_around_it(
    service: Service, shop: Shop, course: Course, form: str
) -> None:
    said = form.format(uuid=course.id, typeid=ids.to_text(ids.COURSE, course.id))
    shop.books.book(STANDARD.price, theirs(course, courseId=said), "pi_old")
    shop.books.pay("pi_old")
    await shop.receive("pi_old")
    [payment] = service.stored(PaymentRow)
    assert (payment.course_id, payment.fulfilment) == (course.id, "FULFILLED")


@pytest.mark.parametrize(
    "blanks",
    [
        {"purchaseTier": " STANDARD\n"},
        {"purchaseTier": "", "sessionCount": " 12 "},
        {"sessionDuration": "60\u200b", "isSundayOnly": " TRUE\u00a0"},
        {"timeSlot": "\ufeff17:30 ", "timeZone": "Asia/Kolkata\n", "date": " 2026-12-06\n"},
        {"expiryDate": "2027-12-31T18:30:00Z\n"},
    ],
    ids=ascii,
)
async def test_blanks_around_what_concerns_the_sale_are_nobodys_meaning(
    service: Service, shop: Shop, course: Course, blanks: dict[str, str]
) -> None:
    shop.books.book(STANDARD.price, theirs(course, **blanks), "pi_old")
    shop.books.pay("pi_old")
    await shop.receive("pi_old")
    assert shop.purchases() == [("STANDARD", "ACTIVE")]


async def test_an_intent_that_is_no_course_purchase_leaves_no_payment(
    service: Service, shop: Shop, course: Course
) -> None:
    shop.books.book(Money(500, "INR"), {"studentId": "student-1", "orderId": "a book"}, "pi_book")
    shop.books.pay("pi_book")
    await shop.receive("pi_book")
    assert (service.count("payment"), [row.state for row in service.stored(JobRow)]) == (0, ["COMPLETED"])
    assert [row.state for row in service.stored(ProviderEventRow)] == ["IGNORED"]


async def test_a_payment_of_ours_that_our_books_lost_is_adopted_under_its_own_id(
    service: Service, shop: Shop, course: Course
) -> None:
    """As after a backup that is a minute old: what we wrote into the intent is enough."""
    lost = await service.opened(student(), course, "STANDARD")
    ours, lost_id = of_payment(lost, await service.purchases.providers.installation()), str(service.purchases.new_id())
    renewal = ours | {"gateway_payment_id": lost_id, "gateway_purpose": "RENEWAL"}
    shop.books.book(STANDARD.price, {name: text for name, text in renewal.items() if text}, "pi_lost")
    shop.pay(lost)
    await service.confirm(student(), lost)
    shop.books.pay("pi_lost")
    await shop.receive("pi_lost")
    adopted = service.stored(PaymentRow)[-1]
    assert (str(adopted.id), adopted.purpose) == (renewal["gateway_payment_id"], Purpose.RENEWAL)
    assert (adopted.slot_start_min, adopted.time_zone, adopted.labels) == (
        time(17, 30).hour * 60 + 30,
        "Asia/Kolkata",
        [],
    )
    assert shop.purchases() == [("STANDARD", "SUPERSEDED"), ("STANDARD", "ACTIVE")]
