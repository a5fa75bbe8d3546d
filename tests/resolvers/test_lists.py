"""Lists over HTTP: an admin's payments and jobs, a student's own things, histories, and many nodes at once."""

from datetime import UTC, datetime
from typing import Any

import pytest
from sqlalchemy import insert
from sqlmodel import col, update
from uuid_utils.compat import uuid7

from db.job_tables import JobRow
from db.tables import PurchaseRow
from gateway.schema.conventions import ids
from gateway.services.core.model.values import Role
from tests.served.gateway import Person, Served, connected
from tests.served.operations import PURCHASES

PAGE = "nodes { id } edges { cursor node { id } } pageInfo { hasNextPage hasPreviousPage startCursor endCursor }"
WINDOW = "$first: Int, $after: String, $last: Int, $before: String"
BOUNDS = "first: $first, after: $after, last: $last, before: $before"
PAYMENTS = f"""
query Payments($filter: PaymentFilter, $orderBy: PaymentOrder, {WINDOW}) {{
  payments(filter: $filter, orderBy: $orderBy, {BOUNDS}) {{ {PAGE} }}
}}
"""
JOBS = f"query Jobs($filter: JobFilter, {WINDOW}) {{ jobs(filter: $filter, {BOUNDS}) {{ {PAGE} }} }}"
OWN = f"""
query Own($status: PurchaseStatus, $course: ID!, {WINDOW}) {{
  viewer {{
    purchases(status: $status, {BOUNDS}) {{ {PAGE} }}
    payments({BOUNDS}) {{ {PAGE} }}
    access(courseId: $course) {{ status sessionsTotal }}
  }}
}}
"""
OWN_PAYMENTS = f"query Own({WINDOW}) {{ viewer {{ payments({BOUNDS}) {{ {PAGE} }} }} }}"
HISTORIES = f"""
query Histories($id: ID!, {WINDOW}) {{
  payment(id: $id) {{
    providerReference
    history({BOUNDS}) {{
      nodes {{ at action reason changes actor {{ id role }} }}
      edges {{ cursor }} pageInfo {{ hasNextPage hasPreviousPage startCursor endCursor }}
    }}
    purchase {{ history {{ nodes {{ at action reason changes actor {{ id role }} }} }} }}
  }}
}}
"""
REFUND = "mutation($input: RefundPaymentInput!) { refundPayment(input: $input) { __typename } }"
NODES = "query Nodes($ids: [ID!]!) { nodes(ids: $ids) { __typename id } }"
ASC = {"field": "CREATED_AT", "direction": "ASC"}


def listed(page: dict[str, Any]) -> list[str]:
    assert [node["id"] for node in page["nodes"]] == [edge["node"]["id"] for edge in page["edges"]]
    return [node["id"] for node in page["nodes"]]


def test_a_filter_shows_the_payments_that_meet_all_its_conditions(gateway: Served, course: str) -> None:
    buyer, other = gateway.student(), gateway.student()
    paid, open_ = gateway.opened(buyer, course), gateway.opened(other, course, "PREMIUM")
    gateway.confirm(buyer, paid)
    failed = gateway.opened(other, course)
    gateway.confirm(other, failed, "tok_decline_stolen_card")
    mismatched = gateway.opened(other, course, "STANDARD")
    gateway.confirm(other, mismatched, "tok_capture_1_INR")
    elsewhere = gateway.opened(buyer, gateway.course())
    times = {id_: _created(gateway, id_) for id_ in (paid, failed)}
    of_course = {"courseId": course}
    every = [paid, open_, failed, mismatched]
    for condition, expected in (
        (of_course, every),
        ({"studentId": buyer.id}, [paid, elsewhere]),
        ({**of_course, "studentId": buyer.id}, [paid]),
        ({**of_course, "status": "SUCCEEDED"}, [paid, mismatched]),
        ({**of_course, "status": "FAILED"}, [failed]),
        ({**of_course, "fulfilment": "FULFILLED"}, [paid]),
        ({**of_course, "fulfilment": "UNFULFILLABLE"}, [mismatched]),
        ({**of_course, "fulfilment": "PENDING", "status": "REQUIRES_PAYMENT"}, [open_]),
        ({**of_course, "tier": "PREMIUM"}, [open_]),
        ({**of_course, "provider": "SANDBOX"}, every),
        ({**of_course, "provider": "STRIPE"}, []),
        ({**of_course, "createdFrom": times[failed]}, every[2:]),
        ({**of_course, "createdBefore": times[failed]}, every[:2]),
        ({**of_course, "createdFrom": times[paid], "createdBefore": times[failed]}, every[:2]),
        ({**of_course, "createdFrom": times[paid], "createdBefore": times[paid]}, []),
        ({**of_course, "createdFrom": "0001-01-01T00:00:00Z", "createdBefore": "9999-12-31T23:59:59Z"}, every),
    ):
        found = gateway.admin.data(PAYMENTS, filter=condition, first=100)["payments"]
        assert listed(found) == expected[::-1], condition
        ascending = gateway.admin.data(PAYMENTS, filter=condition, first=100, orderBy=ASC)["payments"]
        assert listed(ascending) == expected, condition


