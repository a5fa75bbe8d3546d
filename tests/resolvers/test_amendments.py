"""What an admin does about purchases over HTTP: grants many at once, extends, corrects and revokes."""

from typing import Any

import pytest

from gateway.schema.conventions import ids
from tests.served.gateway import Answer, Person, Served, correcting, creating, extending, revoking
from tests.served.operations import (
    CORRECT_PURCHASE_METADATA,
    CREATE_PURCHASES,
    EXTEND_PURCHASE,
    METADATA,
    PURCHASE_BY_ID,
    REVOKE_PURCHASE,
)

UNKNOWN = ids.EXAMPLES[ids.PURCHASE]


def grant_all(gateway: Served, *items: dict[str, object]) -> list[Answer]:
    answers: list[Answer] = gateway.admin.data(CREATE_PURCHASES, input=items)["createPurchases"]
    return answers


def test_many_grants_have_their_results_in_their_order(gateway: Served, course: str) -> None:
    students = [gateway.student().id for _ in range(100)]
    answers = grant_all(gateway, *(creating(course, student) for student in students))
    assert [answer["purchase"]["student"]["id"] for answer in answers] == students
    assert len({answer["purchase"]["createdAt"] for answer in answers}) == 1  # one turn, one commit


def test_a_refused_grant_holds_up_no_other_and_names_its_item(gateway: Served, student: Person, course: str) -> None:
    wrong = {**creating(course, student.id), "metadata": {**METADATA, "sessionDuration": 1}}
    nowhere = creating(ids.EXAMPLES[ids.COURSE], student.id)
    nothing = {**creating("?", student.id), "reason": ""}
    again = creating(course, student.id, "PREMIUM")
    answers = grant_all(gateway, wrong, creating(course, student.id), nowhere, nothing, again)
    assert [answer["__typename"] for answer in answers] == [
        "InvalidInput",
        "CreatePurchaseSuccess",
        "NotFound",
        "InvalidInput",
        "ActivePurchaseExists",
    ]
    assert [field["path"] for field in answers[0]["fields"]] == [["input", "0", "metadata", "sessionDuration"]]
    assert [field["path"] for field in answers[3]["fields"]] == [["input", "3", "courseId"], ["input", "3", "reason"]]
    assert answers[4]["existingPurchase"]["id"] == answers[1]["purchase"]["id"]


def test_a_student_and_course_given_twice_come_to_one_purchase(gateway: Served, student: Person, course: str) -> None:
    key = f"many-of-{student.id}"
    arguments = {**creating(course, student.id), "idempotencyKey": key}
    first, second, other = grant_all(gateway, arguments, arguments, {**arguments, "purchaseTier": "PREMIUM"})
    assert second == {**first, "alreadyProcessed": True}
    assert other["__typename"] == "IdempotencyKeyReused"


def test_no_more_than_a_hundred_are_granted_at_once(gateway: Served, student: Person, course: str) -> None:
    before = gateway.counts()
    answers = grant_all(gateway, *[creating(course, student.id)] * 101)
    assert {answer["__typename"] for answer in answers} == {"InvalidInput"}
    assert (len(answers), answers[0]["message"]) == (101, "input must be 100 at most; these are 101")
    assert gateway.counts() == before
    assert grant_all(gateway) == []


def test_a_purchase_is_extended_once_however_often_that_is_asked(gateway: Served, student: Person, course: str) -> None:
    purchase = gateway.create(course, student.id)["purchase"]
    extended = gateway.admin.did(EXTEND_PURCHASE, **extending(purchase["id"]))
    assert extended["purchase"]["expiryDate"] == extended["purchase"]["access"]["expiresAt"] == "2090-01-01T00:00:00Z"
    assert gateway.admin.did(EXTEND_PURCHASE, **extending(purchase["id"])) == {**extended, "alreadyProcessed": True}
    assert student.data(PURCHASE_BY_ID, id=purchase["id"])["purchase"]["expiryDate"] == "2090-01-01T00:00:00Z"


def test_a_slot_is_corrected_and_the_schedule_follows(gateway: Served, student: Person, course: str) -> None:
    purchase = gateway.create(course, student.id, "PREMIUM")["purchase"]["id"]
    slot = {"start": "09:00", "timeZone": "Asia/Kolkata"}
    change = {"isSundayOnly": False, "timeSlot": slot, "date": "2090-01-02"}
    corrected = gateway.admin.did(CORRECT_PURCHASE_METADATA, **correcting(purchase, **change))
    assert corrected["alreadyProcessed"] is False
    access = student.data(PURCHASE_BY_ID, id=purchase)["purchase"]["access"]
    assert [session["startsAt"] for session in access["schedule"][:2]] == [
        "2090-01-02T03:30:00Z",
        "2090-01-03T03:30:00Z",
    ]
    assert access == corrected["purchase"]["access"]


def test_a_revoked_purchase_gives_no_access_and_the_payment_stands(
    gateway: Served, student: Person, course: str
) -> None:
    confirmed = gateway.confirm(student, gateway.opened(student, course))
    purchase = confirmed["purchase"]["id"]
    revoked = gateway.admin.did(REVOKE_PURCHASE, **revoking(purchase))
    assert (revoked["purchase"]["status"], revoked["purchase"]["access"]["status"]) == ("REVOKED", "REVOKED")
    assert gateway.admin.did(REVOKE_PURCHASE, **revoking(purchase)) == {**revoked, "alreadyProcessed": True}
    stands = "query($id: ID!) { purchase(id: $id) { payment { status fulfilment } access { schedule { number } } } }"
    assert student.data(stands, id=purchase)["purchase"] == {
        "payment": {"status": "SUCCEEDED", "fulfilment": "FULFILLED"},
        "access": {"schedule": []},
    }
    assert gateway.create(course, student.id)["alreadyProcessed"] is False


def test_what_was_revoked_is_extended_and_corrected_no_more(gateway: Served, student: Person, course: str) -> None:
    purchase = gateway.create(course, student.id)["purchase"]["id"]
    gateway.admin.did(REVOKE_PURCHASE, **revoking(purchase))
    for operation, arguments in (
        (EXTEND_PURCHASE, extending(purchase)),
        (CORRECT_PURCHASE_METADATA, correcting(purchase, sessionDuration=90)),
    ):
        refused = gateway.admin.did(operation, **arguments)
        assert refused["__typename"] == "InvalidInput"
        assert [field["path"] for field in refused["fields"]] == [["input", "purchaseId"]]
        assert "REVOKED" in refused["message"]


@pytest.mark.parametrize(
    ("operation", "arguments"),
    [
        (EXTEND_PURCHASE, extending(UNKNOWN)),
        (CORRECT_PURCHASE_METADATA, correcting(UNKNOWN)),
        (REVOKE_PURCHASE, revoking(UNKNOWN)),
    ],
)
def test_an_unknown_purchase_is_not_found(gateway: Served, operation: str, arguments: dict[str, Any]) -> None:
    assert gateway.admin.did(operation, **arguments)["code"] == "NOT_FOUND"


def test_a_key_stands_for_one_amendment(gateway: Served, student: Person, course: str) -> None:
    purchase = gateway.create(course, student.id)["purchase"]["id"]
    key = {"idempotencyKey": f"amending-{purchase}"}
    gateway.admin.did(REVOKE_PURCHASE, **revoking(purchase), **key)
    reused = gateway.admin.did(REVOKE_PURCHASE, **{**revoking(purchase), "reason": "another"}, **key)
    assert reused["__typename"] == "IdempotencyKeyReused"
