"""Razorpay's records in our terms, and ours in its."""

import re
from collections.abc import Mapping, Sequence

from gateway.services.core.model.values import Money, Payment, Provider, RefundStatus
from gateway.services.core.model.verdicts import PaymentDeclined, RefundRecord, RefundRejected
from gateway.services.providers.base import PriceRefused, UnreadableAmount
from gateway.services.providers.metadata import refund_id_of
from gateway.services.providers.razorpay.api import Attempt, Entity, Refused
from gateway.services.providers.razorpay.api import RefundEntity as Given
from gateway.services.providers.razorpay.units import RAZORPAY_UNITS
from gateway.services.providers.reasons import as_text

MOST_NOTES, LONGEST_NOTE = 15, 256
"""What Razorpay takes in an order's notes."""

_STATUS = {"processed": RefundStatus.SUCCEEDED, "failed": RefundStatus.FAILED}
_NOT_FINAL = re.compile(r"authentication|api.?key|key.?secret|idempotency|balance|try again|in progress", re.IGNORECASE)
"""Refusals of a refund that an operator can correct: wrong keys, an empty account. All others are final."""

_OF_PRICES = ("amount", "currency")
"""The fields of an order that the price decides, as Razorpay's refusals name them."""
_CURABLE = re.compile(
    r"account|activat|api.?key|authenticat|enabled?\b|in progress|later|merchant|not found|permission|receipt|secret"
    r"|too many|try again",
    re.IGNORECASE,
)
"""Refusals of an order that an operator, or time, resolves. All others are final."""


def fitting(notes: Mapping[str, str]) -> dict[str, str]:
    """The notes that fit. One that is too long is left out rather than cut: half a student's id would be somebody
    else's."""
    fitting = {name: value for name, value in notes.items() if value and len(value) <= LONGEST_NOTE}
    return dict(list(fitting.items())[:MOST_NOTES])


def captured_of(attempts: Sequence[Attempt], payment: Payment) -> Attempt | None:
    """The attempt that captured the money. Where several did, the one that our books have, or else the oldest;
    `ProviderRecord.extra` has the others. `attempts` are in order, the oldest first."""
    captured = [each for each in attempts if each.is_captured]
    return next((each for each in captured if each.id == payment.attempt), next(iter(captured), None))


def declined(attempt: Attempt) -> PaymentDeclined:
    if attempt.status == "refunded":
        return PaymentDeclined(
            attempt.id, "not_captured", "The payment was not completed in time; your bank has it back."
        )
    code = attempt.error_reason or attempt.error_code or "payment_failed"
    return PaymentDeclined(attempt.id, code, attempt.error_description or "The payment failed.")


def rejection(refused: Refused) -> RefundRejected:
    """Raises: Refused, where an operator can correct it, and the same refund may be asked for again."""
    if refused.status != 400 or _NOT_FINAL.search(refused.description):
        raise refused
    return RefundRejected(refused.code, refused.description)


def refund_record(given: Given) -> RefundRecord:
    status = _STATUS.get(given.status, RefundStatus.PENDING)
    text = given.notes.get("reason") or given.notes.get("comment")
    return RefundRecord(given.id, refund_id_of(given.notes), money(given), status, reason=as_text(text))


def is_missing(refused: Refused) -> bool:
    return refused.status == 404 or "does not exist" in refused.description


def money(entity: Entity, amount: int | None = None) -> Money:
    """The record's amount, or another amount in its currency.

    Raises:
        UnreadableAmount: our books could not hold it.
    """
    minor = entity.amount if amount is None else amount
    read = RAZORPAY_UNITS.read(minor, entity.currency)
    if read is None:
        raise UnreadableAmount(Provider.RAZORPAY, entity.id, f"{minor} {entity.currency}")
    return read


def refusal_of(refused: Refused) -> PriceRefused:
    """The refusal of an order that will be refused the same way again.

    Raises:
        Refused: an operator can correct it, or another call is in the way of this one.
    """
    if refused.status != 400 or (refused.field not in _OF_PRICES and _CURABLE.search(refused.description)):
        raise refused
    return PriceRefused(refused.description)
