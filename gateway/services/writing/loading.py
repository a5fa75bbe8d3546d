"""Loads the rows that a turn's commands may look at, by a fixed number of statements."""

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Set
from typing import Any, TypeVar
from uuid import UUID

from db.writer import Writer
from gateway.services.core.commands.every import Command
from gateway.services.core.model.state import Pair, RowKeys, State
from gateway.services.core.model.values import Fulfilment, Purchase
from gateway.services.rows import lookups
from gateway.services.rows.lookups import Lookup
from gateway.services.writing.privacy.students import load_books

Key = TypeVar("Key")
Value = TypeVar("Value")


def load(writer: Writer, commands: Iterable[Command]) -> State:
    """The working set of a batch: one statement for each kind of key that has any, whatever the size of the batch.

    What does not depend on each other is asked before the first answer is waited for.
    """
    keys = RowKeys.all_of(command.keys() for command in commands)
    state = State()
    jobs = _ask(writer, lookups.JOB_BY_ID, keys.jobs | keys.jobs_with_refunds)
    cases = _ask(writer, lookups.CASES_OF_SUBJECT, keys.cases)
    by_id = _ask(writer, lookups.EVENT_BY_ID, keys.events)
    by_name = _ask(writer, lookups.EVENT_BY_NAME, keys.event_names)
    records = _ask(writer, lookups.RECORD_BY_KEY, keys.idempotency_keys)
    state.records = {record.key: record for record in records()}
    state.jobs = {job.id: job for job in (*jobs(), *cases())}
    state.events = {event.id: event for event in (*by_id(), *by_name())}
    results = {record.result_id for record in state.records.values()}
    retried = {state.jobs[job_id].subject_id for job_id in keys.jobs_with_refunds if job_id in state.jobs}
    refunded = _load_refunds(writer, state, keys, {*keys.refunds, *results, *retried})
    _load_payments(writer, state, keys, keys.payments | results | refunded)
    _load_what_payments_tell_of(writer, state, keys, results, retried)
    with_pair = keys.purchases_with_pair | {purchase_id for purchase_id, _ in keys.sessions}
    _load_pairs(writer, state, refunded, with_pair, keys.whole_pairs)
    _load_sessions(writer, state, keys.sessions)
    state.students = {key[0]: load_books(writer, *key) for key in keys.students}
    state.loaded.update(state.events, state.jobs, state.refunds, state.payments, state.purchases, state.courses)
    return state


def _load_refunds(writer: Writer, state: State, keys: RowKeys, ids: Collection[UUID]) -> set[UUID]:
    """Load refunds with all others of their payments; returns the payments' ids."""
    refunds = _ask(writer, lookups.REFUND_BY_ID, ids)
    extra = _ask(writer, lookups.PAYMENT_BY_REFERENCE, keys.references_with_refunds)
    payment_ids = {*keys.payments_with_refunds, *(each.payment_id for each in refunds())}
    payment_ids.update(each.id for each in extra())
    state.refunds = {refund.id: refund for refund in _ask(writer, lookups.REFUNDS_OF_PAYMENT, payment_ids)()}
    return payment_ids


def _load_payments(writer: Writer, state: State, keys: RowKeys, ids: Collection[UUID]) -> None:
    by_id = _ask(writer, lookups.PAYMENT_BY_ID, ids)
    by_reference = _ask(writer, lookups.PAYMENT_BY_REFERENCE, keys.references)
    state.payments = {payment.id: payment for payment in (*by_id(), *by_reference())}


