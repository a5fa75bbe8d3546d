"""The sessions of a purchase in one list: those that are due, and those that were held."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from gateway.services.core.model.sessions.records import RecordedSession
from gateway.services.core.model.values import Purchase
from gateway.services.core.rules.recording.numbers import unrecorded
from gateway.services.core.rules.schedule.sessions import Session, sessions


@dataclass(frozen=True, slots=True)
class SessionOfPurchase:
    """One session. `scheduled` is None where none of that number is due; `record` where none counts."""

    number: int
    is_used: bool
    scheduled: Session | None
    record: RecordedSession | None


def listed(
    purchase: Purchase, run: Sequence[Purchase], records: Iterable[RecordedSession], first: int, after: int
) -> list[SessionOfPurchase]:
    """The next `first` sessions after number `after`, at most as many as the purchase has.

    Args:
        run: the purchases that share its numbers, itself among them.
        records: all that were recorded under them.
    """
    held = {record.number: record for record in records if record.withdrawn_at is None}
    due = {session.number: session for session in sessions(purchase.metadata, purchase.access, first, after)}
    before = unrecorded(purchase, run)
    last = min(after + first, purchase.access.sessions_total)
    return [
        SessionOfPurchase(number, number in held or number <= before, due.get(number), held.get(number))
        for number in range(after + 1, last + 1)
    ]
