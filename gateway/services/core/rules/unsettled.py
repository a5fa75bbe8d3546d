"""What follows from a provider's answer that brought no money: a wait, a decline, or the end of the checkout."""

from gateway.services.core.frozen import replace
from gateway.services.core.model.outcomes import PaymentDeclined, PaymentPending
from gateway.services.core.model.records import Asker, AuditEntry
from gateway.services.core.model.state import NOTHING, Changes, Decision, Moment, State
from gateway.services.core.model.values import Failure, Payment, PaymentStatus
from gateway.services.core.model.verdicts import AwaitingPayment, Canceled, Processing, Unreachable
from gateway.services.core.model.verdicts import PaymentDeclined as DeclinedAttempt
from gateway.services.core.rules import asks, timeline
from gateway.services.core.rules.jobs import check_job
from gateway.services.core.rules.privacy.naming import said_of

ASK_AGAIN_S = 5
"""Seconds until a caller may usefully ask again, where the provider named no time and a person is waiting."""

CLOSED = Failure("canceled", "This checkout was closed unpaid. Open a new payment.")
ABANDONED = Failure("abandoned", "Nobody paid this checkout for a month, so it was closed. Open a new payment.")

Unsettled = Processing | Unreachable | AwaitingPayment | DeclinedAttempt | Canceled


def unsettled(payment: Payment, verdict: Unsettled, asker: Asker, state: State, moment: Moment) -> Decision:
    match verdict:
        case Processing():
            return _wait(payment, verdict, asker, state, moment)
        case Unreachable():
            return _unreachable(payment, verdict, asker, state, moment)
        case AwaitingPayment():
            return _unpaid(payment, asker, moment)
        case DeclinedAttempt():
            return _declined(payment, verdict, asker, state, moment)
        case Canceled():
            return _canceled(payment, verdict, asker, moment)


def _wait(payment: Payment, verdict: Processing, asker: Asker, state: State, moment: Moment) -> Decision:
    waiting = _under_way(payment, verdict.attempt)
    jobs = check_job(waiting, verdict.retry_after_s, state, moment)
    entries = _of_attempt(payment, waiting, asker, moment, timeline.NOT_SETTLED)
    return Decision(
        PaymentPending(waiting, verdict.retry_after_s), Changes(payments=(waiting,), jobs=jobs, audit=entries)
    )


def _unreachable(payment: Payment, verdict: Unreachable, asker: Asker, state: State, moment: Moment) -> Decision:
    """An attempt whose end is unknown may have taken the money: the payment becomes PROCESSING and is checked."""
    if verdict.attempt is None:
        waiting, changes = _asked(payment, asker, moment, timeline.NO_ANSWER)
    else:
        waiting = _under_way(payment, verdict.attempt)
        changes = Changes(payments=(waiting,), audit=_of_attempt(payment, waiting, asker, moment, timeline.NO_ANSWER))
    jobs = check_job(payment, verdict.retry_after_s, state, moment)
    return Decision(PaymentPending(waiting, verdict.retry_after_s, is_unreachable=True), changes + Changes(jobs=jobs))


def _asked(payment: Payment, asker: Asker, moment: Moment, reason: str) -> tuple[Payment, Changes]:
    """The payment after an ask that settled nothing; only the first one is noted in the history."""
    if payment.checks > 0:
        return payment, NOTHING
    asked = replace(payment, checks=1)
    return asked, Changes(payments=(asked,), audit=(timeline.asked(asked, asker, moment, reason),))


def _of_attempt(
    payment: Payment, waiting: Payment, asker: Asker, moment: Moment, reason: str
) -> tuple[AuditEntry, ...]:
    """An attempt is noted once, when it begins, however often the provider is asked about it."""
    return () if _is_under_way(payment, waiting.attempt) else (timeline.processing(waiting, asker, moment, reason),)


def _under_way(payment: Payment, attempt: str) -> Payment:
    """The payment with one more unsettled answer for this attempt; a new attempt is counted from one."""
    return replace(
        payment,
        status=PaymentStatus.PROCESSING,
        attempt=attempt,
        checks=payment.checks + 1 if _is_under_way(payment, attempt) else 1,
        failure=None,
    )


def _is_under_way(payment: Payment, attempt: str | None) -> bool:
    return payment.status is PaymentStatus.PROCESSING and payment.attempt == attempt


def _unpaid(payment: Payment, asker: Asker, moment: Moment) -> Decision:
    """Nobody has paid; an attempt that was under way came to nothing, and another may be made."""
    if payment.status is PaymentStatus.CANCELED:
        return Decision(PaymentDeclined(payment))  # closed for good: nobody can pay it
    if payment.status is not PaymentStatus.PROCESSING:
        asked, noted = _asked(payment, asker, moment, timeline.NOBODY_PAID)
        return Decision(PaymentPending(asked, ASK_AGAIN_S), noted)
    unpaid = replace(payment, status=PaymentStatus.REQUIRES_PAYMENT)
    changes = Changes(payments=(unpaid,), audit=(timeline.unpaid(unpaid, asker, moment),))
    return Decision(PaymentPending(unpaid, ASK_AGAIN_S), changes)


def _canceled(payment: Payment, verdict: Canceled, asker: Asker, moment: Moment) -> Decision:
    if payment.status is PaymentStatus.CANCELED:
        return Decision(PaymentDeclined(payment))
    failure = ABANDONED if verdict.is_abandoned else CLOSED
    canceled = replace(asks.never_asked(payment), status=PaymentStatus.CANCELED, failure=failure)
    entry = timeline.canceled(canceled, asker, moment)
    return Decision(PaymentDeclined(canceled), Changes(payments=(canceled,), audit=(entry,)))


def _declined(payment: Payment, verdict: DeclinedAttempt, asker: Asker, state: State, moment: Moment) -> Decision:
    """A decline ends only its own attempt: where another one is under way, the payment stays PROCESSING."""
    if payment.status is PaymentStatus.PROCESSING and payment.attempt != verdict.attempt:
        return Decision(
            PaymentPending(payment, ASK_AGAIN_S), Changes(jobs=check_job(payment, ASK_AGAIN_S, state, moment))
        )
    if payment.status is PaymentStatus.CANCELED:
        return Decision(PaymentDeclined(payment))  # closed for good: a late answer about an attempt does not reopen it
    failed = replace(
        payment,
        status=PaymentStatus.FAILED,
        attempt=verdict.attempt,
        failure=Failure(verdict.code, said_of(payment.student_id, verdict.message)),
    )
    if failed == payment:
        return Decision(PaymentDeclined(payment))
    entry = timeline.declined(failed, asker, moment)
    return Decision(PaymentDeclined(failed), Changes(payments=(failed,), audit=(entry,)))
