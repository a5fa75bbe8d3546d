"""Every kind of command and every kind of state that one may meet, for tests of what holds for all of them."""

from dataclasses import replace
from datetime import date, timedelta
from typing import Any

from hypothesis import strategies as st

from gateway.services.core.commands.adopt_payment import AdoptPayment
from gateway.services.core.commands.every import Command
from gateway.services.core.commands.imports.rehearse_import import RehearseImport
from gateway.services.core.commands.jobs.asks import PlanAsk
from gateway.services.core.commands.jobs.claims import ClaimJobs, DeferJob, EndJob
from gateway.services.core.commands.jobs.renewals import RenewLeases
from gateway.services.core.commands.jobs.retries import CancelJob, RetryJob
from gateway.services.core.commands.jobs.sweeps import EndSweep, StartSweep
from gateway.services.core.commands.jobs.verifications import EndVerification
from gateway.services.core.commands.lapse_purchases import LapsePurchases
from gateway.services.core.commands.open_payment import RecordIntent, RefusePrice
from gateway.services.core.commands.privacy.erase_student import EraseStudent
from gateway.services.core.commands.privacy.prune import Prune
from gateway.services.core.commands.provider_events import EndEvent, StoreEvent
from gateway.services.core.commands.reconcile import Reconcile
from gateway.services.core.commands.settle_refund import SettleRefund
from gateway.services.core.model.jobs import Case, Job, JobKind, JobState, Verified
from gateway.services.core.model.privacy.erasure import OpenBusiness, OpenKind, StudentBooks
from gateway.services.core.model.privacy.retention import EndedEvent, Retention
from gateway.services.core.model.records import Door
from gateway.services.core.model.state import Changes, State
from gateway.services.core.model.values import (
    AccessStatus,
    Failure,
    Fulfilment,
    Money,
    OnExisting,
    Payment,
    PaymentStatus,
    Purchase,
    PurchaseStatus,
    Purpose,
    Refund,
    RefundStatus,
    TierChoice,
)
from gateway.services.core.model.verdicts import (
    AwaitingPayment,
    Canceled,
    ExtraCapture,
    PaymentDeclined,
    Processing,
    ProviderRecord,
    RefundRecord,
    RefundRejected,
    RefundSucceeded,
    Unreachable,
    Verdict,
)
from tests.services.core.examples import (
    ADMIN,
    BASIC,
    CAPTURED,
    CONFIRM,
    CORRECT,
    COURSE,
    CREATE,
    EVENT,
    EXTEND,
    IMPORT,
    JOB,
    LEASE,
    METADATA,
    NOW,
    OLD,
    OPEN,
    PAYMENT,
    PURCHASE,
    RECORD,
    REFUND,
    REFUND_IT,
    REVOKE,
    SAVE,
    SESSION,
    STUDENT,
    WITHDRAW,
    key,
)

