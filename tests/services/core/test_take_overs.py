"""What purchases took over is a matter of which payments stand, and of no order in which their money went and came."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from itertools import permutations
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.services.core import granting, tiers
from gateway.services.core.refund_ends import end_purchase, reinstated
from gateway.services.core.values import Access, Fulfilment, Origin, Payment, PaymentStatus, Purchase, Purpose
from gateway.services.core.world import Changes, Moment, World
from tests.services.core.examples import COURSE, NOW, PAYMENT, STUDENT, key

CODES = [tier.code for tier in COURSE.tiers]


@dataclass
class Line:
    """Payments of one student for one course, each of which became a purchase in the place of the one before."""

    world: World

    def pay(self, code: str, day: int, used: int) -> Payment | None:
        """The payment, or None where its tier would be no more than the student has."""
        number = len(self.world.payments)
        tier = tiers.find(COURSE, code)
        assert tier is not None
        payment = replace(
            PAYMENT,
            id=key(200 + number),
            terms=tiers.terms_of(tier),
            fulfilment=Fulfilment.FULFILLED,
            captured=tier.price,
        )
        old = self.world.active_purchase(STUDENT.id, COURSE.id)
        moment = _moment(day)
        begun = granting.paid_access(payment.terms, Purpose.RENEWAL, payment.metadata, COURSE, old, moment.now)
        if begun is None:
            return None
        grant = granting.Grant(
            key(300 + number),
            STUDENT.id,
            COURSE.id,
            payment.terms,
            payment.metadata,
            Origin.PAYMENT,
            STUDENT,
            payment_id=payment.id,
        )
        if old is None:
            purchase, changes = granting.begin(grant, begun, moment)
        else:
            purchase, _, changes = granting.supersede(old, grant, begun, moment)
        self.world.apply(changes + Changes(payments=(payment,)))
        self._use(purchase, used)
        return payment

    def goes(self, payment: Payment, day: int) -> None:
        gone = replace(payment, status=PaymentStatus.REFUNDED)
        self.world.apply(Changes(payments=(gone,)) + end_purchase(gone, self.world, _moment(day)))

    def comes(self, payment: Payment, day: int) -> None:
        changes = reinstated(payment, self.world, _moment(day))
        assert changes is not None, "nothing was bought anew"
        self.world.apply(Changes(payments=(payment,)) + changes)

    def of(self, payment: Payment) -> Purchase:
        purchase = self.world.purchase_of(payment)
        assert purchase is not None
        return purchase

    def active(self) -> Access | None:
        found = self.world.active_purchase(STUDENT.id, COURSE.id)
        return None if found is None else found.access

    def _use(self, purchase: Purchase, used: int) -> None:
        counted = min(purchase.access.sessions_used + used, purchase.access.sessions_total)
        self.world.apply(
            Changes(purchases=(replace(purchase, access=replace(purchase.access, sessions_used=counted)),))
        )


def _moment(day: int) -> Moment:
    numbers = iter(range(10_000, 20_000))
    return Moment(NOW + timedelta(days=day), lambda: UUID(int=next(numbers)))


def line(codes: Iterable[str], used: Iterable[int] = (0,) * 9) -> tuple[Line, list[Payment]]:
    """Bought on days that follow one another."""
    bought = Line(World())
    bought.world.courses[COURSE.id] = COURSE
    paid = [bought.pay(code, day, each) for day, (code, each) in enumerate(zip(codes, used, strict=False))]
    return bought, [payment for payment in paid if payment is not None]


LINES = st.lists(st.sampled_from(CODES), min_size=1, max_size=5).map(lambda codes: sorted(codes, key=CODES.index))
USED = st.lists(st.integers(0, 3), min_size=5, max_size=5)


@given(codes=LINES, used=USED, data=st.data())
def test_no_order_of_refunds_leaves_more_than_what_stands_has_paid_for(
    codes: Sequence[str], used: Sequence[int], data: st.DataObject
) -> None:
    bought, paid = line(codes, used)
    gone = data.draw(st.lists(st.sampled_from(paid), unique=True))
    for payment in gone:
        bought.goes(payment, day=10)
    standing = [payment for payment in paid if payment not in gone]
    active = bought.active()
    if active is None:
        assert not standing
        return
    paid_for = sum(payment.terms.session_count for payment in standing)
    days = [payment.terms.validity_days for payment in standing]
    assert active.sessions_total <= max(paid_for, active.sessions_used)
    if None not in days:
        latest = NOW + timedelta(days=len(codes) + sum(each or 0 for each in days))
        assert active.expires_at is not None
        assert active.expires_at <= latest


@pytest.mark.parametrize("codes", [["BASIC"] * 3, ["BASIC", "BASIC", "STANDARD"], ["BASIC", "STANDARD", "STANDARD"]])
def test_every_order_of_refunds_ends_the_same(codes: Sequence[str]) -> None:
    for many in (1, 2, 3):
        for chosen in permutations(range(3), many):
            bought, paid = line(codes)
            others, as_paid = line(codes)
            for index in chosen:
                bought.goes(paid[index], day=10)
            for index in sorted(chosen):
                others.goes(as_paid[index], day=10)
            assert bought.active() == others.active(), chosen


@given(codes=LINES, used=USED, data=st.data())
def test_money_that_comes_back_brings_back_what_was_given_back(
    codes: Sequence[str], used: Sequence[int], data: st.DataObject
) -> None:
    bought, paid = line(codes, used)
    before = {payment.id: bought.of(payment).access for payment in paid[:-1]}
    payment = data.draw(st.sampled_from(paid))
    last = bought.of(paid[-1]).access
    bought.goes(payment, day=10)
    bought.comes(payment, day=11)
    assert bought.of(paid[-1]).access == last
    totals = {key: (access.sessions_total, access.expires_at) for key, access in before.items()}
    for each in paid[:-1]:
        access = bought.of(each).access
        assert (access.sessions_total, access.expires_at) == totals[each.id]
