"""What needs a person over HTTP: each with its reason, what it is about, and the calls that end it."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import insert, update
from sqlmodel import col
from uuid_utils.compat import uuid7

from db.job_tables import JobRow
from db.tables import RefundRow
from gateway.schema.conventions import ids
from gateway.services.core.model.values import Role
from tests.served.gateway import Person, Served, connected, served

NEEDS = """
query Needs($order: AttentionOrder, $first: Int, $after: String, $last: Int, $before: String) {
  needsAttention(orderBy: $order, first: $first, after: $after, last: $last, before: $before) {
    nodes {
      id kind reason since
      job { id kind } payment { id student { id } } purchase { id } refund { id origin status }
      calls { mutation effect document variables }
    }
    edges { node { id } cursor } pageInfo { hasNextPage hasPreviousPage startCursor endCursor }
  }
}
"""
REFUNDS = "query($id: ID!) { payment(id: $id) { status refunds { id status } } }"


@pytest.fixture
def gateway(new_sqlite: Callable[[], str]) -> Iterator[Served]:
    """One of its own: what needs a person in a shared one is everybody's."""
    with served(new_sqlite()) as started:
        yield started


def needs(gateway: Served, **window: object) -> dict[str, Any]:
    found: dict[str, Any] = gateway.admin.data(NEEDS, **window)["needsAttention"]
    return found


def mismatched(gateway: Served) -> tuple[str, str, str]:
    """A payment whose money goes back, its refund and the job that carries that out, which waits."""
    student = gateway.student()
    payment = gateway.opened(student, gateway.course())
    gateway.confirm(student, payment, "tok_capture_1_INR")
    query = "query($id: ID!) { jobs(filter: {paymentId: $id}) { nodes { id } } }"
    [job] = gateway.admin.data(query, id=payment)["jobs"]["nodes"]
    [refund] = gateway.admin.data(REFUNDS, id=payment)["payment"]["refunds"]
    return payment, refund["id"], job["id"]


def fail(gateway: Served, job: str, error: str | None = "the provider refused it") -> None:
    """As the runner leaves a job that it gives up."""
    now = datetime.now(UTC)
    failed = {"state": "FAILED", "attempts": 9, "last_error": error, "finished_at": now}
    with connected(gateway.database_url) as connection:
        connection.execute(update(JobRow).where(col(JobRow.id) == ids.from_text(ids.JOB, job)).values(failed))


def refuse(gateway: Served, refund: str) -> None:
    refused = {"status": "FAILED", "failure_code": "no", "failure_message": "No.", "settled_at": datetime.now(UTC)}
    key = ids.from_text(ids.REFUND, refund)
    with connected(gateway.database_url) as connection:
        connection.execute(update(RefundRow).where(col(RefundRow.id) == key).values(refused))


def noted(gateway: Served, subject: UUID, reason: str) -> str:
    """A case, as `gateway.services.core.rules.cases` notes it."""
    key, now = uuid7(), datetime.now(UTC)
    case: dict[str, object] = {
        "id": key,
        "kind": "case.review",
        "subject_id": subject,
        "payload": {},
        "state": "FAILED",
    }
    case |= {"attempts": 0, "run_at": now, "created_at": now, "finished_at": now, "last_error": reason}
    with connected(gateway.database_url) as connection:
        connection.execute(insert(JobRow).values(case))
    return ids.to_text(ids.JOB, key)


def dispute(gateway: Served, payment: str) -> str:
    key, now = uuid7(), datetime.now(UTC)
    row: dict[str, object] = {
        "id": key,
        "payment_id": ids.from_text(ids.PAYMENT, payment),
        "amount_minor": 100,
        "currency": "INR",
    }
    row |= {"reason": "fraudulent", "origin": "DISPUTE", "status": "PENDING", "reference": "dp_1"}
    row |= {"created_at": now}
    with connected(gateway.database_url) as connection:
        connection.execute(insert(RefundRow).values(**row, requested_by_id="gateway", requested_by_role="SERVICE"))
    return ids.to_text(ids.REFUND, key)


def named(item: dict[str, Any]) -> list[str]:
    return [call["mutation"] for call in item["calls"]]


def test_nothing_needs_a_person_where_all_goes_its_way(gateway: Served) -> None:
    mismatched(gateway)
    assert needs(gateway)["nodes"] == []


def test_a_refund_that_was_refused_says_why_and_ends_by_its_own_call(gateway: Served) -> None:
    payment, refund, job = mismatched(gateway)
    fail(gateway, job)
    refuse(gateway, refund)
    [item] = needs(gateway)["nodes"]
    assert (item["id"], item["kind"], item["reason"]) == (job, "JOB_FAILED", "the provider refused it")
    assert (item["job"], item["payment"]["id"]) == ({"id": job, "kind": "PAYMENT_REFUND"}, payment)
    assert item["refund"] == {"id": refund, "origin": "GATEWAY", "status": "FAILED"}
    assert (item["purchase"], named(item)) == (None, ["retryJob", "cancelJob"])
    retry, _ = item["calls"]
    answer = gateway.admin.data(retry["document"], **retry["variables"])
    assert answer == {"retryJob": {"__typename": "RetryJobSuccess"}}
    assert needs(gateway)["nodes"] == []
    assert [each["status"] for each in gateway.admin.data(REFUNDS, id=payment)["payment"]["refunds"]] == [
        "FAILED",
        "PENDING",
    ]


