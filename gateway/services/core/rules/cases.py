"""Cases: what no rule may decide is noted for a person, as a FAILED job in the one list of what needs a person."""

from uuid import UUID, uuid5

from gateway.services.core.frozen import replace
from gateway.services.core.model.jobs import Job, JobKind, JobState
from gateway.services.core.model.state import NOTHING, Changes, Moment, State
from gateway.services.core.model.values import Provider

_INTENTS = UUID("6f7b0a52-6c5e-4d53-9a0e-2f1c1f2f8d0b")
"""The namespace of the ids of intents that are not in our books: the same reference always has the same id."""


def of_intent(provider: Provider, reference: str) -> UUID:
    """The subject of a case about an intent that is not in our books yet."""
    return uuid5(_INTENTS, f"{provider}:{reference}")


def standing(subject_id: UUID, state: State) -> Job | None:
    """The case that was noted for a subject, in any state."""
    cases = (job for job in state.jobs.values() if job.kind is JobKind.CASE_REVIEW)
    return next((job for job in cases if job.subject_id == subject_id), None)


def settled(subject_id: UUID, state: State, moment: Moment) -> Changes:
    """The end of a subject's open case, if it has one, because it needs no person any more."""
    case = standing(subject_id, state)
    if case is None or case.state is not JobState.FAILED:
        return NOTHING
    return Changes(jobs=(replace(case, state=JobState.COMPLETED, finished_at=moment.now),))


def noted(subject_id: UUID, reason: str, moment: Moment) -> Changes:
    """A case to be written with the changes that cause it; the caller makes sure that it is written once.

    Args:
        subject_id: the payment, purchase or provider's event that it is about.
        reason: what happened and which call ends it, for an admin in a hurry.
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
