"""`totalCount` and the filters by amount and by a provider's id, over HTTP."""

from datetime import UTC, datetime, timedelta
from typing import Any
from unittest.mock import patch

import pytest
from uuid_utils.compat import uuid7

from db.tables import PaymentRow, RefundRow
from gateway.schema.conventions import ids
from gateway.services.core.model.pages import Count
from gateway.services.reading.filters import PaymentFilter, PurchaseFilter
from gateway.services.reading.finding import counts
from gateway.services.reading.lists import PAYMENTS, PURCHASES
from tests.resolvers.test_search import change
from tests.served.gateway import Person, Served
from tests.service import Service, reads_of, student

COUNT = "totalCount { count precision }"
LISTED = f"""
query Listed($payments: PaymentFilter, $purchases: PurchaseFilter, $refunds: RefundFilter, $first: Int) {{
  payments(filter: $payments, first: $first) {{ nodes {{ id }} {COUNT} }}
  purchases(filter: $purchases, first: $first) {{ nodes {{ id }} {COUNT} }}
  refunds(filter: $refunds, first: $first) {{ nodes {{ id amount {{ amountMinor }} }} {COUNT} }}
}}
"""
REFUND = """mutation($input: RefundPaymentInput!) {
  refundPayment(input: $input) { __typename ... on RefundPaymentSuccess { refund { id } } }
}"""
NOW = datetime.now(UTC)
SINCE = (NOW - timedelta(days=80)).isoformat()


def listed(gateway: Served, **filters: object) -> tuple[list[str], list[str], list[str]]:
    """The payments, purchases and refunds that meet the same filter; each count says how many they are."""
    found = gateway.admin.data(LISTED, payments=filters, purchases=filters, refunds=filters, first=100)
    for page in found.values():
        assert page["totalCount"] == {"count": len(page["nodes"]), "precision": "EXACT"}, filters
    payments, purchases, refunds = ([node["id"] for node in page["nodes"]] for page in found.values())
    return payments, purchases, refunds


@pytest.fixture
def bought(gateway: Served, student: Person, course: str) -> dict[str, str]:
    payment = gateway.opened(student, course)
    purchase = gateway.confirm(student, payment)["purchase"]["id"]
    part = {"paymentId": payment, "amountMinor": 700, "reason": "x", "idempotencyKey": payment}
    refund = gateway.admin.data(REFUND, input=part)["refundPayment"]["refund"]["id"]
    return {"payment": payment, "purchase": purchase, "refund": refund, "student": student.id}


def test_each_list_is_filtered_by_its_student(gateway: Served, bought: dict[str, str]) -> None:
    assert listed(gateway, studentId=bought["student"]) == (
        [bought["payment"]],
        [bought["purchase"]],
        [bought["refund"]],
    )
    assert listed(gateway, studentId="nobody of that name") == ([], [], [])


def test_each_list_is_filtered_by_what_a_provider_calls_any_of_it(gateway: Served, bought: dict[str, str]) -> None:
    charge, made = f"ch_{uuid7().hex}", f"re_{uuid7().hex}"
    change(gateway, PaymentRow, ids.from_text(ids.PAYMENT, bought["payment"]), provider="STRIPE", attempt=charge)
    change(gateway, RefundRow, ids.from_text(ids.REFUND, bought["refund"]), reference=made)
    query = "query($id: ID!) { payment(id: $id) { providerReference } }"
    reference = gateway.admin.data(query, id=bought["payment"])["payment"]["providerReference"]
    every = ([bought["payment"]], [bought["purchase"]], [bought["refund"]])
    for text in (reference, charge, made):
        assert listed(gateway, providerReference=text) == every, text
        assert listed(gateway, providerReference=text, studentId="another") == ([], [], [])
        assert listed(gateway, providerReference=text, createdFrom=SINCE) == every
    assert listed(gateway, providerReference="ch_unknown") == ([], [], [])


def test_each_list_is_filtered_by_amounts_of_a_currency(gateway: Served, bought: dict[str, str]) -> None:
    def of(least: int | None = None, most: int | None = None, currency: str = "INR") -> tuple[int, int, int]:
        amount = {"currency": currency, "leastMinor": least, "mostMinor": most}
        payments, purchases, refunds = listed(gateway, studentId=bought["student"], amount=amount)
        return len(payments), len(purchases), len(refunds)

    assert of() == of(700, 199_900) == (1, 1, 1)
    assert (of(701), of(most=199_899), of(199_900, 199_900)) == ((1, 1, 0), (0, 0, 1), (1, 1, 0))
    assert of(199_901) == of(most=699) == of(currency="USD") == (0, 0, 0)


