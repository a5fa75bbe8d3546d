"""What is in the books before a run: courses, purchases that were paid for, and payments that are open.

The same things, under the same ids, go into the gateway's database and into that of a peer.
"""

import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

from sqlalchemy import insert
from uuid_utils.compat import uuid7

from db.engine import writer_engine
from db.migrate import upgrade
from db.tables import CourseRow, PaymentRow, PurchaseRow, Row, StudentAccessRow, TierRow
from gateway.schema.conventions import ids

COURSES = 20
PRICE_MINOR, CURRENCY, TIER, SESSIONS, VALIDITY_DAYS = 199_900, "INR", "BASIC", 4, 90
PEER_SCHEMA = Path(__file__).parent / "peers" / "mercurius" / "schema.sql"
PEER_METADATA = '{"isSundayOnly":true,"sessionDuration":60,"timeSlot":{"start":"17:30","timeZone":"Asia/Kolkata"}}'
ASKED_AFTER = timedelta(hours=2)
"""Later than any run: the provider is not asked about open payments meanwhile."""

AT_ONCE = 10_000
"""Rows that one statement adds, or one transaction."""


@dataclass(frozen=True, slots=True)
class Sale:
    """A payment of a student's for a course, and the purchase that it became if it was paid."""

    student: str
    course: UUID
    payment: UUID
    purchase: UUID
    provider: str
    reference: str
    is_paid: bool


@dataclass(frozen=True, slots=True)
class Books:
    """What every server begins with.

    Attributes:
        paid: sandbox payments that became purchases.
        open: sandbox payments to be confirmed, no two of a student's near each other.
        awaited: Stripe's payments, of which its webhooks tell.
    """

    courses: Sequence[UUID]
    paid: Sequence[Sale]
    open: Sequence[Sale]
    awaited: Sequence[Sale]

    def sales(self) -> Iterator[Sale]:
        yield from self.paid
        yield from self.open
        yield from self.awaited


def make_books(paid: int, opened: int, awaited: int) -> Books:
    courses = [uuid7() for _ in range(COURSES)]
    return Books(
        courses,
        [_sale("reader", courses, number, paid, is_paid=True) for number in range(paid)],
        [_sale("payer", courses, number, opened, is_paid=False) for number in range(opened)],
        [_sale("waiter", courses, number, awaited, provider="STRIPE") for number in range(awaited)],
    )


