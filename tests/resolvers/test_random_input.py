"""Whatever JSON stands for a mutation's input, the answer is a GraphQL answer, and never a failure of ours."""

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.draws import many
from tests.resolvers.wrong_input import changed
from tests.served.gateway import Person, Served, confirming, correcting, creating, extending, opening, revoking
from tests.served.operations import (
    CONFIRM_PAYMENT,
    CORRECT_PURCHASE_METADATA,
    COURSE,
    CREATE_PAYMENT,
    CREATE_PURCHASE,
    EXTEND_PURCHASE,
    METADATA,
    REVOKE_PURCHASE,
    SAVE_COURSE,
)

Offer = tuple[Person, str, dict[str, Any]]

TEXT = st.text(st.characters(codec=None), max_size=20)
"""Any characters, lone surrogates and controls too."""

INT = st.integers(-5, 500) | st.integers(-(2**31), 2**31 - 1)
MINOR = st.integers(0, 500) | st.integers(0, 2**53 - 1)
ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**70), 2**70) | st.floats(allow_nan=False, allow_infinity=False) | TEXT,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXT, inner, max_size=4),
    max_leaves=10,
)
CODE = st.text(st.characters(codec=None), min_size=1, max_size=70) | st.sampled_from(["BASIC", "PREMIUM", "INR", "UTC"])
DAY = st.dates().map(lambda day: day.isoformat())
INSTANT = st.datetimes().map(lambda instant: f"{instant:%Y-%m-%dT%H:%M:%SZ}".zfill(20))
CLOCK = st.times().map(lambda time: f"{time:%H:%M}")
LABEL = st.fixed_dictionaries({"key": TEXT, "value": TEXT})
TOKEN = TEXT | st.from_regex(
    r"tok_(succeed|unpaid|process_[0-9]{1,4}|decline_[a-z_]{0,5}|capture_[0-9]{1,17}_[A-Z]{3})\Z"
)
TIER = st.fixed_dictionaries(
    {
        "code": CODE,
        "sessionCount": INT,
        "price": st.fixed_dictionaries({"amountMinor": MINOR, "currency": CODE}),
        "rank": INT,
    },
    optional={"validityDays": st.none() | INT},
)

METADATA_FIELDS: dict[str, st.SearchStrategy[Any]] = {
    "metadata.isSundayOnly": st.booleans(),
    "metadata.sessionDuration": INT,
    "metadata.date": st.none() | DAY,
    "metadata.labels": st.lists(LABEL, max_size=22),
    "metadata.timeSlot.start": CLOCK,
    "metadata.timeSlot.timeZone": CODE,
}
FIELDS: dict[str, dict[str, st.SearchStrategy[Any]]] = {
    "createPayment": {
        "courseId": TEXT,
        "tier": st.none() | CODE,
        "sessionCount": st.none() | INT,
        "provider": st.sampled_from(["STRIPE", "RAZORPAY", "SANDBOX"]),
        "purpose": st.sampled_from(["PURCHASE", "RENEWAL"]),
        "idempotencyKey": TEXT,
        **METADATA_FIELDS,
    },
    "confirmPayment": {"paymentId": TEXT, "proof.sandbox.token": TOKEN, **METADATA_FIELDS},
    "createPurchase": {
        "studentId": TEXT | st.integers(),
        "courseId": TEXT,
        "purchaseTier": st.none() | CODE,
        "sessionCount": st.none() | INT,
        "expiryDate": INSTANT,
        "reason": TEXT,
        "onExisting": st.sampled_from(["RETURN", "REPLACE"]),
        "idempotencyKey": TEXT,
        **METADATA_FIELDS,
    },
    "extendPurchase": {
        "purchaseId": TEXT | st.integers(),
        "expiryDate": INSTANT,
        "reason": TEXT,
        "idempotencyKey": TEXT,
    },
    "correctPurchaseMetadata": {"purchaseId": TEXT, "reason": TEXT, "idempotencyKey": TEXT, **METADATA_FIELDS},
    "revokePurchase": {"purchaseId": TEXT, "reason": TEXT, "idempotencyKey": TEXT},
    "saveCourse": {
        "id": st.none() | TEXT,
        "title": TEXT,
        "tiers": st.lists(TIER, max_size=4),
        "idempotencyKey": TEXT,
    },
}
"""What has the type of each field, and seldom more sense than that."""


@pytest.fixture(scope="module")
def offers(gateway: Served) -> dict[str, Offer]:
    student, course = gateway.student(), gateway.course()
    confirmation = {**confirming(gateway.opened(student, course), "tok_unpaid"), "metadata": METADATA}
    purchase = gateway.create(course, gateway.student().id)["purchase"]["id"]
    return {
        "createPayment": (student, CREATE_PAYMENT, opening(course)),
        "confirmPayment": (student, CONFIRM_PAYMENT, confirmation),
        "createPurchase": (gateway.admin, CREATE_PURCHASE, creating(course, gateway.student().id)),
        "extendPurchase": (gateway.admin, EXTEND_PURCHASE, extending(purchase)),
        "correctPurchaseMetadata": (gateway.admin, CORRECT_PURCHASE_METADATA, correcting(purchase)),
        "revokePurchase": (gateway.admin, REVOKE_PURCHASE, revoking(purchase)),
        "saveCourse": (gateway.admin, SAVE_COURSE, COURSE),
    }


@pytest.mark.parametrize("mutation", FIELDS)
@settings(max_examples=many(40), derandomize=True, deadline=None)
@given(data=st.data())
def test_input_of_the_right_types_has_an_answer(offers: dict[str, Offer], mutation: str, data: st.DataObject) -> None:
    ways = data.draw(st.lists(st.sampled_from(sorted(FIELDS[mutation])), min_size=1, max_size=4, unique=True))
    changes = {way: data.draw(FIELDS[mutation][way], label=way) for way in ways}
    assert _answer(offers[mutation], changed(offers[mutation][2], changes)).keys() == {"data"}


@pytest.mark.parametrize("mutation", FIELDS)
@settings(max_examples=many(20), derandomize=True, deadline=None)
@given(data=st.data())
def test_any_json_has_an_answer(offers: dict[str, Offer], mutation: str, data: st.DataObject) -> None:
    way = data.draw(st.just("") | st.sampled_from(sorted(FIELDS[mutation])))
    answer = _answer(offers[mutation], changed(offers[mutation][2], {way: data.draw(ANYTHING, label=way)}))
    codes = {error["extensions"]["code"] for error in answer.get("errors", [])}
    assert codes == ({"BAD_USER_INPUT"} if "data" not in answer else set())


def _answer(offer: Offer, given_input: object) -> dict[str, Any]:
    caller, operation, _ = offer
    response = caller.send({"query": operation, "variables": {"input": given_input}})
    assert response.status_code == 200
    answer: dict[str, Any] = response.json()
    return answer
