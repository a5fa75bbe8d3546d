"""Flow 1 over HTTP: a student opens a payment, confirms it, and has the course; every other end is an answer too."""

import pytest

from tests.served.gateway import Answer, Person, Served, confirming, opening, tier_of
from tests.served.operations import CREATE_PAYMENT, METADATA, PAYMENT_BY_ID, PURCHASE_BY_ID

FROM_NEW_YEAR = {**METADATA, "date": "2090-01-01"}
"""Sundays at 17:30 in Kolkata, which is 12:00 UTC, from a Sunday on."""


def test_a_paid_payment_becomes_a_purchase_with_access_and_schedule(
    gateway: Served, student: Person, course: str
) -> None:
    opened = student.did(CREATE_PAYMENT, **{**opening(course), "metadata": FROM_NEW_YEAR})
    payment = opened["payment"]
    assert (opened["alreadyProcessed"], opened["clientSecret"]) == (False, None)
    assert payment == {
        "id": payment["id"],
        "status": "REQUIRES_PAYMENT",
        "fulfilment": "PENDING",
        "provider": "SANDBOX",
        "providerReference": payment["providerReference"],
        "tier": "BASIC",
        "amount": {"amountMinor": 199900, "currency": "INR"},
        "purchase": None,
    }
    assert payment["providerReference"].startswith("sbx_")

    confirmed = gateway.confirm(student, payment["id"])
    purchase = confirmed["purchase"]
    assert confirmed["alreadyProcessed"] is False
    assert confirmed["payment"] == {
        "id": payment["id"],
        "status": "SUCCEEDED",
        "fulfilment": "FULFILLED",
        "confirmedAt": purchase["createdAt"],
        "amountRefunded": {"amountMinor": 0},
    }
    assert purchase == {
        "id": purchase["id"],
        "status": "ACTIVE",
        "tier": "BASIC",
        "origin": "PAYMENT",
        "expiryDate": "2090-04-01T12:00:00Z",
        "createdAt": purchase["createdAt"],
        "endedAt": None,
        "student": {"id": student.id},
        "course": {"id": course, "title": "Yoga"},
        "payment": {"id": payment["id"]},
        "metadata": {
            "isSundayOnly": True,
            "sessionDuration": 60,
            "date": "2090-01-01",
            "timeSlot": {"start": "17:30", "end": "18:30", "timeZone": "Asia/Kolkata"},
            "labels": [],
        },
        "access": {
            "status": "GRANTED",
            "sessionsTotal": 4,
            "sessionsUsed": 0,
            "startsAt": "2090-01-01T12:00:00Z",
            "expiresAt": "2090-04-01T12:00:00Z",
            "schedule": [
                {"number": 1, "startsAt": "2090-01-01T12:00:00Z", "endsAt": "2090-01-01T13:00:00Z"},
                {"number": 2, "startsAt": "2090-01-08T12:00:00Z", "endsAt": "2090-01-08T13:00:00Z"},
                {"number": 3, "startsAt": "2090-01-15T12:00:00Z", "endsAt": "2090-01-15T13:00:00Z"},
                {"number": 4, "startsAt": "2090-01-22T12:00:00Z", "endsAt": "2090-01-22T13:00:00Z"},
            ],
        },
        "supersedes": None,
        "supersededBy": None,
    }


def test_confirmed_again_it_gives_the_same_purchase(gateway: Served, student: Person, course: str) -> None:
    payment = gateway.opened(student, course)
    first = gateway.confirm(student, payment)
    before = gateway.counts()
    again = [gateway.confirm(student, payment), gateway.confirm(student, payment, "tok_decline_too_late")]
    assert again == [{**first, "alreadyProcessed": True}] * 2
    assert gateway.counts() == before


def test_an_idempotency_key_stands_for_one_payment(gateway: Served, student: Person, course: str) -> None:
    arguments = {**opening(course), "idempotencyKey": "checkout-1"}
    first, again = student.did(CREATE_PAYMENT, **arguments), student.did(CREATE_PAYMENT, **arguments)
    other = student.did(CREATE_PAYMENT, **{**arguments, "tier": "PREMIUM"})
    assert again == {**first, "alreadyProcessed": True}
    assert (other["__typename"], other["code"]) == ("IdempotencyKeyReused", "IDEMPOTENCY_KEY_REUSED")
    assert gateway.student().did(CREATE_PAYMENT, **arguments)["payment"]["id"] != first["payment"]["id"]
    assert gateway.rows(f"SELECT count(*) FROM payment WHERE student_id = '{student.id}'") == [(1,)]


