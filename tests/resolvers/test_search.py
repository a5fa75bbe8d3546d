"""Search over HTTP: whatever a support person pastes, and what is no name at all."""

from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import insert, update
from sqlmodel import col
from uuid_utils.compat import uuid7

from db.job_tables import JobRow, ProviderEventRow
from db.tables import PaymentRow, RefundRow
from gateway.schema.conventions import ids
from gateway.services.core.model.values import Role
from tests.served.gateway import Served, connected

SEARCH = """
query Search($text: String!, $first: Int) {
  search(text: $text, first: $first) {
    __typename
    ... on Node { id }
    ... on Student { id purchases { nodes { id } } }
  }
}
"""
NOW = datetime.now(UTC)
REFUND = """mutation($input: RefundPaymentInput!) {
  refundPayment(input: $input) { ... on RefundPaymentSuccess { refund { id } } }
}"""


def hits(gateway: Served, text: str, **more: object) -> list[tuple[str, str]]:
    found = gateway.admin.data(SEARCH, text=text, **more)["search"]
    return [(each["__typename"], each["id"]) for each in found]


@pytest.fixture
def everything(gateway: Served) -> dict[str, str]:
    """Something of each kind, by the name of its type."""
    student, course = gateway.student(), gateway.course()
    payment = gateway.opened(student, course)
    purchase = gateway.confirm(student, payment)["purchase"]["id"]
    refund = gateway.admin.data(REFUND, input={"paymentId": payment, "reason": "x"})["refundPayment"]["refund"]["id"]
    query = "query($id: ID!) { jobs(filter: {paymentId: $id}) { nodes { id } } payment(id: $id) { providerReference } }"
    found = gateway.admin.data(query, id=payment)
    [job] = found["jobs"]["nodes"]
    made = {"Payment": payment, "Purchase": purchase, "Refund": refund, "Job": job["id"], "Course": course}
    return {**made, "Student": student.id, "reference": found["payment"]["providerReference"]}


def change(gateway: Served, row: Any, key: UUID | None, **columns: object) -> None:
    with connected(gateway.database_url) as connection:
        connection.execute(update(row).where(col(row.id) == key).values(**columns))


def test_an_id_of_ours_is_found_in_either_spelling(gateway: Served, everything: dict[str, str]) -> None:
    for kind, prefix in (("Payment", "pay"), ("Purchase", "pur"), ("Refund", "ref"), ("Job", "job"), ("Course", "crs")):
        text = everything[kind]
        key = ids.from_text(prefix, text)
        assert key is not None
        for spelt in (text, text.upper(), f"  {text}\n", str(key), str(key).upper(), key.hex):
            assert hits(gateway, spelt) == [(kind, text)], spelt


def test_a_student_is_found_by_their_id_and_by_how_it_begins(gateway: Served, course: str) -> None:
    begin = f"asha.{uuid7().hex[:12]}"
    for end in ("", "-2", "@school.example", "Ω", "-10"):
        gateway.create(course, begin + end)
    payer = gateway.person(Role.STUDENT, f"{begin}-pays")
    gateway.opened(payer, course)
    listed = [("Student", begin + end) for end in sorted(["", "-2", "@school.example", "Ω", "-10", "-pays"])]
    assert hits(gateway, begin) == listed
    assert hits(gateway, begin, first=2) == listed[:2]
    assert hits(gateway, begin, first=0) == []
    assert hits(gateway, f"{begin}-1") == [("Student", f"{begin}-10")]
    assert hits(gateway, begin[1:]) == hits(gateway, f"{begin}x") == hits(gateway, begin.upper()) == []
    [one] = gateway.admin.data(SEARCH, text=f"{begin}-2")["search"]
    assert len(one["purchases"]["nodes"]) == 1


def test_a_course_is_found_by_what_is_in_its_title(gateway: Served) -> None:
    mark = f"Q{uuid7().hex[-10:]}"
    first, second = gateway.course(title=f"Yoga {mark} |x|"), gateway.course(title=f"{mark} für Ältere")
    both = [("Course", second), ("Course", first)]  # the one that begins so before the other
    for text in (mark, mark.lower(), mark.upper(), f" {mark} "):
        assert hits(gateway, text) == both
    assert hits(gateway, f"{mark} FÜR ä") == hits(gateway, f"{mark} für ä") == [("Course", second)]
    assert hits(gateway, f"{mark} |x|") == [("Course", first)]
    assert hits(gateway, f"{mark}%") == hits(gateway, f"{mark}_|x") == hits(gateway, f"{mark}|x") == []
    assert hits(gateway, mark, first=1) == both[:1]
    [one] = gateway.admin.data("query($text: String!) { search(text: $text) { ... on Course { title } } }", text=first)[
        "search"
    ]
    assert one == {"title": f"Yoga {mark} |x|"}


