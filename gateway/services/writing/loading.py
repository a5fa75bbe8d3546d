"""What a turn reads and writes: the rows that a batch of commands touches, with a fixed number of statements."""

from collections.abc import Collection, Iterable, Sequence, Set
from typing import Any, TypeVar
from uuid import UUID

from sqlalchemy import Connection, Select

from db import statements
from gateway.services import audit_rows, job_rows, rows
from gateway.services.core.commands.every import Command
from gateway.services.core.model.events import ProviderEvent
from gateway.services.core.model.jobs import Job, JobKind
from gateway.services.core.model.state import Pair, RowKeys, State
from gateway.services.core.model.values import Course, Payment, Purchase, Refund

Value = TypeVar("Value", Payment, Purchase, Course, Refund, Job, ProviderEvent)


def load(connection: Connection, commands: Iterable[Command]) -> State:
    """The working set of a batch, by a fixed number of statements whatever its size: those that have keys at all."""
    touched = RowKeys.all_of(command.keys() for command in commands)
    state = State()
    state.records = {
        record.key: record
        for record in map(audit_rows.record_from, _all(connection, statements.RECORDS_BY_KEY, touched.keys))
    }
    results = {record.result_id for record in state.records.values()}
    _load_events(connection, state, touched)
    refunded = _load_jobs_and_refunds(connection, state, touched, results)
    _load_payments(connection, state, touched, touched.payments | results | refunded)
    _load_purchases(connection, state, touched.pairs, touched.purchases | touched.extending | results)
    _load_what_may_hold_again(connection, state, refunded, touched.extending)
    course_ids = touched.courses | results | {payment.course_id for payment in state.payments.values()}
    found = rows.courses_from(_all(connection, statements.COURSES_BY_ID, course_ids))
    state.courses = {course.id: course for course in found}
    state.loaded.update(state.courses)
    return state


def _load_events(connection: Connection, state: State, touched: RowKeys) -> None:
    for statement, keys in (
        (statements.EVENTS_BY_ID, touched.events),
        (statements.EVENTS_BY_NAME, touched.event_names),
    ):
        events = map(job_rows.event_from, _all(connection, statement, keys))
        state.events.update((event.id, event) for event in events)
    state.loaded.update(state.events)


def _load_jobs_and_refunds(
    connection: Connection, state: State, touched: RowKeys, results: Collection[UUID]
) -> set[UUID]:
    """Loads jobs, and refunds with all others of their payments; gives the payments' ids."""
    jobs = map(job_rows.job_from, _all(connection, statements.JOBS_BY_ID, touched.jobs))
    noted = map(job_rows.job_from, _all(connection, statements.CASES_BY_SUBJECT, touched.cases))
    state.jobs = {job.id: job for job in (*jobs, *noted)}
    subjects = {job.subject_id for job in state.jobs.values() if job.kind is JobKind.PAYMENT_REFUND}
    by_id = touched.refunds | set(results) | subjects
    named = map(rows.refund_from, _all(connection, statements.REFUNDS_BY_ID, by_id))
    payment_ids = {refund.payment_id for refund in named} | touched.refunding
    refunds = map(rows.refund_from, _all(connection, statements.REFUNDS_BY_PAYMENT, payment_ids))
    state.refunds = {refund.id: refund for refund in refunds}
    state.loaded.update(state.jobs, state.refunds)
    return payment_ids


def _load_what_may_hold_again(
    connection: Connection, state: State, refunded: Collection[UUID], extending: Collection[UUID]
) -> None:
    """Every purchase of the pairs of refunded payments and of purchases to be extended, with its payment."""
    payments = [state.payments[payment_id] for payment_id in refunded if payment_id in state.payments]
    pairs = {(payment.student_id, payment.course_id) for payment in payments}
    extended = [state.purchases[purchase_id] for purchase_id in extending if purchase_id in state.purchases]
    pairs |= {(purchase.student_id, purchase.course_id) for purchase in extended}
    purchases = [_purchase(row) for row in _all(connection, statements.PURCHASES_BY_PAIR, pairs)]
    state.load_purchases(purchases)
    state.loaded.update(purchase.id for purchase in purchases)
    paid = {purchase.payment_id for purchase in purchases if purchase.payment_id} - state.payments.keys()
    for payment in map(rows.payment_from, _all(connection, statements.PAYMENTS_BY_ID, paid)):
        state.payments[payment.id] = payment
        state.loaded.add(payment.id)


def _load_payments(connection: Connection, state: State, touched: RowKeys, payment_ids: Collection[UUID]) -> None:
    for statement, keys in (
        (statements.PAYMENTS_BY_ID, payment_ids),
        (statements.PAYMENTS_BY_REFERENCE, touched.references),
    ):
        found = map(rows.payment_from, _all(connection, statement, keys))
        state.payments.update((payment.id, payment) for payment in found)
    subjects = {*state.payments, *state.refunds, *(job.subject_id for job in state.jobs.values()), *touched.sweeps}
    live = _all(connection, statements.LIVE_JOBS_BY_SUBJECT, subjects)
    state.live_jobs = {(JobKind(row.kind), row.subject_id) for row in live}
    state.loaded.update(state.payments)


def _load_purchases(connection: Connection, state: State, pairs: Set[Pair], ids: Collection[UUID]) -> None:
    payments = state.payments.values()
    all_pairs = pairs | {(payment.student_id, payment.course_id) for payment in payments}
    by_id = {payment.duplicate_of for payment in payments if payment.duplicate_of} | set(ids)
    found = {
        purchase.id: purchase
        for statement, keys in (
            (statements.ACTIVE_PURCHASES_BY_PAIR, all_pairs),
            (statements.PURCHASES_BY_PAYMENT, state.payments.keys()),
            (statements.PURCHASES_BY_ID, by_id),
        )
        for purchase in map(_purchase, _all(connection, statement, keys))
    }
    state.load_purchases(found.values())
    state.loaded.update(found)


def _purchase(row: Any) -> Purchase:
    return rows.purchase_from(row, rows.access_from(row, row.access_status))


def _all(connection: Connection, statement: Select[Any], keys: Collection[Any]) -> Sequence[Any]:
    """All rows for the keys; no statement for none. Sorted, so that writers lock in one order."""
    return connection.execute(statement, {"keys": sorted(keys)}).all() if keys else ()
