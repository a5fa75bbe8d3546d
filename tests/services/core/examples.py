"""Values that the core's tests begin from; each test changes what it is about."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, time, timedelta
from itertools import count
from uuid import UUID

from gateway.services.core.commands.amend_purchase import CorrectPurchaseMetadata, ExtendPurchase, RevokePurchase
from gateway.services.core.commands.confirm_payment import ConfirmPayment
from gateway.services.core.commands.create_purchase import CreatePurchase
from gateway.services.core.commands.imports.import_purchase import ImportPurchase
from gateway.services.core.commands.open_payment import OpenPayment
from gateway.services.core.commands.refund_payment import RefundPayment
from gateway.services.core.commands.save_course import SaveCourse
from gateway.services.core.commands.sessions.record import RecordSession
from gateway.services.core.commands.sessions.withdraw import WithdrawSession
from gateway.services.core.model.events import ProviderEvent
from gateway.services.core.model.imports.old_purchase import OldPayment, OldPurchase
from gateway.services.core.model.jobs import Job, JobKind, Lease
from gateway.services.core.model.metadata import Metadata, TimeSlot
from gateway.services.core.model.records import Door
from gateway.services.core.model.sessions.records import RecordedSession
from gateway.services.core.model.state import Moment
from gateway.services.core.model.values import (
    Access,
    AccessStatus,
    Actor,
    Course,
    Money,
    OnExisting,
    Origin,
    Payment,
    Provider,
    Purchase,
    Purpose,
    Refund,
    Role,
    Terms,
    Tier,
    TierChoice,
)
from gateway.services.core.model.verdicts import Captured

NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
"""A Monday."""
STUDENT = Actor("student-1", Role.STUDENT)
ADMIN = Actor("admin-1", Role.ADMIN)
SERVICE = Actor("lms", Role.SERVICE)
METADATA = Metadata(is_sunday_only=True, session_duration=60, slot=TimeSlot(time(17, 30), "Asia/Kolkata"))
BASIC = Tier("BASIC", 4, Money(199_900, "INR"), 90, 1)
STANDARD = Tier("STANDARD", 12, Money(499_900, "INR"), 180, 2)
PREMIUM = Tier("PREMIUM", 24, Money(899_900, "INR"), None, 3)


def key(number: int) -> UUID:
    """An id that a test can name."""
    return UUID(int=number)


COURSE = Course(key(1), "Yoga", (BASIC, STANDARD, PREMIUM), NOW)
PAYMENT = Payment(
    id=key(2),
    student_id=STUDENT.id,
    course_id=COURSE.id,
    terms=Terms("BASIC", 1, 4, 90),
    amount=BASIC.price,
    purpose=Purpose.PURCHASE,
    provider=Provider.SANDBOX,
    metadata=METADATA,
    created_at=NOW,
)
ACCESS = Access(
    AccessStatus.GRANTED, sessions_total=4, sessions_used=1, starts_at=NOW, expires_at=None, sessions_recorded=1
)
"""With the session `SESSION` recorded."""
PURCHASE = Purchase(
    id=key(3),
    student_id=STUDENT.id,
    course_id=COURSE.id,
    tier="BASIC",
    rank=1,
    origin=Origin.ADMIN,
    created_by=ADMIN,
    metadata=METADATA,
    access=ACCESS,
    created_at=NOW,
)
SESSION = RecordedSession(key(70), PURCHASE.id, 1, NOW, NOW, SERVICE)
REFUND = Refund(key(40), PAYMENT.id, PAYMENT.amount, "duplicate", ADMIN, NOW)
"""All of the payment's money, on its way back."""
JOB = Job(key(50), JobKind.PAYMENT_REFUND, REFUND.id, NOW, NOW)
LEASE = Lease(JOB.id, fence=1)
EVENT = ProviderEvent(key(60), Provider.STRIPE, "evt_1", "payment_intent.succeeded", ("pi_1",), NOW)
CAPTURED = Captured("attempt-1", PAYMENT.amount, STUDENT.id, COURSE.id)

OPEN = OpenPayment(
    actor=STUDENT,
    payment_id=key(20),
    course_id=COURSE.id,
    tier=TierChoice("BASIC", None),
    metadata=METADATA,
    provider=Provider.SANDBOX,
    purpose=Purpose.PURCHASE,
)
CONFIRM = ConfirmPayment(
    actor=STUDENT,
    payment_id=PAYMENT.id,
    purchase_id=key(30),
    verdict=CAPTURED,
    door=Door.CONFIRM_PAYMENT,
)
CREATE = CreatePurchase(
    actor=ADMIN,
    purchase_id=key(31),
    student_id=STUDENT.id,
    course_id=COURSE.id,
    tier=TierChoice("BASIC", None),
    metadata=METADATA,
    reason="support",
    on_existing=OnExisting.RETURN,
)
EXTEND = ExtendPurchase(ADMIN, PURCHASE.id, NOW + timedelta(days=500), reason="was ill")
CORRECT = CorrectPurchaseMetadata(ADMIN, PURCHASE.id, replace(METADATA, session_duration=90), reason="a slip")
REVOKE = RevokePurchase(ADMIN, PURCHASE.id, reason="shared their login")
RECORD = RecordSession(SERVICE, key(71), PURCHASE.id, 2)
WITHDRAW = WithdrawSession(SERVICE, PURCHASE.id, 1, reason="the other class")
SAVE = SaveCourse(actor=ADMIN, course_id=key(11), is_new=True, title="Yoga", tiers=(BASIC, STANDARD))
REFUND_IT = RefundPayment(ADMIN, key(41), PAYMENT.id, amount_minor=None, reason="unhappy")
OLD = OldPurchase(
    old_id="17",
    student_id="student-7",
    course_id=COURSE.id,
    tier=TierChoice("BASIC", None),
    metadata=METADATA,
    created_at=datetime(2026, 10, 1, 8, 0, tzinfo=UTC),
    payment=OldPayment(Provider.STRIPE, "pi_old", BASIC.price, refunded_minor=100),
)
"""A purchase of an old system, whose money went back in part."""
IMPORT = ImportPurchase(ADMIN, "platform", OLD, key(42), key(43), key(44))


def metadata_at(start: str, time_zone: str, **changes: object) -> Metadata:
    """Daily sessions of an hour at a wall-clock time, unless `changes` say otherwise."""
    daily = replace(METADATA, is_sunday_only=False, slot=TimeSlot(time.fromisoformat(start), time_zone))
    return replace(daily, **changes)  # type: ignore[arg-type]  # the fields of Metadata, by name


def moment(now: datetime = NOW) -> Moment:
    """The same time and the same new ids at each call."""
    numbers: Iterator[int] = count(1_000)
    return Moment(now, lambda: key(next(numbers)))