def _load_what_payments_tell_of(
    writer: Writer, state: State, keys: RowKeys, results: Set[UUID], retried: Set[UUID]
) -> None:
    """Load live jobs, purchases and courses."""
    payments = state.payments.values()
    fulfilled = [payment.id for payment in payments if payment.fulfilment is Fulfilment.FULFILLED]  # no other has one
    duplicated = {payment.duplicate_of for payment in payments if payment.duplicate_of}
    pairs = keys.pairs | {(payment.student_id, payment.course_id) for payment in payments}
    courses = keys.courses | results | {payment.course_id for payment in payments}
    live_jobs = _ask(writer, lookups.LIVE_JOBS_OF_SUBJECT, {*state.payments, *retried, *keys.sweeps})
    active = _ask(writer, lookups.ACTIVE_PURCHASE, pairs)
    bought = _ask(writer, lookups.PURCHASE_OF_PAYMENT, fulfilled)
    named = {*keys.purchases, *keys.purchases_with_pair, *(purchase_id for purchase_id, _ in keys.sessions)}
    by_id = _ask(writer, lookups.PURCHASE_BY_ID, {*named, *results, *duplicated})
    course = _ask(writer, lookups.COURSE_BY_ID, courses)
    state.live_jobs = set(live_jobs())
    _put_purchases(state, (*active(), *bought(), *by_id()))
    state.courses = {each.id: each for each in course()}


def _load_pairs(
    writer: Writer,
    state: State,
    refunded: Collection[UUID],
    purchases_with_pair: Collection[UUID],
    whole_pairs: Collection[Pair],
) -> None:
    """Load every purchase of these pairs, and of those of refunded payments and of purchases to be extended, with its
    payment."""
    if not (refunded or purchases_with_pair or whole_pairs):
        return
    payments = [state.payments[payment_id] for payment_id in refunded if payment_id in state.payments]
    pairs = {*whole_pairs, *((payment.student_id, payment.course_id) for payment in payments)}
    extended = [state.purchases[purchase_id] for purchase_id in purchases_with_pair if purchase_id in state.purchases]
    pairs |= {(purchase.student_id, purchase.course_id) for purchase in extended}
    _put_purchases(state, _ask(writer, lookups.PURCHASES_OF_PAIR, pairs)())
    of_pairs = (each for each in state.purchases.values() if (each.student_id, each.course_id) in pairs)
    paid = {purchase.payment_id for purchase in of_pairs if purchase.payment_id} - state.payments.keys()
    others = _ask(writer, lookups.PAYMENT_BY_ID, paid)()
    state.payments.update((payment.id, payment) for payment in others)
    courses = {payment.course_id for payment in others} - state.courses.keys()
    state.courses.update((course.id, course) for course in _ask(writer, lookups.COURSE_BY_ID, courses)())


def _load_sessions(writer: Writer, state: State, keys: Collection[tuple[UUID, int]]) -> None:
    """Load the sessions of these numbers, of every purchase of the same student and course. What is counted of them
    stands with the purchases, which are locked."""
    if not keys:
        return
    by_pair = defaultdict[Pair, list[UUID]](list)
    for purchase in state.purchases.values():
        by_pair[purchase.student_id, purchase.course_id].append(purchase.id)
    named = [(state.purchases[purchase_id], number) for purchase_id, number in keys if purchase_id in state.purchases]
    wanted = {
        (purchase_id, number)
        for purchase, number in named
        for purchase_id in by_pair[purchase.student_id, purchase.course_id]
    }
    found = _ask(writer, lookups.SESSION_BY_NUMBER, wanted)()
    state.sessions = {(session.purchase_id, session.number): session for session in found}
    state.loaded.update(session.id for session in found)


def _put_purchases(state: State, purchases: Iterable[Purchase]) -> None:
    """A row that was read already stays as it was read first."""
    state.load_purchases(each for each in purchases if each.id not in state.purchases)


def _ask(writer: Writer, lookup: Lookup[Key, Value, Any], keys: Collection[Key]) -> Callable[[], list[Value]]:
    """Ask for all values that have one of the keys, locked; without keys, no statement is sent."""
    if not keys:
        return list
    rows = writer.ask(*lookup.asked_locked(list(keys), writer.dialect))
    values = lookup.kind.on(writer.dialect).values
    return lambda: values(rows())