def test_jobs_are_found_by_what_they_are_about(gateway: Served, student: Person, course: str) -> None:
    payment = gateway.opened(student, course)
    gateway.confirm(student, payment, "tok_process_9")
    [check] = listed(_jobs(gateway, paymentId=payment))
    gateway.confirm(student, payment, "tok_capture_1_INR")
    refund, *more = listed(_jobs(gateway, paymentId=payment))
    assert (more, listed(_jobs(gateway, paymentId=payment, kind="PAYMENT_CHECK"))) == ([check], [check])
    assert listed(_jobs(gateway, paymentId=payment, kind="PAYMENT_REFUND", state="PENDING")) == [refund]
    assert listed(_jobs(gateway, paymentId=payment, state="CANCELED")) == []
    assert listed(_jobs(gateway, paymentId=ids.EXAMPLES[ids.PAYMENT])) == []
    assert listed(_jobs(gateway, paymentId=payment, purchaseId=ids.EXAMPLES[ids.PURCHASE])) == []
    query = "query($id: ID!) { node(id: $id) { ... on Job { id payment { id } purchase { id } } } }"
    for job in (check, refund):
        assert gateway.admin.data(query, id=job)["node"] == {"id": job, "payment": {"id": payment}, "purchase": None}


def test_a_job_that_tells_of_a_purchase_names_it(gateway: Served, course: str) -> None:
    """No subscriber is set up here, so the job is written as the announcer would write it."""
    purchase = gateway.create(course, gateway.student().id)["purchase"]["id"]
    job = _event_job(gateway, purchase)
    found = _jobs(gateway, purchaseId=purchase)
    assert listed(found) == [job]
    query = "query($id: ID!) { node(id: $id) { ... on Job { subscriber payment { id } purchase { id } } } }"
    assert gateway.admin.data(query, id=job)["node"] == {
        "subscriber": "somebody",
        "payment": None,
        "purchase": {"id": purchase},
    }


def test_a_student_reads_what_is_their_own_and_nobody_elses(gateway: Served, course: str) -> None:
    mine, other = gateway.student(), gateway.student()
    first, second = gateway.opened(mine, course), gateway.opened(mine, course, "STANDARD")
    old, new = (gateway.confirm(mine, payment)["purchase"]["id"] for payment in (first, second))
    gateway.confirm(other, gateway.opened(other, course))
    own = mine.data(OWN, course=course)["viewer"]
    assert (listed(own["purchases"]), listed(own["payments"])) == ([new, old], [second, first])
    assert own["access"] == {"status": "GRANTED", "sessionsTotal": 12}
    assert listed(mine.data(OWN, course=course, status="SUPERSEDED")["viewer"]["purchases"]) == [old]
    page = mine.data(OWN, course=course, last=1)["viewer"]
    assert (listed(page["purchases"]), listed(page["payments"])) == ([old], [first])
    assert page["payments"]["pageInfo"]["hasPreviousPage"] is True