def test_students_and_courses_leave_room_for_each_other(gateway: Served) -> None:
    begin = f"w{uuid7().hex[-10:]}"
    courses = [gateway.course(title=f"{begin} {number}") for number in range(3)]
    for number in range(4):
        gateway.create(courses[0], f"{begin}-{number}")
    kinds = [kind for kind, _ in hits(gateway, begin, first=4)]
    assert kinds == ["Student", "Student", "Course", "Course"]
    assert [kind for kind, _ in hits(gateway, begin)] == ["Student"] * 4 + ["Course"] * 3


def test_a_providers_ids_lead_to_what_they_name(gateway: Served, everything: dict[str, str]) -> None:
    payment, refund = everything["Payment"], everything["Refund"]
    charge, made, event = f"ch_{uuid7().hex}", f"re_{uuid7().hex}", f"evt_{uuid7().hex}"
    assert hits(gateway, everything["reference"]) == [("Payment", payment)]
    change(gateway, PaymentRow, ids.from_text(ids.PAYMENT, payment), provider="STRIPE", attempt=charge)
    change(gateway, RefundRow, ids.from_text(ids.REFUND, refund), reference=made)
    key, job = uuid7(), ids.from_text(ids.JOB, everything["Job"])
    heard: dict[str, object] = {"id": key, "provider": "STRIPE", "event_id": event, "type": "x", "refs": []}
    with connected(gateway.database_url) as connection:
        connection.execute(insert(ProviderEventRow).values(**heard, received_at=NOW, state="PENDING"))
    change(gateway, JobRow, job, subject_id=key, kind="webhook.handle")
    assert hits(gateway, charge) == [("Payment", payment)]
    assert hits(gateway, made) == [("Refund", refund)]
    assert hits(gateway, event) == [("Job", everything["Job"])]
    assert hits(gateway, charge[:-1]) == hits(gateway, made.upper()) == []


def test_what_a_text_names_twice_takes_the_room_of_one(gateway: Served, everything: dict[str, str]) -> None:
    payment, reference = everything["Payment"], f"order{uuid7().hex}"
    key = ids.from_text(ids.PAYMENT, payment)
    change(gateway, PaymentRow, key, provider="STRIPE", reference=reference, attempt=reference)
    course = gateway.course(title=f"About {reference}")
    assert hits(gateway, reference, first=2) == [("Payment", payment), ("Course", course)]


def test_a_test_token_of_the_sandbox_names_nothing(gateway: Served, everything: dict[str, str]) -> None:
    change(gateway, PaymentRow, ids.from_text(ids.PAYMENT, everything["Payment"]), attempt="tok_succeed")
    assert hits(gateway, "tok_succeed") == []


@pytest.mark.parametrize(
    "text",
    ["nothing of the kind", "pay_01m82wzdd5evbs08a25nzd2awn", str(UUID(int=5)), "%", "_", "'; --", "é", "🧘", "\\"],
)
def test_what_names_nothing_finds_nothing(gateway: Served, text: str) -> None:
    assert hits(gateway, text) == []


@pytest.mark.parametrize("text", ["", "   ", "\n\t", "a\x00b", "a\u202eb", "\ud800", "x" * 256, "x" * 200_000])
def test_what_can_be_no_name_is_said_to_be_wrong(gateway: Served, text: str) -> None:
    answer = gateway.admin.ask(SEARCH, text=text)
    [error] = answer["errors"]
    assert error["extensions"]["code"] == "BAD_USER_INPUT"
    assert "text must" in error["message"]
    assert len(error["message"]) < 200


def test_as_much_as_ten_megabytes_is_refused_at_the_door(gateway: Served) -> None:
    response = gateway.admin.post(SEARCH, {"text": "x" * 10_000_000})
    assert (response.status_code, [each["extensions"]["code"] for each in response.json()["errors"]]) == (
        413,
        ["BAD_USER_INPUT"],
    )


@pytest.mark.parametrize("first", [-1, 101])
def test_how_many_are_found_is_bounded(gateway: Served, first: int) -> None:
    assert gateway.admin.codes(SEARCH, text="a", first=first) == ["BAD_USER_INPUT"]


def test_search_is_for_admins_alone(gateway: Served, everything: dict[str, str]) -> None:
    for role in (Role.STUDENT, Role.SERVICE):
        assert gateway.person(role, everything["Student"]).codes(SEARCH, text=everything["Payment"]) == ["FORBIDDEN"]
