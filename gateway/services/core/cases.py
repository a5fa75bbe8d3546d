"""Cases: what no rule may decide, noted for a person in the one list of what needs one, the FAILED jobs."""

from uuid import UUID

from gateway.services.core.work import Job, JobKind, JobState
from gateway.services.core.world import Changes, Moment


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
