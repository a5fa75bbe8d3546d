"""One student, at one provider, for one course: what a student and an admin can do for them."""

import asyncio
from dataclasses import dataclass
from random import Random

from gateway.services.core.model.values import Role
from tests.chaos.banks import Bank, Sale
from tests.chaos.clients import (
    CONFIRM_PAYMENT,
    CREATE_PAYMENT,
    CREATE_PURCHASE,
    PATIENCE,
    PAUSE_S,
    REFUND_PAYMENT,
    Answer,
    Clients,
)
from tests.served.gateway import creating, opening


@dataclass
class Checkout:
    """A payment as its page knows it: our id, and the provider's id of the intent."""

    id: str
    reference: str


@dataclass
class Visit:
    """What one story needs."""

    student: str
    course: str
    bank: Bank
    clients: Clients
    random: Random

    async def open(self, key: str, tier: str = "BASIC", *, is_renewal: bool = False) -> Checkout:
        arguments = {**opening(self.course, tier), "provider": self.bank.name.value, "idempotencyKey": key}
        answer = await self._as_student(CREATE_PAYMENT, arguments | ({"purpose": "RENEWAL"} if is_renewal else {}))
        assert answer["__typename"] == "CreatePaymentSuccess", answer
        reference = answer["payment"]["providerReference"]
        self.bank.sales[reference] = Sale(self.student, self.course, tier, is_renewal)
        return Checkout(answer["payment"]["id"], reference)

    async def confirm(self, checkout: Checkout, tries: int = PATIENCE) -> Answer:
        """What it came to, or the last word where the student's patience ends first."""
        for _ in range(tries):
            given: dict[str, object] = {"paymentId": checkout.id}
            if self.random.random() < 0.7 and (proof := self.bank.proof(checkout.reference)):
                given["proof"] = proof
            answer = await self._as_student(CONFIRM_PAYMENT, given)
            if not answer.get("retryable"):
                break
            await asyncio.sleep(self.random.uniform(0, PAUSE_S))
        self.clients.milestones.reached("confirmations answered")
        return answer

    async def bought(self, key: str = "k", tier: str = "BASIC", *, is_renewal: bool = False) -> Checkout:
        checkout = await self.open(key, tier, is_renewal=is_renewal)
        self.bank.pay(checkout.reference)
        await self.confirm(checkout)
        return checkout

    async def grant(self, tier: str = "BASIC", **more: str) -> Answer:
        given = {**creating(self.course, self.student, tier), **more}
        return await self.clients.ask(Role.ADMIN, "admin-1", CREATE_PURCHASE, given)

    async def give_back(self, checkout: Checkout, **part: int) -> Answer:
        """Asked for again, it is the same refund; where there is none to be given now, that is told."""
        given = {"paymentId": checkout.id, "reason": "asked for it", "idempotencyKey": f"back-{checkout.id}", **part}
        answer = await self.clients.ask(Role.ADMIN, "admin-1", REFUND_PAYMENT, given)
        if answer["__typename"] == "RefundPaymentSuccess":
            self.bank.own_pending[checkout.reference] = answer["refund"]["amount"]["amountMinor"]
        return answer

    def meanwhile(self, *choices: str) -> str:
        """One of several ways that a story may go."""
        return self.random.choice(choices)

    async def _as_student(self, operation: str, given: dict[str, object]) -> Answer:
        return await self.clients.ask(Role.STUDENT, self.student, operation, given)
