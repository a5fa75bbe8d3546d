"""A student over HTTP: all that is theirs, and nothing of anybody else."""

from typing import Any

import pytest

from gateway.services.core.model.values import Role
from tests.served.gateway import Person, Served

STUDENT = """
query Student($id: ID!, $course: ID!, $status: PurchaseStatus) {
  student(id: $id) {
    id
    purchases(status: $status) { nodes { id student { id } } }
    payments { nodes { id } pageInfo { hasNextPage } }
    refunds { nodes { id reason payment { id student { id } } } }
    access(courseId: $course) { status sessionsTotal }
  }
}
"""
HISTORY = """
query History($id: ID!, $first: Int, $after: String, $last: Int, $before: String) {
  student(id: $id) {
    history(first: $first, after: $after, last: $last, before: $before) {
      nodes { at action reason subject { __typename id } }
      pageInfo { hasNextPage hasPreviousPage startCursor endCursor }
    }
  }
}
"""
REFUND = "mutation($input: RefundPaymentInput!) { refundPayment(input: $input) { __typename } }"


def ids_in(page: dict[str, Any]) -> list[str]:
    return [node["id"] for node in page["nodes"]]


def bought(gateway: Served, student: Person, course: str, *tiers: str) -> list[str]:
    """The payments of purchases, each of which superseded the one before it."""
    payments = [gateway.opened(student, course, tier) for tier in tiers]
    for payment in payments:
        gateway.confirm(student, payment)
    return payments


def test_a_student_has_all_that_is_theirs(gateway: Served, student: Person, course: str) -> None:
    first, second = bought(gateway, student, course, "BASIC", "STANDARD")
    bought(gateway, gateway.student(), course, "PREMIUM")
    gateway.admin.data(REFUND, input={"paymentId": first, "reason": "moved away"})
    found = gateway.admin.data(STUDENT, id=student.id, course=course)["student"]
    assert (found["id"], ids_in(found["payments"])) == (student.id, [second, first])
    assert [each["student"]["id"] for each in found["purchases"]["nodes"]] == [student.id] * 2
    [refund] = found["refunds"]["nodes"]
    assert (refund["reason"], refund["payment"]) == ("moved away", {"id": first, "student": {"id": student.id}})
    assert found["access"] == {"status": "GRANTED", "sessionsTotal": 12}
    active = gateway.admin.data(STUDENT, id=student.id, course=course, status="ACTIVE")["student"]["purchases"]
    assert ids_in(active) == ids_in(found["purchases"])[:1]
    elsewhere = gateway.admin.data(STUDENT, id=student.id, course=gateway.course())["student"]
    assert elsewhere["access"] is None


def test_there_is_a_student_where_one_ever_had_anything(gateway: Served, student: Person, course: str) -> None:
    assert gateway.admin.data(STUDENT, id=student.id, course=course) == {"student": None}
    gateway.opened(student, course)
    assert gateway.admin.data(STUDENT, id=student.id, course=course)["student"]["access"] is None
    granted = gateway.student()
    gateway.create(course, granted.id)
    found = gateway.admin.data(STUDENT, id=granted.id, course=course)["student"]
    assert (len(found["purchases"]["nodes"]), found["payments"]["nodes"]) == (1, [])


@pytest.mark.parametrize("text", ["", " a", "a\n", "a" * 129, "\u200b", "\ud800"])
def test_what_can_be_nobodys_id_is_said_to_be_wrong(gateway: Served, course: str, text: str) -> None:
    assert gateway.admin.codes(STUDENT, id=text, course=course) == ["BAD_USER_INPUT"]


def test_a_student_is_for_admins_alone(gateway: Served, student: Person, course: str) -> None:
    [payment] = bought(gateway, student, course, "BASIC")
    for role in (Role.STUDENT, Role.SERVICE):
        assert gateway.person(role, student.id).codes(STUDENT, id=student.id, course=course) == ["FORBIDDEN"]
    by_the_way = "query($id: ID!) { payment(id: $id) { student { id purchases { nodes { id } } } } }"
    assert student.codes(by_the_way, id=payment) == ["FORBIDDEN"]
    assert gateway.person(None, "").codes(STUDENT, id=student.id, course=course) == ["UNAUTHENTICATED"]


def test_a_history_has_all_that_was_done_to_a_students_things_the_latest_first(
    gateway: Served, student: Person, course: str
) -> None:
    first, second = bought(gateway, student, course, "BASIC", "STANDARD")
    bought(gateway, gateway.student(), course, "PREMIUM")
    gateway.admin.data(REFUND, input={"paymentId": first, "reason": "moved away"})
    found = gateway.admin.data(HISTORY, id=student.id, first=100)["student"]["history"]
    entries = found["nodes"]
    assert (entries[0]["action"], entries[0]["reason"]) == ("payment.refund_requested", "moved away")
    assert [each["at"] for each in entries] == sorted((each["at"] for each in entries), reverse=True)
    subjects = {each["subject"]["id"]: each["subject"]["__typename"] for each in entries}
    own = gateway.admin.data(STUDENT, id=student.id, course=course)["student"]["purchases"]
    expected = {first: "Payment", second: "Payment", **dict.fromkeys(ids_in(own), "Purchase")}
    assert subjects == expected
    assert all(each["action"].startswith(subjects[each["subject"]["id"]].lower()) for each in entries)
    assert len(entries) == sum(len(_entries_of(gateway, each)) for each in expected)


def test_a_students_history_is_paged_both_ways(gateway: Served, student: Person, course: str) -> None:
    bought(gateway, student, course, "BASIC", "STANDARD")

    def page(**window: object) -> dict[str, Any]:
        found: dict[str, Any] = gateway.admin.data(HISTORY, id=student.id, **window)["student"]["history"]
        return found

    every = page(first=100)["nodes"]
    forth, cursor = [], None
    while True:
        part = page(first=3, after=cursor)
        forth += part["nodes"]
        cursor = part["pageInfo"]["endCursor"]
        if not part["pageInfo"]["hasNextPage"]:
            break
    assert forth == every
    back = page(last=2, before=cursor)
    assert back["nodes"] == every[-3:-1]
    assert (back["pageInfo"]["hasPreviousPage"], back["pageInfo"]["hasNextPage"]) == (True, True)


def _entries_of(gateway: Served, subject: str) -> list[object]:
    query = "query($id: ID!) { node(id: $id) { ... on Payment { h: history { nodes { at } } }"
    query += " ... on Purchase { h: history { nodes { at } } } } }"
    found: list[object] = gateway.admin.data(query, id=subject)["node"]["h"]["nodes"]
    return found
