"""Rows of an old system, as loose as they come."""

from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import pytest

from gateway.services.core.legacy.old_fields import FIELDS
from gateway.services.core.legacy.old_rows import RowReader
from gateway.services.core.model.imports.old_purchase import OldPurchase
from gateway.services.core.model.metadata import Label
from gateway.services.core.model.values import Money, Provider, PurchaseStatus, TierChoice

COURSE = UUID(int=7)
TIDY: dict[str, object] = {
    "oldId": 17,
    "studentId": " student-1\u200b",
    "courseId": "yoga",
    "purchaseTier": "BASIC",
    "createdAt": "2026-09-01T08:00:00Z",
    "isSundayOnly": "true",
    "sessionDuration": "60",
    "timeSlot": "5:30 PM",
}
PAID: dict[str, object] = {
    "provider": "stripe",
    "paymentReference": "pi_1",
    "amount": "4999.00",
    "currency": "inr",
}
READER = RowReader(lambda text: COURSE if text == "yoga" else None, times_in="UTC")


def read(**changes: object) -> OldPurchase:
    found = READER.read({**TIDY, **changes})
    assert isinstance(found, OldPurchase), found
    return found


def problems(**changes: object) -> list[str]:
    return named_by(READER, **changes)


def named_by(reader: RowReader, **changes: object) -> list[str]:
    found = reader.read({**TIDY, **changes})
    assert isinstance(found, list), found
    return [".".join(problem.path) for problem in found]


def test_a_row_is_read_by_the_rules_of_the_old_callers() -> None:
    row = read()
    assert (row.old_id, row.student_id, row.course_id) == ("17", "student-1", COURSE)
    assert (row.tier, row.created_at) == (TierChoice("BASIC", None), datetime(2026, 9, 1, 8, tzinfo=UTC))
    assert (row.metadata.is_sunday_only, row.metadata.session_duration) == (True, 60)
    assert f"{row.metadata.slot.start:%H:%M} {row.metadata.slot.time_zone}" == "17:30 Asia/Kolkata"
    assert (row.status, row.payment, row.sessions_used) == (None, None, 0)


def test_metadata_may_be_an_object_a_text_or_columns_and_a_free_entry_keeps_nobody_out() -> None:
    loose = (
        '{"isSundayOnly": "false", "timeSlot": "17:30-18:15", "teacher": "Asha", "note": "a\\u0000b", "deep": {"x": 1}}'
    )
    row = read(isSundayOnly=None, sessionDuration="", timeSlot=None, metadata=loose)
    assert (row.metadata.is_sunday_only, row.metadata.session_duration) == (False, 45)
    assert row.metadata.labels == (Label("deep", '{"x":1}'), Label("note", "a b"), Label("teacher", "Asha"))
    assert (row.cleaned, row.left_out) == (("note",), ())
    told = {"studentId": "s2", "courseId": "yoga", "sessionCount": "4", "expiryDate": "2027-03-31", "timeZone": "UTC"}
    row = read(studentId="", courseId=None, purchaseTier=" ", metadata=told)
    assert (row.student_id, row.tier.session_count, row.metadata.slot.time_zone) == ("s2", 4, "UTC")
    assert row.expires_at == datetime(2027, 4, 1, tzinfo=UTC)


@pytest.mark.parametrize(
    "written",
    [
        "2026-09-01T08:00:00Z",
        "2026-09-01 08:00:00",
        "2026-09-01 08:00:00+00",
        "2026-09-01 13:30:00.000000+05:30",
        "2026-09-01T13:30+0530",
        "2026-09-01 08:00:00,000 z",
    ],
)
def test_a_time_is_read_as_databases_write_it(written: str) -> None:
    assert read(createdAt=written).created_at == datetime(2026, 9, 1, 8, tzinfo=UTC)


def test_a_day_begins_and_ends_where_the_slot_is() -> None:
    row = read(createdAt="2026-09-01", expiresAt="2026-12-31", endedAt="2026-10-01")
    assert row.created_at == datetime(2026, 8, 31, 18, 30, tzinfo=UTC)
    assert row.expires_at == datetime(2026, 12, 31, 18, 30, tzinfo=UTC)
    assert row.ended_at == datetime(2026, 9, 30, 18, 30, tzinfo=UTC)
    assert read(expiresAt="Never").is_endless