def _sale(
    who: str, courses: Sequence[UUID], number: int, count: int, provider: str = "SANDBOX", *, is_paid: bool = False
) -> Sale:
    """The sale of that number: every student buys every course, and all of them the first one first."""
    students = -(-count // len(courses))
    course, student = divmod(number, students)
    payment = uuid7()
    reference = f"sbx_{payment.hex}" if provider == "SANDBOX" else f"pi_{payment.hex}"
    return Sale(f"{who}-{student}", courses[course], payment, uuid7(), provider, reference, is_paid)


def fill_gateway(url: str, books: Books) -> None:
    """Migrate a database and put the books into it."""
    upgrade(url)
    engine = writer_engine(url)
    tables: Sequence[tuple[type[Row], Iterable[dict[str, Any]]]] = (
        (CourseRow, ({"id": each, "title": _title(books, each), "created_at": _now()} for each in books.courses)),
        (TierRow, ({**_tier(), "course_id": each} for each in books.courses)),
        (PaymentRow, (_payment(each) for each in books.sales())),
        (PurchaseRow, (_purchase(each) for each in books.paid)),
        (StudentAccessRow, (_access(each) for each in books.paid)),
    )
    try:
        for table, rows in tables:
            for some in _in_parts(rows):
                with engine.begin() as connection:
                    connection.execute(insert(table), some)
        if engine.dialect.name == "postgresql":  # which would do so by itself a minute later
            with engine.begin() as connection:
                connection.exec_driver_sql("ANALYZE")
    finally:
        engine.dispose()


def fill_peer(file: Path, books: Books) -> None:
    """Make the database of a peer, with the same books."""
    text = ids.to_text
    at = _now().isoformat().replace("+00:00", "Z")
    ends = (_now() + timedelta(days=VALIDITY_DAYS)).isoformat().replace("+00:00", "Z")
    database = sqlite3.connect(file, isolation_level=None)
    try:
        database.executescript(PEER_SCHEMA.read_text())
        database.execute("PRAGMA journal_mode = WAL")
        database.execute("BEGIN")
        courses = [(text(ids.COURSE, each), _title(books, each)) for each in books.courses]
        database.executemany("INSERT INTO course VALUES (?, ?)", courses)
        tiers = [(course, TIER, SESSIONS, PRICE_MINOR, CURRENCY, VALIDITY_DAYS) for course, _ in courses]
        database.executemany("INSERT INTO tier VALUES (?, ?, ?, ?, ?, ?)", tiers)
        payments = (_peer_payment(each, at) for each in books.sales())
        database.executemany("INSERT INTO payment VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", payments)
        purchases = (_peer_purchase(each, at) for each in books.paid)
        database.executemany("INSERT INTO purchase VALUES (?, ?, ?, ?, 'ACTIVE', ?, ?, ?)", purchases)
        accesses = ((text(ids.PURCHASE, each.purchase), SESSIONS, ends) for each in books.paid)
        database.executemany("INSERT INTO student_access VALUES (?, ?, 0, ?)", accesses)
        database.execute("COMMIT")
    finally:
        database.close()


def _peer_payment(sale: Sale, at: str) -> tuple[Any, ...]:
    course, payment = ids.to_text(ids.COURSE, sale.course), ids.to_text(ids.PAYMENT, sale.payment)
    status, confirmed_at = ("SUCCEEDED", at) if sale.is_paid else ("REQUIRES_PAYMENT", None)
    price = (PRICE_MINOR, CURRENCY)
    return payment, sale.student, course, TIER, *price, status, sale.reference, PEER_METADATA, at, confirmed_at


def _peer_purchase(sale: Sale, at: str) -> tuple[Any, ...]:
    course, payment = ids.to_text(ids.COURSE, sale.course), ids.to_text(ids.PAYMENT, sale.payment)
    return ids.to_text(ids.PURCHASE, sale.purchase), sale.student, course, TIER, payment, PEER_METADATA, at


def _title(books: Books, course: UUID) -> str:
    return f"Course {books.courses.index(course) + 1}"


def _tier() -> dict[str, Any]:
    return {
        "code": TIER,
        "session_count": SESSIONS,
        "price_minor": PRICE_MINOR,
        "currency": CURRENCY,
        "validity_days": VALIDITY_DAYS,
        "rank": 1,
    }


PLAN = {
    "is_sunday_only": True,
    "session_duration_min": 60,
    "slot_start_min": 17 * 60 + 30,
    "time_zone": "Asia/Kolkata",
    "first_day": None,
    "labels": [],
}


def _payment(sale: Sale) -> dict[str, Any]:
    now, is_paid = _now(), sale.is_paid
    return {
        **PLAN,
        "id": sale.payment,
        "student_id": sale.student,
        "course_id": sale.course,
        "tier": TIER,
        "tier_rank": 1,
        "session_count": SESSIONS,
        "validity_days": VALIDITY_DAYS,
        "amount_minor": PRICE_MINOR,
        "currency": CURRENCY,
        "purpose": "PURCHASE",
        "provider": sale.provider,
        "reference": sale.reference,
        "attempt": "tok_succeed" if is_paid else None,
        "status": "SUCCEEDED" if is_paid else "REQUIRES_PAYMENT",
        "fulfilment": "FULFILLED" if is_paid else "PENDING",
        "captured_minor": PRICE_MINOR if is_paid else None,
        "captured_currency": CURRENCY if is_paid else None,
        "created_at": now,
        "confirmed_at": now if is_paid else None,
        "ask_at": None if is_paid else now + ASKED_AFTER,
    }


def _purchase(sale: Sale) -> dict[str, Any]:
    return {
        **PLAN,
        "id": sale.purchase,
        "student_id": sale.student,
        "course_id": sale.course,
        "tier": TIER,
        "tier_rank": 1,
        "status": "ACTIVE",
        "origin": "PAYMENT",
        "created_by_id": sale.student,
        "created_by_role": "STUDENT",
        "payment_id": sale.payment,
        "created_at": _now(),
    }


def _access(sale: Sale) -> dict[str, Any]:
    now = _now()
    return {
        "purchase_id": sale.purchase,
        "status": "GRANTED",
        "sessions_total": SESSIONS,
        "sessions_used": 0,
        "starts_at": now,
        "expires_at": now + timedelta(days=VALIDITY_DAYS),
    }


def _now() -> datetime:
    return datetime.now(UTC)


def _in_parts(rows: Iterable[dict[str, Any]]) -> Iterator[list[dict[str, Any]]]:
    some: list[dict[str, Any]] = []
    for row in rows:
        some.append(row)
        if len(some) == AT_ONCE:
            yield some
            some = []
    if some:
        yield some
