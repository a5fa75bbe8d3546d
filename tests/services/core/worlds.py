"""Every kind of command and every kind of world that one may meet, for tests of what holds for all of them."""

from dataclasses import replace
from datetime import timedelta

from hypothesis import strategies as st

from gateway.services.core.commands import Command, RecordIntent, TierChoice
from gateway.services.core.values import (
    AccessStatus,
    Failure,
    Fulfilment,
    JobKind,
    Money,
    OnExisting,
    Payment,
    PaymentStatus,
    Purchase,
    PurchaseStatus,
    Purpose,
)
from gateway.services.core.verdicts import (
    AwaitingPayment,
    Canceled,
    Declined,
    Processing,
    Unreachable,
    Verdict,
)
from gateway.services.core.world import World
from tests.services.core.examples import (
    ADMIN,
    BASIC,
    CAPTURED,
    CONFIRM,
    COURSE,
    CREATE,
    METADATA,
    NOW,
    OPEN,
    PAYMENT,
    PURCHASE,
    SAVE,
    STUDENT,
    key,
)

OTHER_METADATA = replace(METADATA, session_duration=90)
VERDICTS: tuple[Verdict, ...] = (
    CAPTURED,
    replace(CAPTURED, amount=Money(1, "INR")),
    replace(CAPTURED, student_id="somebody else"),
    Processing("attempt-1", 2),
    AwaitingPayment(),
    Declined("attempt-1", "card_declined", "The card was declined."),
    Canceled(),
    Unreachable("attempt-1", 2),
    Unreachable(None, 60),
)
COMMANDS: tuple[Command, ...] = (
    *(replace(CONFIRM, verdict=verdict) for verdict in VERDICTS),
    replace(CONFIRM, metadata=OTHER_METADATA),
    replace(CONFIRM, actor=replace(STUDENT, id="stranger")),
    *(RecordIntent(actor, PAYMENT.id, "pi_1") for actor in (STUDENT, ADMIN)),
    *(replace(OPEN, purpose=purpose, key=name) for purpose in Purpose for name in (None, "k")),
    replace(OPEN, tier=TierChoice("PREMIUM", None)),
    replace(OPEN, course_id=key(99)),
    *(replace(CREATE, on_existing=choice, key=name) for choice in OnExisting for name in (None, "k")),
    *(replace(CREATE, tier=TierChoice(None, 24), on_existing=choice) for choice in OnExisting),
    replace(CREATE, expiry_date=NOW + timedelta(days=5)),
    replace(CREATE, metadata=OTHER_METADATA),
    *(replace(SAVE, key=name) for name in (None, "k")),
    replace(SAVE, course_id=COURSE.id, is_new=False, tiers=(BASIC,)),
)
LAPSED = replace(PURCHASE, access=replace(PURCHASE.access, expires_at=NOW - timedelta(days=1)))
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


def world_of(payment: Payment | None, active: Purchase | None, *, has_course: bool, has_job: bool) -> World:
    world = World()
    world.load_purchases([ENDED, *([active] if active else [])])
    if payment is not None:
        world.payments[payment.id] = payment
        world.loaded.add(payment.id)
        if has_job:
            world.live_jobs.add((JobKind.PAYMENT_CHECK, payment.id))
    if has_course:
        world.courses[COURSE.id] = COURSE
    return world


WORLDS = st.one_of(
    st.builds(
        world_of,
        st.sampled_from([None, *PAYMENTS]),
        st.sampled_from([None, PURCHASE, LAPSED, replace(PURCHASE, tier="STANDARD", rank=2)]),
        has_course=st.booleans(),
        has_job=st.booleans(),
    ),
    st.builds(world_of, st.just(FULFILLED), st.just(BOUGHT), has_course=st.booleans(), has_job=st.booleans()),
)
