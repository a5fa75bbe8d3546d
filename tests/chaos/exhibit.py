"""A bank and our books of it, as they should be: what the judge's tests put wrong."""

from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any
from uuid import UUID, uuid4

from gateway.schema.conventions import ids
from gateway.services.providers.metadata import REFUND_ID
from tests.chaos.banks import Sale
from tests.chaos.deals import TIERS
from tests.chaos.judgement import Judgement
from tests.chaos.stripe_bank import StripeBank

KEY = uuid4()
COURSE = ids.to_text(ids.COURSE, KEY)
BASIC = int(TIERS["BASIC"]["price"]["amountMinor"])
BEGUN = datetime(2026, 11, 23, tzinfo=UTC)
PART = 100


class Exhibit:
    """A bank, and our books of it as they should be: a test does something to the one or the other."""

    def __init__(self) -> None:
        self.bank = StripeBank(lambda _: None)
        self.rows: Any = SimpleNamespace(payments={}, purchases={}, accesses=[], refunds=[], jobs=[], events=[])

    def paid(self, tier: str = "BASIC", *, is_renewal: bool = False, minor: int | None = None) -> str:
        """The reference of an intent that is paid at the bank, and of which we know nothing yet."""
        reference = self.bank.book(int(TIERS[tier]["price"]["amountMinor"]) if minor is None else minor, {})
        self.bank.sales[reference] = Sale("s", COURSE, tier, is_renewal)
        self.bank.pay(reference)
        return reference

    def payment(self, reference: str, **changes: object) -> Any:
        captured = self.bank.captured()[reference]
        row = {"id": uuid4(), "provider": "STRIPE", "reference": reference, "captured_minor": captured}
        payment = SimpleNamespace(**row | {"refunded_minor": 0, "fulfilment": "FULFILLED"} | changes)
        self.rows.payments[payment.id] = payment
        return payment

    def purchase(self, payment: Any, tier: str = "BASIC", bought: int = 1, **changes: object) -> Any:
        row = {"id": uuid4(), "payment_id": payment and payment.id, "status": "ACTIVE", "student_id": "s", "tier": tier}
        row |= {"course_id": KEY, "origin": "PAYMENT" if payment else "ADMIN"}
        row |= {"slot_start_min": 1050, "session_duration_min": 60, "time_zone": "Asia/Kolkata"}
        purchase = SimpleNamespace(**row | changes)
        self.rows.purchases[purchase.id] = purchase
        days, sessions = (bought * int(TIERS[tier].get(name, 0)) for name in ("validityDays", "sessionCount"))
        times = {"starts_at": BEGUN, "expires_at": BEGUN + timedelta(days=days)}
        self.rows.accesses.append(SimpleNamespace(purchase_id=purchase.id, sessions_total=sessions, **times))
        return purchase

    def bought(self, tier: str = "BASIC", bought: int = 1, *, is_renewal: bool = False, **changes: object) -> str:
        reference = self.paid(tier, is_renewal=is_renewal)
        self.purchase(self.payment(reference), tier, bought, **changes)
        return reference

    def went_back(self, reference: str, status: str = "REFUNDED") -> None:
        """Our books after all of it went back."""
        [payment] = (each for each in self.rows.payments.values() if each.reference == reference)
        payment.refunded_minor = payment.captured_minor
        for purchase in self.rows.purchases.values():
            if purchase.payment_id == payment.id:
                purchase.status = status

    def job(self, kind: str, subject: UUID, state: str = "FAILED") -> None:
        self.rows.jobs.append(SimpleNamespace(kind=kind, subject_id=subject, state=state, last_error="no"))

    def told(self, reference: str) -> None:
        [payment] = (each for each in self.rows.payments.values() if each.reference == reference)
        self.job("case.review", payment.id)

    def broken(self, *answered: str) -> list[str]:
        return Judgement(self.rows, [self.bank]).broken(set(answered))

    def refund(self, reference: str, minor: int) -> None:
        """By the gateway."""
        self.rows.refunds.append(SimpleNamespace(id=uuid4(), payment_id=None))
        self.bank.fake.give_back(reference, minor, metadata={REFUND_ID: str(self.rows.refunds[-1].id)})
