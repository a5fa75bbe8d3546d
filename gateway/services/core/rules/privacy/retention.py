"""Which rows nothing needs any more: neither to decide by, nor to run, nor to verify the books with."""

from datetime import datetime, timedelta

from gateway.services.core.model.events import EventState, ProviderEvent
from gateway.services.core.model.jobs import Job, JobKind, JobState
from gateway.services.core.model.privacy.retention import EndedJob, Retention
from gateway.services.core.model.records import IdempotencyRecord
from gateway.services.core.model.state import Moment, State
from gateway.services.core.model.values import Fulfilment, PaymentStatus, PurchaseStatus

DONE_WITH = frozenset(
    {JobKind.EVENT_DELIVER, JobKind.PAYMENT_CHECK, JobKind.SWEEP_OPEN, JobKind.SWEEP_SETTLED, JobKind.SWEEP_LAPSED}
)
"""Kinds of which one that is COMPLETED is never looked at again. A refund's job is what says that we made it, a case is
part of its payment's history, and a webhook's goes with its event."""

REPEATABLE = frozenset(
    {"createPayment", "refundPayment", "extendPurchase", "correctPurchaseMetadata", "revokePurchase"}
)
"""Operations whose keys may go at all, see `is_record_over`. A grant, or a course, made once more would be another; a
session that was withdrawn since would be recorded again; and an import knows its rows by nothing else."""


def is_job_over(ended: EndedJob | Job, retention: Retention, now: datetime) -> bool:
    kept = retention.deliveries if ended.kind is JobKind.EVENT_DELIVER else retention.jobs
    return ended.kind in DONE_WITH and ended.state is JobState.COMPLETED and _is_past(ended.finished_at, kept, now)


def is_event_over(event: ProviderEvent, job: Job | None, retention: Retention, now: datetime) -> bool:
    """A webhook is a hint to ask the provider: one that comes again after this is stored anew, and asks once more."""
    is_handled = event.state is EventState.IGNORED if job is None else job.state is JobState.COMPLETED
    return event.state is not EventState.PENDING and is_handled and _is_past(event.handled_at, retention.events, now)


def oldest_kept(days: int | None, now: datetime) -> datetime | None:
    """What ended before then may go; None where nothing may."""
    return None if days is None else now - timedelta(days=days)


def is_record_over(record: IdempotencyRecord | None, retention: Retention, state: State, moment: Moment) -> bool:
    """Whether the same call with the same key, made anew, could do no harm.

    A payment: another checkout, which nobody has to pay. A refund: nothing is left that could go back twice, and has
    not been for so long that no bank returns any of it. What changes a purchase: it was revoked, the one end from which
    none comes back; one that has expired may be extended, and what was replaced or refunded may be active again."""
    if record is None or record.key.operation not in REPEATABLE:
        return False
    return _is_past(record.created_at, retention.keys, moment.now) and _is_spent(record, retention, state, moment)


def _is_spent(record: IdempotencyRecord, retention: Retention, state: State, moment: Moment) -> bool:
    result_id = record.result_id
    if payment := state.payments.get(result_id):
        return payment.fulfilment is not Fulfilment.PENDING or payment.status is PaymentStatus.CANCELED
    if refund := state.refunds.get(result_id):
        is_back = state.payments[refund.payment_id].status is PaymentStatus.REFUNDED
        all_of_it = state.refunds_of(refund.payment_id)
        return is_back and all(_is_past(each.settled_at, retention.keys, moment.now) for each in all_of_it)
    purchase = state.purchases.get(result_id)
    return purchase is not None and purchase.status is PurchaseStatus.REVOKED


def _is_past(ended_at: datetime | None, days: int | None, now: datetime) -> bool:
    return ended_at is not None and days is not None and ended_at < now - timedelta(days=days)
