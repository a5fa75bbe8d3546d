"""What is sent to all servers alike: valid for ours and for the peer, and never twice what may be done only once."""

import json

import pytest
from graphql import GraphQLSchema, build_schema, parse, validate

from bench import operations
from bench.books import make_books
from bench.comparison import Plan
from bench.field import GATEWAY, MERCURIUS, ROUTE
from bench.measuring import Pace
from bench.operations import OPERATIONS, Operation
from bench.servers import MERCURIUS as PEER
from bench.servers import ROOT

DOCUMENTS = [
    operations.CONFIRM_PAYMENT,
    operations.CREATE_PAYMENT,
    operations.CREATE_PURCHASE,
    operations.PURCHASE,
    operations.PAGE,
]
BOOKS = make_books(paid=40, opened=60, awaited=5)
SCHEMAS = {
    "ours": build_schema((ROOT / "schema.graphql").read_text()),
    "the peer's": build_schema((PEER / "schema.graphql").read_text()),
}
ONCE = [each for each in OPERATIONS.values() if each.kinds is None]


@pytest.mark.parametrize("schema", SCHEMAS.values(), ids=SCHEMAS)
def test_each_document_is_valid(schema: GraphQLSchema) -> None:
    assert [validate(schema, parse(document)) for document in DOCUMENTS] == [[]] * len(DOCUMENTS)


@pytest.mark.parametrize("operation", OPERATIONS.values(), ids=OPERATIONS)
def test_each_request_is_one_that_a_server_can_read(operation: Operation) -> None:
    [request] = operation.requests(BOOKS, 0, 1)
    head, _, body = request.partition(b"\r\n\r\n")
    assert f"Content-Length: {len(body)}" in head.decode().split("\r\n")
    sent = json.loads(body)
    assert "query" not in sent or sent["query"] in DOCUMENTS


@pytest.mark.parametrize("operation", ONCE, ids=lambda each: each.name)
def test_what_may_be_done_once_is_sent_once(operation: Operation) -> None:
    sent = [*operation.requests(BOOKS, 0, 30), *operation.requests(BOOKS, 30, 30)]
    assert len(set(sent)) == len(sent) == 60


def test_what_may_be_repeated_has_as_many_requests_as_there_are() -> None:
    kinds = {name: len(set(each.requests(BOOKS, 7, 1000))) for name, each in OPERATIONS.items() if each not in ONCE}
    assert kinds == {"confirmPayment again": 40, "purchase(id)": 40, "page of 50": 1}


def test_no_two_payments_near_each_other_are_of_one_student_or_of_one_course_and_student() -> None:
    students = [sale.student for sale in make_books(paid=0, opened=1000, awaited=0).open]
    assert all(len({*students[at : at + 50]}) == 50 for at in range(950))
    bought = {(sale.student, sale.course) for sale in BOOKS.open}
    assert len(bought) == 60


def test_a_plan_has_a_payment_for_each_confirmation_and_counts_its_measurements() -> None:
    plan = Plan([*OPERATIONS.values()], [1, 64], [GATEWAY, MERCURIUS, ROUTE], Pace(0.5, 1.5), rounds=3)
    assert plan.payments() == 3 * (3_000 * 2 + 1 + 8_000 * 2 + 64)
    assert plan.measurements() == 3 * 2 * (2 * 7 + 1)
