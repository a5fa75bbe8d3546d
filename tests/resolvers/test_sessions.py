"""Sessions and access as the service that holds the classes asks for them, over HTTP."""

from collections.abc import AsyncIterator
from typing import Any

import pytest
from uuid_utils.compat import uuid7

from gateway.schema.conventions import ids
from gateway.services.core.model.values import Role
from tests.beside import beside
from tests.served.gateway import Answer, Person, Served
from tests.served.inside import Inside, inside, logging_as_before
from tests.served.operations import COURSE, CREATE_PURCHASE, METADATA, SAVE_COURSE
from tests.served.streams import events
from tests.service import reads_of

pytestmark = pytest.mark.anyio

RECORD = """
mutation($input: [RecordSessionInput!]!) { recordSessions(input: $input) {
  __typename
  ... on RecordSessionSuccess {
    alreadyProcessed session { number heldAt withdrawnAt } purchase { id access { sessionsUsed sessionsTotal } } }
  ... on PurchaseEnded { purchase { id status } endedAt activePurchase { id } }
  ... on Problem { code message retryable }
  ... on InvalidInput { fields { path message } }
} }
"""
RECORD_ONE = """
mutation($input: RecordSessionInput!) { recordSession(input: $input) {
  __typename
  ... on RecordSessionSuccess { alreadyProcessed session { number } }
  ... on Problem { code message }
} }
"""
WITHDRAW = """
mutation($input: WithdrawSessionInput!) { withdrawSession(input: $input) {
  __typename
  ... on WithdrawSessionSuccess {
    alreadyProcessed session { number withdrawnAt } purchase { access { sessionsUsed } } }
  ... on Problem { code message }
} }
"""
ACCESSES = """
query($ids: [ID!]!, $course: ID!) { accesses(studentIds: $ids, courseId: $course) {
  student { id } isGranted purchase { id status } access { sessionsTotal sessionsUsed status }
} }
"""
SESSIONS = """
query($id: ID!, $first: Int, $after: Int) { purchase(id: $id) {
  sessions(first: $first, after: $after) { number startsAt endsAt isUsed record { number heldAt } }
} }
"""


@pytest.fixture
def lms(gateway: Served) -> Person:
    return gateway.person(Role.SERVICE, "lms")


@pytest.fixture
def purchase(gateway: Served, student: Person, course: str) -> str:
    """BASIC, with four sessions, paid for."""
    bought: str = gateway.confirm(student, gateway.opened(student, course))["purchase"]["id"]
    return bought


def recording(purchase_id: str, number: int, **more: object) -> Answer:
    return {"purchaseId": purchase_id, "sessionNumber": number, **more}


def test_a_class_is_recorded_at_once_and_each_item_has_its_own_result(
    gateway: Served, student: Person, course: str, lms: Person, purchase: str
) -> None:
    other = gateway.create(course, gateway.student().id)["purchase"]["id"]
    gone = gateway.create(course, gateway.student().id)["purchase"]["id"]
    gateway.admin.did(
        "mutation($input: RevokePurchaseInput!) { revokePurchase(input: $input) { __typename } }",
        purchaseId=gone,
        reason="a test",
    )
    unknown = ids.to_text(ids.PURCHASE, uuid7())
    items = [
        recording(purchase, 1, heldAt="2026-11-20T09:00:00Z"),
        recording(other, 3),
        recording(purchase, 1),
        recording(gone, 1),
        recording(purchase, 5),
        recording(unknown, 1),
        recording("pay_x", 0),
        recording(purchase, 2, heldAt="2099-01-01T00:00:00Z"),
    ]
    answers = lms.data(RECORD, input=items)["recordSessions"]
    assert [each["__typename"] for each in answers] == [
        *["RecordSessionSuccess"] * 3,
        "PurchaseEnded",
        "InvalidInput",
        "NotFound",
        *["InvalidInput"] * 2,
    ]
    assert [each["alreadyProcessed"] for each in answers[:3]] == [False, False, True]
    assert answers[0]["session"] == {"number": 1, "heldAt": "2026-11-20T09:00:00Z", "withdrawnAt": None}
    assert answers[2]["session"] == answers[0]["session"]
    assert answers[0]["purchase"] == {"id": purchase, "access": {"sessionsUsed": 1, "sessionsTotal": 4}}
    assert (answers[3]["code"], answers[3]["purchase"]["status"]) == ("PURCHASE_ENDED", "REVOKED")
    assert "createPurchase" in answers[3]["message"]
    assert [each["path"] for each in answers[4]["fields"]] == [["input", "4", "sessionNumber"]]
    assert [each["path"][1:] for each in answers[6]["fields"]] == [["6", "purchaseId"], ["6", "sessionNumber"]]
    assert [each["path"] for each in answers[7]["fields"]] == [["input", "7", "heldAt"]]


