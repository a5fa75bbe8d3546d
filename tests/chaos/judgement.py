"""The promise, judged by two books: the providers' and ours."""

from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from db.engine import writer_engine
from gateway.schema import ids
from tests.chaos.banks import Bank, GivenBack
from tests.services.invariants import Rows


def rows_of(database_url: str) -> Rows:
    """All our rows, as one transaction sees them."""
    engine = writer_engine(database_url)
    try:
        with engine.begin() as connection:
            return Rows(connection)
    finally:
        engine.dispose()


@dataclass
class Judgement:
    """What is wrong, as sentences; none where the promise was kept."""

    rows: Rows
    banks: Sequence[Bank]

    def __post_init__(self) -> None:
        self.payments = {(row.provider, row.reference): row for row in self.rows.payments.values() if row.reference}
        self.purchases = {row.payment_id: row for row in self.rows.purchases.values() if row.payment_id}
        self.given_back: dict[tuple[str, str], list[GivenBack]] = defaultdict(list)
        for bank in self.banks:
            for refund in bank.refunds():
                self.given_back[bank.name.value, refund.reference].append(refund)

    def unsettled(self) -> list[str]:
        """Where our books do not agree with the providers' yet."""
        return [
            sentence
            for bank in self.banks
            for reference, captured_minor in bank.captured().items()
            for sentence in self._disagreements(bank, reference, captured_minor)
        ]

    def unfinished(self) -> list[str]:
        """Jobs that have something to bring about. Only sweeps never end."""
        return [
            f"{row.kind} of {row.subject_id} is {row.state}: {row.last_error}"
            for row in self.rows.jobs
            if row.state in ("PENDING", "RUNNING", "RETRYING") and not row.kind.startswith("sweep.")
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
            *(f"job {row.kind} of {row.subject_id} ended {row.state}: {row.last_error}" for row in self._bad_jobs()),
            *(f"{purchase} was answered and is not there" for purchase in answered - known),
            *self._one_end_for_each(),
            *self._refunds_made_once(),
            *self._two_active(),
        ]

    def figures(self) -> dict[str, object]:
        """What to quote."""
        ends = Counter(end for _, _, end in self._ends())
        return {
            "intents at the providers": sum(bank.intents() for bank in self.banks),
            "payments in our books": len(self.rows.payments),
            "captured at the providers": ends.total(),
            "  and a purchase, no more back than an admin wanted": ends[True],
            "  and all back, no purchase or one that is REFUNDED": ends[False],
            "  and anything else": ends[None],
            "refunds at the providers": sum(map(len, self.given_back.values())),
            "  of a part, by an admin": sum(len(bank.parts) for bank in self.banks),
            "purchases": self._counted("status", self.rows.purchases.values()),
            "payments by their fulfilment": self._counted("fulfilment", self.rows.payments.values()),
        }

    def _disagreements(self, bank: Bank, reference: str, captured_minor: int) -> Iterator[str]:
        payment, where = self.payments.get((bank.name.value, reference)), f"{bank.name.value} {reference}"
        back_minor = sum(each.amount_minor for each in self.given_back[bank.name.value, reference])
        if payment is None:
            yield f"{where} captured {captured_minor} and is not in our books"
        elif payment.captured_minor != captured_minor:
            yield f"{where} captured {captured_minor}, and our books say {payment.captured_minor}"
        elif payment.refunded_minor != back_minor:
            yield f"{where} gave back {back_minor}, and our books say {payment.refunded_minor}"

    def _one_end_for_each(self) -> Iterator[str]:
        yield from (
            f"{where} captured {captured} and came to another end"
            for where, captured, end in self._ends()
            if end is None
        )

    def _ends(self) -> Iterator[tuple[str, int, bool | None]]:
        """Each captured intent, what it captured, and its end: a purchase that stands or was succeeded, and nothing
        back but what an admin wanted (True), or all the money back and no such purchase (False). There is no third
        one (None)."""
        for bank in self.banks:
            for reference, captured_minor in bank.captured().items():
                payment = self.payments.get((bank.name.value, reference))
                purchase = payment and self.purchases.get(payment.id)
                is_held = purchase is not None and purchase.status != "REFUNDED"
                back_minor = sum(each.amount_minor for each in self.given_back[bank.name.value, reference])
                is_one_end = back_minor == (bank.parts.get(reference, 0) if is_held else captured_minor)
                yield f"{bank.name.value} {reference}", captured_minor, is_held if is_one_end else None

    def _refunds_made_once(self) -> Iterator[str]:
        for bank in self.banks:
            made = Counter(each.gateway_refund_id for each in bank.refunds() if each.gateway_refund_id)
            yield from (
                f"{bank.name.value} made refund {key} {times} times" for key, times in made.items() if times > 1
            )
            captured = bank.captured()
            yield from (
                f"{bank.name.value} {each.reference} was refunded and never captured"
                for each in bank.refunds()
                if each.reference not in captured
            )
            ours = {str(row.id) for row in self.rows.refunds}
            yield from (f"refund {key} is not in our books" for key in made if key not in ours)

    def _two_active(self) -> Iterator[str]:
        active = Counter(
            (row.student_id, row.course_id) for row in self.rows.purchases.values() if row.status == "ACTIVE"
        )
        yield from (f"{pair} has {held} active purchases" for pair, held in active.items() if held > 1)

    def _bad_jobs(self) -> list[Any]:
        return [row for row in self.rows.jobs if row.state in ("FAILED", "CANCELED")]

    @staticmethod
    def _counted(column: str, rows: Any) -> str:
        counts = Counter(getattr(row, column) for row in rows)
        return ", ".join(f"{count} {name}" for name, count in sorted(counts.items()))
