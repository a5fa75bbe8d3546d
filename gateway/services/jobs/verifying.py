"""`gateway verify` by schedule: as a job, which one process runs at a time, whatever their number."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from gateway.services.core.commands.jobs.verifications import EndVerification
from gateway.services.core.model.jobs import LONGEST_WAIT_S, Job, Lease, Verified
from gateway.services.core.model.outcomes import Outcome
from gateway.services.purchases import Purchases

FIRST_S = 600.0
"""How long after the first start ever the first look is: a start has enough to do."""


class NotLooked(Exception):
    """Not everything could be looked at. The text is for an operator, and names no row."""


@dataclass(frozen=True, slots=True)
class Verifying:
    """Looks when it is time, and notes what was found.

    Args:
        look: looks through everything, beside this process; raises NotLooked.
        every_s: between two looks; None: there are none.
    """

    purchases: Purchases
    look: Callable[[], Awaitable[Verified]] | None = None
    every_s: float | None = None

    @property
    def is_on(self) -> bool:
        return self.look is not None and self.every_s is not None

    async def run(self, job: Job, lease: Lease, now: datetime) -> Outcome:
        """Raises: NotLooked; it is tried again, as any job."""
        if self.look is None or self.every_s is None:
            return await self.purchases.submit(EndVerification(lease, None, LONGEST_WAIT_S))
        last, every = Verified.in_payload(job.payload), timedelta(seconds=self.every_s)
        due = job.created_at + min(timedelta(seconds=FIRST_S), every) if last is None else last.at + every
        # One that is dated after now is of a clock that was wrong.
        if now < due and (last is None or last.at <= now):
            return await self.purchases.submit(EndVerification(lease, None, (due - now).total_seconds()))
        found = await self.look()
        return await self.purchases.submit(EndVerification(lease, found, self.every_s))
