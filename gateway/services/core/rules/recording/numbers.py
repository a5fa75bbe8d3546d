"""The numbers of sessions: they go on through an upgrade, and start again with a renewal.

An upgrade, or an admin's replacement, continues the course with another tier, and so the count: session 3 is the same
one under either purchase. A renewal buys the same tier once more, whose sessions are counted from 1.
"""

from collections.abc import Iterable, Sequence
from uuid import UUID

from gateway.services.core.model.sessions.records import RecordedSession
from gateway.services.core.model.state import State
from gateway.services.core.model.values import Purchase


def run_of(purchase: Purchase, pair: Iterable[Purchase]) -> list[Purchase]:
    """The purchases that share the numbers of one: those that it continues, or that continue it, by another tier. Also
    refunded ones, for what was held under them stays held.

    Args:
        pair: all purchases of the same student and course; others are left out.
    """
    by_id = {each.id: each for each in pair if is_of_same_pair(each, purchase)}
    by_id[purchase.id] = purchase
    linked: dict[UUID, list[UUID]] = {key: [] for key in by_id}
    for each in by_id.values():
        below = by_id.get(each.supersedes) if each.supersedes else None
        if below is not None and below.tier != each.tier:
            linked[each.id].append(below.id)
            linked[below.id].append(each.id)
    found, ahead = {purchase.id}, [purchase.id]
    while ahead:
        new = [key for key in linked[ahead.pop()] if key not in found]
        found.update(new)
        ahead += new
    return [each for key, each in by_id.items() if key in found]


def record_of(purchase: Purchase, number: int, state: State) -> RecordedSession | None:
    """The record of a session, whichever purchase of the run it was recorded under: the one that counts, or else one
    that was withdrawn, of the purchase itself where it has one."""
    keys = [(each.id, number) for each in run_of(purchase, state.purchases.values())]
    found = [state.sessions[key] for key in keys if key in state.sessions]
    return min(found, key=lambda each: (each.withdrawn_at is not None, each.purchase_id != purchase.id), default=None)


def unrecorded(purchase: Purchase, run: Sequence[Purchase]) -> int:
    """How many of the sessions used are nowhere recorded one by one, as their number alone was taken over: of a renewal
    whose money went back, or of an older system. They have the first numbers.

    Args:
        run: as `run_of` gives it.
    """
    return max(0, purchase.access.sessions_used - sum(each.access.sessions_recorded for each in run))


def is_of_same_pair(one: Purchase, other: Purchase) -> bool:
    """Whether both are of the same student and course."""
    return one.student_id == other.student_id and one.course_id == other.course_id
