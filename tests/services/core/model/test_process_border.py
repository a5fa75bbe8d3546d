"""Commands and outcomes are plain values: the writer may one day live in a process of its own."""

import pickle
from datetime import UTC, datetime
from typing import get_args

import pytest
from uuid_utils.compat import uuid7

from gateway.services.core.commands.adopt_payment import AdoptPayment
from gateway.services.core.commands.amend_purchase import CorrectPurchaseMetadata, ExtendPurchase, RevokePurchase
from gateway.services.core.commands.confirm_payment import ConfirmPayment
from gateway.services.core.commands.create_purchase import CreatePurchase
from gateway.services.core.commands.every import Command
from gateway.services.core.commands.imports.import_purchase import ImportPurchase
from gateway.services.core.commands.imports.rehearse_import import RehearseImport
from gateway.services.core.commands.jobs.asks import PlanAsk
from gateway.services.core.commands.jobs.claims import ClaimJobs, DeferJob, EndJob
from gateway.services.core.commands.jobs.renewals import RenewLeases
from gateway.services.core.commands.jobs.retries import CancelJob, RetryJob
from gateway.services.core.commands.jobs.sweeps import EndSweep, StartSweep
from gateway.services.core.commands.jobs.verifications import EndVerification
from gateway.services.core.commands.lapse_purchases import LapsePurchases
from gateway.services.core.commands.open_payment import OpenPayment, RecordIntent, RefusePrice
from gateway.services.core.commands.privacy.erase_student import EraseStudent
from gateway.services.core.commands.privacy.prune import Prune
from gateway.services.core.commands.provider_events import EndEvent, StoreEvent
from gateway.services.core.commands.reconcile import Reconcile
from gateway.services.core.commands.refund_payment import RefundPayment
from gateway.services.core.commands.save_course import SaveCourse
from gateway.services.core.commands.sessions.record import RecordSession
from gateway.services.core.commands.sessions.withdraw import WithdrawSession
from gateway.services.core.commands.settle_refund import SettleRefund
from gateway.services.core.model import verdicts
from gateway.services.core.model.events import EventState, ProviderEvent
from gateway.services.core.model.imports.old_purchase import OldPayment, OldPurchase
from gateway.services.core.model.job_outcomes import (
    AskPlanned,
    Claimed,
    EventEnded,
    EventStored,
    JobChanged,
    Lapsed,
    LeasesRenewed,
    RefundSettled,
    Stale,
)
from gateway.services.core.model.jobs import Case, ClockNote, Hold, Job, JobKind, JobState, Lease, Verified
from gateway.services.core.model.outcomes import (
    ActivePurchaseExists,
    Busy,
    Confirmed,
    Corrected,
    CourseSaved,
    Created,
    Difference,
    DuplicatePayment,
    Extended,
    FieldProblem,
    IdempotencyKeyReused,
    ImportRefused,
    ImportRehearsed,
    InvalidInput,
    MetadataConflict,
    NotFound,
    Opened,
    Outcome,
    PaymentDeclined,
    PaymentPending,
    ProviderAway,
    PurchaseImported,
    Reconciled,
    RefundRequested,
    Revoked,
    Unfulfillable,
)
from gateway.services.core.model.privacy.erasure import OpenBusiness, OpenKind
from gateway.services.core.model.privacy.outcomes import Pruned, StudentErased, StudentHasOpenBusiness
from gateway.services.core.model.privacy.retention import EndedEvent, Retention
from gateway.services.core.model.records import Door, IdempotencyKey
from gateway.services.core.model.sessions.outcomes import PurchaseEnded, SessionRecorded, SessionWithdrawn
from gateway.services.core.model.sessions.records import RecordedSession
from gateway.services.core.model.values import (
    Access,
    AccessStatus,
    Course,
    Failure,
    Money,
    Origin,
    Payment,
    Provider,
    Purchase,
    PurchaseStatus,
    Purpose,
    Refund,
    RefundStatus,
    Terms,
    TierChoice,
)
from tests.service import ADMIN, METADATA, TIERS, student

NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
ID = uuid7()
KEY = IdempotencyKey("student-1", "createPayment", "k")
TERMS = Terms("BASIC", 1, 4, 90)
PRICE = Money(199_900, "INR")
COURSE = Course(ID, "Yoga", TIERS, NOW)
PAYMENT = Payment(
    ID,
    "student-1",
    ID,
    TERMS,
    PRICE,
    Purpose.RENEWAL,
    Provider.SANDBOX,
    METADATA,
    NOW,
    captured=PRICE,
    failure=Failure("lost_card", "No."),
)
PURCHASE = Purchase(
    ID, "student-1", ID, "BASIC", 1, Origin.ADMIN, ADMIN, METADATA, Access(AccessStatus.GRANTED, 4, 1, NOW, None), NOW
)
SESSION = RecordedSession(ID, ID, 3, NOW, NOW, ADMIN, NOW)
REFUND = Refund(ID, ID, PRICE, "duplicate", ADMIN, NOW, RefundStatus.FAILED, "re_1", Failure("x", "y"), NOW)
JOB = Job(
    ID,
    JobKind.SWEEP_OPEN,
    ID,
    NOW,
    NOW,
    JobState.RUNNING,
    1,
    1,
    NOW,
    "no",
    NOW,
    ID,
    "course-service",
    {"after": ID.hex},
)
EVENT = ProviderEvent(ID, Provider.STRIPE, "evt_1", "charge.refunded", ("pi_1",), NOW, EventState.HANDLED, NOW)
LEASE = Lease(ID, 1, 0.5)
RESULTS: tuple[verdicts.RefundResult, ...] = (verdicts.RefundSucceeded("re_1"), verdicts.RefundRejected("x", "y"))
VERDICTS: tuple[verdicts.Verdict, ...] = (
    verdicts.Captured("a", PRICE, "student-1", ID),
    verdicts.Processing("a", 2),
    verdicts.AwaitingPayment(),
    verdicts.PaymentDeclined("a", "lost_card", "No."),
    verdicts.Canceled(),
    verdicts.Unreachable(None, 2),
)
BACK = verdicts.RefundRecord("re_1", ID, PRICE, RefundStatus.SUCCEEDED)
TOLD = verdicts.ProviderRecord(
    verdicts.Captured("pay_1", PRICE), (BACK,), (verdicts.ExtraCapture(verdicts.Captured("pay_2", PRICE), (BACK,)),)
)
IMPORT = ImportPurchase(
    ADMIN,
    "platform",
    OldPurchase(
        "17",
        "student-1",
        ID,
        TierChoice("BASIC", None),
        METADATA,
        NOW,
        PurchaseStatus.ACTIVE,
        payment=OldPayment(Provider.STRIPE, "pi_1", PRICE, refunded_at=NOW),
        cleaned=("note",),
    ),
    ID,
    ID,
    ID,
)
COMMANDS: tuple[Command, ...] = (
    OpenPayment(student(), ID, ID, TierChoice("BASIC", 4), METADATA, Provider.SANDBOX, Purpose.PURCHASE, key="k"),
    RecordIntent(student(), ID, "sbx_1"),
    RefusePrice(student(), ID, "amount_too_small"),
    *(ConfirmPayment(student(), ID, ID, verdict, METADATA, door=Door.WEBHOOK) for verdict in VERDICTS),
    CreatePurchase(ADMIN, ID, "student-1", ID, TierChoice("BASIC", None), METADATA, "a reason", NOW),
    ExtendPurchase(ADMIN, ID, NOW, "a reason", key="k"),
    CorrectPurchaseMetadata(ADMIN, ID, METADATA, "a reason", key="k"),
    RevokePurchase(ADMIN, ID, "a reason", key="k"),
    RecordSession(ADMIN, ID, ID, 3, NOW, key="k"),
    WithdrawSession(ADMIN, ID, 3, "a reason", key="k"),
    SaveCourse(ADMIN, ID, True, "Yoga", TIERS),
    RefundPayment(ADMIN, ID, ID, 100, "a reason", key="k"),
    *(SettleRefund(ID, result, lease=LEASE) for result in RESULTS),
    AdoptPayment(
        ID,
        Provider.STRIPE,
        "pi_1",
        PRICE,
        "student-1",
        ID,
        TierChoice(None, 4),
        METADATA,
        NOW,
        Purpose.RENEWAL,
        door=Door.WEBHOOK,
    ),
    Reconcile(ID, Provider.RAZORPAY, ID, TOLD, PlanAsk(ID, 1), ID, door=Door.WEBHOOK, lease=LEASE),
    LapsePurchases((ID,)),
    EndJob(LEASE),
    StoreEvent(EVENT),
    EndEvent(ID, lease=LEASE),
    ClaimJobs(ID, (ID,), 60),
    RenewLeases((LEASE,), 20),
    DeferJob(LEASE, "TimeoutError", case=Case(ID, "a reason")),
    StartSweep(JobKind.SWEEP_SETTLED),
    EndSweep(LEASE, ID.hex, 60, Hold(NOW, NOW, NOW), (ClockNote("a boot", 12.5, NOW),)),
    EndVerification(LEASE, Verified(NOW, 1.5, 2, ("It holds.",)), 60),
    PlanAsk(ID, 1, is_pending=True),
    RetryJob(ADMIN, ID, "a reason"),
    CancelJob(ADMIN, ID, "a reason"),
    IMPORT,
    RehearseImport((IMPORT,), (IMPORT,)),
    EraseStudent(ADMIN, "student-1", "a reason", ID, "erased-1", (KEY,)),
    Prune(Retention(keys=None), (ID,), (EndedEvent(ID, ID), EndedEvent(ID)), (KEY,)),
)
OUTCOMES: tuple[Outcome, ...] = (
    Opened(PAYMENT, True, "secret"),
    Confirmed(PAYMENT, PURCHASE, False),
    Created(PURCHASE, False, replaced=PURCHASE),
    Extended(PURCHASE, False),
    Corrected(PURCHASE, True),
    Revoked(PURCHASE, False),
    SessionRecorded(PURCHASE, SESSION, False),
    SessionWithdrawn(PURCHASE, SESSION, True),
    PurchaseEnded(PURCHASE, NOW, PURCHASE),
    CourseSaved(COURSE, False),
    PaymentPending(PAYMENT, 2, True),
    PaymentDeclined(PAYMENT),
    Unfulfillable(PAYMENT),
    DuplicatePayment(PAYMENT, PURCHASE),
    MetadataConflict((Difference("date", "none", "2026-12-06"),), PURCHASE),
    ActivePurchaseExists(PURCHASE, True),
    IdempotencyKeyReused("k"),
    InvalidInput((FieldProblem(("metadata", "date"), "no"),)),
    NotFound("course"),
    Busy(),
    ProviderAway(60),
    RefundRequested(REFUND, PAYMENT, True),
    PurchaseImported(PURCHASE, PAYMENT, True, (FieldProblem(("status",), "was ACTIVE"),)),
    ImportRefused((FieldProblem(("status",), "no"),), True, PURCHASE),
    ImportRehearsed((PurchaseImported(PURCHASE, None, False), ImportRefused((FieldProblem(("oldId",), "no"),)))),
    RefundSettled(REFUND, PAYMENT),
    Reconciled(PAYMENT, PaymentPending(PAYMENT, 2), EVENT),
    Lapsed((PURCHASE,)),
    Pruned(1, 2, 3, 4),
    StudentErased("erased-1", 1, 2, False),
    StudentErased(None, 0, 0, True),
    StudentHasOpenBusiness((OpenBusiness(OpenKind.ACTIVE_PURCHASE, ID, NOW),)),
    Claimed((JOB,)),
    LeasesRenewed((LEASE,)),
    JobChanged(JOB),
    EventStored(EVENT, True),
    EventEnded(EVENT),
    AskPlanned(PAYMENT),
    Stale(),
)


def test_every_kind_of_command_outcome_and_verdict_is_tried_here() -> None:
    assert {type(command) for command in COMMANDS} == set(get_args(Command))
    assert {type(outcome) for outcome in OUTCOMES} == set(get_args(Outcome))
    assert {type(verdict) for verdict in VERDICTS} == set(get_args(verdicts.Verdict))
    assert {type(result) for result in RESULTS} == set(get_args(verdicts.RefundResult))


@pytest.mark.parametrize("value", [*COMMANDS, *OUTCOMES], ids=lambda value: type(value).__name__)
def test_a_command_or_an_outcome_crosses_a_process_border_unchanged(value: Command | Outcome) -> None:
    crossed = pickle.loads(pickle.dumps(value))
    assert crossed == value
    assert hash(crossed) == hash(value)