def test_what_would_be_refused_is_not_offered(gateway: Served) -> None:
    """The money went back another way, so that there is nothing to try again: only that it is dealt with."""
    payment, refund, job = mismatched(gateway)
    fail(gateway, job)
    refuse(gateway, refund)
    key = ids.from_text(ids.PAYMENT, payment)
    with connected(gateway.database_url) as connection:
        connection.exec_driver_sql("UPDATE payment SET refunded_minor = captured_minor, status = 'REFUNDED'")
        made: dict[str, object] = {
            "origin": "PROVIDER",
            "status": "SUCCEEDED",
            "reference": "rfnd_1",
            "settled_at": datetime.now(UTC),
        }
        made |= {"id": uuid7(), "payment_id": key, "amount_minor": 1, "currency": "INR", "reason": "elsewhere"}
        made |= {"requested_by_id": "gateway", "requested_by_role": "SERVICE", "created_at": datetime.now(UTC)}
        connection.execute(insert(RefundRow).values(made))
    [item] = needs(gateway)["nodes"]
    assert named(item) == ["cancelJob"]
    [cancel] = item["calls"]
    assert (
        gateway.admin.data(cancel["document"], **cancel["variables"])["cancelJob"]["__typename"] == "CancelJobSuccess"
    )
    assert needs(gateway)["nodes"] == []
    retried = "mutation($input: RetryJobInput!) { retryJob(input: $input) { __typename } }"
    fail(gateway, job)
    assert gateway.admin.data(retried, input={"jobId": job, "reason": "x"})["retryJob"]["__typename"] == "InvalidInput"


def test_a_case_is_ended_and_has_nothing_to_run(gateway: Served) -> None:
    purchase = gateway.create(gateway.course(), gateway.student().id)["purchase"]["id"]
    key = ids.from_text(ids.PURCHASE, purchase)
    assert key is not None
    case = noted(gateway, key, "Look at it, then cancelJob.")
    nobodys = noted(gateway, uuid7(), "Stripe took money for pi_1.")
    stranger, item = needs(gateway)["nodes"]
    assert (item["id"], item["kind"], item["reason"]) == (case, "CASE", "Look at it, then cancelJob.")
    assert (item["purchase"], item["payment"], item["refund"], named(item)) == (
        {"id": purchase},
        None,
        None,
        ["cancelJob"],
    )
    assert (stranger["id"], stranger["purchase"], stranger["payment"]) == (nobodys, None, None)
    for each in (item, stranger):
        [cancel] = each["calls"]
        assert cancel["variables"]["input"].keys() == {"jobId", "reason"}
        gateway.admin.data(cancel["document"], **cancel["variables"])
    assert needs(gateway)["nodes"] == []


def test_an_open_dispute_is_there_until_the_bank_has_decided(gateway: Served) -> None:
    student = gateway.student()
    payment = gateway.opened(student, gateway.course())
    gateway.confirm(student, payment)
    claim = dispute(gateway, payment)
    [item] = needs(gateway)["nodes"]
    assert (item["id"], item["kind"], item["job"], item["calls"]) == (claim, "DISPUTE", None, [])
    assert item["payment"] == {"id": payment, "student": {"id": student.id}}
    assert item["refund"] == {"id": claim, "origin": "DISPUTE", "status": "PENDING"}
    assert "dp_1" in item["reason"]
    refuse(gateway, claim)
    assert needs(gateway)["nodes"] == []


def test_the_list_is_ordered_and_paged_both_ways_though_it_lies_in_two_places(gateway: Served) -> None:
    expected = []
    for _ in range(3):
        payment, _, job = mismatched(gateway)
        fail(gateway, job, None)
        expected += [job, dispute(gateway, payment), noted(gateway, uuid7(), "case")]
    listed = needs(gateway, first=100, order={"field": "CREATED_AT", "direction": "ASC"})
    assert [each["id"] for each in listed["nodes"]] == expected
    latest = expected[::-1]
    whole = needs(gateway, first=100)
    assert [each["id"] for each in whole["nodes"]] == latest
    assert (whole["pageInfo"]["hasNextPage"], whole["pageInfo"]["hasPreviousPage"]) == (False, False)
    cursors = [edge["cursor"] for edge in whole["edges"]]
    for size in (1, 2, 4):
        forth, after = list[str](), None
        while True:
            page = needs(gateway, first=size, after=after)
            forth += [each["id"] for each in page["nodes"]]
            assert page["pageInfo"]["hasPreviousPage"] is (after is not None)
            after = page["pageInfo"]["endCursor"]
            if not page["pageInfo"]["hasNextPage"]:
                break
        assert forth == latest
        back = needs(gateway, last=size, before=cursors[5])
        assert [each["id"] for each in back["nodes"]] == latest[5 - size : 5]
        assert (back["pageInfo"]["hasPreviousPage"], back["pageInfo"]["hasNextPage"]) == (True, True)
    assert needs(gateway, first=0)["pageInfo"]["hasNextPage"] is True
    assert [each["reason"] for each in whole["nodes"] if each["kind"] == "JOB_FAILED"] == [
        "payment.refund was given up after 9 runs"
    ] * 3


def test_what_needs_a_person_is_for_admins_alone(gateway: Served) -> None:
    for role in (Role.STUDENT, Role.SERVICE):
        assert gateway.person(role, "somebody").codes(NEEDS) == ["FORBIDDEN"]
    nobody: Person = gateway.person(None, "")
    assert nobody.codes(NEEDS) == ["UNAUTHENTICATED"]
