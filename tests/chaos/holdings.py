"""What each student holds of a course in the end, and whether it is what the payments that stand have paid for."""

from collections import defaultdict
from collections.abc import Collection, Iterator
from datetime import timedelta
from typing import Any

from gateway.schema.conventions import ids
from tests.chaos.deals import TIERS, Deal
from tests.chaos.ends import Ends
from tests.simulation.invariants import Rows

Pair = tuple[str, str]
SLACK = timedelta(days=2)
"""The run lasts for minutes and moves some instants by hours, so validity is compared by days."""


class Holdings:
    """By student and course."""

    def __init__(self, rows: Rows, ends: Ends, deals: Collection[Deal]) -> None:
        self._ends = ends
        self._deals: dict[Pair, list[Deal]] = defaultdict(list)
        self._purchases: dict[Pair, list[Any]] = defaultdict(list)
        self._access = {row.purchase_id: row for row in rows.accesses}
        for deal in deals:
            self._deals[deal.pair].append(deal)
        for row in rows.purchases.values():
            self._purchases[row.student_id, ids.to_text(ids.COURSE, row.course_id)].append(row)

    def wrong(self) -> Iterator[str]:
        for pair in self._deals.keys() | self._purchases.keys():
            for sentence in (*self._sent_back(pair), *self._held(pair)):
                yield f"{pair}: {sentence}"

    def _sent_back(self, pair: Pair) -> Iterator[str]:
        """Money goes back unasked only where it bought nothing that the student did not have."""
        granted = [TIERS[row.tier]["rank"] for row in self._granted(pair)]
        for deal in self._deals[pair]:
            if not deal.is_sent_back:
                continue
            others = [other.rank for other in self._deals[pair] if not other.is_sent_back] + granted
            least = deal.rank + deal.sale.is_renewal
            if not any(rank >= least for rank in others):
                yield f"{deal.where} was refunded, and nobody had asked for it"

    def _held(self, pair: Pair) -> Iterator[str]:
        """One active purchase, of the highest tier that is paid or was granted, and as much of it as was paid."""
        active = [row for row in self._purchases[pair] if row.status == "ACTIVE"]
        if len(active) > 1:
            yield f"{len(active)} active purchases"
        standing = [deal for deal in self._deals[pair] if not deal.is_all_back]
        tiers = [deal.sale.tier for deal in standing] + [row.tier for row in self._granted(pair)]
        if bool(tiers) != bool(active):
            yield f"{len(tiers)} stand, and {len(active)} active purchases"
        if not tiers or not active:
            return
        best = max(tiers, key=lambda code: int(TIERS[code]["rank"]))
        if active[0].tier != best:
            yield f"{best} stands, and {active[0].tier} is active"
        else:
            yield from self._paid_for(active[0], [tier for tier in tiers if tier == best])
            yield from self._paid_twice([deal for deal in standing if deal.sale.tier == best])

    def _paid_for(self, active: Any, paid: Collection[str]) -> Iterator[str]:
        tier, access = TIERS[active.tier], self._access[active.id]
        sessions = len(paid) * int(tier["sessionCount"])
        if access.sessions_total != sessions:
            yield f"{sessions} sessions of {active.tier} are paid, and {access.sessions_total} are held"
        if days := tier.get("validityDays"):
            held = access.expires_at - access.starts_at
            if abs(held - timedelta(days=len(paid) * int(days))) > SLACK:
                yield f"{len(paid)} times {days} days of {active.tier} are paid, and {held.days} are held"

    @staticmethod
    def _paid_twice(standing: Collection[Deal]) -> Iterator[str]:
        """Only a renewal buys once more what one has."""
        first = [deal.where for deal in standing if not deal.sale.is_renewal]
        if len(first) > 1:
            yield f"paid twice for one: {', '.join(first)}"

    def _granted(self, pair: Pair) -> list[Any]:
        return [row for row in self._purchases[pair] if row.origin == "ADMIN"]