def test_a_time_without_an_offset_needs_to_be_said_where_it_is() -> None:
    unsaid = RowReader(READER.course_id_of)
    assert named_by(unsaid, createdAt="2026-09-01 08:00:00") == ["createdAt"]
    delhi = RowReader(READER.course_id_of, times_in="Asia/Kolkata")
    found = delhi.read({**TIDY, "createdAt": "2026-09-01 13:30:00"})
    assert isinstance(found, OldPurchase)
    assert found.created_at == datetime(2026, 9, 1, 8, tzinfo=UTC)


@pytest.mark.parametrize(
    ("amount", "minor"),
    [
        ({"amount": "4999.00"}, 499_900),
        ({"amount": "4999"}, 499_900),
        ({"amount": 49.99}, 4_999),
        ({"amount": "4999.0000"}, 499_900),
        ({"amountMinor": 499_900}, 499_900),
        ({"amountMinor": "499900", "amount": "4999"}, 499_900),
        ({"amount": "500", "currency": "JPY"}, 500),
        ({"amount": "1.234", "currency": "KWD"}, 1_234),
    ],
)
def test_an_amount_is_in_the_currency_or_in_minor_units(amount: dict[str, Any], minor: int) -> None:
    row = read(**{**PAID, "amount": None, **amount})
    assert row.payment is not None
    assert row.payment.amount == Money(minor, amount.get("currency", "INR"))


def test_a_payment_is_read_with_what_went_back() -> None:
    row = read(**PAID, status="refunded", paymentAttempt="ch_1", refundedAmount="10", refundedAt="2026-10-01T00:00Z")
    assert (row.status, row.payment and row.payment.provider) == (PurchaseStatus.REFUNDED, Provider.STRIPE)
    assert row.payment is not None
    assert (row.payment.attempt, row.payment.refunded_minor) == ("ch_1", 1_000)


def test_what_nobody_paid_for_has_no_payment_whatever_all_rows_have() -> None:
    assert read(provider="STRIPE", currency="INR", amount="0.00").payment is None


@pytest.mark.parametrize(
    ("changes", "named"),
    [
        ({"oldId": ""}, ["oldId"]),
        ({"oldId": True}, ["oldId"]),
        ({"studentId": None}, ["studentId"]),
        ({"courseId": "chess"}, ["courseId"]),
        ({"purchaseTier": None}, ["purchaseTier"]),
        ({"createdAt": "2026-02-31"}, ["createdAt"]),
        ({"createdAt": "1756713600"}, ["createdAt"]),
        ({"createdAt": "0001-01-01T00:00:00+14:00"}, ["createdAt"]),
        ({"expiresAt": "soon"}, ["expiresAt"]),
        ({"status": "PAID"}, ["status"]),
        ({"sessionsUsed": "-1"}, ["sessionsUsed"]),
        ({"timeSlot": "25:00"}, ["timeSlot"]),
        ({"metadata": "{"}, ["metadata"]),
        ({"metadata": "[1]"}, ["metadata"]),
        ({"metadata": "{" + '"a":[' * 40_000}, ["metadata"]),
        ({"amount": "10"}, ["paymentReference"]),
        ({**PAID, "currency": None}, ["currency"]),
        ({**PAID, "currency": "RUPEES"}, ["currency"]),
        ({**PAID, "provider": "PAYPAL"}, ["provider"]),
        ({**PAID, "amount": None}, ["amount"]),
        ({**PAID, "amount": "1,000.00"}, ["amount"]),
        ({**PAID, "amount": "10.005"}, ["amount"]),
        ({**PAID, "amount": "nan"}, ["amount"]),
        ({**PAID, "amountMinor": "1"}, ["amountMinor"]),
    ],
)
def test_what_cannot_be_read_is_named(changes: dict[str, object], named: list[str]) -> None:
    assert problems(**changes) == named


def test_a_row_names_all_that_is_wrong_with_it() -> None:
    assert problems(studentId="", createdAt="x", timeSlot="x", status="x") == [
        "timeSlot",
        "studentId",
        "createdAt",
        "status",
    ]


def test_every_field_that_is_told_of_is_read() -> None:
    """A name that were told and not read would be taken for granted."""
    asked: set[str] = set()

    class Asked(dict[str, object]):
        def get(self, name: str, default: object = None) -> object:
            asked.add(name)
            return super().get(name, default)

        def __contains__(self, name: object) -> bool:
            asked.add(str(name))
            return super().__contains__(name)

    READER.read(Asked({**TIDY, **PAID}))
    assert set(FIELDS) <= asked
