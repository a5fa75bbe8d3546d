"""What must be true of the database at any moment, told from its rows alone."""

from collections import Counter
from collections.abc import Collection, Iterable
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, select
from sqlmodel import SQLModel

from db.job_tables import JobRow
from db.statements import table_of
from db.tables import (
    AuditEntryRow,
    IdempotencyRecordRow,
    PaymentRow,
    PurchaseRow,
    RecordedSessionRow,
    RefundRow,
    StudentAccessRow,
)

ACCESS_OF = {
    "ACTIVE": "GRANTED",
    "SUPERSEDED": "REVOKED",
    "EXPIRED": "EXPIRED",
    "REVOKED": "REVOKED",
    "REFUNDED": "REVOKED",
}
"""The status of a purchase's access, by the purchase's own."""


class Rows:
    """All rows as one transaction sees them."""

    def __init__(self, connection: Connection) -> None:
        def all_of(row: type[SQLModel]) -> list[Any]:
            return list(connection.execute(select(table_of(row))))

        self.payments = {row.id: row for row in all_of(PaymentRow)}
        self.purchases = {row.id: row for row in all_of(PurchaseRow)}
        self.accesses = all_of(StudentAccessRow)
        self.refunds = all_of(RefundRow)
        self.jobs = all_of(JobRow)
        entries = all_of(AuditEntryRow)
        self.audit = Counter((row.subject_id, row.action) for row in entries)
        self.extended_again = [
            row.subject_id for row in entries if row.action == "purchase.extended" and "status" in row.changes
        ]
        """Purchases that had expired, as often as they were extended."""
        self.records = all_of(IdempotencyRecordRow)
        self.recorded = Counter(row.purchase_id for row in all_of(RecordedSessionRow) if row.withdrawn_at is None)


def assert_invariants(rows: Rows) -> None:
    """What holds as long as no job is run, so that no money went back yet."""
    assert_one_active_purchase_for_a_pair(rows)
    assert_every_payment_has_one_end(rows)
    assert_every_purchase_has_one_access(rows)
    assert_successors_make_chains(rows)
    assert_everything_was_audited_once(rows)
    assert_every_key_has_its_result(rows)


def assert_invariants_of_refunds(rows: Rows) -> None:
    """What holds whatever went back, and whoever sent it."""
    assert_one_active_purchase_for_a_pair(rows)
    assert_every_purchase_has_one_access(rows)
    assert_refunds_leave_chains(rows)
    assert_every_key_has_its_result(rows)
    ends = Counter(action for _, action in rows.audit.elements())
    assert ends["purchase.created"] == len(rows.purchases)
    assert ends["purchase.refunded"] == sum(row.status == "REFUNDED" for row in rows.purchases.values())


def assert_one_active_purchase_for_a_pair(rows: Rows) -> None:
    assert_single((row.student_id, row.course_id) for row in rows.purchases.values() if row.status == "ACTIVE")


def assert_every_payment_has_one_end(rows: Rows) -> None:
    """Money that was captured is in one purchase or in one full refund; other money is in neither."""
    assert_single(row.payment_id for row in rows.purchases.values() if row.payment_id)
    assert_single((row.kind, row.subject_id) for row in rows.jobs)
    purchases = {row.payment_id: row for row in rows.purchases.values()}
    assert_single(row.payment_id for row in rows.refunds)
    refunds = {row.payment_id: row for row in rows.refunds}
    assert {row.subject_id for row in rows.jobs if row.kind == "payment.refund"} == {row.id for row in rows.refunds}
    assert refunds.keys() <= rows.payments.keys()
    for payment in rows.payments.values():
        purchase, refund = purchases.get(payment.id), refunds.get(payment.id)
        match payment.fulfilment:
            case "PENDING":
                assert (payment.captured_minor, purchase, refund) == (None, None, None)
            case "FULFILLED":
                assert refund is None
                assert purchase is not None
                bought = (purchase.student_id, purchase.course_id, purchase.tier)
                assert bought == (payment.student_id, payment.course_id, payment.tier)
                assert (payment.captured_minor, payment.captured_currency) == (payment.amount_minor, payment.currency)
            case _:
                assert purchase is None
                assert refund is not None
                assert (refund.status, payment.refunded_minor) == ("PENDING", 0)
                assert (refund.amount_minor, refund.currency) == (payment.captured_minor, payment.captured_currency)
        assert (payment.status == "SUCCEEDED") == (payment.captured_minor is not None)


