"""The service beside a provider with books of its own, with short ways to say what passes between them."""

from dataclasses import dataclass, field
from itertools import count
from uuid import UUID

from uuid_utils.compat import uuid7

from db.tables import PaymentRow, PurchaseRow, RefundRow
from gateway.services.core.commands.jobs.claims import ClaimJobs
from gateway.services.core.commands.provider_events import StoreEvent
from gateway.services.core.model.events import ProviderEvent
from gateway.services.core.model.job_outcomes import Claimed, EventStored
from gateway.services.core.model.jobs import Job
from gateway.services.core.model.outcomes import Confirmed, RefundRequested
from gateway.services.core.model.values import Actor, Course, Payment, Purchase, Refund
from gateway.services.jobs.leases import LEASE_S
from gateway.services.jobs.runner import AGAIN_S, MOST_AT_ONCE, Runner
from gateway.services.jobs.sweeps import start_sweeps
from gateway.services.subscribers.base import Subscriber
from tests.service import Service, student
from tests.simulation.books import Books
from tests.simulation.ledger import Attempt
from tests.simulation.verified import broken

NUMBERS = count(1)
"""Each event of a test run is another one, and so is each student who comes in a crowd."""

MOST_IN_VAIN = 20
"""Claims in a row of what is due, none of which gets any of it."""


@dataclass
class Shop:
    """The two sides of the money."""

    service: Service
    books: Books
    subscribers: dict[str, Subscriber] = field(default_factory=dict)

    def runner(self, draw: float = 1.0) -> Runner:
        """By default a job that failed waits for as long as it may, so that `run_jobs` ends."""
        return self.service.runner(draw, self.subscribers)

    async def run_jobs(self) -> int:
        """Run all that is due now, and what becomes due by it; gives how many runs that were. What is due and cannot be
        claimed fails the test, for a runner would look again, and here nobody does.

        A claim is in vain for once where clocks differ: the writer's says that what the runner found is not due yet. So
        a second passes then, as it does for a runner.
        """
        ran, in_vain = 0, 0
        while True:
            more = await self.runner().run_due()
            ran, in_vain = ran + more, 0 if more else in_vain + 1
            if not more and not (left := await self.service.work.runnable_jobs(self.service.clock.now, MOST_AT_ONCE)):
                return ran
            if not more:
                self.service.clock.advance(seconds=AGAIN_S)
            assert in_vain < MOST_IN_VAIN, f"due, and not run: {left}"

    async def claimed(self) -> tuple[Job, ...]:
        """What a runner holds that took what is due, and was heard of no more."""
        ids = await self.service.work.due_jobs(self.service.clock(), MOST_AT_ONCE)
        outcome = await self.service.purchases.submit(ClaimJobs(uuid7(), tuple(ids), LEASE_S))
        assert isinstance(outcome, Claimed), outcome
        return outcome.jobs

    async def paid(
        self, course: Course, tier: str = "BASIC", actor: Actor | None = None, **changes: object
    ) -> tuple[Payment, Purchase]:
        """A payment whose money the provider took, and the purchase that it led to."""
        buyer = actor or student()
        payment = await self.service.opened(buyer, course, tier, **changes)
        self.pay(payment)
        outcome = await self.service.confirm(buyer, payment)
        assert isinstance(outcome, Confirmed), outcome
        return outcome.payment, outcome.purchase

    async def owe(self, course: Course, many: int) -> None:
        """Payments of so many students, all of whose money an admin wants back."""
        for _ in range(many):
            payment, _purchase = await self.paid(course, actor=student(f"visitor-{next(NUMBERS)}"))
            await self.service.refund(payment)

    def pay(self, payment: Payment) -> Attempt:
        """The provider takes the money, and nobody tells us."""
        return self.books.pay(reference_of(payment))

    def capture(self, payment: Payment) -> Attempt:
        """The first money that the provider took for a payment."""
        return self.books.captured(reference_of(payment))[0]

    def event(self, *about: Payment | str, event_id: str | None = None) -> ProviderEvent:
        """A verified webhook; what it says beside its references is never looked at."""
        references = tuple(each if isinstance(each, str) else reference_of(each) for each in about)
        name = event_id or f"evt_{next(NUMBERS)}"
        return ProviderEvent(uuid7(), self.books.name, name, "a.change", references, self.service.clock.now)

    async def store(self, *about: Payment | str, event_id: str | None = None) -> EventStored:
        outcome = await self.service.purchases.submit(StoreEvent(self.event(*about, event_id=event_id)))
        assert isinstance(outcome, EventStored), outcome
        return outcome

    async def receive(self, *about: Payment | str, event_id: str | None = None) -> None:
        """A webhook comes, and its job is run."""
        await self.store(*about, event_id=event_id)
        await self.run_jobs()

    async def refund(self, payment: Payment, amount_minor: int | None = None) -> Refund:
        """An admin refunds, and the job is run."""
        outcome = await self.service.refund(payment, amount_minor)
        assert isinstance(outcome, RefundRequested), outcome
        await self.run_jobs()
        return outcome.refund

    async def sweep(self) -> None:
        """Every round is gone through once, and what follows from it is done."""
        for round_ in start_sweeps(self.service.purchases.providers.by_name):
            await self.service.purchases.submit(round_)
        await self.run_jobs()

    def payment(self, payment: Payment) -> tuple[str, str, int]:
        """A payment's status, its fulfilment, and how much of it went back."""
        [row] = self.service.stored(PaymentRow, id=payment.id)
        return row.status, row.fulfilment, row.refunded_minor

    def purchases(self) -> list[tuple[str, str]]:
        """Each purchase's tier and status, the oldest first."""
        return [(row.tier, row.status) for row in self.service.stored(PurchaseRow)]

    def refunds(self, payment_id: UUID) -> list[tuple[int, str]]:
        """Each refund's amount and status, the oldest first."""
        return [(row.amount_minor, row.status) for row in self.service.stored(RefundRow, payment_id=payment_id)]

    def broken(self) -> list[str]:
        """The invariants that the whole database does not keep."""
        with self.service.beside() as connection:
            return broken(connection, self.service.clock)

    def agrees(self) -> bool:
        """Whether our books say of each payment's money just what the provider's say went back of it."""
        gone = {each.id: self.books.gone(each) for each in self.books.captures}
        return all(row.refunded_minor == gone.get(row.attempt, 0) for row in self.service.stored(PaymentRow))


def open_shop(service: Service, books: Books | None = None) -> Shop:
    """Have the service take its payments with a provider that keeps books, in the place of the sandbox."""
    kept = books or Books()
    service.set_up(by_name={kept.name: kept}, default=kept.name)
    return Shop(service, kept)


def reference_of(payment: Payment) -> str:
    assert payment.reference is not None, "an opened payment has its intent"
    return payment.reference