GONE = TierChoice("GONE", None)
ADOPT = AdoptPayment(
    PAYMENT.id,
    PAYMENT.provider,
    "pi_1",
    PAYMENT.amount,
    STUDENT.id,
    COURSE.id,
    TierChoice("BASIC", None),
    METADATA,
    door=Door.WEBHOOK,
)
OTHER_METADATA = replace(METADATA, session_duration=90)
LATE_METADATA = replace(METADATA, date=date(2027, 1, 3))
VERDICTS: tuple[Verdict, ...] = (
    CAPTURED,
    replace(CAPTURED, amount=Money(1, "INR")),
    replace(CAPTURED, student_id="somebody else"),
    Processing("attempt-1", 2),
    AwaitingPayment(),
    PaymentDeclined("attempt-1", "card_declined", "The card was declined."),
    Canceled(),
    Unreachable("attempt-1", 2),
    Unreachable(None, 60),
)
RESULTS = (RefundSucceeded("re_1"), RefundRejected("charge_disputed", "The charge is disputed."))
REFUND_RECORDS: tuple[tuple[RefundRecord, ...], ...] = (
    (),
    *((RefundRecord("re_1", REFUND.id, REFUND.amount, status),) for status in RefundStatus),
    (RefundRecord("re_2", None, Money(1, "INR"), RefundStatus.SUCCEEDED),),
    *((RefundRecord("dp_1", None, PAYMENT.amount, status, is_dispute=True),) for status in RefundStatus),
)
AGAIN = replace(CAPTURED, attempt="attempt-2")
EXTRAS: tuple[tuple[ExtraCapture, ...], ...] = (
    (ExtraCapture(AGAIN),),
    (ExtraCapture(CAPTURED),),
    *((ExtraCapture(AGAIN, (RefundRecord("re_8", None, AGAIN.amount, status),)),) for status in RefundStatus),
    (ExtraCapture(replace(AGAIN, amount=Money(1, "INR"))), ExtraCapture(replace(AGAIN, attempt="attempt-3"))),
)
RECORDS: tuple[ProviderRecord, ...] = (
    *(ProviderRecord(verdict) for verdict in VERDICTS),
    *(ProviderRecord(CAPTURED, refund_records) for refund_records in REFUND_RECORDS),
    *(ProviderRecord(CAPTURED, refund_records, extra) for refund_records in REFUND_RECORDS for extra in EXTRAS),
    *(ProviderRecord(Processing("attempt-1", 2), refund_records, EXTRAS[0]) for refund_records in REFUND_RECORDS),
)
RECONCILE = Reconcile(PAYMENT.id, PAYMENT.provider, key(30), ProviderRecord(CAPTURED), door=Door.WEBHOOK)
OLD_CHANGES: tuple[dict[str, Any], ...] = (
    {"payment": None},
    {"course_id": key(99)},
    {"tier": GONE},
    {"supersedes": "16"},
    {"status": PurchaseStatus.REVOKED, "ended_at": NOW},
    {"expires_at": NOW - timedelta(days=1)},
)
KEPT = (Retention(), Retention(0, 0, 0, 0), Retention(None, None, None, None))
BOOKS = {
    "student-8": StudentBooks((key(99),), (key(98),)),
    "student-9": StudentBooks((key(99),), open=(OpenBusiness(OpenKind.PAYMENT_UNDER_WAY, key(99)),)),
    "nobody": StudentBooks(),
    "student-7": StudentBooks(erased_as="erased-1"),
}
COMMANDS: tuple[Command, ...] = (
    *(replace(CONFIRM, verdict=verdict) for verdict in VERDICTS),
    replace(CONFIRM, metadata=OTHER_METADATA),
    replace(CONFIRM, actor=replace(STUDENT, id="stranger")),
    *(RecordIntent(actor, PAYMENT.id, "pi_1") for actor in (STUDENT, ADMIN)),
    *(RefusePrice(actor, PAYMENT.id, "too little") for actor in (STUDENT, ADMIN)),
    *(replace(OPEN, purpose=purpose, key=name) for purpose in Purpose for name in (None, "k")),
    replace(OPEN, tier=TierChoice("PREMIUM", None)),
    replace(OPEN, course_id=key(99)),
    *(replace(CREATE, on_existing=choice, key=name) for choice in OnExisting for name in (None, "k")),
    *(replace(CREATE, tier=TierChoice(None, 24), on_existing=choice) for choice in OnExisting),
    replace(CREATE, expiry_date=NOW + timedelta(days=5)),
    replace(CREATE, metadata=OTHER_METADATA),
    *(replace(command, key=name) for command in (EXTEND, CORRECT, REVOKE) for name in (None, "k")),
    *(
        replace(command, purchase_id=which)
        for command in (EXTEND, CORRECT, REVOKE)
        for which in (key(5), key(6), key(99))
    ),
    *(replace(EXTEND, expiry_date=NOW + timedelta(days=days)) for days in (0, 20, 30)),
    *(replace(CORRECT, metadata=metadata) for metadata in (METADATA, LATE_METADATA)),
    *(replace(RECORD, number=number, key=name) for number in (1, 2, 9) for name in (None, "k")),
    *(replace(RECORD, purchase_id=which) for which in (key(5), key(6), key(99))),
    *(
        replace(RECORD, held_at=NOW + timedelta(days=days), purchase_id=which)
        for days in (-9, 9)
        for which in (key(3), key(6))
    ),
    *(replace(WITHDRAW, number=number, key=name) for number in (1, 2) for name in (None, "k")),
    *(replace(WITHDRAW, purchase_id=which) for which in (key(5), key(99))),
    *(replace(SAVE, key=name) for name in (None, "k")),
    replace(SAVE, course_id=COURSE.id, is_new=False, tiers=(BASIC,)),
    *(replace(REFUND_IT, amount_minor=amount, key=name) for amount in (None, 0, 1, 10**9) for name in (None, "k")),
    replace(REFUND_IT, payment_id=key(99)),
    *(SettleRefund(REFUND.id, result, lease=lease) for result in RESULTS for lease in (None, LEASE)),
    *(replace(RECONCILE, record=record) for record in RECORDS),
    *(replace(RECONCILE, record=record, lease=LEASE) for record in RECORDS),
    *(replace(RECONCILE, record=record, lease=LEASE, event_id=EVENT.id) for record in RECORDS),
    *(replace(RECONCILE, record=record, ask=PlanAsk(PAYMENT.id, 0)) for record in RECORDS),
    replace(RECONCILE, payment_id=key(99)),
    *(StoreEvent(replace(EVENT, id=key(61), references=references)) for references in ((), ("pi_1",))),
    *(EndEvent(event_id, lease=LEASE) for event_id in (EVENT.id, key(99))),
    *(ClaimJobs(claim_id, (JOB.id, key(99)), lease_s=60) for claim_id in (key(80), key(81))),
    RenewLeases((LEASE, replace(LEASE, fence=7), replace(LEASE, job_id=key(99))), lease_s=20),
    *(EndJob(lease) for lease in (LEASE, replace(LEASE, fence=7))),
    *(LapsePurchases((purchase_id,)) for purchase_id in (PURCHASE.id, key(99))),
    *(replace(ADOPT, reference=reference, tier=tier) for reference in ("pi_1", "pi_9") for tier in (ADOPT.tier, GONE)),
    *(replace(ADOPT, payment_id=key(62), course_id=course_id) for course_id in (COURSE.id, key(99))),
    DeferJob(LEASE, "it cannot be read", case=Case(key(82), "a reason")),
    *(DeferJob(lease, "TimeoutError") for lease in (LEASE, replace(LEASE, fence=7))),
    *(StartSweep(kind) for kind in (JobKind.SWEEP_OPEN, JobKind.SWEEP_SETTLED)),
    *(EndSweep(LEASE, position, 60) for position in (None, PAYMENT.id.hex)),
    *(EndVerification(LEASE, found, 60) for found in (None, Verified(NOW, 1.5), Verified(NOW, 1.5, 2, ("It holds.",)))),
    *(PlanAsk(PAYMENT.id, asks, is_pending) for asks in (None, 0, 3) for is_pending in (True, False)),
    PlanAsk(PAYMENT.id, 0, is_answered=False),
    PlanAsk(key(99), 0),
    *(RetryJob(ADMIN, job_id, "it was down") for job_id in (JOB.id, key(99))),
    *(CancelJob(ADMIN, job_id, "not wanted") for job_id in (JOB.id, key(99))),
    *(replace(IMPORT, old=replace(OLD, student_id=name)) for name in (OLD.student_id, STUDENT.id)),
    *(replace(IMPORT, old=replace(OLD, **changes)) for changes in OLD_CHANGES),
    replace(IMPORT, is_told=True),
    RehearseImport((IMPORT, replace(IMPORT, old=replace(OLD, old_id="18"))), (IMPORT,)),
    *(EraseStudent(ADMIN, name, "asked for", key(90), "erased-1") for name in BOOKS),
    *(Prune(retention, (JOB.id, key(99)), (EndedEvent(EVENT.id, JOB.id), EndedEvent(key(99)))) for retention in KEPT),
)
LAPSED = replace(PURCHASE, access=replace(PURCHASE.access, expires_at=NOW - timedelta(days=1)))
ENDING = replace(PURCHASE, access=replace(PURCHASE.access, expires_at=NOW + timedelta(days=30)))
EXPIRED = replace(
    LAPSED,
    id=key(6),
    status=PurchaseStatus.EXPIRED,
    ended_at=NOW,
    access=replace(LAPSED.access, status=AccessStatus.EXPIRED),
)
ENDED = replace(
    PURCHASE,
    id=key(5),
    status=PurchaseStatus.REVOKED,
    ended_at=NOW,
    access=replace(PURCHASE.access, status=AccessStatus.REVOKED),
)
PAYMENTS: tuple[Payment, ...] = (
    PAYMENT,
    replace(PAYMENT, purpose=Purpose.RENEWAL),
    replace(PAYMENT, terms=replace(PAYMENT.terms, tier="PREMIUM", rank=3)),
    replace(PAYMENT, terms=replace(PAYMENT.terms, tier="GONE")),
    replace(PAYMENT, status=PaymentStatus.PROCESSING, attempt="attempt-0", checks=1),
    replace(PAYMENT, status=PaymentStatus.FAILED, attempt="attempt-0", failure=Failure("x", "y")),
    replace(PAYMENT, status=PaymentStatus.SUCCEEDED, fulfilment=Fulfilment.DUPLICATE, duplicate_of=ENDED.id),
    replace(PAYMENT, status=PaymentStatus.SUCCEEDED, fulfilment=Fulfilment.UNFULFILLABLE),
)
FULFILLED = replace(PAYMENT, status=PaymentStatus.SUCCEEDED, fulfilment=Fulfilment.FULFILLED)
BOUGHT = replace(PURCHASE, payment_id=PAYMENT.id)
TAKEN = replace(FULFILLED, captured=PAYMENT.amount, attempt=CAPTURED.attempt)
SENT = replace(REFUND, status=RefundStatus.SUCCEEDED, reference="re_1", settled_at=NOW)
REFUNDS = (REFUND, SENT, replace(REFUND, status=RefundStatus.FAILED, failure=Failure("x", "y"), settled_at=NOW))
HELD = replace(
    JOB,
    state=JobState.RUNNING,
    attempts=1,
    claim_id=key(80),
    fence=LEASE.fence,
    lease_until=NOW + timedelta(minutes=1),
)
JOBS = (
    JOB,
    HELD,
    replace(HELD, attempts=60),
    replace(HELD, fence=2),
    replace(HELD, lease_until=NOW),
    *(replace(JOB, attempts=60, state=state) for state in JobState if state is not JobState.RUNNING),
    *(replace(HELD, kind=kind, subject_id=PAYMENT.id) for kind in JobKind if kind is not JobKind.PAYMENT_REFUND),
)