def test_more_than_a_hundred_are_refused_and_nothing_is_done(lms: Person, purchase: str) -> None:
    answers = lms.data(RECORD, input=[recording(purchase, 1)] * 101)["recordSessions"]
    assert {each["code"] for each in answers} == {"INVALID_INPUT"}
    assert len(answers) == 101
    assert not lms.did(RECORD_ONE, **recording(purchase, 1))["alreadyProcessed"]


def test_a_session_is_recorded_withdrawn_and_recorded_again_and_the_history_has_all_of_it(
    gateway: Served, lms: Person, purchase: str
) -> None:
    assert not lms.did(RECORD_ONE, **recording(purchase, 1, idempotencyKey="k"))["alreadyProcessed"]
    assert lms.did(RECORD_ONE, **recording(purchase, 2, idempotencyKey="k"))["code"] == "IDEMPOTENCY_KEY_REUSED"
    answer = lms.did(WITHDRAW, **recording(purchase, 1, reason="it rained"))
    assert (answer["alreadyProcessed"], answer["purchase"]["access"]["sessionsUsed"]) == (False, 0)
    assert answer["session"]["withdrawnAt"] is not None
    assert lms.did(WITHDRAW, **recording(purchase, 2, reason="it rained"))["code"] == "NOT_FOUND"
    assert not lms.did(RECORD_ONE, **recording(purchase, 1))["alreadyProcessed"]
    query = """query($id: ID!) { purchase(id: $id) {
        history { nodes { action reason changes actor { id role } } }
        sessions(first: 1) { record { recordedBy { id role } } } } }"""
    found = gateway.admin.data(query, id=purchase)["purchase"]
    entries = found["history"]["nodes"][-3:]
    assert [(each["action"], each["reason"]) for each in entries] == [
        ("purchase.session_recorded", None),
        ("purchase.session_withdrawn", "it rained"),
        ("purchase.session_recorded", None),
    ]
    assert {each["actor"]["role"] for each in entries} == {"SERVICE"}
    assert [each["changes"]["sessionsUsed"] for each in entries] == [[0, 1], [1, 0], [0, 1]]
    assert found["sessions"] == [{"record": {"recordedBy": {"id": "lms", "role": "SERVICE"}}}]


def test_an_ended_purchase_names_the_one_that_the_student_has_now(
    gateway: Served, student: Person, course: str, lms: Person, purchase: str
) -> None:
    upgrade = gateway.confirm(student, gateway.opened(student, course, "STANDARD"))["purchase"]["id"]
    [answer] = lms.data(RECORD, input=[recording(purchase, 1)])["recordSessions"]
    assert (answer["__typename"], answer["activePurchase"]) == ("PurchaseEnded", {"id": upgrade})
    assert upgrade in answer["message"]
    assert (answer["retryable"], answer["purchase"]["status"]) == (False, "SUPERSEDED")


