"""Cases: what no rule may decide, noted for a person in the one list of what needs one, the FAILED jobs."""

from dataclasses import replace
from uuid import UUID, uuid5

from gateway.services.core.model.jobs import Job, JobKind, JobState
from gateway.services.core.model.state import NOTHING, Changes, Moment, State
from gateway.services.core.model.values import Provider

_INTENTS = UUID("6f7b0a52-6c5e-4d53-9a0e-2f1c1f2f8d0b")
"""Where the ids of intents that are in no books come from: the same reference has the same id everywhere."""


def of_intent(provider: Provider, reference: str) -> UUID:
    """The subject of the case of an intent that is no payment of ours yet."""
    return uuid5(_INTENTS, f"{provider}:{reference}")


def standing(subject_id: UUID, state: State) -> Job | None:
    """The case that was noted of a subject, whatever its state."""
    cases = (job for job in state.jobs.values() if job.kind is JobKind.CASE_REVIEW)
    return next((job for job in cases if job.subject_id == subject_id), None)


def settled(subject_id: UUID, state: State, moment: Moment) -> Changes:
    """The end of a subject's case that needs nobody any more, if it has one."""
    case = standing(subject_id, state)
    if case is None or case.state is not JobState.FAILED:
        return NOTHING
    return Changes(jobs=(replace(case, state=JobState.COMPLETED, finished_at=moment.now),))


def noted(subject_id: UUID, reason: str, moment: Moment) -> Changes:
    """A case to be written with the commit that it comes of; whoever decides that commit sees to it that it is once.

    Args:
        subject_id: the payment, purchase or provider's event that it is about.
        reason: what happened and which call ends it, in words for an admin in a hurry.
    """
    job = Job(
        moment.new_id(),
        JobKind.CASE_REVIEW,
        subject_id,
        run_at=moment.now,
        created_at=moment.now,
        state=JobState.FAILED,
        last_error=reason,
        finished_at=moment.now,
    )
    return Changes(jobs=(job,))
