"""The events that a decision sends to subscribers, found by comparing payments, purchases, accesses and sessions."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from uuid import UUID

from gateway.services.core.model.events import STUDENT_ERASED, EventSubscriber, EventType, OutgoingEvent
from gateway.services.core.model.jobs import Job, JobKind
from gateway.services.core.model.privacy.erasure import Erasure
from gateway.services.core.model.sessions.records import RecordedSession
from gateway.services.core.model.state import NOTHING, Changes, Moment, State
from gateway.services.core.model.values import (
    Access,
    AccessStatus,
    Fulfilment,
    Payment,
    PaymentStatus,
    Purchase,
    PurchaseStatus,
)
from gateway.services.core.rules.access import ends_later
from gateway.services.core.rules.snapshots import of_payment, of_purchase, of_session


@dataclass(frozen=True, slots=True)
class _Announcement:
    """An event that is to be sent: `stream` is the purchase, or the payment without one, whose events stay in order."""

    type: EventType
    stream: UUID
    about: Payment | Purchase | RecordedSession


def announced(changes: Changes, before: State, subscribers: Sequence[EventSubscriber], moment: Moment) -> Changes:
    """One job for each event and subscriber, to be written with the changes themselves.

    Args:
        before: the state as it was when the changes were decided.
    """
    if not subscribers or not (changes.payments or changes.purchases or changes.erasures):
        return NOTHING
    bought = {purchase.payment_id: purchase for purchase in changes.purchases if purchase.payment_id}
    announcements = [
        *_of_payments(changes.payments, before, bought),
        *_of_purchases(changes.purchases, before),
        *_of_sessions(changes.sessions),
    ]
    after = {**bought, **{purchase.id: purchase for purchase in changes.purchases}}
    jobs = [job for each in announcements for job in _jobs(each, after, before, subscribers, moment)]
    jobs += [job for erasure in changes.erasures for job in _of_erasure(erasure, subscribers, moment)]
    return Changes(jobs=tuple(jobs))


def _of_payments(payments: Iterable[Payment], before: State, bought: dict[UUID, Purchase]) -> Iterator[_Announcement]:
    for payment in payments:
        purchase = bought.get(payment.id) or before.purchase_of(payment)
        stream = purchase.id if purchase else payment.id
        for event_type in _payment_types(before.payments.get(payment.id), payment):
            yield _Announcement(event_type, stream, payment)


def _payment_types(was: Payment | None, now: Payment) -> Iterator[EventType]:
    if was is None or was.fulfilment is not now.fulfilment:
        yield from _fulfilment_types(now.fulfilment)
    is_failed = now.status in (PaymentStatus.FAILED, PaymentStatus.CANCELED)
    if is_failed and (was is None or (was.status, was.attempt) != (now.status, now.attempt)):
        yield "payment.failed"
    if now.refunded_minor > (was.refunded_minor if was else 0):
        yield "payment.refunded"


def _fulfilment_types(fulfilment: Fulfilment) -> tuple[EventType, ...]:
    match fulfilment:
        case Fulfilment.PENDING:
            return ()
        case Fulfilment.FULFILLED:
            return ("payment.succeeded",)
        case Fulfilment.DUPLICATE:
            return ("payment.duplicate",)
        case Fulfilment.UNFULFILLABLE:
            return ("payment.failed",)


def _of_purchases(purchases: Iterable[Purchase], before: State) -> Iterator[_Announcement]:
    for purchase in purchases:
        was = before.purchases.get(purchase.id)
        for event_type in _purchase_types(was, purchase):
            yield _Announcement(event_type, purchase.id, purchase)
        had, has = (each is not None and each.access.status is AccessStatus.GRANTED for each in (was, purchase))
        if had is not has:
            yield _Announcement("access.granted" if has else "access.revoked", purchase.id, purchase)
        elif was is not None and has and _is_recounted(was.access, purchase.access):
            yield _Announcement("access.recounted", purchase.id, purchase)


def _of_sessions(sessions: Iterable[RecordedSession]) -> Iterator[_Announcement]:
    for session in sessions:
        is_withdrawn = session.withdrawn_at is not None
        yield _Announcement("session.withdrawn" if is_withdrawn else "session.recorded", session.purchase_id, session)


def _purchase_types(was: Purchase | None, now: Purchase) -> Iterator[EventType]:
    if was is None:
        yield "purchase.created"
        return
    if was.status is not now.status:
        yield _status_type(now.status)
    is_active = now.status is PurchaseStatus.ACTIVE
    if is_active and ends_later(was.access, now.access):
        yield "purchase.extended"
    if was.metadata != now.metadata:
        yield "purchase.corrected"


def _status_type(status: PurchaseStatus) -> EventType:
    """The event of a purchase that changes to this status."""
    match status:
        case PurchaseStatus.ACTIVE:
            return "purchase.revived"
        case PurchaseStatus.SUPERSEDED:
            return "purchase.superseded"
        case PurchaseStatus.EXPIRED:
            return "purchase.expired"
        case PurchaseStatus.REVOKED:
            return "purchase.revoked"
        case PurchaseStatus.REFUNDED:
            return "purchase.refunded"


def _is_recounted(was: Access, now: Access) -> bool:
    """Whether it has other sessions, or an earlier end: the purchase that it continued was refunded, or reinstated, or
    had a session recorded or withdrawn."""
    ends_earlier = was.expires_at != now.expires_at and not ends_later(was, now)
    sessions = ((each.sessions_total, each.sessions_carried) for each in (was, now))
    return next(sessions) != next(sessions) or ends_earlier


def _jobs(
    announcement: _Announcement,
    after: dict[UUID, Purchase],
    before: State,
    subscribers: Sequence[EventSubscriber],
    moment: Moment,
) -> Iterator[Job]:
    """Args: after: the purchases that changed, by their ids and those of their payments."""
    subscribed = [subscriber for subscriber in subscribers if announcement.type in subscriber.types]
    if not subscribed:
        return
    match announcement.about:
        case Payment() as payment:
            subject_id = payment.id
            data: dict[str, object] = {
                "payment": of_payment(payment, after.get(payment.id) or before.purchase_of(payment))
            }
        case Purchase() as purchase:
            subject_id, data = purchase.id, {"purchase": of_purchase(purchase)}
        case RecordedSession() as session:
            subject_id = session.purchase_id
            data = {"session": of_session(session, after[session.purchase_id])}
    event = OutgoingEvent(moment.new_id(), announcement.type, subject_id, moment.now, data)
    yield from _deliveries(event, announcement.stream, subscribed, moment)


def _of_erasure(erasure: Erasure, subscribers: Sequence[EventSubscriber], moment: Moment) -> Iterator[Job]:
    """Whoever knows the student must be told whom to forget: so the id is in these jobs, until each is delivered."""
    subscribed = [subscriber for subscriber in subscribers if STUDENT_ERASED in subscriber.types]
    data: dict[str, object] = {
        "erasure": {"id": str(erasure.id), "studentId": erasure.student_id, "pseudonym": erasure.pseudonym}
    }
    event = OutgoingEvent(moment.new_id(), STUDENT_ERASED, erasure.id, moment.now, data)
    yield from _deliveries(event, erasure.id, subscribed, moment)


def _deliveries(
    event: OutgoingEvent, stream: UUID, subscribed: Iterable[EventSubscriber], moment: Moment
) -> Iterator[Job]:
    for subscriber in subscribed:
        yield Job(
            moment.new_id(),
            JobKind.EVENT_DELIVER,
            stream,
            run_at=moment.now,
            created_at=moment.now,
            target=subscriber.name,
            payload=_payload(event),
        )


def _payload(event: OutgoingEvent) -> dict[str, object]:
    return {
        "id": str(event.id),
        "type": event.type,
        "subjectId": str(event.subject_id),
        "data": event.data,
    }


def event_of(job: Job) -> OutgoingEvent:
    """The event that a job is to deliver."""
    payload = job.payload
    data = payload["data"]
    assert isinstance(data, dict), "it was written so"
    return OutgoingEvent(
        UUID(str(payload["id"])), str(payload["type"]), UUID(str(payload["subjectId"])), job.created_at, data
    )
