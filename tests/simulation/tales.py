"""A set of provider events, told: what the world does for one student, and what a webhook says of each deed."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

from gateway.services.core.model.values import Course, Payment, Provider
from tests.service import STANDARD, student
from tests.simulation.ledger import Attempt, Return
from tests.simulation.shop import Shop


@dataclass
class Tale:
    """One telling of a set of events: a student of its own, and what the world has done so far."""

    shop: Shop
    course: Course
    name: str
    checkouts: list[str] = field(default_factory=list)
    captures: list[Attempt] = field(default_factory=list)
    disputes: list[Return] = field(default_factory=list)

    async def open(self, tier: str = "BASIC") -> Payment:
        payment = await self.shop.service.opened(student(self.name), self.course, tier)
        assert payment.reference is not None
        self.checkouts.append(payment.reference)
        return payment

    def book(self, tier: str = "STANDARD") -> None:
        """Another system's checkout."""
        said = {"studentId": self.name, "courseId": str(self.course.id), "purchaseTier": tier, "isSundayOnly": "true"}
        said |= {"sessionDuration": "60", "timeSlot": "17:30"}
        self.checkouts.append(self.shop.books.book(STANDARD.price, said).reference)

    def pay(self, checkout: int) -> None:
        self.captures.append(self.shop.books.pay(self.checkouts[checkout]))

    def pay_again(self, checkout: int) -> None:
        self.captures.append(self.shop.books.capture_again(self.checkouts[checkout]))

    def decline(self, checkout: int) -> None:
        self.shop.books.decline(self.checkouts[checkout])

    def refund(self, capture: int, amount_minor: int | None = None) -> None:
        self.shop.books.refund_at_dashboard(self.captures[capture], amount_minor)

    def dispute(self, capture: int, amount_minor: int | None = None, currency: str = "") -> None:
        self.disputes.append(self.shop.books.dispute(self.captures[capture], amount_minor, currency))

    def decide(self, dispute: int, is_students: bool) -> None:
        self.shop.books.decide(self.disputes[dispute], is_students)

    async def receive(self, checkout: int, event_id: str) -> None:
        await self.shop.receive(self.checkouts[checkout], event_id=f"{self.name}_{event_id}")

    async def confirm(self, checkout: int) -> None:
        """The student's page asks, where our books know the checkout yet."""
        service = self.shop.service
        payment = await service.work.payment_by_reference(Provider.SANDBOX, self.checkouts[checkout])
        if payment is not None:
            await service.confirm(student(self.name), payment)


@dataclass(frozen=True)
class Deed:
    """What the world does, and the checkout that its webhook is about."""

    checkout: int
    do: Callable[[Tale], None] = lambda _tale: None


@dataclass(frozen=True)
class EventSet:
    """`begin` is what was done and heard before; each deed is told of by one event."""

    begin: Callable[[Tale], Awaitable[None]]
    deeds: tuple[Deed, ...]


async def one_checkout(tale: Tale) -> None:
    await tale.open()


async def two_checkouts(tale: Tale) -> None:
    await tale.open()
    await tale.open()


async def another_systems(tale: Tale) -> None:
    tale.book()


async def an_upgrade(tale: Tale) -> None:
    """The base is paid and known; the upgrade is opened only."""
    await tale.open()
    tale.pay(0)
    await tale.confirm(0)
    await tale.open("STANDARD")


EVENT_SETS = {
    "a failed attempt, one that paid, and its money back in parts": EventSet(
        one_checkout,
        (
            Deed(0),
            Deed(0, lambda tale: tale.decline(0)),
            Deed(0, lambda tale: tale.pay(0)),
            Deed(0, lambda tale: tale.refund(0, 100_000)),
            Deed(0, lambda tale: tale.refund(0)),
        ),
    ),
    "an upgrade, the base refunded, and the upgrade too": EventSet(
        an_upgrade,
        (
            Deed(1, lambda tale: tale.pay(1)),
            Deed(0, lambda tale: tale.refund(0)),
            Deed(1, lambda tale: tale.refund(1)),
        ),
    ),
    "an upgrade refunded in parts, and a part of its base": EventSet(
        an_upgrade,
        (
            Deed(1, lambda tale: tale.pay(1)),
            Deed(1, lambda tale: tale.refund(1, 100_000)),
            Deed(0, lambda tale: tale.refund(0, 100_000)),
            Deed(1, lambda tale: tale.refund(1)),
        ),
    ),
    "a checkout paid twice, and the first money lost in a dispute": EventSet(
        one_checkout,
        (
            Deed(0, lambda tale: tale.pay(0)),
            Deed(0, lambda tale: tale.pay_again(0)),
            Deed(0, lambda tale: tale.dispute(0)),
            Deed(0, lambda tale: tale.decide(0, is_students=True)),
        ),
    ),
    "a dispute decided for us, and then a part refunded": EventSet(
        one_checkout,
        (
            Deed(0, lambda tale: tale.pay(0)),
            Deed(0, lambda tale: tale.dispute(0)),
            Deed(0, lambda tale: tale.decide(0, is_students=False)),
            Deed(0, lambda tale: tale.refund(0, 100_000)),
        ),
    ),
    "a part refunded, and more than was paid lost in a dispute": EventSet(
        one_checkout,
        (
            Deed(0, lambda tale: tale.pay(0)),
            Deed(0, lambda tale: tale.refund(0, 100_000)),
            Deed(0, lambda tale: tale.dispute(0, 200_100)),
            Deed(0, lambda tale: tale.decide(0, is_students=True)),
        ),
    ),
    "a part lost in a dispute, and the same money claimed in another currency and lost too": EventSet(
        one_checkout,
        (
            Deed(0, lambda tale: tale.pay(0)),
            Deed(0, lambda tale: tale.dispute(0, 100_000)),
            Deed(0, lambda tale: tale.dispute(0, 2_400, "USD")),
            Deed(0, lambda tale: tale.decide(1, is_students=True)),
            Deed(0, lambda tale: tale.decide(0, is_students=True)),
        ),
    ),
    "another system's checkout, paid and refunded": EventSet(
        another_systems,
        (Deed(0), Deed(0, lambda tale: tale.pay(0)), Deed(0, lambda tale: tale.refund(0))),
    ),
}
"""What the truth at the provider determines the end of: whoever hears of it, and when, comes to the same."""

TWO_PAYMENTS = EventSet(
    two_checkouts,
    (
        Deed(0, lambda tale: tale.pay(0)),
        Deed(1, lambda tale: tale.pay(1)),
        Deed(0, lambda tale: tale.refund(0)),
    ),
)
"""Which of the two becomes the purchase is for who is heard of first: neither is at fault."""