def test_scheduled_and_held_sessions_are_listed_together(student: Person, lms: Person, purchase: str) -> None:
    lms.did(RECORD_ONE, **recording(purchase, 2, heldAt="2026-11-20T09:00:00Z"))
    for caller in (student, lms):
        listed = caller.data(SESSIONS, id=purchase, first=100)["purchase"]["sessions"]
        assert [each["number"] for each in listed] == [1, 2, 3, 4]
        assert [each["isUsed"] for each in listed] == [False, True, False, False]
        assert listed[1]["record"] == {"number": 2, "heldAt": "2026-11-20T09:00:00Z"}
        assert all(each["startsAt"] < each["endsAt"] for each in listed)
        rest = caller.data(SESSIONS, id=purchase, first=2, after=1)["purchase"]["sessions"]
        assert rest == listed[1:3]
        assert caller.data(SESSIONS, id=purchase, first=9, after=4)["purchase"]["sessions"] == []
    schedule = student.data(
        "query($id: ID!) { purchase(id: $id) { access { schedule { number startsAt endsAt } } } }", id=purchase
    )["purchase"]["access"]["schedule"]
    assert schedule == [{name: each[name] for name in ("number", "startsAt", "endsAt")} for each in listed]
    for wrong in ({"first": 101}, {"first": -1}, {"after": -1}):
        assert student.codes(SESSIONS, id=purchase, **wrong) == ["BAD_USER_INPUT"]


def test_an_upgrades_list_has_what_was_recorded_before_it(
    gateway: Served, student: Person, course: str, lms: Person, purchase: str
) -> None:
    lms.did(RECORD_ONE, **recording(purchase, 2))
    upgrade = gateway.confirm(student, gateway.opened(student, course, "STANDARD"))["purchase"]["id"]
    listed = lms.data(SESSIONS, id=upgrade, first=100)["purchase"]["sessions"]
    assert [each["number"] for each in listed if each["isUsed"]] == [2]
    assert len(listed) == 12


def test_a_class_is_let_in_in_the_order_of_its_ids(
    gateway: Served, student: Person, course: str, lms: Person, purchase: str
) -> None:
    lms.did(RECORD_ONE, **recording(purchase, 1))
    stranger = gateway.student().id
    given = [stranger, student.id, "a b", student.id]
    answers = lms.data(ACCESSES, ids=given, course=course)["accesses"]
    assert [each["student"]["id"] for each in answers] == given
    held = {
        "student": {"id": student.id},
        "isGranted": True,
        "purchase": {"id": purchase, "status": "ACTIVE"},
        "access": {"sessionsTotal": 4, "sessionsUsed": 1, "status": "GRANTED"},
    }
    none = {"isGranted": False, "purchase": None, "access": None}
    assert answers == [{"student": {"id": stranger}, **none}, held, {"student": {"id": "a b"}, **none}, held]
    one = "query($id: ID!, $course: ID!) { access(studentId: $id, courseId: $course) { isGranted purchase { id } } }"
    assert lms.data(one, id=student.id, course=course)["access"] == {"isGranted": True, "purchase": {"id": purchase}}
    elsewhere = ids.to_text(ids.COURSE, uuid7())
    assert lms.data(one, id=student.id, course=elsewhere)["access"] == {"isGranted": False, "purchase": None}
    assert lms.data(ACCESSES, ids=[], course=course)["accesses"] == []


@pytest.mark.parametrize(
    ("given", "course_id"),
    [(["x"] * 101, None), ([""], None), (["ok", " blank"], None), (["x" * 129], None), (["ok"], "pay_x")],
)
def test_what_names_nobody_and_no_course_is_refused(
    lms: Person, course: str, given: list[str], course_id: str | None
) -> None:
    assert lms.codes(ACCESSES, ids=given, course=course_id or course) == ["BAD_USER_INPUT"]


