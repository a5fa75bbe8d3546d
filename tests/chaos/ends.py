"""The one right end of each captured intent, and whether it came to it."""

from collections.abc import Collection, Iterator, Mapping
from typing import Any
from uuid import UUID

from gateway.schema.conventions import ids
from tests.chaos.banks import Bank
from tests.chaos.deals import Deal
from tests.simulation.invariants import Rows

SLOT = (17 * 60 + 30, 60, {"Asia/Kolkata", "Asia/Calcutta"})
"""When every student of the run wants to come: the minute of the day, for how long, and the zone's two names."""


class Ends:
    """Payments and purchases as our books have them, beside what the providers' books say of them."""

    def __init__(self, rows: Rows) -> None:
        self.payments = {(row.provider, row.reference): row for row in rows.payments.values() if row.reference}
        self.purchases: Mapping[UUID, Any] = {row.payment_id: row for row in rows.purchases.values() if row.payment_id}

    def disagreement(self, deal: Deal) -> str | None:
        """How our books of an intent's money differ from its provider's."""
        payment = self.payments.get(deal.key)
        if payment is None:
            return f"{deal.where} captured {deal.captured_minor} and is not in our books"
        if payment.captured_minor != deal.captured_minor:
            return f"{deal.where} captured {deal.captured_minor}, and our books say {payment.captured_minor}"
        if payment.refunded_minor != deal.back_minor:
            return f"{deal.where} gave back {deal.back_minor}, and our books say {payment.refunded_minor}"
        return None

    def purchase_of(self, deal: Deal) -> Any | None:
        payment = self.payments.get(deal.key)
        return payment and self.purchases.get(payment.id)

    def end(self, deal: Deal) -> bool | None:
        """A purchase that stands or was succeeded, and no more back than people took (True), or all the money back and
        no such purchase (False). There is no third one (None)."""
        purchase = self.purchase_of(deal)
        is_held = purchase is not None and purchase.status in ("ACTIVE", "SUPERSEDED")
        if is_held:
            return True if not deal.is_all_back and self._is_as_promised(deal) else None
        is_refunded = purchase is None or purchase.status == "REFUNDED"
        return False if deal.is_all_back and is_refunded else None

    def _is_as_promised(self, deal: Deal) -> bool:
        """Whether the gateway sent back what an admin was promised and no more; a dispute may have got in its way."""
        if deal.is_disputed and deal.ours_minor == 0:
            return True
        return deal.ours_minor == deal.promised_minor

    def wrong_ends(self, deals: Collection[Deal]) -> Iterator[str]:
        for deal in deals:
            if self.end(deal) is None:
                yield f"{deal.where} captured {deal.captured_minor} and came to another end"
            elif problem := self._misread(deal):
                yield f"{deal.where} was meant for {problem}"

    def _misread(self, deal: Deal) -> str | None:
        """What was sold otherwise than its student meant."""
        purchase = self.purchase_of(deal)
        if purchase is None:
            return None
        sale = deal.sale
        sold = (purchase.student_id, ids.to_text(ids.COURSE, purchase.course_id), purchase.tier)
        if sold != (sale.student_id, sale.course_id, sale.tier):
            return f"{sale}, and is {sold}"
        slot = (purchase.slot_start_min, purchase.session_duration_min, purchase.time_zone)
        is_right = slot[:2] == SLOT[:2] and slot[2] in SLOT[2]
        return None if is_right else f"{SLOT}, and is {slot}"

    def touched(self, bank: Bank) -> Iterator[str]:
        """What was done with money that is another application's."""
        for reference in bank.captured():
            if reference in bank.sales:
                continue
            if (bank.name.value, reference) in self.payments:
                yield f"{bank.name.value} {reference} is another application's, and in our books"
            if any(each.reference == reference and each.gateway_refund_id for each in bank.refunds()):
                yield f"{bank.name.value} {reference} is another application's, and we refunded it"

    def unpaid(self, deals: Collection[Deal]) -> Iterator[str]:
        """Purchases that say they were paid for, and were not."""
        paid = {payment.id for deal in deals if (payment := self.payments.get(deal.key))}
        yield from (f"purchase {row.id} was never paid" for key, row in self.purchases.items() if key not in paid)
