"""The work that follows from a decision, to be written in the same commit."""

from datetime import timedelta

from gateway.services.core.values import Job, JobKind, Payment
from gateway.services.core.world import Moment, World


def check_job(payment: Payment, retry_after_s: int, world: World, moment: Moment) -> tuple[Job, ...]:
    """Ask the provider again later; one such job at a time for a payment."""
    if (JobKind.PAYMENT_CHECK, payment.id) in world.live_jobs:
        return ()
    run_at = moment.now + timedelta(seconds=retry_after_s)
    return (Job(moment.new_id(), JobKind.PAYMENT_CHECK, payment.id, {}, run_at, moment.now),)


def refund_job(payment: Payment, reason: str, moment: Moment) -> Job:
    """Give all the captured money back; decided once for a payment, together with its end."""
    assert payment.captured is not None, "only captured money is refunded"
    payload: dict[str, object] = {
        "amountMinor": payment.captured.amount_minor,
        "currency": payment.captured.currency,
        "reason": reason,
    }
    return Job(moment.new_id(), JobKind.PAYMENT_REFUND, payment.id, payload, moment.now, moment.now)