def state_with(payment: Payment | None, active: Purchase | None, *, has_course: bool, has_job: bool) -> State:
    state = State()
    state.load_purchases([ENDED, EXPIRED, *([active] if active else [])])
    if payment is not None:
        state.payments[payment.id] = payment
        state.loaded.add(payment.id)
        if has_job:
            state.live_jobs.add((JobKind.PAYMENT_CHECK, payment.id))
    if active is not None:
        state.sessions[SESSION.purchase_id, SESSION.number] = SESSION
    if has_course:
        state.courses[COURSE.id] = COURSE
    return with_books(state)


def with_books(state: State) -> State:
    """The same, with what erasures know of students: of one that is open, one that is not, and of nobody."""
    state.students |= BOOKS
    return state


def state_at_work(payment: Payment, refund: Refund | None, job: Job | None, *, has_event: bool) -> State:
    """A payment that became a purchase, with what is still to be done about it, or was."""
    state = state_with(payment, BOUGHT, has_course=True, has_job=False)
    changes = Changes(
        refunds=(refund,) if refund else (), jobs=(job,) if job else (), events=(EVENT,) if has_event else ()
    )
    state.apply(changes)
    state.journal.clear()
    return state


STATES = st.one_of(
    st.builds(
        state_with,
        st.sampled_from([None, *PAYMENTS]),
        st.sampled_from([None, PURCHASE, ENDING, LAPSED, replace(PURCHASE, tier="STANDARD", rank=2)]),
        has_course=st.booleans(),
        has_job=st.booleans(),
    ),
    st.builds(state_with, st.just(FULFILLED), st.just(BOUGHT), has_course=st.booleans(), has_job=st.booleans()),
    st.builds(
        state_at_work,
        st.just(TAKEN),
        st.sampled_from([None, REFUND, *(each for each in REFUNDS if each.status is RefundStatus.FAILED)]),
        st.sampled_from([None, *JOBS]),
        has_event=st.booleans(),
    ),
    st.builds(
        state_at_work,
        st.just(replace(TAKEN, status=PaymentStatus.REFUNDED, refunded_minor=PAYMENT.amount.amount_minor)),
        st.just(SENT),
        st.sampled_from([None, *JOBS]),
        has_event=st.booleans(),
    ),
)
