"""The reads over HTTP: one thing by its id, and lists page by page in either direction."""

from typing import Any

import pytest

from gateway.schema.conventions import ids
from gateway.services.core.model.values import Role
from tests.served.gateway import Person, Served
from tests.served.operations import COURSE, METADATA, PAYMENT_BY_ID, PURCHASE_BY_ID, PURCHASES

NODE = """
query Node($id: ID!) {
  node(id: $id) {
    __typename id
    ... on Course { title tiers { code } }
    ... on Payment { paymentStatus: status }
    ... on Purchase { purchaseStatus: status }
  }
}
"""
COURSES = """
query Courses($first: Int, $after: String, $last: Int, $before: String) {
  courses(first: $first, after: $after, last: $last, before: $before) {
    nodes { id } edges { cursor node { id } }
    pageInfo { hasNextPage hasPreviousPage startCursor endCursor }
  }
}
"""


@pytest.fixture
def seven(gateway: Served, course: str) -> list[str]:
    """The ids of seven purchases of one course, the earliest first."""
    return [gateway.create(course, gateway.student().id)["purchase"]["id"] for _ in range(7)]


def test_a_course_and_its_node_need_no_token(gateway: Served, course: str) -> None:
    nobody = gateway.person(None, "")
    assert nobody.data("query($id: ID!) { course(id: $id) { id title } }", id=course)["course"] == {
        "id": course,
        "title": COURSE["title"],
    }
    codes = [{"code": code} for code in ("BASIC", "STANDARD", "PREMIUM")]
    assert nobody.data(NODE, id=course)["node"] == {
        "__typename": "Course",
        "id": course,
        "title": "Yoga",
        "tiers": codes,
    }


def test_a_payment_and_its_purchase_read_the_same_for_their_student_and_for_admins(
    gateway: Served, student: Person, course: str
) -> None:
    payment = gateway.opened(student, course, metadata={**METADATA, "date": "2090-01-01"})
    purchase = gateway.confirm(student, payment)["purchase"]
    read = student.data(PAYMENT_BY_ID, id=payment)["payment"]
    assert read == {
        "id": payment,
        "status": "SUCCEEDED",
        "fulfilment": "FULFILLED",
        "tier": "BASIC",
        "provider": "SANDBOX",
        "providerReference": read["providerReference"],
        "createdAt": read["createdAt"],
        "confirmedAt": purchase["createdAt"],
        "student": {"id": student.id},
        "course": {"id": course},
        "purchase": {"id": purchase["id"]},
        "amount": {"amountMinor": 199900, "currency": "INR"},
        "amountRefunded": {"amountMinor": 0, "currency": "INR"},
        "failure": None,
        "metadata": {"date": "2090-01-01"},
    }
    assert gateway.admin.data(PAYMENT_BY_ID, id=payment)["payment"] == read
    for reader in (student, gateway.admin):
        assert reader.data(PURCHASE_BY_ID, id=purchase["id"])["purchase"] == purchase
        nodes = [reader.data(NODE, id=of)["node"] for of in (payment, purchase["id"])]
        assert nodes == [
            {"__typename": "Payment", "id": payment, "paymentStatus": "SUCCEEDED"},
            {"__typename": "Purchase", "id": purchase["id"], "purchaseStatus": "ACTIVE"},
        ]


@pytest.mark.parametrize("example", ids.EXAMPLES.values())
def test_an_id_of_nothing_is_null(gateway: Served, example: str) -> None:
    assert gateway.admin.data(NODE, id=example) == {"node": None}


def test_an_id_has_one_spelling(gateway: Served, student: Person, course: str) -> None:
    payment = gateway.opened(student, course)
    for spelling in (f"pay_{payment}", payment.upper(), f"{payment} ", payment.replace("pay_", "pur_pay_")):
        assert student.codes(NODE, id=spelling) == ["BAD_USER_INPUT"], spelling


def test_the_viewer_is_who_asks(gateway: Served, student: Person) -> None:
    query = "{ viewer { id role } }"
    assert student.data(query) == {"viewer": {"id": student.id, "role": "STUDENT"}}
    assert gateway.person(Role.SERVICE, "webshop").data(query) == {"viewer": {"id": "webshop", "role": "SERVICE"}}
    assert gateway.person(None, "").data(query) == {"viewer": None}


def test_a_list_of_purchases_has_the_latest_first(gateway: Served, course: str, seven: list[str]) -> None:
    page = _purchases(gateway, course)
    assert _ids(page) == seven[::-1]
    assert [node["id"] for node in page["nodes"]] == seven[::-1]
    assert page["pageInfo"] == {
        "hasNextPage": False,
        "hasPreviousPage": False,
        "startCursor": page["edges"][0]["cursor"],
        "endCursor": page["edges"][-1]["cursor"],
    }


@pytest.mark.parametrize("direction", ["ASC", "DESC"])
def test_pages_forward_and_backward_show_each_purchase_once(
    gateway: Served, course: str, seven: list[str], direction: str
) -> None:
    order = {"field": "CREATED_AT", "direction": direction}
    listed = seven if direction == "ASC" else seven[::-1]
    forward = _walk(gateway, course, order, "first", "after")
    assert [_ids(page) for page in forward] == [listed[:3], listed[3:6], listed[6:]]
    assert [_edges(page) for page in forward] == [(True, False), (True, True), (False, True)]
    backward = _walk(gateway, course, order, "last", "before")
    assert [_ids(page) for page in backward] == [listed[4:], listed[1:4], listed[:1]]
    assert [_edges(page) for page in backward] == [(False, True), (True, True), (True, False)]


