"""The operations that docs/operations has for admins: each is sent, as it stands there, to a served demo."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from graphql import FieldNode, OperationDefinitionNode, parse

from gateway.execution.schema import build_schema
from gateway.pages.demo_catalogue import COURSES
from gateway.schema.conventions import ids
from gateway.services.core.model.values import Role
from tests.resolvers.test_attention import fail
from tests.served.gateway import Person, Served, served
from tests.served.operations import PURCHASE_BY_ID

FOLDER = Path(__file__).parents[2] / "docs" / "operations"
NAMES = sorted(path.stem for path in FOLDER.glob("*.graphql"))
COURSE = ids.to_text(ids.COURSE, next(iter(COURSES)))
CANCEL_JOB = "mutation($input: CancelJobInput!) { cancelJob(input: $input) { __typename } }"
PEOPLE = {
    "studentId": "demo-student",
    "winnerId": "demo-student-3",
    "firstPupilId": "demo-student-4",
    "secondPupilId": "demo-student-5",
    "studentToErase": "demo-student-6",
}
LATER = "2090-12-31T18:30:00Z"

Filled = dict[str, str]


class Desk:
    """An admin at a gateway that was just started as a demo, who fills in what an operation asks for."""

    def __init__(self, gateway: Served) -> None:
        self.gateway = gateway
        self.admin = gateway.person(Role.ADMIN, "demo-admin")

    def send(self, name: str, **filled: str) -> Any:
        """What an operation answers: its one field, or all of them by name."""
        text = (FOLDER / f"{name}.variables.json").read_text(encoding="utf-8")
        for hole, value in {"courseId": COURSE, "laterDate": LATER, **PEOPLE, **filled}.items():
            text = text.replace(f"{{{{{hole}}}}}", value)
        assert "{{" not in text
        return self._answer(name, json.loads(text))

    def jobs(self, state: str) -> Any:
        """The jobs in another state than the one that is asked for as it stands there."""
        return self._answer("stuck_jobs", {"state": state})["nodes"]

    def _answer(self, name: str, variables: dict[str, Any]) -> Any:
        data = self.admin.data((FOLDER / f"{name}.graphql").read_text(encoding="utf-8"), **variables)
        return next(iter(data.values())) if len(data) == 1 else data

    def did(self, name: str, **filled: str) -> Any:
        """The answer of a mutation that succeeds, and that does nothing more when it is sent again."""
        answer, again = self.send(name, **filled), self.send(name, **filled)
        assert answer["__typename"].endswith("Success"), answer
        if "alreadyProcessed" in answer:
            assert (answer["alreadyProcessed"], again["alreadyProcessed"]) == (False, True)
        return answer

    def granted(self) -> str:
        """The id of a new purchase of somebody new."""
        purchase_id: str = self.gateway.create(COURSE, self.gateway.student().id)["purchase"]["id"]
        return purchase_id

    def paid(self, student: Person) -> str:
        """The id of a payment that became a purchase."""
        payment = self.gateway.opened(student, COURSE)
        assert self.gateway.confirm(student, payment)["__typename"] == "ConfirmPaymentSuccess"
        return payment


@pytest.fixture(scope="module")
def desk(new_sqlite: Callable[[], str]) -> Iterator[Desk]:
    with served(new_sqlite(), "--demo") as gateway:
        yield Desk(gateway)


def find_student(desk: Desk) -> None:
    payment = desk.paid(desk.gateway.person(Role.STUDENT, "demo-student"))
    answer = desk.send("find_student")
    [found] = answer["purchases"]["nodes"]
    assert (found["status"], found["origin"], found["payment"]["id"]) == ("ACTIVE", "PAYMENT", payment)
    [paid] = answer["payments"]["nodes"]
    assert (paid["id"], paid["fulfilment"]) == (payment, "FULFILLED")
    told = {(each["action"], each["subject"]["id"]) for each in answer["history"]["nodes"]}
    assert {("payment.fulfilled", payment), ("purchase.created", found["id"])} <= told
    desk.send("refund_payment", paymentToRefund=payment)
    [back] = desk.send("find_student")["refunds"]["nodes"]
    assert (back["status"], back["payment"]["id"]) == ("PENDING", payment)
    assert desk.send("find_student", studentId="nobody") is None


def search(desk: Desk) -> None:
    payment = desk.paid(desk.gateway.person(Role.STUDENT, "somebody-found"))
    [found] = desk.send("search", paidPaymentId=payment)
    assert (found["__typename"], found["id"], found["paymentStatus"]) == ("Payment", payment, "SUCCEEDED")
    assert desk.send("search", paidPaymentId="somebody-f") == [{"__typename": "Student", "id": "somebody-found"}]
    assert desk.send("search", paidPaymentId="pi_of_nobody") == []


def find_payment(desk: Desk) -> None:
    payment = desk.paid(desk.gateway.student())
    found = desk.send("find_payment", paidPaymentId=payment)
    assert (found["status"], found["fulfilment"], found["purchase"]["status"]) == ("SUCCEEDED", "FULFILLED", "ACTIVE")
    timeline = found["history"]["nodes"]
    assert [each["action"] for each in timeline] == [
        "payment.opened",
        "payment.intent_opened",
        "payment.captured",
        "payment.fulfilled",
    ]
    assert timeline[2]["changes"]["door"] == "confirmPayment"


def grant_course(desk: Desk) -> None:
    granted = desk.did("grant_course")["purchase"]
    assert (granted["student"]["id"], granted["status"]) == ("demo-student-3", "ACTIVE")


def grant_many(desk: Desk) -> None:
    first, second = (desk.send("grant_many") for _ in range(2))
    assert [answer["purchase"]["student"]["id"] for answer in first] == ["demo-student-4", "demo-student-5"]
    assert [answer["alreadyProcessed"] for answer in (*first, *second)] == [False, False, True, True]


def correct_slot(desk: Desk) -> None:
    corrected = desk.did("correct_slot", purchaseToCorrect=desk.granted())["purchase"]
    assert corrected["metadata"]["timeSlot"] == {"start": "10:00", "end": "11:00", "timeZone": "Asia/Kolkata"}
    assert {session["startsAt"][11:] for session in corrected["access"]["schedule"]} == {"04:30:00Z"}


def extend_purchase(desk: Desk) -> None:
    assert desk.did("extend_purchase", purchaseToExtend=desk.granted())["purchase"]["expiryDate"] == LATER


def revoke_purchase(desk: Desk) -> None:
    purchase = desk.granted()
    revoked = desk.did("revoke_purchase", purchaseToRevoke=purchase)["purchase"]
    assert (revoked["status"], revoked["access"]["status"], revoked["payment"]) == ("REVOKED", "REVOKED", None)
    assert desk.admin.data(PURCHASE_BY_ID, id=purchase)["purchase"]["status"] == "REVOKED"


def who_may_come_in(desk: Desk) -> None:
    purchase = desk.granted()
    holder = desk.admin.data(PURCHASE_BY_ID, id=purchase)["purchase"]["student"]["id"]
    first, second = desk.send("who_may_come_in", studentId=holder, friendId="nobody")
    assert (first["isGranted"], first["purchase"]["id"], first["access"]["sessionsUsed"]) == (True, purchase, 0)
    assert second == {"student": {"id": "nobody"}, "isGranted": False, "purchase": None, "access": None}


def record_class(desk: Desk) -> None:
    purchase = desk.granted()
    first, second = (desk.send("record_class", purchaseToRecord=purchase) for _ in range(2))
    assert [answer["alreadyProcessed"] for answer in (*first, *second)] == [False, False, True, True]
    assert second[-1]["purchase"]["access"] == {"sessionsUsed": 2, "sessionsTotal": 4}


def record_session(desk: Desk) -> None:
    recorded = desk.did("record_session", purchaseToRecord=desk.granted())
    assert (recorded["session"]["number"], recorded["purchase"]["access"]["sessionsUsed"]) == (3, 1)


def save_course(desk: Desk) -> None:
    course = desk.did("save_course")["course"]
    assert (course["title"], len(course["description"].splitlines())) == ("Chess for Beginners", 3)


def erase_student(desk: Desk) -> None:
    purchase = desk.gateway.create(COURSE, "demo-student-6")["purchase"]["id"]
    refused = desk.send("erase_student")
    assert [(each["kind"], each["id"]) for each in refused["open"]] == [("ACTIVE_PURCHASE", purchase)]
    desk.send("revoke_purchase", purchaseToRevoke=purchase)
    assert desk.did("erase_student")["purchases"] == 1


def withdraw_session(desk: Desk) -> None:
    purchase = desk.granted()
    desk.send("record_class", purchaseToRecord=purchase)
    withdrawn = desk.did("withdraw_session", purchaseToWithdraw=purchase)
    assert withdrawn["session"]["withdrawnAt"] is not None
    assert [each["isUsed"] for each in withdrawn["purchase"]["sessions"]] == [False, True, False, False]


def refund_payment(desk: Desk) -> None:
    refunded = desk.did("refund_payment", paymentToRefund=desk.paid(desk.gateway.student()))
    assert (refunded["refund"]["status"], refunded["refund"]["amount"]["amountMinor"]) == ("PENDING", 199_900)


def needs_attention(desk: Desk) -> None:
    assert desk.send("needs_attention") == {"totalCount": {"count": 0, "precision": "EXACT"}, "nodes": []}
    payment, job = _refunding(desk)
    fail(desk.gateway, job)
    [item] = desk.send("needs_attention")["nodes"]
    assert (item["kind"], item["job"]["id"], item["payment"]["id"]) == ("JOB_FAILED", job, payment)
    first, second = item["calls"]
    assert (first["mutation"], second["mutation"]) == ("retryJob", "cancelJob")
    desk.admin.data(second["document"], **second["variables"])
    assert desk.send("needs_attention")["nodes"] == []


def stuck_jobs(desk: Desk) -> None:
    payment, job = _called_off(desk)
    assert desk.send("stuck_jobs")["nodes"] == []
    canceled = desk.jobs("CANCELED")
    [found] = [each for each in canceled if each["id"] == job]
    assert (found["id"], found["payment"]["id"], found["lastError"]) == (job, payment, "canceled: a test")


def retry_job(desk: Desk) -> None:
    _, job = _called_off(desk)
    again = desk.did("retry_job", jobToRetry=job)["job"]
    assert (again["id"], again["kind"], again["state"]) == (job, "PAYMENT_REFUND", "PENDING")


def cancel_job(desk: Desk) -> None:
    _, job = _refunding(desk)
    canceled = desk.did("cancel_job", jobToCancel=job)["job"]
    assert (canceled["id"], canceled["state"], canceled["lastError"]) == (
        job,
        "CANCELED",
        "canceled: Dealt with by ticket 1001",
    )


def _called_off(desk: Desk) -> tuple[str, str]:
    """The ids of a payment and of the job of its refund, which an admin has called off."""
    payment, job = _refunding(desk)
    assert desk.admin.did(CANCEL_JOB, jobId=job, reason="a test") == {"__typename": "CancelJobSuccess"}
    return payment, job


def _refunding(desk: Desk) -> tuple[str, str]:
    """The ids of a payment and of the job of its refund, which waits."""
    payment = desk.paid(desk.gateway.student())
    desk.send("refund_payment", paymentToRefund=payment)
    waiting = desk.jobs("PENDING")
    [job] = [each["id"] for each in waiting if each["payment"]["id"] == payment]
    return payment, job


STORIES = {
    story.__name__: story
    for story in (
        search,
        find_student,
        find_payment,
        grant_course,
        grant_many,
        correct_slot,
        extend_purchase,
        revoke_purchase,
        who_may_come_in,
        record_session,
        record_class,
        withdraw_session,
        save_course,
        erase_student,
        refund_payment,
        needs_attention,
        stuck_jobs,
        retry_job,
        cancel_job,
    )
}


@pytest.mark.parametrize("name", NAMES)
def test_an_operation_does_what_its_comment_says(desk: Desk, name: str) -> None:
    STORIES[name](desk)


NOT_AN_ADMINS = {"createPayment": "a student's own, prepared in GraphiQL's tabs", "confirmPayment": "the same"}
"""Mutations without an operation here, each with why."""


def test_every_mutation_has_an_operation_or_a_reason_against_it() -> None:
    mutations = build_schema()._schema.mutation_type  # Strawberry's one way to it
    assert mutations is not None
    documents = [parse((FOLDER / f"{name}.graphql").read_text(encoding="utf-8")) for name in NAMES]
    asked = {
        field.name.value
        for document in documents
        for operation in document.definitions
        if isinstance(operation, OperationDefinitionNode)
        for field in operation.selection_set.selections
        if isinstance(field, FieldNode)
    }
    assert mutations.fields.keys() - asked == NOT_AN_ADMINS.keys()


def test_every_operation_has_its_variables_and_its_line_in_the_readme() -> None:
    readme = (FOLDER / "README.md").read_text(encoding="utf-8")
    for name in NAMES:
        assert (FOLDER / f"{name}.variables.json").is_file()
        assert f"[{name}]({name}.graphql)" in readme
