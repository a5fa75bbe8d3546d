"""Which rule decides which command."""

from collections.abc import Callable

from gateway.services.core.commands.adopt_payment import adopt_payment, record_extra
from gateway.services.core.commands.amend_purchase import correct_purchase_metadata, extend_purchase, revoke_purchase
from gateway.services.core.commands.confirm_payment import confirm
from gateway.services.core.commands.create_purchase import create_purchase
from gateway.services.core.commands.every import (
    AdoptPayment,
    CancelJob,
    ClaimJobs,
    Command,
    ConfirmPayment,
    CorrectPurchaseMetadata,
    CreatePurchase,
    DeferJob,
    EndEvent,
    EndJob,
    EndSweep,
    ExtendPurchase,
    LapsePurchases,
    OpenPayment,
    PlanAsk,
    RecordExtra,
    RecordIntent,
    RecordRefunds,
    RefundPayment,
    RefusePrice,
    RetryJob,
    RevokePurchase,
    SaveCourse,
    SettleRefund,
    StartSweep,
    StoreEvent,
    Ticket,
)
from gateway.services.core.commands.open_payment import open_payment, record_intent, refuse_price
from gateway.services.core.commands.provider_events import end_event, store_event
from gateway.services.core.commands.record_refunds import record_refunds, settle_refund
from gateway.services.core.commands.refund_payment import refund_payment
from gateway.services.core.commands.save_course import save_course
from gateway.services.core.model.outcomes import Stale
from gateway.services.core.model.state import Changes, Decision, Moment, State
from gateway.services.core.rules import jobs
from gateway.services.core.rules.asks import plan_ask
from gateway.services.core.rules.granting import lapse_purchases


def decide(command: Command, state: State, moment: Moment) -> Decision:
    """What the command comes to in this world; changes nothing itself."""
    match command:
        case OpenPayment():
            return open_payment(command, state, moment)
        case RecordIntent():
            return record_intent(command, state, moment)
        case RefusePrice():
            return refuse_price(command, state, moment)
        case ConfirmPayment():
            return _run(command.ticket, state, moment, lambda: confirm(command, state, moment))
        case AdoptPayment():
            return adopt_payment(command, state, moment)
        case RecordExtra():
            return record_extra(command, state, moment)
        case CreatePurchase():
            return create_purchase(command, state, moment)
        case ExtendPurchase():
            return extend_purchase(command, state, moment)
        case CorrectPurchaseMetadata():
            return correct_purchase_metadata(command, state, moment)
        case RevokePurchase():
            return revoke_purchase(command, state, moment)
        case SaveCourse():
            return save_course(command, state, moment)
        case RefundPayment():
            return refund_payment(command, state, moment)
        case SettleRefund():
            return _run(command.ticket, state, moment, lambda: settle_refund(command, state, moment))
        case RecordRefunds():
            return _run(command.ticket, state, moment, lambda: record_refunds(command, state, moment))
        case LapsePurchases():
            return lapse_purchases(command, state, moment)
        case StoreEvent():
            return store_event(command, state, moment)
        case EndEvent():
            return _run(command.ticket, state, moment, lambda: end_event(command, state, moment))
        case ClaimJobs():
            return jobs.claim(command, state, moment)
        case DeferJob():
            return jobs.defer(command, state, moment)
        case EndJob():
            return jobs.end(command, state, moment)
        case StartSweep():
            return jobs.start_sweep(command, state, moment)
        case EndSweep():
            return jobs.end_sweep(command, state, moment)
        case PlanAsk():
            return plan_ask(command, state, moment)
        case RetryJob():
            return jobs.retry(command, state, moment)
        case CancelJob():
            return jobs.cancel(command, state, moment)


def precedence(command: Command) -> int:
    """The order within a batch, lower first: where both flows arrive at one instant, the paid one wins the row."""
    return 0 if isinstance(command, ConfirmPayment) else 1


def _run(ticket: Ticket | None, state: State, moment: Moment, decided: Callable[[], Decision]) -> Decision:
    """A decision as the run of a job: refused where the job is not the runner's any more, and else its end as well."""
    if ticket is None:
        return decided()
    job = jobs.held(ticket, state)
    if job is None:
        return Decision(Stale())
    decision = decided()
    ended = jobs.after(job, ticket, decision.outcome, moment)
    return Decision(decision.outcome, decision.changes + Changes(jobs=(ended,)))
