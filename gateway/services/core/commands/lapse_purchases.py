"""The end of purchases whose expiry has passed."""

from dataclasses import dataclass
from typing import ClassVar
from uuid import UUID

from gateway.services.core.model.command import BaseCommand
from gateway.services.core.model.job_outcomes import Lapsed
from gateway.services.core.model.outcomes import FieldProblem
from gateway.services.core.model.state import Changes, Decision, Moment, RowKeys, State
from gateway.services.core.model.values import GATEWAY, PurchaseStatus
from gateway.services.core.rules import access, granting


@dataclass(frozen=True, slots=True)
class LapsePurchases(BaseCommand):
    """End those of the purchases whose expiry has passed."""

    purchase_ids: tuple[UUID, ...]

    waits_for_locks: ClassVar[bool] = False

    @property
    def is_background(self) -> bool:
        return True

    def problems(self) -> list[FieldProblem]:
        return []

    def keys(self) -> RowKeys:
        return RowKeys(purchases=set(self.purchase_ids))

    def decide(self, state: State, moment: Moment) -> Decision:
        """Those of the purchases that are past their expiry and still marked active, ended."""
        found = [state.purchases[each] for each in dict.fromkeys(self.purchase_ids) if each in state.purchases]
        active = [purchase for purchase in found if purchase.status is PurchaseStatus.ACTIVE]
        due = [purchase for purchase in active if access.has_lapsed(purchase.access, moment.now)]
        ended = [granting.lapsed(purchase, GATEWAY, moment) for purchase in due]
        outcome = Lapsed(tuple(purchase for purchase, _ in ended))
        return Decision(outcome, Changes.all_of(changes for _, changes in ended))
