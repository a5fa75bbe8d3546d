"""No order of payments, renewals, upgrades, refunds and returns leaves a student with more than the payments that still
stand have paid for, save sessions used; and what stands is the same, whichever of them went back first."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from uuid import UUID

from hypothesis import given, settings
from hypothesis import strategies as st
from uuid_utils.compat import uuid7

from gateway.services.core.commands.every import Command
from gateway.services.core.commands.reconcile import Reconcile
from gateway.services.core.model.records import Door
from gateway.services.core.model.state import Moment, State
from gateway.services.core.model.values import (
    Fulfilment,
    Money,
    Payment,
    PaymentStatus,
    Purchase,
    Purpose,
    RefundStatus,
    Tier,
)
from gateway.services.core.model.verdicts import Captured, ProviderRecord, RefundRecord
from gateway.services.core.rules.tiers import terms_of
from tests.draws import many
from tests.services.core.examples import CAPTURED, CONFIRM, COURSE, NOW, PAYMENT

TIERS = tuple(
    Tier(code, sessions, Money(100 * rank, "INR"), days, rank)
    for rank, (code, sessions, days) in enumerate([("S", 12, 180), ("M", 24, 90), ("L", 36, 400)], 1)
)


@dataclass
class Student:
    """One student's purchases of one course, without a database."""

    now: datetime = NOW
    state: State = field(default_factory=State)
    bought: list[UUID] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.state.courses[COURSE.id] = replace(COURSE, tiers=TIERS)

    def buy(self, tier: Tier, purpose: Purpose) -> None:
        payment = replace(PAYMENT, id=uuid7(), terms=terms_of(tier), amount=tier.price, purpose=purpose)
        self.state.payments[payment.id] = payment
        verdict = replace(CAPTURED, attempt=str(payment.id), amount=tier.price)
        self._do(replace(CONFIRM, payment_id=payment.id, purchase_id=uuid7(), verdict=verdict))
        if self.state.payments[payment.id].fulfilment is Fulfilment.FULFILLED:
            self.bought.append(payment.id)

    def move(self, which: int, status: RefundStatus) -> None:
        """The money of a payment goes back at the dashboard, or comes back from there."""
        if self.bought:
            payment = self.state.payments[self.bought[which % len(self.bought)]]
            refund_record = RefundRecord(f"re_{payment.id}", None, payment.amount, status)
            record = ProviderRecord(Captured(str(payment.attempt), payment.amount), (refund_record,))
            self._do(Reconcile(payment.id, payment.provider, uuid7(), record, door=Door.WEBHOOK))

    def use(self, sessions: int) -> None:
        if active := self.active:
            used = min(active.access.sessions_total, active.access.sessions_used + sessions)
            self.state.load_purchases([replace(active, access=replace(active.access, sessions_used=used))])

    @property
    def active(self) -> Purchase | None:
        return self.state.active_purchase(PAYMENT.student_id, COURSE.id)

    @property
    def standing(self) -> list[Payment]:
        paid = [self.state.payments[each] for each in self.bought]
        return [payment for payment in paid if payment.status is not PaymentStatus.REFUNDED]

    def _do(self, command: Command) -> None:
        self.state.apply(command.decide(self.state, Moment(self.now, uuid7)).changes)


buys = st.tuples(st.sampled_from(TIERS), st.sampled_from([Purpose.RENEWAL, Purpose.RENEWAL, Purpose.PURCHASE]))
moves = st.tuples(st.integers(0, 3), st.sampled_from([RefundStatus.SUCCEEDED, RefundStatus.FAILED]))
steps = st.one_of(buys, buys, moves, st.integers(1, 20), st.integers(21, 60).map(lambda days: timedelta(days=days)))


@settings(deadline=None, max_examples=many(100))
@given(history=st.lists(steps, max_size=14))
def test_nobody_holds_more_than_the_payments_that_stand_have_paid_for(history: Sequence[object]) -> None:
    student = Student()
    for step in history:
        match step:
            case (Tier() as tier, Purpose() as purpose):
                student.buy(tier, purpose)
            case (int() as which, RefundStatus() as status):
                student.move(which, status)
            case timedelta() as later:
                student.now += later
            case int() as sessions:
                student.use(sessions)
        assert_paid_for(student)


def test_a_purchase_that_held_again_for_a_while_keeps_no_session_that_was_only_counted_there() -> None:
    student = Student()
    for _ in range(2):
        student.buy(TIERS[0], Purpose.RENEWAL)
    student.use(13)
    student.move(1, RefundStatus.SUCCEEDED)
    assert student.active is not None
    assert (student.active.access.sessions_used, student.active.access.sessions_total) == (13, 13)
    student.move(1, RefundStatus.FAILED)
    assert (student.active.access.sessions_used, student.active.access.sessions_total) == (13, 24)


@settings(deadline=None, max_examples=many(100))
@given(bought=st.lists(buys, min_size=1, max_size=4), draw=st.data())
def test_what_stands_is_the_same_whichever_payment_went_back_first(
    bought: Sequence[tuple[Tier, Purpose]], draw: st.DataObject
) -> None:
    straight, crooked = buyer(bought), buyer(bought)
    payments = range(len(straight.bought))
    back = draw.draw(st.sets(st.sampled_from(payments)))
    for which in sorted(back):
        straight.move(which, RefundStatus.SUCCEEDED)
    for which in draw.draw(st.permutations(list(payments))):
        crooked.move(which, RefundStatus.SUCCEEDED)
    for which in draw.draw(st.permutations(payments)):
        crooked.move(which, RefundStatus.SUCCEEDED if which in back else RefundStatus.FAILED)
    assert what_stands(crooked) == what_stands(straight)


def buyer(bought: Sequence[tuple[Tier, Purpose]]) -> Student:
    student = Student()
    for purchase in bought:
        student.now += timedelta(days=10)
        student.buy(*purchase)
    return student


def what_stands(student: Student) -> tuple[object, ...]:
    """By the number of its payment; its access as it is held."""
    active, numbers = student.active, {each: number for number, each in enumerate(student.bought)}
    if active is None or active.payment_id is None:
        return (None,)
    return numbers[active.payment_id], active.access.sessions_total, active.access.expires_at


def assert_paid_for(student: Student) -> None:
    active, paid = student.active, student.standing
    assert active is None or active.payment_id in {payment.id for payment in paid}
    for purchase in student.state.purchases.values():
        assert 0 <= purchase.access.sessions_used <= purchase.access.sessions_total
    if active is None:
        return
    access = active.access
    assert access.sessions_total <= max(access.sessions_used, sum(each.terms.session_count for each in paid))
    assert access.expires_at is not None
    assert access.expires_at <= latest_end(paid)


def latest_end(paid: Sequence[Payment]) -> datetime:
    """As if each of them had prolonged the one before it."""
    end = NOW
    for payment in paid:
        assert payment.confirmed_at is not None
        assert payment.terms.validity_days is not None
        end = max(end, payment.confirmed_at) + timedelta(days=payment.terms.validity_days)
    return end
