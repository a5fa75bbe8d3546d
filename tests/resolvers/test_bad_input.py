"""Input that cannot be meant: the answer names each wrong field, and nothing is written."""

from collections.abc import Iterator, Mapping
from typing import Any

import pytest

from tests.resolvers.wrong_input import PROBLEMS, REFUSED, Changes, changed
from tests.resolvers.wrong_queries import FAR_BUT_RIGHT, QUERIES
from tests.served.gateway import Person, Served, confirming, correcting, creating, extending, opening, revoking
from tests.served.operations import (
    CONFIRM_PAYMENT,
    CORRECT_PURCHASE_METADATA,
    COURSE,
    CREATE_PAYMENT,
    CREATE_PURCHASE,
    CREATE_PURCHASES,
    EXTEND_PURCHASE,
    METADATA,
    REVOKE_PURCHASE,
    SAVE_COURSE,
)

HOLDER = "a-student-with-a-purchase"
Rights = dict[str, tuple[Person, str, Any]]


@pytest.fixture(scope="module", autouse=True)
def _nothing_is_written(gateway: Served, right: Rights) -> Iterator[None]:
    """By all of these tests together: looked at once, since there are many."""
    assert right
    before = gateway.counts()
    yield
    assert gateway.counts() == before


@pytest.fixture(scope="module")
def right(gateway: Served) -> Rights:
    """Each mutation with somebody who may send it, and input that it would take."""
    student, course = gateway.student(), gateway.course()
    purchase = gateway.create(course, HOLDER)["purchase"]["id"]
    confirmation = {**confirming(gateway.opened(student, course), "tok_unpaid"), "metadata": METADATA}
    return {
        "createPayment": (student, CREATE_PAYMENT, opening(course)),
        "confirmPayment": (student, CONFIRM_PAYMENT, confirmation),
        "createPurchase": (gateway.admin, CREATE_PURCHASE, creating(course, gateway.student().id)),
        "createPurchases": (gateway.admin, CREATE_PURCHASES, [creating(course, gateway.student().id)]),
        "extendPurchase": (gateway.admin, EXTEND_PURCHASE, extending(purchase)),
        "correctPurchaseMetadata": (gateway.admin, CORRECT_PURCHASE_METADATA, correcting(purchase)),
        "revokePurchase": (gateway.admin, REVOKE_PURCHASE, revoking(purchase)),
        "saveCourse": (gateway.admin, SAVE_COURSE, COURSE),
    }


@pytest.mark.parametrize(("mutation", "changes", "paths"), PROBLEMS)
def test_each_wrong_field_is_named(right: Rights, mutation: str, changes: Changes, paths: list[str]) -> None:
    caller, operation, given = right[mutation]
    answer = caller.did(operation, **changed(given, changes))
    assert (answer["__typename"], answer["code"], answer["retryable"]) == ("InvalidInput", "INVALID_INPUT", False)
    assert [field["path"] for field in answer["fields"]] == [["input", *path.split(".")] for path in paths]
    assert all(field["message"] for field in answer["fields"])


@pytest.mark.parametrize(("mutation", "changes"), REFUSED)
def test_input_of_another_type_is_a_coded_error(right: Rights, mutation: str, changes: Changes) -> None:
    caller, operation, given = right[mutation]
    answer = caller.send({"query": operation, "variables": {"input": changed(given, changes)}}).json()
    assert "data" not in answer
    assert {error["extensions"]["code"] for error in answer["errors"]} == {"BAD_USER_INPUT"}


@pytest.mark.parametrize(("query", "variables"), QUERIES)
def test_a_query_that_cannot_be_meant_is_a_coded_error(
    gateway: Served, query: str, variables: Mapping[str, object]
) -> None:
    answer = gateway.admin.send({"query": query, "variables": variables}).json()
    assert [error["extensions"]["code"] for error in answer["errors"]] == ["BAD_USER_INPUT"]
    assert _is_empty(answer.get("data"))


def _is_empty(data: object) -> bool:
    return data is None or (isinstance(data, dict) and all(map(_is_empty, data.values())))


@pytest.mark.parametrize("query", FAR_BUT_RIGHT)
def test_a_query_that_asks_far_out_has_an_answer(gateway: Served, query: str) -> None:
    assert gateway.admin.data(query)


@pytest.mark.parametrize("number", [-1, 101])
def test_a_schedule_has_bounds(gateway: Served, number: int) -> None:
    query = """
    query($student: ID!, $number: Int!) {
      purchases(filter: {studentId: $student}) { nodes { access { schedule(first: $number) { number } } } }
    }
    """
    assert gateway.admin.codes(query, student=HOLDER, number=number) == ["BAD_USER_INPUT"]
