"""Loads the rows that a turn's commands may look at, by a fixed number of statements."""

from collections.abc import Collection, Container, Iterable, Set
from typing import Any, TypeVar
from uuid import UUID

from db.writer import Writer
from gateway.services.core.commands.every import Command
from gateway.services.core.model.state import Pair, RowKeys, State
from gateway.services.core.model.values import Fulfilment, Payment, Purchase
from gateway.services.rows import lookups
from gateway.services.rows.lookups import Lookup

Key = TypeVar("Key")
Value = TypeVar("Value")
Identified = TypeVar("Identified", Payment, Purchase)


def load(writer: Writer, commands: Iterable[Command]) -> State:
    """The working set of a batch: one statement for each kind of key that has any, whatever the size of the batch."""
    keys = RowKeys.all_of(command.keys() for command in commands)
    state = State()
    state.records = {record.key: record for record in _all(writer, lookups.RECORD_BY_KEY, keys.idempotency_keys)}
    results = {record.result_id for record in state.records.values()}
    _load_events(writer, state, keys)
    refunded = _load_jobs_and_refunds(writer, state, keys, results)
    _load_payments(writer, state, keys, keys.payments | results | refunded)
    _load_purchases(writer, state, keys.pairs, keys.purchases | keys.purchases_with_pair | results)
    _load_pairs(writer, state, refunded, keys.purchases_with_pair)
    course_ids = keys.courses | results | {payment.course_id for payment in state.payments.values()}
    state.courses = {course.id: course for course in _all(writer, lookups.COURSE_BY_ID, course_ids)}
    state.loaded.update(state.courses)
    return state


def _load_events(writer: Writer, state: State, keys: RowKeys) -> None:
    events = [
        *_all(writer, lookups.EVENT_BY_ID, keys.events),
        *_all(writer, lookups.EVENT_BY_NAME, keys.event_names),
    ]
    state.events.update((event.id, event) for event in events)
    state.loaded.update(state.events)


def _load_jobs_and_refunds(writer: Writer, state: State, keys: RowKeys, results: Collection[UUID]) -> set[UUID]:
    """Load jobs, and refunds with all others of their payments; returns the payments' ids."""
    jobs = _all(writer, lookups.JOB_BY_ID, keys.jobs | keys.jobs_with_refunds)
    cases = _all(writer, lookups.CASES_OF_SUBJECT, keys.cases)
    state.jobs = {job.id: job for job in (*jobs, *cases)}
    retried = {job.subject_id for job in jobs if job.id in keys.jobs_with_refunds}
    refunds = _all(writer, lookups.REFUND_BY_ID, {*keys.refunds, *results, *retried})
    extra = _all(writer, lookups.PAYMENT_BY_REFERENCE, keys.references_with_refunds)
    payment_ids = {*keys.payments_with_refunds, *(each.payment_id for each in refunds), *(each.id for each in extra)}
    all_refunds = _all(writer, lookups.REFUNDS_OF_PAYMENT, payment_ids)
    state.refunds = {refund.id: refund for refund in all_refunds}
    state.loaded.update(state.jobs, state.refunds)
    return payment_ids


def _load_pairs(
    writer: Writer, state: State, refunded: Collection[UUID], purchases_with_pair: Collection[UUID]
) -> None:
    """Load every purchase of the pairs of refunded payments and of purchases to be extended, with its payment."""
    payments = [state.payments[payment_id] for payment_id in refunded if payment_id in state.payments]
    pairs = {(payment.student_id, payment.course_id) for payment in payments}
    extended = [state.purchases[purchase_id] for purchase_id in purchases_with_pair if purchase_id in state.purchases]
    pairs |= {(purchase.student_id, purchase.course_id) for purchase in extended}
    purchases = _not_loaded(writer, lookups.PURCHASES_OF_PAIR, pairs, state.purchases)
    state.load_purchases(purchases)
    state.loaded.update(purchase.id for purchase in purchases)
    of_pairs = (each for each in state.purchases.values() if (each.student_id, each.course_id) in pairs)
    paid = {purchase.payment_id for purchase in of_pairs if purchase.payment_id} - state.payments.keys()
    for payment in _all(writer, lookups.PAYMENT_BY_ID, paid):
        state.payments[payment.id] = payment
        state.loaded.add(payment.id)


def _load_payments(writer: Writer, state: State, keys: RowKeys, payment_ids: Collection[UUID]) -> None:
    payments = [
        *_all(writer, lookups.PAYMENT_BY_ID, payment_ids),
        *_all(writer, lookups.PAYMENT_BY_REFERENCE, keys.references),
    ]
    state.payments.update((payment.id, payment) for payment in payments)
    retried = {job.subject_id for job in state.jobs.values() if job.id in keys.jobs_with_refunds}
    subjects = {*state.payments, *retried, *keys.sweeps}
    state.live_jobs = set(_all(writer, lookups.LIVE_JOBS_OF_SUBJECT, subjects))
    state.loaded.update(state.payments)


def _load_purchases(writer: Writer, state: State, pairs: Set[Pair], ids: Collection[UUID]) -> None:
    payments = state.payments.values()
    all_pairs = pairs | {(payment.student_id, payment.course_id) for payment in payments}
    by_id = {payment.duplicate_of for payment in payments if payment.duplicate_of} | set(ids)
    state.load_purchases(_all(writer, lookups.ACTIVE_PURCHASE, all_pairs))
    fulfilled = [payment.id for payment in payments if payment.fulfilment is Fulfilment.FULFILLED]  # no other has one
    state.load_purchases(_not_loaded(writer, lookups.PURCHASE_OF_PAYMENT, fulfilled, state.purchases))
    state.load_purchases(_not_loaded(writer, lookups.PURCHASE_BY_ID, by_id, state.purchases))
    state.loaded.update(state.purchases)


def _not_loaded(
    writer: Writer, lookup: Lookup[Key, Identified, Any], keys: Collection[Key], loaded: Container[UUID]
) -> list[Identified]:
    """The values that have one of the keys, locked, without those that are loaded already: a row is read once."""
    return [value for value in _all(writer, lookup, keys) if value.id not in loaded]


def _all(writer: Writer, lookup: Lookup[Key, Value, Any], keys: Collection[Key]) -> list[Value]:
    """All values that have one of the keys, locked; without keys, no statement is sent."""
    if not keys:
        return []
    statement = lookup.locking.on(writer.dialect)
    parameters = lookup.among.parameters(list(keys), writer.dialect)
    return lookup.kind.on(writer.dialect).values(writer.fetch(statement.sql, statement.bound(parameters)))
