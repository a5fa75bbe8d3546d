"""What the books have of a student, as an erasure needs to know it: loaded and locked by the turn that erases."""

from collections.abc import Iterator
from typing import Any
from uuid import UUID

from sqlalchemy import bindparam, literal_column, select, union_all

from db.compiled import Statement
from db.statements import ACCESS, AUDIT, JOB, PAYMENT, PURCHASE, REFUND
from db.types import Id
from db.writer import Writer
from gateway.services.core.model.privacy.erasure import OpenBusiness, OpenKind, StudentBooks
from gateway.services.core.model.values import PaymentStatus, PurchaseStatus, RefundOrigin

_STUDENT = bindparam("student", type_=PAYMENT.c.student_id.type)
_THEIRS = PAYMENT.c.student_id == _STUDENT
_PAYMENTS = Statement(select(PAYMENT.c.id, PAYMENT.c.status).where(_THEIRS).order_by(PAYMENT.c.id).with_for_update())
_PURCHASES = Statement(
    select(PURCHASE.c.id, PURCHASE.c.status, ACCESS.c.expires_at)
    .join_from(PURCHASE, ACCESS, ACCESS.c.purchase_id == PURCHASE.c.id, isouter=True)
    .where(PURCHASE.c.student_id == _STUDENT)
    .order_by(PURCHASE.c.id)
    .with_for_update(of=PURCHASE)
)
_REFUNDS = Statement(
    select(REFUND.c.id, REFUND.c.origin)
    .join_from(PAYMENT, REFUND, REFUND.c.payment_id == PAYMENT.c.id)
    .where(_THEIRS, REFUND.c.status == literal_column("'PENDING'"))
    .order_by(REFUND.c.id)
)
_SUBJECTS = union_all(
    select(PAYMENT.c.id).where(_THEIRS),
    select(PURCHASE.c.id).where(PURCHASE.c.student_id == _STUDENT),
    select(REFUND.c.id).join_from(PAYMENT, REFUND, REFUND.c.payment_id == PAYMENT.c.id).where(_THEIRS),
)
_FAILED = Statement(
    select(JOB.c.id)
    .where(JOB.c.state == literal_column("'FAILED'"), JOB.c.kind != literal_column("'event.deliver'"))
    .where(JOB.c.subject_id.in_(_SUBJECTS))
    .order_by(JOB.c.id)
)
_ERASED = Statement(select(AUDIT.c.changes).where(AUDIT.c.subject_id == bindparam("erasure", type_=Id())))


def load_books(writer: Writer, student_id: str, erasure_id: UUID) -> StudentBooks:
    """All that is theirs, and what of it is open."""

    def rows(statement: Statement, **given: object) -> list[list[Any]]:
        on = statement.on(writer.dialect)
        return [on.read(raw) for raw in writer.fetch(on.sql, on.bound(given or {"student": student_id}))]

    payments, purchases = rows(_PAYMENTS), rows(_PURCHASES)  # locked first: what belongs to them stays as it is then
    said = rows(_ERASED, erasure=erasure_id)
    open_now = [*_open_purchases(purchases), *_open_payments(payments), *_open_refunds(rows(_REFUNDS))]
    open_now += [OpenBusiness(OpenKind.NEEDS_ATTENTION, job_id) for [job_id] in rows(_FAILED)]
    return StudentBooks(
        tuple(row[0] for row in payments),
        tuple(row[0] for row in purchases),
        tuple(open_now),
        str(said[0][0]["pseudonym"]) if said else None,
    )


def _open_purchases(rows: list[list[Any]]) -> Iterator[OpenBusiness]:
    for key, status, expires_at in rows:
        if status == PurchaseStatus.ACTIVE:
            yield OpenBusiness(OpenKind.ACTIVE_PURCHASE, key, expires_at)


def _open_payments(rows: list[list[Any]]) -> Iterator[OpenBusiness]:
    for key, status in rows:
        if status == PaymentStatus.PROCESSING:
            yield OpenBusiness(OpenKind.PAYMENT_UNDER_WAY, key)


def _open_refunds(rows: list[list[Any]]) -> Iterator[OpenBusiness]:
    for key, origin in rows:
        is_dispute = origin == RefundOrigin.DISPUTE
        yield OpenBusiness(OpenKind.DISPUTE_OPEN if is_dispute else OpenKind.REFUND_UNDER_WAY, key)
