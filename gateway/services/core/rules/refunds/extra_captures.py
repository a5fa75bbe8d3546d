"""Money that an intent captured once more, by another attempt than the one that paid it: it goes back."""

from gateway.services.core.frozen import replace
from gateway.services.core.model.records import Door
from gateway.services.core.model.state import NOTHING, Changes, Moment, State
from gateway.services.core.model.values import GATEWAY, Failure, Fulfilment, Payment, PaymentStatus
from gateway.services.core.model.verdicts import Captured
from gateway.services.core.rules import granting, timeline
from gateway.services.core.rules.refunds.requests import request_full_refund

PAID_TWICE = "The checkout was paid more than once."
GOES_BACK = "the checkout was paid more than once"


def extra_recorded(payment: Payment, captured: Captured, door: Door, state: State, moment: Moment) -> Changes:
    """The extra money as a payment of its own, a duplicate of the first one, with its refund. Nothing where the first
    one is not settled yet, or the extra money is in the books already."""
    is_known = state.payment_by_reference(payment.provider, captured.attempt) is not None
    is_this_payments = payment.attempt == captured.attempt  # asked before our books knew which attempt paid
    if is_known or is_this_payments or payment.fulfilment is Fulfilment.PENDING:
        return NOTHING
    extra = _extra(payment, captured, state, moment)
    action = "payment.duplicate" if extra.fulfilment is Fulfilment.DUPLICATE else "payment.unfulfillable"
    entries = (
        timeline.captured(extra, captured, door, GATEWAY, moment),
        granting.audit(extra.id, action, GATEWAY, moment, PAID_TWICE),
    )
    changes = Changes(payments=(extra,), audit=entries)
    return changes + request_full_refund(extra, GOES_BACK, moment)


def _extra(paid: Payment, captured: Captured, state: State, moment: Moment) -> Payment:
    """Its reference is the attempt's id, by which the provider's dashboard finds it, and a turn that is run again."""
    purchase = state.purchase_of(paid)
    duplicate_of = purchase.id if purchase else paid.duplicate_of
    return replace(
        paid,
        id=moment.new_id(),
        amount=captured.amount,
        created_at=moment.now,
        status=PaymentStatus.SUCCEEDED,
        fulfilment=Fulfilment.DUPLICATE if duplicate_of else Fulfilment.UNFULFILLABLE,
        reference=captured.attempt,
        attempt=captured.attempt,
        checks=0,
        captured=captured.amount,
        refunded_minor=0,
        failure=None if duplicate_of else Failure("paid_twice", PAID_TWICE),
        duplicate_of=duplicate_of,
        extra_of=paid.id,
        confirmed_at=moment.now,
        ask_at=None,
        asks=0,
    )