def test_the_students_page_and_its_payment_hear_of_each_session(
    gateway: Served, student: Person, course: str, lms: Person
) -> None:
    payment = gateway.opened(student, course)
    purchase = gateway.confirm(student, payment)["purchase"]["id"]
    by_payment = """subscription($id: ID!) {
        payment(id: $id) { purchase { access { sessionsUsed } sessions(first: 1) { isUsed } } } }"""
    by_course = "subscription($id: ID!) { purchases(courseId: $id) { id access { sessionsUsed } } }"
    with events(student, by_payment, id=payment) as one, events(gateway.admin, by_course, id=course) as other:
        assert one.data()["purchase"] == {"access": {"sessionsUsed": 0}, "sessions": [{"isUsed": False}]}
        assert other.data() == {"id": purchase, "access": {"sessionsUsed": 0}}
        lms.did(RECORD_ONE, **recording(purchase, 1))
        assert one.data()["purchase"] == {"access": {"sessionsUsed": 1}, "sessions": [{"isUsed": True}]}
        assert other.data() == {"id": purchase, "access": {"sessionsUsed": 1}}
        lms.did(WITHDRAW, **recording(purchase, 1, reason="a slip"))
        assert one.data()["purchase"] == {"access": {"sessionsUsed": 0}, "sessions": [{"isUsed": False}]}


@pytest.fixture
async def classroom(database_url: str) -> AsyncIterator[tuple[Inside, str, list[str]]]:
    """A gateway in this process, a course, and a class of twenty who have it."""
    with logging_as_before():
        async with inside(database_url, worker="false") as gateway:
            course = (await data(gateway, Role.ADMIN, SAVE_COURSE, input=COURSE))["saveCourse"]["course"]["id"]
            students = [f"student-{number:02}" for number in range(20)]
            for student in students:
                granted = {"studentId": student, "courseId": course, "purchaseTier": "BASIC", "metadata": METADATA}
                await data(gateway, Role.ADMIN, CREATE_PURCHASE, input={**granted, "reason": "a test"})
            yield gateway, course, students


async def data(gateway: Inside, role: Role, query: str, **variables: object) -> dict[str, Any]:
    answer = (await gateway.ask(query, role, **variables)).json()
    assert "errors" not in answer, answer
    found: dict[str, Any] = answer["data"]
    return found


async def test_a_class_is_let_in_by_one_statement_and_sessions_cost_a_page_two_more_where_they_are_asked_for(
    classroom: tuple[Inside, str, list[str]],
) -> None:
    gateway, course, students = classroom
    source = gateway.services.reader.source

    async def statements(query: str, role: Role, **variables: object) -> int:
        with reads_of(source) as reads:
            await data(gateway, role, query, **variables)
        return len(reads)

    for given in (students[:1], students, [*students, *(f"nobody-{number}" for number in range(80))]):
        assert await statements(ACCESSES, Role.SERVICE, ids=given, course=course) == 1
    page = "query($n: Int!) { purchases(first: $n) { nodes { id status %s } } }"
    with_sessions = page % "sessions(first: 2) { number isUsed record { heldAt } }"
    assert await statements(page % "access { sessionsUsed }", Role.ADMIN, n=20) == 1
    for number in (2, 20):
        assert await statements(with_sessions, Role.ADMIN, n=number) == 3


async def test_whose_time_is_over_is_not_let_in_though_no_sweep_came_by_yet(
    classroom: tuple[Inside, str, list[str]],
) -> None:
    gateway, course, [student, *_] = classroom
    query = (
        "query($id: ID!, $course: ID!) { access(studentId: $id, courseId: $course) { isGranted access { status } } }"
    )
    found = await data(gateway, Role.SERVICE, query, id=student, course=course)
    assert found["access"] == {"isGranted": True, "access": {"status": "GRANTED"}}
    with beside(gateway.settings.database_url) as connection:
        connection.exec_driver_sql(
            "UPDATE student_access SET starts_at = starts_at - 1, expires_at = starts_at + 1"
            if connection.dialect.name == "sqlite"
            else "UPDATE student_access SET expires_at = starts_at + interval '1 microsecond'"
        )
    found = await data(gateway, Role.SERVICE, query, id=student, course=course)
    assert found["access"] == {"isGranted": False, "access": None}
