"""Stripe's objects, as its API writes them, in our terms."""

from collections.abc import Mapping
from typing import Any

from gateway.services.core.model.values import Money, Payment, PaymentStatus, Provider, RefundStatus
from gateway.services.core.model.verdicts import (
    AwaitingPayment,
    Canceled,
    Captured,
    PaymentDeclined,
    Processing,
    RefundRecord,
    RefundRejected,
    RefundResult,
    RefundSucceeded,
    Verdict,
)
from gateway.services.providers.base import UnreadableAmount
from gateway.services.providers.metadata import STUDENT_ID, course_id_of, installation_of, refund_id_of
from gateway.services.providers.reasons import as_text, dispute_reason
from gateway.services.providers.stripe.units import STRIPE_UNITS

PROCESSING_RETRY_S = 10

NOT_FOR_THE_STUDENT = frozenset({"fraudulent", "lost_card", "merchant_blacklist", "pickup_card", "stolen_card"})
"""Stripe: "don't report more detailed information to your customer"; present them as a generic decline."""

REFUND_STATUS = {
    "succeeded": RefundStatus.SUCCEEDED,
    "pending": RefundStatus.PENDING,
    "requires_action": RefundStatus.PENDING,
    "failed": RefundStatus.FAILED,
    "canceled": RefundStatus.FAILED,
}

DISPUTE_STATUS = {
    "lost": RefundStatus.SUCCEEDED,
    "prevented": RefundStatus.SUCCEEDED,
    "won": RefundStatus.FAILED,
}
"""In every other state somebody still has to answer or decide."""


def verdict_of(intent: Mapping[str, Any], payment: Payment) -> Verdict:
    """What a payment intent, as it stands now, says of a payment."""
    attempt = _id_of(intent.get("latest_charge")) or intent["id"]
    match intent["status"]:
        case "succeeded":
            return _captured(intent, attempt)
        case "processing" | "requires_capture":  # the bank has it, or a person at the dashboard
            return Processing(attempt, PROCESSING_RETRY_S)
        case "requires_payment_method" if error := intent.get("last_payment_error"):
            return _declined(error, _ended_attempt(payment) or _id_of(error.get("charge")) or attempt)
        case "requires_payment_method" | "requires_confirmation" | "requires_action":
            return AwaitingPayment()  # it is the student's turn
        case "canceled":
            return Canceled()
        case _:  # a state that Stripe has added since: neither paid nor canceled, as far as we know
            return Processing(attempt, PROCESSING_RETRY_S)


def money_of(amount_minor: int, thing: Mapping[str, Any]) -> Money:
    """An amount of Stripe's, in the currency of the object that it stands in.

    Raises:
        UnreadableAmount: our books could not hold it.
    """
    money = STRIPE_UNITS.read(amount_minor, thing["currency"].upper())
    if money is None:
        raise UnreadableAmount(Provider.STRIPE, thing["id"], f"{amount_minor} {thing['currency']}")
    return money


def refund_record_of(refund: Mapping[str, Any]) -> RefundRecord:
    """A refund in Stripe's books. A state that we do not know counts as pending."""
    refund_id, amount = refund_id_of(refund["metadata"] or {}), money_of(refund["amount"], refund)
    status = REFUND_STATUS.get(refund["status"], RefundStatus.PENDING)
    return RefundRecord(refund["id"], refund_id, amount, status, reason=as_text(refund.get("reason")))


def is_disputed(intent: Mapping[str, Any]) -> bool:
    """Whether the charge that brought the money, which is in the intent in full, was ever disputed."""
    charge = intent.get("latest_charge")
    return isinstance(charge, Mapping) and bool(charge.get("disputed"))


def dispute_record_of(dispute: Mapping[str, Any]) -> RefundRecord | None:
    """A dispute in Stripe's books; None for what took no money: a bank's inquiry, or a dispute that was prevented."""
    if _took_nothing(dispute):
        return None
    status = DISPUTE_STATUS.get(dispute["status"], RefundStatus.PENDING)
    amount, why = money_of(dispute["amount"], dispute), dispute_reason(dispute.get("reason"))
    return RefundRecord(dispute["id"], None, amount, status, is_dispute=True, reason=why)


def result_of(refund: Mapping[str, Any]) -> RefundResult:
    """The result of a refund that we asked for; one that is pending is on its way."""
    if REFUND_STATUS.get(refund["status"]) is not RefundStatus.FAILED:
        return RefundSucceeded(refund["id"], is_final=refund["status"] == "succeeded")
    reason = refund.get("failure_reason") or refund["status"]
    return RefundRejected(reason, f"Stripe could not give the money back: {reason.replace('_', ' ')}.")


def _captured(intent: Mapping[str, Any], attempt: str) -> Captured:
    metadata = intent.get("metadata") or {}
    received = intent.get("amount_received", intent["amount"])  # Stripe always says it; a fake of it may not
    amount, mark = money_of(received, intent), installation_of(metadata)
    return Captured(attempt, amount, metadata.get(STUDENT_ID), course_id_of(metadata), mark)


def _took_nothing(dispute: Mapping[str, Any]) -> bool:
    """An inquiry takes nothing. For a dispute that was prevented, the balance shows whether money left it; in a
    currency of its own, so the amount says nothing."""
    status: str = dispute["status"]
    if status == "prevented":
        moved_minor = sum(int(each["amount"]) for each in dispute.get("balance_transactions") or ())
        return moved_minor >= 0
    return status.startswith("warning_")


def _ended_attempt(payment: Payment) -> str | None:
    """The attempt that was under way in our books before Stripe was asked.

    An intent has one attempt at a time, so where the latest one failed, every earlier one is over as well, also if
    nobody told us. An attempt that began in our books since then is not touched by this answer.
    """
    return payment.attempt if payment.status is PaymentStatus.PROCESSING else None


def _declined(error: Mapping[str, Any], attempt: str) -> PaymentDeclined:
    code = error.get("decline_code") or error.get("code") or "payment_failed"
    if code in NOT_FOR_THE_STUDENT:
        return PaymentDeclined(attempt, "generic_decline", "Your card was declined.")
    return PaymentDeclined(attempt, code, error.get("message") or "The payment failed.")


def _id_of(thing: Any) -> str | None:
    """The id of what Stripe may give as an id or in full."""
    found = thing.get("id") if isinstance(thing, Mapping) else thing
    return found if isinstance(found, str) else None
