"""The delivery of one event to one subscriber."""

from collections.abc import Awaitable, Callable, Mapping

from gateway.services.core.commands.every import Command
from gateway.services.core.commands.jobs.claims import DeferJob, EndJob
from gateway.services.core.model.jobs import Job, Lease
from gateway.services.core.model.outcomes import Outcome
from gateway.services.core.rules.events import event_of
from gateway.services.subscribers.base import Subscriber, Undelivered


async def deliver(
    job: Job, lease: Lease, subscribers: Mapping[str, Subscriber], submit: Callable[[Command], Awaitable[Outcome]]
) -> Outcome:
    """Send the job's event and end the job; or note why that failed, and when to try again.

    If the runner dies in between, the event is sent once more, with the same id.
    """
    subscriber = subscribers.get(job.target or "")
    if subscriber is None:
        return await submit(DeferJob(lease, f"{job.target} is no subscriber in the settings"))
    try:
        await subscriber.send(event_of(job))
    except Undelivered as undelivered:
        return await submit(DeferJob(lease, str(undelivered), undelivered.retry_after_s))
    return await submit(EndJob(lease))
