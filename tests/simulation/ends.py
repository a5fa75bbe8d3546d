"""The end of one student's story, told without ids and times: equal where two stories came to the same."""

from dataclasses import dataclass
from typing import Any

from gateway.services.core.model.jobs import LIVE_JOB_STATES
from tests.simulation.invariants import Rows
from tests.simulation.ledger import Ledger

Lines = list[tuple[Any, ...]]


@dataclass(frozen=True)
class End:
    """What stands in our books of a student. A payment goes by its checkout's number in the story and its capture's
    number at that checkout; a purchase and a refund go by their payment's, or by nobody's."""

    payments: Lines
    purchases: Lines
    refunds: Lines
    live_jobs: Lines


def end_of(rows: Rows, books: Ledger, student_id: str, checkouts: list[str]) -> End:
    payments = {row.id: row for row in rows.payments.values() if row.student_id == student_id}
    names = {key: _name(row, rows, books, checkouts) for key, row in payments.items()}
    accesses = {row.purchase_id: row for row in rows.accesses}
    bought = [row for row in rows.purchases.values() if row.student_id == student_id]
    refunds = [row for row in rows.refunds if row.payment_id in payments]
    subjects = {*payments, *(row.id for row in refunds)}
    return End(
        sorted((names[key], *_of_payment(row)) for key, row in payments.items()),
        sorted((names.get(row.payment_id, NOBODYS), *_of_purchase(row, accesses[row.id])) for row in bought),
        sorted((names[row.payment_id], row.amount_minor, row.status, row.origin) for row in refunds),
        sorted(
            (job.kind, job.state) for job in rows.jobs if job.subject_id in subjects and job.state in LIVE_JOB_STATES
        ),
    )


NOBODYS = (-1, -1)


def _name(row: Any, rows: Rows, books: Ledger, checkouts: list[str]) -> tuple[int, int]:
    reference = rows.payments[row.extra_of].reference if row.extra_of else row.reference
    captures = [each.id for each in books.captured(reference)]
    return checkouts.index(reference), captures.index(row.attempt) if row.attempt in captures else -1


def _of_payment(row: Any) -> tuple[Any, ...]:
    return row.tier, row.status, row.fulfilment, row.captured_minor or 0, row.refunded_minor, row.failure_code or ""


def _of_purchase(row: Any, access: Any) -> tuple[Any, ...]:
    return row.tier, row.status, row.origin, access.status, access.sessions_total, access.sessions_used