def assert_every_purchase_has_one_access(rows: Rows) -> None:
    assert_single(row.purchase_id for row in rows.accesses)
    accesses = {row.purchase_id: row for row in rows.accesses}
    assert accesses.keys() == rows.purchases.keys()
    for purchase in rows.purchases.values():
        access = accesses[purchase.id]
        assert access.status == ACCESS_OF[purchase.status]
        assert 0 <= access.sessions_recorded <= access.sessions_used <= access.sessions_total
        assert access.sessions_recorded == rows.recorded[purchase.id]
        assert (purchase.ended_at is None) == (purchase.status == "ACTIVE")


def assert_successors_make_chains(rows: Rows) -> None:
    """Each superseded purchase has the one that came in its place, of the same pair; no chain returns to itself."""
    assert_single(row.supersedes for row in rows.purchases.values() if row.supersedes)
    for purchase in rows.purchases.values():
        if purchase.supersedes is not None:
            before = rows.purchases[purchase.supersedes]
            assert before.status == "SUPERSEDED"
            assert before.ended_at == purchase.created_at
            assert (before.student_id, before.course_id) == (purchase.student_id, purchase.course_id)
        seen: set[UUID] = set()
        step = purchase
        while step.supersedes is not None:
            assert step.id not in seen
            seen.add(step.id)
            step = rows.purchases[step.supersedes]
    superseded = {row.id for row in rows.purchases.values() if row.status == "SUPERSEDED"}
    assert superseded == {row.supersedes for row in rows.purchases.values() if row.supersedes}


def assert_refunds_leave_chains(rows: Rows) -> None:
    """A purchase follows another of its pair; once it is refunded, the one below may be followed by yet another."""
    standing = [row for row in rows.purchases.values() if row.status != "REFUNDED"]
    assert_single(row.supersedes for row in standing if row.supersedes)
    for purchase in rows.purchases.values():
        if purchase.supersedes is not None:
            before = rows.purchases[purchase.supersedes]
            assert (before.student_id, before.course_id) == (purchase.student_id, purchase.course_id)
            assert before.created_at <= purchase.created_at
            assert before.status in ("SUPERSEDED", "REFUNDED") or purchase.status == "REFUNDED"
    superseded = {row.id for row in rows.purchases.values() if row.status == "SUPERSEDED"}
    assert superseded <= {row.supersedes for row in rows.purchases.values()}


def assert_everything_was_audited_once(rows: Rows) -> None:
    ends = {"SUPERSEDED": "purchase.superseded", "EXPIRED": "purchase.expired", "REVOKED": "purchase.revoked"}
    decisions = {
        "FULFILLED": "payment.fulfilled",
        "DUPLICATE": "payment.duplicate",
        "UNFULFILLABLE": "payment.unfulfillable",
    }
    expected = Counter((purchase_id, "purchase.created") for purchase_id in rows.purchases)
    expected.update((row.id, ends[row.status]) for row in rows.purchases.values() if row.status in ends)
    expected.update((purchase_id, "purchase.expired") for purchase_id in rows.extended_again)
    expected.update(
        (row.id, decisions[row.fulfilment]) for row in rows.payments.values() if row.fulfilment in decisions
    )
    expected.update((payment_id, "payment.opened") for payment_id in rows.payments)
    expected.update((row.id, "payment.intent_opened") for row in rows.payments.values() if row.reference is not None)
    expected.update((row.id, "payment.captured") for row in rows.payments.values() if row.captured_minor is not None)
    expected.update((row.payment_id, "payment.refund_requested") for row in rows.refunds)
    # As often as it happened.
    free = {
        "payment.asked",
        "payment.processing",
        "payment.unpaid",
        "payment.declined",
        "payment.canceled",
        "course.saved",
        "purchase.extended",
        "purchase.corrected",
        "purchase.recounted",
        "purchase.session_recorded",
        "purchase.session_withdrawn",
    }
    assert Counter({key: number for key, number in rows.audit.items() if key[1] not in free}) == expected


def assert_every_key_has_its_result(rows: Rows) -> None:
    made: dict[str, Collection[UUID]] = {
        "createPayment": rows.payments,
        "createPurchase": rows.purchases,
        "refundPayment": {row.id for row in rows.refunds},
    }
    for record in rows.records:  # whatever else has a key amends a purchase
        assert record.result_id in made.get(record.operation, rows.purchases)


def assert_single(keys: Iterable[object]) -> None:
    assert [key for key, number in Counter(keys).items() if number > 1] == []
