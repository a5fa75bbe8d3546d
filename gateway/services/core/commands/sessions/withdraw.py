"""A session that had been recorded by mistake."""

from dataclasses import dataclass
from typing import ClassVar
from uuid import UUID

from gateway.services.core.commands.sessions.record import number_problems, told
from gateway.services.core.frozen import replace
from gateway.services.core.model.command import KeyedCommand
from gateway.services.core.model.outcomes import FieldProblem, IdempotencyKeyReused, NotFound
from gateway.services.core.model.sessions.outcomes import SessionWithdrawn
from gateway.services.core.model.state import Changes, Decision, Moment, RowKeys, State
from gateway.services.core.rules import granting
from gateway.services.core.rules.idempotency import recorded, replay_of
from gateway.services.core.rules.inputs.fields import key_problems, reason_problems
from gateway.services.core.rules.recording.counts import counted
from gateway.services.core.rules.recording.numbers import record_of


@dataclass(frozen=True, slots=True)
class WithdrawSession(KeyedCommand):
    """Take back the record of a session, so that it no longer counts as used. `reason` is audited.

    It may be recorded again. What was recorded under a purchase that this one continues is withdrawn there, and counts
    for neither.
    """

    operation: ClassVar[str] = "withdrawSession"

    purchase_id: UUID
    number: int
    reason: str

    def problems(self) -> list[FieldProblem]:
        return [*key_problems(self.key), *number_problems(self.number), *reason_problems(self.reason)]

    def own_keys(self) -> RowKeys:
        return RowKeys(sessions={(self.purchase_id, self.number)})

    def decide(self, state: State, moment: Moment) -> Decision:
        """The purchase with a session less used, also one that has ended: a mistake is put right whenever it shows."""
        replayed = replay_of(self, state)
        if isinstance(replayed, IdempotencyKeyReused):
            return Decision(replayed)
        purchase = state.purchases.get(self.purchase_id)
        if purchase is None:
            return Decision(NotFound("purchase"))
        record = record_of(purchase, self.number, state)
        if record is None:
            return Decision(NotFound("session"))
        records = () if replayed else recorded(self, purchase.id, moment)
        if replayed is not None or record.withdrawn_at is not None:
            return Decision(SessionWithdrawn(purchase, record, already_processed=True), Changes(records=records))
        of = state.purchases[record.purchase_id]
        withdrawn = replace(record, withdrawn_at=moment.now)
        again, changes = counted(of, -1, state, moment)
        change = told(withdrawn, of, again)
        entry = granting.audit(of.id, "purchase.session_withdrawn", self.actor, moment, self.reason, change)
        changes += Changes(sessions=(withdrawn,), audit=(entry,), records=records)
        named = next((each for each in changes.purchases if each.id == purchase.id), purchase)
        return Decision(SessionWithdrawn(named, withdrawn, already_processed=False), changes)
