"""What rows of an old system would come to, decided as an import decides, and not written."""

from dataclasses import dataclass

from gateway.services.core.commands.imports.import_purchase import ImportPurchase
from gateway.services.core.model.command import BaseCommand
from gateway.services.core.model.outcomes import FieldProblem, ImportRefused, ImportRehearsed, PurchaseImported
from gateway.services.core.model.state import NOTHING, Decision, Moment, RowKeys, State


@dataclass(frozen=True, slots=True)
class RehearseImport(BaseCommand):
    """Decide these rows one after the other, each as if those before it had come over.

    Args:
        earlier: rows that were rehearsed before, and would have come over: those that these may meet.
    """

    rows: tuple[ImportPurchase, ...]
    earlier: tuple[ImportPurchase, ...] = ()

    def problems(self) -> list[FieldProblem]:
        return []

    def keys(self) -> RowKeys:
        return RowKeys.all_of(row.keys() for row in (*self.earlier, *self.rows))

    def decide(self, state: State, moment: Moment) -> Decision:
        """What each comes to. The state stays as it is, and nothing is to be written."""
        rehearsal = state.after(NOTHING)
        outcomes: list[PurchaseImported | ImportRefused] = []
        for row in (*self.earlier, *self.rows):
            decision = row.decide(rehearsal, moment)
            rehearsal.apply(decision.changes)
            assert isinstance(decision.outcome, PurchaseImported | ImportRefused), "a row comes over, or is refused"
            outcomes.append(decision.outcome)
        return Decision(ImportRehearsed(tuple(outcomes[len(self.earlier) :])))
