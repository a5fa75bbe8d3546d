"""Writes the rows that a turn changed, many by one statement."""

from collections.abc import Callable, Iterable
from uuid import UUID

from db import notes
from db.saves import Saves
from db.writer import Writer
from gateway.services.core.model.privacy.retention import Gone
from gateway.services.core.model.state import Changes, State
from gateway.services.core.model.values import Purchase, PurchaseStatus
from gateway.services.rows.audit import audit_columns, key_columns, record_columns
from gateway.services.rows.columns import Value
from gateway.services.rows.courses import course_columns, tier_columns
from gateway.services.rows.jobs import event_columns, job_columns
from gateway.services.rows.payments import payment_columns, refund_columns
from gateway.services.rows.purchases import access_columns, purchase_columns, session_columns
from gateway.services.writing.privacy.erasing import erase


def save(writer: Writer, saves: Saves, state: State) -> None:
    """Write each changed row once, as it is at the end of the turn."""
    changes = Changes.all_of(state.journal)
    new_payments, changed_payments = _split(changes.payments, state.loaded)
    new_purchases, changed_purchases = _split(changes.purchases, state.loaded)

    if changes.courses:
        _save_courses(writer, saves, state, changes)
    saves.add_payments.run(writer, (payment_columns(each) for each in new_payments if each.duplicate_of is None))
    # Purchases that end come before those that begin, for a pair has one active purchase; payments may refer to either.
    for purchases_of_state in _parted(changed_purchases, _is_active):
        saves.change_purchases.run(writer, map(purchase_columns, purchases_of_state))
    saves.change_accesses.run(writer, map(access_columns, changed_purchases))
    saves.add_purchases.run(writer, map(purchase_columns, new_purchases))
    saves.add_accesses.run(writer, map(access_columns, new_purchases))
    # Last those that duplicate a purchase of this same turn: they refer to it, and nothing refers to them.
    saves.add_payments.run(writer, (payment_columns(each) for each in new_payments if each.duplicate_of))
    saves.change_payments.run(writer, map(payment_columns, changed_payments))
    saves.add_audit.run(writer, map(audit_columns, changes.audit))
    saves.add_records.run(writer, map(record_columns, changes.records))
    if changes.sessions:
        new_sessions, changed_sessions = _split(changes.sessions, state.loaded)
        saves.add_sessions.run(writer, map(session_columns, new_sessions))
        saves.change_sessions.run(writer, map(session_columns, changed_sessions))
    if changes.refunds or changes.events or changes.jobs:
        _save_what_follows(writer, saves, state, changes)
    for gone in changes.gone:
        _drop(writer, saves, gone)
    for erasure in changes.erasures:  # last, so that it meets all that this turn wrote
        erase(writer, saves, erasure)


def _is_active(purchase: Purchase) -> bool:
    return purchase.status is PurchaseStatus.ACTIVE


def _save_what_follows(writer: Writer, saves: Saves, state: State, changes: Changes) -> None:
    new_refunds, changed_refunds = _split(changes.refunds, state.loaded)
    new_jobs, changed_jobs = _split(changes.jobs, state.loaded)
    saves.add_refunds.run(writer, map(refund_columns, new_refunds))
    saves.change_refunds.run(writer, map(refund_columns, changed_refunds))
    new_events, changed_events = _split(changes.events, state.loaded)
    saves.add_events.run(writer, map(event_columns, new_events))
    saves.change_events.run(writer, map(event_columns, changed_events))
    # Jobs that end come before those that begin, for a subject has one live job of a kind.
    for jobs_of_state in _parted(changed_jobs, lambda job: job.is_live):
        saves.change_jobs.run(writer, map(job_columns, jobs_of_state))
    saves.add_jobs.run(writer, map(job_columns, new_jobs))


def _save_courses(writer: Writer, saves: Saves, state: State, changes: Changes) -> None:
    new, changed = _split(changes.courses, state.loaded)
    saves.add_courses.run(writer, map(course_columns, new))
    saves.change_courses.run(writer, map(course_columns, changed))
    saves.drop_tiers.run(writer, ({"course_id": course.id} for course in changed))
    saves.add_tiers.run(writer, (tier for course in (*new, *changed) for tier in tier_columns(course)))


def _drop(writer: Writer, saves: Saves, gone: Gone) -> None:
    saves.drop_jobs.run(writer, ({"id": job_id} for job_id in gone.jobs))
    saves.drop_events.run(writer, ({"id": event_id} for event_id in gone.events))
    saves.drop_records.run(writer, map(key_columns, gone.records))
    if gone.notes_before is not None:
        notes.prune(writer, gone.notes_before)


def _parted(values: Iterable[Value], is_last: Callable[[Value], bool]) -> tuple[list[Value], list[Value]]:
    """The values in two parts, to be written one after the other: one statement's rows have no order."""
    listed = list(values)
    return [value for value in listed if not is_last(value)], [value for value in listed if is_last(value)]


def _split(values: Iterable[Value], loaded: set[UUID]) -> tuple[list[Value], list[Value]]:
    """Of each row as it is in the end: the values to be inserted, and those to be updated."""
    last = {value.id: value for value in values}
    changed = [value for key, value in last.items() if key in loaded]
    if len(changed) in (0, len(last)):  # as nearly always
        return ([], changed) if changed else (list(last.values()), changed)
    return [value for key, value in last.items() if key not in loaded], changed