def test_a_page_stays_in_place_while_purchases_are_added(gateway: Served, course: str, seven: list[str]) -> None:
    first = _purchases(gateway, course, first=3)
    gateway.create(course, gateway.student().id)
    second = _purchases(gateway, course, first=3, after=first["pageInfo"]["endCursor"])
    assert _ids(first) + _ids(second) == seven[::-1][:6]


def test_an_empty_list_has_no_cursors(gateway: Served, course: str) -> None:
    page = _purchases(gateway, course)
    assert page == {
        "edges": [],
        "nodes": [],
        "pageInfo": {"hasNextPage": False, "hasPreviousPage": False, "startCursor": None, "endCursor": None},
    }


def test_a_filter_shows_what_meets_all_its_conditions(gateway: Served, course: str) -> None:
    buyer, granted = gateway.student(), gateway.student()
    bought = gateway.confirm(buyer, gateway.opened(buyer, course))["purchase"]
    first = gateway.create(course, granted.id)["purchase"]
    second = gateway.create(course, granted.id, "PREMIUM", onExisting="REPLACE")["purchase"]
    elsewhere = gateway.create(gateway.course(), granted.id)["purchase"]["id"]
    of_course = {"courseId": course}
    every = [bought["id"], first["id"], second["id"]]
    for condition, expected in (
        (of_course, every),
        ({"studentId": granted.id}, [first["id"], second["id"], elsewhere]),
        ({**of_course, "studentId": granted.id}, every[1:]),
        ({**of_course, "status": "SUPERSEDED"}, [first["id"]]),
        ({**of_course, "status": "REVOKED"}, []),
        ({**of_course, "origin": "PAYMENT"}, [bought["id"]]),
        ({**of_course, "tier": "PREMIUM"}, [second["id"]]),
        ({**of_course, "tier": "premium"}, []),
        ({**of_course, "createdFrom": first["createdAt"]}, every[1:]),
        ({**of_course, "createdBefore": second["createdAt"]}, every[:2]),
        ({**of_course, "createdFrom": first["createdAt"], "createdBefore": second["createdAt"]}, [first["id"]]),
        ({**of_course, "createdFrom": "0001-01-01T00:00:00Z", "createdBefore": "9999-12-31T23:59:59Z"}, every),
    ):
        listed = gateway.admin.data(PURCHASES, filter=condition, first=100)["purchases"]
        assert sorted(_ids(listed)) == sorted(expected), condition


def test_courses_are_paged_in_the_order_that_they_were_added(gateway: Served) -> None:
    added = [gateway.course() for _ in range(3)]
    nobody = gateway.person(None, "")
    last = nobody.data(COURSES, last=3)["courses"]
    assert _ids(last) == added
    assert _edges(last)[0] is False
    one = nobody.data(COURSES, first=1, after=last["edges"][0]["cursor"])["courses"]
    assert (_ids(one), _edges(one)) == ([added[1]], (True, True))
    before = nobody.data(COURSES, last=1, before=last["edges"][2]["cursor"])["courses"]
    assert _ids(before) == [added[1]]


def test_a_page_has_twenty_items_unless_told_otherwise(gateway: Served) -> None:
    course = gateway.course()
    for _ in range(21):
        gateway.create(course, gateway.student().id)
    page = _purchases(gateway, course)
    assert (len(page["edges"]), _edges(page)) == (20, (True, False))


def test_a_long_way_there_and_back_ends(gateway: Served, student: Person, course: str) -> None:
    payment = gateway.opened(student, course)
    gateway.confirm(student, payment)
    inner = student.data(f'{{ payment(id: "{payment}") {{ {"purchase { payment { " * 6} id {"} }" * 6} }} }}')
    for key in ("payment", *("purchase", "payment") * 6):
        inner = inner[key]
    assert inner == {"id": payment}


def _purchases(gateway: Served, course: str, **window: object) -> dict[str, Any]:
    page: dict[str, Any] = gateway.admin.data(PURCHASES, filter={"courseId": course}, **window)["purchases"]
    return page


def _walk(gateway: Served, course: str, order: object, size: str, cursor: str) -> list[dict[str, Any]]:
    """All pages of three in one direction; a list of seven has three of them."""
    pages: list[dict[str, Any]] = []
    end, more = ("endCursor", "hasNextPage") if size == "first" else ("startCursor", "hasPreviousPage")
    window: dict[str, object] = {}
    while len(pages) < 4:
        pages.append(_purchases(gateway, course, orderBy=order, **{size: 3}, **window))
        if not pages[-1]["pageInfo"][more]:
            break
        window = {cursor: pages[-1]["pageInfo"][end]}
    return pages


def _ids(page: dict[str, Any]) -> list[str]:
    return [edge["node"]["id"] for edge in page["edges"]]


def _edges(page: dict[str, Any]) -> tuple[bool, bool]:
    """Whether the list goes on after the page, and before it."""
    return page["pageInfo"]["hasNextPage"], page["pageInfo"]["hasPreviousPage"]
