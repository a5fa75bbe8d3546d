"""The promise, judged by two books: the providers' and ours."""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, select

from db.job_tables import ProviderEventRow
from db.statements import table_of
from gateway.schema.conventions import ids
from tests.beside import beside
from tests.chaos.banks import Bank
from tests.chaos.deals import Deal, deals_of
from tests.chaos.ends import Ends
from tests.chaos.holdings import Holdings
from tests.simulation.invariants import Rows

CASE = "case.review"


class Books(Rows):
    """All our rows, the webhooks too."""

    def __init__(self, connection: Connection) -> None:
        super().__init__(connection)
        self.events = list(connection.execute(select(table_of(ProviderEventRow))))


def books_of(database_url: str) -> Books:
    """All our rows, as one transaction sees them."""
    with beside(database_url) as connection:
        return Books(connection)


@dataclass
class Judgement:
    """What is wrong, as sentences; none where the promise was kept."""

    rows: Books
    banks: Sequence[Bank]

    def __post_init__(self) -> None:
        self.deals = [deal for bank in self.banks for deal in deals_of(bank)]
        self.ends = Ends(self.rows)

    def unsettled(self) -> list[str]:
        """Where our books do not agree with the providers' yet."""
        return [sentence for deal in self.deals if (sentence := self.ends.disagreement(deal))]

    def unfinished(self) -> list[str]:
        """Jobs that have something to bring about. Only sweeps never end, and a refund waits for an open dispute."""
        contested = self._refunds_where(lambda deal: deal.is_contested)
        return [
            f"{row.kind} of {row.subject_id} is {row.state}: {row.last_error}"
            for row in self.rows.jobs
            if row.state in ("PENDING", "RUNNING", "RETRYING")
            and not row.kind.startswith("sweep.")
            and row.subject_id not in contested
        ]

    def broken(self, answered: set[str]) -> list[str]:
        """All that must hold in the end, and does not.

        Args:
            answered: ids of purchases that somebody was told of.
        """
        known = {ids.to_text(ids.PURCHASE, key) for key in self.rows.purchases}
        return [
            *self.unsettled(),
            *self.unfinished(),
            *self._bad_jobs(),
            *self._cases(),
            *(f"{purchase} was answered and is not there" for purchase in answered - known),
            *self.ends.wrong_ends(self.deals),
            *self.ends.unpaid(self.deals),
            *(sentence for bank in self.banks for sentence in self.ends.touched(bank)),
            *self._heard(),
            *Holdings(self.rows, self.ends, self.deals).wrong(),
            *self._refunds_made_once(),
        ]

    def figures(self) -> dict[str, object]:
        """What to quote."""
        ends = Counter(self.ends.end(deal) for deal in self.deals)
        captured = sum(len(bank.captured()) for bank in self.banks)
        return {
            "intents at the providers": sum(bank.intents() for bank in self.banks),
            "payments in our books": len(self.rows.payments),
            "captured at the providers": captured,
            "  another application's, and left alone": captured - ends.total(),
            "  and a purchase, no more back than people took": ends[True],
            "  and all back, no purchase or one that is REFUNDED": ends[False],
            "  and anything else": ends[None],
            "refunds at the providers": sum(len(bank.refunds()) for bank in self.banks),
            "  by the gateway": sum(1 for bank in self.banks for each in bank.refunds() if each.gateway_refund_id),
            "disputes that were lost": sum(len(bank.lost()) for bank in self.banks),
            "  and took more than was left, or another currency": sum(deal.is_excess for deal in self.deals),
            "purchases": self._counted("status", self.rows.purchases.values()),
            "payments by their fulfilment": self._counted("fulfilment", self.rows.payments.values()),
        }

    def _bad_jobs(self) -> Iterator[str]:
        """None may fail but what only a person can end: cases, and a promised refund that a dispute forbade."""
        disputed = self._refunds_where(lambda deal: deal.is_disputed)
        for row in self.rows.jobs:
            if row.state not in ("FAILED", "CANCELED") or row.kind == CASE:
                continue
            if row.kind == "payment.refund" and row.subject_id in disputed:
                continue
            yield f"job {row.kind} of {row.subject_id} ended {row.state}: {row.last_error}"

    def _refunds_where(self, is_so: Callable[[Deal], bool]) -> set[UUID]:
        """Our refunds of deals of a kind."""
        payments = {self.ends.payments[deal.key].id for deal in filter(self._is_known, self.deals) if is_so(deal)}
        return {row.id for row in self.rows.refunds if row.payment_id in payments}

    def _is_known(self, deal: Deal) -> bool:
        return deal.key in self.ends.payments

    def _cases(self) -> Iterator[str]:
        """An operator is told of what needs one, and of nothing else."""
        told = Counter(row.subject_id for row in self.rows.jobs if row.kind == CASE)
        for deal in filter(self._is_known, self.deals):
            about = {self.ends.payments[deal.key].id}
            if purchase := self.ends.purchase_of(deal):
                about.add(purchase.id)
            cases = sum(told.pop(each, 0) for each in about)
            wanted = deal.is_excess or (deal.is_all_back and deal.reference in deal.bank.kept_by_admin)
            if wanted and not cases:
                yield f"{deal.where} needs a person, and nobody was told"
            if cases and not wanted:
                yield f"{deal.where} needs nobody, and an operator was told"
        yield from (f"an operator was told of {subject}, which no deal is about" for subject in told)

    def _heard(self) -> Iterator[str]:
        """Events of other applications' money are put aside."""
        foreign = {reference for bank in self.banks for reference in bank.captured() if reference not in bank.sales}
        for row in self.rows.events:
            if row.refs and foreign.issuperset(row.refs) and row.state != "IGNORED":
                yield f"{row.provider} {row.event_id} is another application's, and {row.state}"

    def _refunds_made_once(self) -> Iterator[str]:
        ours = {str(row.id) for row in self.rows.refunds}
        for bank in self.banks:
            made = Counter(each.gateway_refund_id for each in bank.refunds() if each.gateway_refund_id)
            yield from (
                f"{bank.name.value} made refund {key} {times} times" for key, times in made.items() if times > 1
            )
            yield from (f"refund {key} is not in our books" for key in made if key not in ours)
            captured = bank.captured()
            yield from (
                f"{bank.name.value} {each.reference} was refunded and never captured"
                for each in bank.refunds()
                if each.reference not in captured
            )

    @staticmethod
    def _counted(column: str, rows: Any) -> str:
        counts = Counter(getattr(row, column) for row in rows)
        return ", ".join(f"{count} {name}" for name, count in sorted(counts.items()))
