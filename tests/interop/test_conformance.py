"""What is held against a server's answers holds: an answer of the schema passes, and each kind of breach is caught."""

import json
from pathlib import Path
from typing import Any

import pytest
from graphql import build_schema, parse

from tests.interop.python.conformance import Conformance

SCHEMA = build_schema((Path(__file__).parents[2] / "schema.graphql").read_text(encoding="utf-8"))
DOCUMENT = parse("""
query {
  found: node(id: "pay_1") { __typename id ... on Payment { status createdAt amount { amountMinor } refunds { id } } }
}
""")
RIGHT = json.dumps(
    {
        "__typename": "Payment",
        "id": "pay_1",
        "status": "SUCCEEDED",
        "createdAt": "2026-12-31T18:30:00Z",
        "amount": {"amountMinor": 1},
        "refunds": [],
    }
)
BREACHES = [
    ('"SUCCEEDED"', '"PAID"'),
    ('"SUCCEEDED"', "null"),
    ('"2026-12-31T18:30:00Z"', '"2026-12-31"'),
    ('"amountMinor": 1', '"amountMinor": 1.5'),
    ('"amountMinor": 1', '"amountMinor": 9007199254740992'),
    ('"amountMinor": 1', '"amountMinor": true'),
    ('"refunds": []', '"refunds": [null]'),
    ('"refunds": []', '"refunds": {}'),
    ('"refunds": []', '"refunds": [{"id": 1}]'),
    (', "refunds": []', ""),
    ('"refunds": []', '"refunds": [], "more": 1'),
    ('"Payment"', '"Purchase"'),
    ('"Payment"', '"Money"'),
    ('"__typename": "Payment", "id": "pay_1"', '"id": "pay_1", "__typename": "Payment"'),
]


def faults(answer: object) -> list[str]:
    return Conformance(SCHEMA, DOCUMENT).faults(answer)


def test_an_answer_of_the_schema_passes() -> None:
    assert faults({"data": {"found": json.loads(RIGHT)}}) == []
    assert faults({"data": {"found": None}}) == []


@pytest.mark.parametrize(("right", "wrong"), BREACHES)
def test_a_breach_of_the_schema_is_caught(right: str, wrong: str) -> None:
    assert RIGHT.count(right) == 1
    assert faults({"data": {"found": json.loads(RIGHT.replace(right, wrong))}}) != []


ERROR = {"message": "no", "extensions": {"code": "NOT_FOUND"}}


def test_an_error_has_a_code_that_we_have() -> None:
    assert faults({"data": None, "errors": [ERROR]}) == []


@pytest.mark.parametrize(
    "answer",
    [
        {},
        [],
        {"data": None},
        {"errors": []},
        {"data": None, "errors": [{"message": "no"}]},
        {"data": None, "errors": [ERROR | {"extensions": {"code": "NO"}}]},
        {"data": None, "errors": [ERROR], "more": 1},
    ],
)
def test_a_breach_of_the_envelope_is_caught(answer: Any) -> None:
    assert faults(answer) != []
