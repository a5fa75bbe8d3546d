"""A session that was held."""

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import ClassVar
from uuid import UUID

from gateway.services.core.model.command import NOT_COMPARED, KeyedCommand
from gateway.services.core.model.outcomes import FieldProblem, IdempotencyKeyReused, InvalidInput, NotFound
from gateway.services.core.model.sessions.outcomes import PurchaseEnded, SessionRecorded
from gateway.services.core.model.sessions.records import RecordedSession
from gateway.services.core.model.state import Changes, Decision, Moment, RowKeys, State
from gateway.services.core.model.values import Purchase
from gateway.services.core.rules import access, granting
from gateway.services.core.rules.idempotency import recorded, replay_of
from gateway.services.core.rules.imports.ends import EARLIEST_YEAR
from gateway.services.core.rules.inputs.fields import key_problems
from gateway.services.core.rules.recording.counts import counted
from gateway.services.core.rules.recording.numbers import record_of, run_of, unrecorded

SKEW = timedelta(minutes=5)
"""How far the clock of the service that holds the sessions may be ahead of ours."""

HIGHEST = 2**31 - 1
"""What a column holds; how many sessions a purchase has depends on what it took over."""


@dataclass(frozen=True, slots=True)
class RecordSession(KeyedCommand):
    """Record that a session of a purchase was held, and so is used.

    A number is recorded once, whoever repeats it. An ended purchase takes what was held before its end.

    Args:
        held_at: when it began; None for now.
    """

    operation: ClassVar[str] = "recordSession"

    session_id: UUID = field(metadata=NOT_COMPARED)
    purchase_id: UUID
    number: int
    held_at: datetime | None = None

    def problems(self) -> list[FieldProblem]:
        return [*key_problems(self.key), *number_problems(self.number)]

    def own_keys(self) -> RowKeys:
        return RowKeys(sessions={(self.purchase_id, self.number)})

    def decide(self, state: State, moment: Moment) -> Decision:
        replayed = replay_of(self, state)
        if isinstance(replayed, IdempotencyKeyReused):
            return Decision(replayed)
        purchase = state.purchases.get(self.purchase_id)
        if purchase is None:
            return Decision(NotFound("purchase"))
        record = record_of(purchase, self.number, state)
        if record is not None and (replayed is not None or record.withdrawn_at is None):
            records = () if replayed else recorded(self, purchase.id, moment)
            is_repeated = record.id != self.session_id
            return Decision(SessionRecorded(purchase, record, is_repeated), Changes(records=records))
        held_at = self.held_at or moment.now
        if found := _problems(purchase, self.number, held_at, is_known=record is not None, state=state, moment=moment):
            return Decision(InvalidInput(tuple(found)))
        ended_at = _ended_at(purchase, moment.now)
        if ended_at is not None and held_at >= ended_at:
            active = granting.held(state, purchase.student_id, purchase.course_id, moment.now)
            return Decision(PurchaseEnded(purchase, ended_at, active))
        return self._recorded(purchase, record, held_at, state, moment)

    def _recorded(
        self, purchase: Purchase, record: RecordedSession | None, held_at: datetime, state: State, moment: Moment
    ) -> Decision:
        is_own = record is not None and record.purchase_id == purchase.id
        session = RecordedSession(
            record.id if record is not None and is_own else self.session_id,
            purchase.id,
            self.number,
            held_at,
            recorded_at=moment.now,
            recorded_by=self.actor,
        )
        again, changes = counted(purchase, 1, state, moment)
        change = told(session, purchase, again)
        entry = granting.audit(purchase.id, "purchase.session_recorded", self.actor, moment, changes=change)
        records = recorded(self, purchase.id, moment)
        changes += Changes(sessions=(session,), audit=(entry,), records=records)
        return Decision(SessionRecorded(again, session, already_processed=False), changes)


def number_problems(number: int) -> list[FieldProblem]:
    return [] if 1 <= number <= HIGHEST else [FieldProblem(("sessionNumber",), "must be 1 or more")]


def told(session: RecordedSession, was: Purchase, now: Purchase) -> dict[str, object]:
    """What the audit says of a session: which one, and how many are used and left with it."""
    change: dict[str, object] = {
        "number": session.number,
        "heldAt": session.held_at.astimezone(UTC).isoformat(),
        "sessionsUsed": [was.access.sessions_used, now.access.sessions_used],
    }
    if was.access.sessions_total != now.access.sessions_total:
        change["sessionsTotal"] = [was.access.sessions_total, now.access.sessions_total]
    return change


def _problems(
    purchase: Purchase, number: int, held_at: datetime, *, is_known: bool, state: State, moment: Moment
) -> list[FieldProblem]:
    """Why no session of this number and time can be recorded, whether or not the purchase has ended.

    Args:
        is_known: whether it had been recorded, and was withdrawn.
    """
    found = []
    if problem := _number_problem(purchase, number, state, is_known=is_known):
        found.append(FieldProblem(("sessionNumber",), problem))
    if held_at > moment.now + SKEW:
        found.append(FieldProblem(("heldAt",), "must not be in the future; a session is recorded once it was held"))
    if held_at.year < EARLIEST_YEAR:
        found.append(FieldProblem(("heldAt",), f"must be in {EARLIEST_YEAR} or later"))
    return found


def _number_problem(purchase: Purchase, number: int, state: State, *, is_known: bool) -> str | None:
    held = purchase.access
    if number > held.sessions_total:
        return f"must be 1 to {held.sessions_total}, as many as the purchase has"
    if held.sessions_left == 0:
        return f"is one too many: all {held.sessions_total} sessions are used"
    before = unrecorded(purchase, run_of(purchase, state.purchases.values()))
    if number <= before and not is_known:
        return f"must be above {before}: so many were used before, and taken over by their number alone"
    return None


def _ended_at(purchase: Purchase, now: datetime) -> datetime | None:
    """When its access ended; None of one that goes on."""
    held = purchase.access
    if purchase.ended_at is None:
        return held.expires_at if access.has_lapsed(held, now) else None
    return min(purchase.ended_at, held.expires_at) if held.expires_at is not None else purchase.ended_at