@pytest.mark.parametrize("role", [Role.ADMIN, Role.SERVICE])
def test_a_token_of_another_role_owns_nothing_whatever_its_subject(
    gateway: Served, student: Person, course: str, role: Role
) -> None:
    gateway.confirm(student, gateway.opened(student, course))
    own = gateway.person(role, student.id).data(OWN, course=course)["viewer"]
    assert (listed(own["purchases"]), listed(own["payments"]), own["access"]) == ([], [], None)


def test_access_is_by_the_active_purchase_or_else_by_the_latest(gateway: Served, student: Person, course: str) -> None:
    assert student.data(OWN, course=course)["viewer"]["access"] is None
    payments = [gateway.opened(student, course, tier) for tier in ("BASIC", "STANDARD")]
    for payment in payments:
        gateway.confirm(student, payment)
    _stand(gateway, student, col(PurchaseRow.tier).in_(["BASIC", "STANDARD"]), "REVOKED")
    assert student.data(OWN, course=course)["viewer"]["access"] == {"status": "GRANTED", "sessionsTotal": 12}
    _stand(gateway, student, col(PurchaseRow.tier) == "BASIC", "ACTIVE")
    assert student.data(OWN, course=course)["viewer"]["access"] == {"status": "REVOKED", "sessionsTotal": 4}


def test_a_history_tells_who_did_what_and_why_the_earliest_first(gateway: Served, student: Person, course: str) -> None:
    payment = gateway.opened(student, course)
    gateway.confirm(student, payment, "tok_decline_stolen_card")
    gateway.confirm(student, payment, "tok_succeed")
    part = {"paymentId": payment, "amountMinor": 100, "reason": "one session fell out", "idempotencyKey": payment}
    gateway.admin.data(REFUND, input=part)
    read = gateway.admin.data(HISTORIES, id=payment)["payment"]
    entries = read["history"]["nodes"]
    they, price = {"id": student.id, "role": "STUDENT"}, {"amountMinor": 199_900, "currency": "INR"}
    of = {"studentId": student.id, "courseId": course}
    assert [(entry["action"], entry["actor"], entry["reason"], entry["changes"]) for entry in entries] == [
        ("payment.opened", they, None, {"tier": "BASIC", "purpose": "PURCHASE", **of, **price}),
        ("payment.intent_opened", they, None, {"provider": "SANDBOX", "reference": read["providerReference"]}),
        (
            "payment.declined",
            they,
            "The card was declined: stolen card.",
            {"door": "confirmPayment", "attempt": "tok_decline_stolen_card", "code": "stolen_card"},
        ),
        ("payment.captured", they, None, {"door": "confirmPayment", "attempt": "tok_succeed", **price}),
        ("payment.fulfilled", they, None, {"tier": "BASIC"}),
        (
            "payment.refund_requested",
            {"id": "admin-1", "role": "ADMIN"},
            "one session fell out",
            {"amountMinor": 100, "currency": "INR", "origin": "GATEWAY"},
        ),
    ]
    [created] = read["purchase"]["history"]["nodes"]
    assert (created["action"], created["changes"]) == ("purchase.created", {"tier": "BASIC", **of})
    assert entries[2]["at"] < created["at"] == entries[3]["at"] < entries[5]["at"]


def test_a_history_is_paged_both_ways(gateway: Served, student: Person, course: str) -> None:
    payment = gateway.opened(student, course)
    for reason in ("first", "second", "third", "fourth"):
        gateway.confirm(student, payment, f"tok_decline_{reason}")

    def page(**window: object) -> tuple[list[str], bool, bool, dict[str, Any]]:
        found = gateway.admin.data(HISTORIES, id=payment, **window)["payment"]["history"]
        info = found["pageInfo"]
        told = [entry["changes"].get("code", entry["action"]) for entry in found["nodes"]]
        return told, info["hasPreviousPage"], info["hasNextPage"], info

    *forward, info = page(first=3)
    assert forward == [["payment.opened", "payment.intent_opened", "first"], False, True]
    *second, info = page(first=3, after=info["endCursor"])
    assert second == [["second", "third", "fourth"], True, False]
    *past, nothing = page(first=2, after=info["endCursor"])
    assert past == [[], True, False]
    assert (nothing["startCursor"], nothing["endCursor"]) == (None, None)
    *backward, _ = page(last=1, before=info["startCursor"])
    assert backward == [["first"], True, True]
    *none, _ = page(first=0)
    assert none == [[], False, True]


