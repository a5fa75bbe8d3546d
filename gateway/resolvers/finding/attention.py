"""What needs a person: FAILED jobs, cases and open disputes as one list, and the calls that end each."""

import asyncio
from uuid import UUID

from gateway.context import Context
from gateway.services.core.commands.jobs.retries import CancelJob, RetryJob
from gateway.services.core.model.job_outcomes import JobChanged
from gateway.services.core.model.jobs import Job, JobKind, JobState
from gateway.services.core.model.pages import Page, Place, Places, Window
from gateway.services.core.model.state import Moment, State
from gateway.services.core.model.values import GATEWAY, RefundOrigin, RefundStatus
from gateway.services.core.rules.cases import Attention, Call
from gateway.services.reading.filters import JobFilter, RefundFilter
from gateway.services.reading.lists import DISPUTES, JOBS
from gateway.services.reading.lookups import LIVE_JOBS_OF_SUBJECT, PAYMENT_BY_ID, REFUND_BY_ID, REFUNDS_OF_PAYMENT

FAILED = JobFilter(JobState.FAILED)
OPEN = RefundFilter(status=RefundStatus.PENDING, origin=RefundOrigin.DISPUTE)

RETRY = (RetryJob, "retryJob", "Runs it again from now. For what it failed by is mended.", "Tried again.")
CANCEL = (CancelJob, "cancelJob", "Takes it off the list. For what is dealt with, or will not be done.", "Dealt with.")


async def page_of_attention(context: Context, window: Window) -> Page[Attention]:
    """A page of what needs a person, by the ids of the jobs and of the disputes, which follow time."""
    jobs, disputes = await asyncio.gather(
        context.reads.page(JOBS, window, FAILED), context.reads.page(DISPUTES, window, OPEN)
    )
    found = [*map(Attention, jobs.items), *(Attention(None, dispute) for dispute in disputes.items)]
    found.sort(key=lambda each: each.id, reverse=window.is_newest_first)
    goes_on = len(found) > window.size
    shown = found[len(found) - window.size :] if window.from_end else found[: window.size]
    return Page(
        shown,
        Places(shown, lambda each: Place(each.id)),
        has_previous=jobs.has_previous or disputes.has_previous or (goes_on and window.from_end),
        has_next=jobs.has_next or disputes.has_next or (goes_on and not window.from_end),
        counted_by=(*jobs.counted_by, *disputes.counted_by),
    )


async def calls_of(context: Context, item: Attention) -> list[Call]:
    """The calls that end it: each is decided here as it would be now, and nothing is written."""
    if item.job is None:
        return []
    state = await _state_of(context, item.job)
    moment = Moment(context.now, lambda: UUID(int=0))
    calls = []
    for command, mutation, effect, reason in (RETRY, CANCEL):
        decision = command(context.viewer or GATEWAY, item.job.id, reason).decide(state, moment)
        if isinstance(decision.outcome, JobChanged):
            calls.append(Call(mutation, effect, item.job.id, reason))
    return calls


async def _state_of(context: Context, job: Job) -> State:
    """What a decision about the job looks at."""
    reads = context.reads
    state = State(jobs={job.id: job}, live_jobs=set(await reads.find(LIVE_JOBS_OF_SUBJECT, job.subject_id)))
    refund = await reads.find(REFUND_BY_ID, job.subject_id) if job.kind is JobKind.PAYMENT_REFUND else None
    if refund is not None:
        payment, refunds = await asyncio.gather(
            reads.find(PAYMENT_BY_ID, refund.payment_id), reads.find(REFUNDS_OF_PAYMENT, refund.payment_id)
        )
        assert payment is not None, "a refund's payment is never deleted"
        state.payments[payment.id] = payment
        state.refunds |= {each.id: each for each in refunds}
    return state
