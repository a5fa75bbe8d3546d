"""What a router of Apollo Federation asks for, over HTTP: this subgraph's schema, and entities by their keys."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from gateway.execution.costs import ASSUMED_SIZE
from gateway.execution.schema import print_subgraph
from gateway.resolvers.entities import MOST_ENTITIES
from gateway.schema.conventions.costs import LOOKUP
from gateway.services.core.model.values import Role
from tests.served.gateway import Person, Served, served

ENTITIES = """
query($representations: [_Any!]!) {
  _entities(representations: $representations) {
    __typename
    ... on Course { title }
    ... on Payment { id paymentStatus: status course { title } }
    ... on Purchase { id status student { id } }
    ... on Student { id }
  }
}
"""
NOBODY = "pur_01j0000000e008000000000001"


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def federated(request: pytest.FixtureRequest, process: None) -> Iterator[Served]:
    new: Callable[[], str] = request.getfixturevalue(f"new_{request.param}")
    with served(new(), federation="true") as gateway:
        yield gateway


def entities(person: Person, *representations: object) -> Any:
    return person.data(ENTITIES, representations=representations)["_entities"]


def said(person: Person, *representations: object) -> tuple[str, str]:
    """The code and the message of the one error."""
    [error] = person.ask(ENTITIES, representations=representations)["errors"]
    return error["extensions"]["code"], error["message"]


def test_entities_are_found_by_their_keys_in_the_order_given(federated: Served) -> None:
    course, student = federated.course(), federated.student()
    payment = federated.opened(student, course)
    purchase = federated.confirm(student, payment)["purchase"]["id"]
    asked = [
        {"__typename": "Purchase", "id": purchase},
        {"__typename": "Student", "id": student.id},
        {"__typename": "Course", "id": course, "title": "what else a router knows"},
        {"__typename": "Payment", "id": payment},
        {"__typename": "Purchase", "id": purchase},
        {"__typename": "Purchase", "id": NOBODY},
    ]
    expected = [
        {"__typename": "Purchase", "id": purchase, "status": "ACTIVE", "student": {"id": student.id}},
        {"__typename": "Student", "id": student.id},
        {"__typename": "Course", "title": "Yoga"},
        {"__typename": "Payment", "id": payment, "paymentStatus": "SUCCEEDED", "course": {"title": "Yoga"}},
        {"__typename": "Purchase", "id": purchase, "status": "ACTIVE", "student": {"id": student.id}},
        None,
    ]
    for _ in range(4):  # also once the document has a plan
        assert entities(student, *asked) == entities(federated.admin, *asked) == expected


def test_what_is_others_does_not_exist(federated: Served) -> None:
    course, owner = federated.course(), federated.student()
    payment = federated.opened(owner, course)
    purchase = federated.confirm(owner, payment)["purchase"]["id"]
    asked = [
        {"__typename": "Purchase", "id": purchase},
        {"__typename": "Payment", "id": payment},
        {"__typename": "Student", "id": owner.id},
    ]
    assert entities(federated.student(), *asked) == [None, None, None]
    service = federated.person(Role.SERVICE, "lms")
    assert entities(service, *asked[2:]) == [{"__typename": "Student", "id": owner.id}]


def test_without_a_token_there_are_courses_alone(federated: Served) -> None:
    nobody, course = federated.person(None, ""), federated.course()
    assert entities(nobody, {"__typename": "Course", "id": course}) == [{"__typename": "Course", "title": "Yoga"}]
    assert said(nobody, {"__typename": "Student", "id": "student-1"})[0] == "UNAUTHENTICATED"
    assert said(nobody, {"__typename": "Purchase", "id": NOBODY})[0] == "UNAUTHENTICATED"


@pytest.mark.parametrize(
    ("wrong", "named"),
    [
        ("text", "representations.0.__typename must be one of Course, Payment, Purchase, Student"),
        ({}, "representations.0.__typename"),
        ({"__typename": "Job", "id": NOBODY}, "representations.0.__typename"),
        ({"__typename": ["Course"], "id": NOBODY}, "representations.0.__typename"),
        ({"__typename": "Purchase"}, "representations.0.id must be a text"),
        ({"__typename": "Purchase", "id": 7}, "representations.0.id must be a text"),
        ({"__typename": "Purchase", "id": "pur_nothing"}, "representations.0.id must be an id such as pur_"),
        ({"__typename": "Payment", "id": NOBODY}, "representations.0.id must be an id such as pay_"),
        ({"__typename": "Course", "id": "x" * 100_000}, "representations.0.id must be an id such as crs_"),
        ({"__typename": "Student", "id": " x "}, "representations.0.id "),
    ],
)
def test_what_is_no_representation_is_named(federated: Served, wrong: object, named: str) -> None:
    code, message = said(federated.admin, wrong)
    assert (code, message[: len(named)]) == ("BAD_USER_INPUT", named)


def test_there_are_only_so_many_at_once_and_each_has_its_price(federated: Served) -> None:
    many = [{"__typename": "Course", "id": NOBODY}] * (MOST_ENTITIES + 1)
    query = "query($r: [_Any!]!) { _entities(representations: $r) { __typename } }"
    [too_many] = federated.admin.ask(query, r=many)["errors"]
    assert too_many["message"] == "representations must be at most 1000; these are 1001"
    more = query.replace("__typename", "... on Course { title tiers { code rank } }")
    [too_costly] = federated.admin.ask(more, r=many[1:])["errors"]
    assert str(MOST_ENTITIES * (LOOKUP + 1 + ASSUMED_SIZE * 3)) in too_costly["message"]


def test_the_router_reads_this_subgraphs_schema(federated: Served) -> None:
    assert federated.person(None, "").data("{ _service { sdl } }") == {"_service": {"sdl": print_subgraph()}}


def test_nobody_asks_so_where_that_is_not_wished(gateway: Served) -> None:
    assert gateway.admin.codes("{ _service { sdl } }") == ["GRAPHQL_VALIDATION_FAILED"]
    assert gateway.admin.codes(ENTITIES, representations=[]) == ["GRAPHQL_VALIDATION_FAILED"] * 2