def test_a_payment_still_processed_is_pending_and_then_succeeds(gateway: Served, student: Person, course: str) -> None:
    payment = gateway.opened(student, course)
    first = gateway.confirm(student, payment, "tok_process_2")
    assert _told(first) == ("PaymentPending", "PAYMENT_NOT_SETTLED", True)
    assert (first["payment"], first["retryAfterSeconds"] > 0) == ({"id": payment, "status": "PROCESSING"}, True)
    assert _told(gateway.confirm(student, payment)) == ("PaymentPending", "PAYMENT_NOT_SETTLED", True)
    assert gateway.confirm(student, payment)["__typename"] == "ConfirmPaymentSuccess"


def test_a_declined_payment_failed_and_may_be_tried_again(gateway: Served, student: Person, course: str) -> None:
    payment = gateway.opened(student, course)
    declined = gateway.confirm(student, payment, "tok_decline_insufficient_funds")
    assert _told(declined) == ("PaymentDeclined", "PAYMENT_DECLINED", True)
    assert declined["payment"] == {
        "id": payment,
        "status": "FAILED",
        "fulfilment": "PENDING",
        "failure": {"code": "insufficient_funds", "message": "The card was declined: insufficient funds."},
    }
    assert student.data(PAYMENT_BY_ID, id=payment)["payment"]["status"] == "FAILED"
    assert gateway.confirm(student, payment, "tok_succeed")["payment"]["status"] == "SUCCEEDED"
    assert student.data(PAYMENT_BY_ID, id=payment)["payment"]["failure"] is None


def test_a_provider_that_does_not_answer_is_pending_and_never_a_failure(
    gateway: Served, student: Person, course: str
) -> None:
    payment = gateway.opened(student, course)
    silent = gateway.confirm(student, payment, "tok_timeout")
    assert _told(silent) == ("PaymentPending", "PROVIDER_UNAVAILABLE", True)
    assert silent["payment"] == {"id": payment, "status": "PROCESSING"}
    assert gateway.confirm(student, payment)["__typename"] == "ConfirmPaymentSuccess"


def test_an_unpaid_payment_stays_open_and_a_canceled_one_ends(gateway: Served, student: Person, course: str) -> None:
    payment = gateway.opened(student, course)
    unpaid = gateway.confirm(student, payment, "tok_unpaid")
    assert (_told(unpaid)[1], unpaid["payment"]["status"]) == ("PAYMENT_NOT_SETTLED", "REQUIRES_PAYMENT")
    canceled = gateway.confirm(student, payment, "tok_cancel")
    assert (_told(canceled)[1], canceled["payment"]["status"]) == ("PAYMENT_DECLINED", "CANCELED")


def test_a_second_payment_for_the_same_is_a_duplicate_and_refunded(
    gateway: Served, student: Person, course: str
) -> None:
    first, second = gateway.opened(student, course), gateway.opened(student, course)
    purchase = gateway.confirm(student, first)["purchase"]
    duplicate = gateway.confirm(student, second)
    assert _told(duplicate) == ("DuplicatePayment", "DUPLICATE_PAYMENT", False)
    assert duplicate["payment"] == {"id": second, "fulfilment": "DUPLICATE"}
    assert duplicate["existingPurchase"] == {"id": purchase["id"]}
    assert duplicate["refund"] == {"status": "PENDING", "amount": {"amountMinor": 199900, "currency": "INR"}}
    assert gateway.confirm(student, second) == duplicate
    assert _purchase_of(student, second) is None
    assert gateway.jobs(second) == ["payment.refund"]


@pytest.mark.parametrize("token", ["tok_capture_199901_INR", "tok_capture_199900_USD", "tok_capture_0_INR"])
def test_another_amount_than_opened_is_a_mismatch_and_refunded(
    gateway: Served, student: Person, course: str, token: str
) -> None:
    payment = gateway.opened(student, course)
    mismatch = gateway.confirm(student, payment, token)
    assert _told(mismatch) == ("PaymentDeclined", "PAYMENT_MISMATCH", False)
    assert mismatch["payment"]["fulfilment"] == "UNFULFILLABLE"
    assert mismatch["payment"]["failure"]["code"] == "payment_mismatch"
    assert gateway.confirm(student, payment, "tok_succeed") == mismatch
    assert _purchase_of(student, payment) is None
    assert gateway.jobs(payment) == ([] if token == "tok_capture_0_INR" else ["payment.refund"])


def test_a_tier_that_is_gone_when_the_money_comes_is_refunded(gateway: Served, student: Person, course: str) -> None:
    payment = gateway.opened(student, course, "STANDARD")
    gateway.course(id=course, tiers=[tier_of("BASIC", 4, 1)])
    gone = gateway.confirm(student, payment)
    assert (_told(gone)[1], gone["payment"]["failure"]["code"]) == ("PAYMENT_MISMATCH", "tier_gone")
    assert gateway.jobs(payment) == ["payment.refund"]


def test_metadata_at_confirmation_may_agree(gateway: Served, student: Person, course: str) -> None:
    payment = gateway.opened(student, course)
    assert gateway.confirm(student, payment, metadata=METADATA)["__typename"] == "ConfirmPaymentSuccess"


