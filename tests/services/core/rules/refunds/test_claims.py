"""What refunds and disputes take of a payment is a function of the set of them, in whichever order they are heard."""

from collections.abc import Sequence
from dataclasses import replace

from hypothesis import given, settings
from hypothesis import strategies as st
from uuid_utils.compat import uuid7

from gateway.services.core.model.state import Moment, State
from gateway.services.core.model.values import Money, Payment, PaymentStatus, RefundStatus
from gateway.services.core.model.verdicts import RefundRecord
from gateway.services.core.rules.refunds.consequences import refunds_recorded
from gateway.services.core.rules.refunds.sums import kept_of, left_to_refund
from tests.services.core.examples import NOW, PURCHASE
from tests.services.core.states import TAKEN, state_with

CAPTURED = 1_000
BOUGHT = replace(PURCHASE, payment_id=TAKEN.id)
PAID = replace(TAKEN, captured=Money(CAPTURED, "INR"))
amounts = st.builds(
    Money, st.sampled_from([1, 300, 700, 999, 1_000, 1_001, 2**53 - 1]), st.sampled_from(["INR", "USD"])
)
records = st.builds(
    RefundRecord, st.just(""), st.none(), amounts, st.sampled_from(list(RefundStatus)), is_dispute=st.booleans()
)
happened = st.lists(records, max_size=4).map(
    lambda listed: tuple(replace(record, reference=f"re_{number}") for number, record in enumerate(listed))
)
End = tuple[str, int, list[tuple[str | None, Money, str]], int]


@settings(deadline=None)
@given(told=happened, draw=st.data())
def test_every_order_of_refunds_and_disputes_comes_to_one_end(
    told: tuple[RefundRecord, ...], draw: st.DataObject
) -> None:
    """Each is heard of once it is there, an undecided dispute perhaps before it is decided, and all of them at last."""
    expected = heard([told])
    order: list[RefundRecord] = draw.draw(st.permutations(told))
    sets = [tuple(_at_first(record, draw) for record in order[: number + 1]) for number in range(len(order))]
    assert heard([*sets, told, told]) == expected


@settings(deadline=None)
@given(told=happened)
def test_together_they_take_at_most_what_was_captured_and_what_is_left_is_what_nobody_claims(
    told: tuple[RefundRecord, ...],
) -> None:
    gone = [record.amount for record in told if record.status is RefundStatus.SUCCEEDED]
    claimed = [*gone, *(record.amount for record in told if record.status is RefundStatus.PENDING)]
    state = state_after([told])
    payment = state.payments[PAID.id]
    assert payment.refunded_minor == taken_by(gone)
    assert left_to_refund(payment, state) == CAPTURED - taken_by(claimed)
    assert (payment.status is PaymentStatus.REFUNDED) == (kept_of(payment) == 0)


def _at_first(record: RefundRecord, draw: st.DataObject) -> RefundRecord:
    is_open = record.is_dispute and draw.draw(st.booleans())
    return replace(record, status=RefundStatus.PENDING) if is_open else record


def taken_by(amounts: Sequence[Money]) -> int:
    if any(amount.currency != "INR" for amount in amounts):
        return CAPTURED
    return min(CAPTURED, sum(amount.amount_minor for amount in amounts))


def heard(sets: Sequence[tuple[RefundRecord, ...]]) -> End:
    """What stands in our books; a refund that came to nothing leaves no line, for nobody may have heard of it."""
    state = state_after(sets)
    payment: Payment = state.payments[PAID.id]
    lines = [
        (refund.reference, refund.amount, refund.status.value)
        for refund in state.refunds.values()
        if refund.status is not RefundStatus.FAILED
    ]
    status = state.purchases[BOUGHT.id].status.value
    return f"{payment.status} {status}", payment.refunded_minor, sorted(lines, key=str), left_to_refund(payment, state)


def state_after(sets: Sequence[tuple[RefundRecord, ...]]) -> State:
    state = state_with(PAID, BOUGHT, has_course=True, has_job=False)
    for told in sets:
        paid = state.payments[PAID.id]
        state.apply(refunds_recorded(paid, str(PAID.attempt), told, state, Moment(NOW, uuid7)))
    return state
