"""A student erased over HTTP: who may, what is answered, and what is left to be seen."""

from typing import Any

import pytest

from gateway.services.core.model.values import Role
from tests.served.gateway import Person, Served, revoking
from tests.served.operations import REVOKE_PURCHASE

ERASE = """
mutation EraseStudent($input: EraseStudentInput!) {
  eraseStudent(input: $input) {
    __typename
    ... on EraseStudentSuccess { pseudonym payments purchases alreadyProcessed }
    ... on StudentHasOpenBusiness { code message retryable open { kind id endsAt } }
    ... on InvalidInput { fields { path message } }
  }
}
"""
ALL_OF = """
query AllOf($id: ID!) {
  student(id: $id) {
    purchases { nodes { id labels: metadata { labels { key value } } student { id } } }
    payments { nodes { id student { id } } }
    history { nodes { action reason actor { id } changes subject { __typename } } }
  }
}
"""
MINE = "{ viewer { purchases { nodes { id } } payments { nodes { id } } } }"


def erase(gateway: Served, student_id: str, reason: str = "asked for by mail") -> Any:
    return gateway.admin.data(ERASE, input={"studentId": student_id, "reason": reason})["eraseStudent"]


def test_what_is_open_is_named_and_once_it_ended_the_student_is_gone(
    gateway: Served, student: Person, course: str
) -> None:
    payment = gateway.opened(student, course)
    purchase = gateway.confirm(student, payment)["purchase"]["id"]
    refused = erase(gateway, student.id)
    assert (refused["__typename"], refused["code"]) == ("StudentHasOpenBusiness", "STUDENT_HAS_OPEN_BUSINESS")
    assert [(each["kind"], each["id"]) for each in refused["open"]] == [("ACTIVE_PURCHASE", purchase)]
    assert f"{purchase} (ACTIVE_PURCHASE): it is in force: revokePurchase" in refused["message"]
    gateway.admin.did(REVOKE_PURCHASE, **revoking(purchase))
    done = erase(gateway, student.id)
    assert (done["payments"], done["purchases"], done["alreadyProcessed"]) == (1, 1, False)
    assert erase(gateway, student.id)["alreadyProcessed"]
    assert student.data(MINE)["viewer"] == {"purchases": {"nodes": []}, "payments": {"nodes": []}}
    assert gateway.admin.data(ALL_OF, id=student.id)["student"] is None
    found = gateway.admin.data(ALL_OF, id=done["pseudonym"])["student"]
    assert [each["id"] for each in found["purchases"]["nodes"]] == [purchase]
    entries = [each for each in found["history"]["nodes"] if each["action"] == "student.erased"]
    assert {each["subject"]["__typename"] for each in entries} == {"Payment", "Purchase"}
    assert [(each["reason"], each["actor"]["id"]) for each in entries] == [("asked for by mail", "admin-1")] * 2
    assert student.id not in str(found)


@pytest.mark.parametrize("role", [Role.STUDENT, Role.SERVICE])
def test_only_an_admin_erases(gateway: Served, role: Role) -> None:
    answer = gateway.person(role, "somebody").post(ERASE, {"input": {"studentId": "somebody", "reason": "a test"}})
    assert [error["extensions"]["code"] for error in answer.json()["errors"]] == ["FORBIDDEN"]


def test_nobody_has_a_token_of_a_pseudonym(gateway: Served) -> None:
    answer = gateway.person(Role.STUDENT, f"erased-{'0' * 32}").post(MINE)
    assert answer.status_code == 401