def test_metadata_at_confirmation_that_conflicts_changes_nothing(gateway: Served, student: Person, course: str) -> None:
    payment = gateway.opened(student, course)
    slot = {"start": "18:00", "timeZone": "Asia/Kolkata"}
    other = {**METADATA, "sessionDuration": 90, "timeSlot": slot, "labels": [{"key": "a", "value": "b"}]}
    conflict = gateway.confirm(student, payment, metadata=other)
    assert _told(conflict) == ("MetadataConflict", "METADATA_CONFLICT", False)
    assert conflict["fields"] == [
        {"field": "sessionDuration", "stored": "60", "given": "90"},
        {"field": "timeSlot.start", "stored": "17:30", "given": "18:00"},
        {"field": "labels", "stored": "none", "given": "a=b"},
    ]
    assert conflict["existingPurchase"] is None
    assert student.data(PAYMENT_BY_ID, id=payment)["payment"]["status"] == "REQUIRES_PAYMENT"
    purchase = gateway.confirm(student, payment)["purchase"]
    assert gateway.confirm(student, payment, metadata=other)["existingPurchase"] == {"id": purchase["id"]}


def test_a_higher_tier_supersedes_the_lower_one(gateway: Served, student: Person, course: str) -> None:
    lower, higher = gateway.opened(student, course), gateway.opened(student, course, "STANDARD")
    old = gateway.confirm(student, lower)["purchase"]
    new = gateway.confirm(student, higher)["purchase"]
    assert (new["status"], new["tier"], new["supersedes"]) == ("ACTIVE", "STANDARD", {"id": old["id"]})
    ended = student.data(PURCHASE_BY_ID, id=old["id"])["purchase"]
    assert (ended["status"], ended["supersededBy"]) == ("SUPERSEDED", {"id": new["id"]})
    assert (ended["endedAt"], ended["access"]["status"]) == (new["createdAt"], "REVOKED")
    assert ended["access"]["schedule"] == []


def test_a_renewal_adds_sessions_and_prolongs_the_validity(gateway: Served, student: Person, course: str) -> None:
    first = gateway.opened(student, course, metadata=FROM_NEW_YEAR)
    old = gateway.confirm(student, first)["purchase"]
    new = gateway.confirm(student, gateway.opened(student, course, purpose="RENEWAL", metadata=FROM_NEW_YEAR))
    assert new["purchase"]["supersedes"] == {"id": old["id"]}
    assert new["purchase"]["access"]["sessionsTotal"] == 8
    assert new["purchase"]["expiryDate"] == "2090-06-30T12:00:00Z"


@pytest.mark.parametrize(("tier", "code"), [("BASIC", "DOWNGRADE_NOT_ALLOWED"), ("STANDARD", "ACTIVE_PURCHASE_EXISTS")])
def test_no_payment_is_opened_for_what_the_student_has(
    gateway: Served, student: Person, course: str, tier: str, code: str
) -> None:
    purchase = gateway.confirm(student, gateway.opened(student, course, "STANDARD"))["purchase"]
    refused = student.did(CREATE_PAYMENT, **opening(course, tier))
    assert _told(refused) == ("ActivePurchaseExists", code, False)
    assert refused["existingPurchase"] == {"id": purchase["id"], "tier": "STANDARD"}


def test_several_mutations_in_one_document_see_each_others_effects(
    gateway: Served, student: Person, course: str
) -> None:
    first, second = gateway.opened(student, course), gateway.opened(student, course)
    body = "{ __typename ... on ConfirmPaymentSuccess { alreadyProcessed purchase { id payment { purchase { id } } } }"
    body += " ... on DuplicatePayment { payment { purchase { id } } existingPurchase { id } } }"
    document = "mutation Three($a: ConfirmPaymentInput!, $b: ConfirmPaymentInput!) {"
    document += f" one: confirmPayment(input: $a) {body} two: confirmPayment(input: $a) {body}"
    document += f" three: confirmPayment(input: $b) {body} }}"
    data = student.data(document, a=confirming(first), b=confirming(second))
    purchase = data["one"]["purchase"]["id"]
    assert data["one"]["purchase"]["payment"]["purchase"] == {"id": purchase}
    assert data["two"] == {**data["one"], "alreadyProcessed": True}
    assert data["three"] == {
        "__typename": "DuplicatePayment",
        "payment": {"purchase": None},
        "existingPurchase": {"id": purchase},
    }


def _told(answer: Answer) -> tuple[str, str, bool]:
    return answer["__typename"], answer["code"], answer["retryable"]


def _purchase_of(student: Person, payment_id: str) -> object:
    return student.data(PAYMENT_BY_ID, id=payment_id)["payment"]["purchase"]