@pytest.mark.parametrize(
    ("given", "is_taken"),
    [
        ({}, False),
        ({"createdFrom": SINCE}, True),
        ({"createdFrom": "2026-01-01T00:00:00Z", "createdBefore": "2026-04-03T00:00:00Z"}, True),
        ({"createdFrom": "2026-01-01T00:00:00Z", "createdBefore": "2026-04-03T00:00:01Z"}, False),
        ({"createdFrom": "2020-01-01T00:00:00Z"}, False),
        ({"createdBefore": SINCE}, False),
        ({"status": "REFUNDED"}, False),
        ({"providerReference": "x"}, True),
        ({"studentId": "x"}, True),
    ],
)
def test_amounts_are_looked_for_in_a_quarter_at_most(gateway: Served, given: dict[str, Any], is_taken: bool) -> None:
    query = "query($filter: PaymentFilter) { payments(filter: $filter) { nodes { id } } }"
    codes = gateway.admin.codes(query, filter={**given, "amount": {"currency": "INR"}})
    assert codes == ([] if is_taken else ["BAD_USER_INPUT"])


@pytest.mark.parametrize(
    "given",
    [
        {"amount": {"currency": "INR", "leastMinor": 2, "mostMinor": 1}, "studentId": "x"},
        {"providerReference": ""},
        {"providerReference": "a\x00b"},
        {"providerReference": "x" * 256},
        {"studentId": ""},
        {"createdFrom": "2026-01-02T00:00:00Z", "createdBefore": "2026-01-01T00:00:00Z"},
    ],
)
def test_a_filter_that_can_be_nothing_is_said_to_be_wrong(gateway: Served, given: dict[str, Any]) -> None:
    for field, of in (("payments", "PaymentFilter"), ("purchases", "PurchaseFilter"), ("refunds", "RefundFilter")):
        query = f"query($filter: {of}) {{ {field}(filter: $filter) {{ nodes {{ id }} }} }}"
        assert gateway.admin.codes(query, filter=given) == ["BAD_USER_INPUT"], field


def test_every_list_counts_itself_whatever_its_page(gateway: Served, bought: dict[str, str]) -> None:
    query = f"""query($id: ID!, $payment: ID!) {{
      student(id: $id) {{
        purchases(first: 0) {{ {COUNT} }} payments {{ {COUNT} }} refunds {{ {COUNT} }} history(first: 1) {{ {COUNT} }}
      }}
      payment(id: $payment) {{ history(first: 1) {{ nodes {{ at }} {COUNT} }} }}
      jobs(filter: {{paymentId: $payment}}, first: 0) {{ {COUNT} }}
      courses(first: 1) {{ {COUNT} }} needsAttention(first: 0) {{ {COUNT} }}
    }}"""
    found = gateway.admin.data(query, id=bought["student"], payment=bought["payment"])
    own = {name: page["totalCount"]["count"] for name, page in found["student"].items()}
    history = found["payment"]["history"]["totalCount"]["count"]
    assert own == {"purchases": 1, "payments": 1, "refunds": 1, "history": history + 1}
    assert (found["jobs"]["totalCount"]["count"], history > 3) == (1, True)
    assert found["courses"]["totalCount"]["count"] > 0


@pytest.mark.anyio
async def test_a_count_looks_at_so_many_rows_and_then_says_at_least(service: Service) -> None:
    course = await service.save_course()
    for number in range(6):
        await service.open(student(f"student-{number % 2}"), course, ("BASIC", "STANDARD")[number % 3 == 0])
    with patch.object(counts, "MOST_LOOKED_AT", 4), reads_of(service.source) as reads:
        assert await counts.count(service.source, PAYMENTS, None) == Count(4, is_exact=False)
        assert await counts.count(service.source, PURCHASES, PurchaseFilter()) == Count(0)
        assert await counts.count(service.source, PAYMENTS, PaymentFilter(student_id="student-0")) == Count(3)
        rare = await counts.count(service.source, PAYMENTS, PaymentFilter(tier="STANDARD"))
        assert (rare.number <= 2, rare.is_exact) == (True, False)
    assert len(reads) == 4