def test_many_nodes_come_in_the_order_of_their_ids(gateway: Served, student: Person, course: str) -> None:
    payment = gateway.opened(student, course)
    gateway.confirm(student, payment, "tok_capture_1_INR")
    [job, *_] = listed(_jobs(gateway, paymentId=payment))
    query = "query($id: ID!) { payment(id: $id) { refunds { id } } }"
    [refund] = [each["id"] for each in gateway.admin.data(query, id=payment)["payment"]["refunds"]]
    asked = [job, payment, ids.EXAMPLES[ids.COURSE], refund, course, payment]
    found = [("Job", job), ("Payment", payment), None, ("Refund", refund), ("Course", course), ("Payment", payment)]
    assert _named(gateway.admin.data(NODES, ids=asked)) == found
    assert _named(student.data(NODES, ids=asked)) == [None, *found[1:]]
    assert _named(gateway.student().data(NODES, ids=asked)) == [None, None, None, None, ("Course", course), None]
    nobody = gateway.person(None, "")
    assert _named(nobody.data(NODES, ids=[course])) == [("Course", course)]
    assert nobody.codes(NODES, ids=[course, payment]) == ["UNAUTHENTICATED"]
    assert gateway.admin.data(NODES, ids=[]) == {"nodes": []}


def test_a_cursor_is_taken_by_no_other_list_and_in_no_other_order(
    gateway: Served, student: Person, course: str
) -> None:
    payment = gateway.opened(student, course)
    gateway.confirm(student, payment, "tok_decline_first")
    gateway.confirm(student, payment)
    admin, of_student = gateway.admin, {"studentId": student.id}
    lists: list[tuple[Person, str, dict[str, Any], tuple[str, ...]]] = [
        (admin, PAYMENTS, {}, ("payments",)),
        (admin, PAYMENTS, {"orderBy": ASC, "filter": of_student}, ("payments",)),
        (admin, PURCHASES, {}, ("purchases",)),
        (admin, PURCHASES, {"orderBy": ASC, "filter": of_student}, ("purchases",)),
        (admin, HISTORIES, {"id": payment}, ("payment", "history")),
        (student, OWN_PAYMENTS, {}, ("viewer", "payments")),
    ]
    for place, (caller, query, given, way) in enumerate(lists):
        page = caller.data(query, **given)
        for name in way:
            page = page[name]
        cursor = page["edges"][0]["cursor"]
        codes = [who.codes(asked, **more, after=cursor) for who, asked, more, _ in lists]
        assert codes == [[] if other == place else ["BAD_USER_INPUT"] for other in range(len(lists))], way


def _stand(gateway: Served, student: Person, which: Any, status: str) -> None:
    """Puts a student's purchases as they could only come to stand in the course of many events."""
    ended = None if status == "ACTIVE" else datetime.now(UTC)
    with connected(gateway.database_url) as connection:
        connection.execute(
            update(PurchaseRow)
            .where(which, col(PurchaseRow.student_id) == student.id)
            .values(status=status, ended_at=ended)
        )


def _event_job(gateway: Served, purchase: str) -> str:
    key, now = uuid7(), datetime.now(UTC)
    row = {
        "id": key,
        "kind": "event.deliver",
        "subject_id": ids.from_text(ids.PURCHASE, purchase),
        "target": "somebody",
        "payload": {},
        "state": "CANCELED",
        "run_at": now,
        "created_at": now,
    }
    with connected(gateway.database_url) as connection:
        connection.execute(insert(JobRow).values(row))
    return ids.to_text(ids.JOB, key)


def _named(data: dict[str, Any]) -> list[tuple[str, str] | None]:
    return [node and (node["__typename"], node["id"]) for node in data["nodes"]]


def _jobs(gateway: Served, **condition: object) -> dict[str, Any]:
    page: dict[str, Any] = gateway.admin.data(JOBS, filter=condition)["jobs"]
    return page


def _created(gateway: Served, payment: str) -> str:
    created: str = gateway.admin.data("query($id: ID!) { payment(id: $id) { createdAt } }", id=payment)["payment"][
        "createdAt"
    ]
    return created
