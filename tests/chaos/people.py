"""What students and admins do: each story is one student's way to a course, as people go it."""

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass
from itertools import count
from random import Random

from gateway.services.core.values import Role
from tests.chaos.banks import Bank
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
from tests.http.served import creating, opening

A_PART_MINOR = 12300


@dataclass
class Checkout:
    """A payment as its page knows it: our id, and the provider's id of the intent."""

    id: str
    reference: str


@dataclass
class Visit:
    """One student, at one provider, for one course."""

    student: str
    course: str
    bank: Bank
    clients: Clients
    random: Random

    async def open(self, key: str, tier: str = "BASIC", **more: object) -> Checkout:
        wish = {**opening(self.course, tier), "provider": self.bank.name.value, "idempotencyKey": key, **more}
        answer = await self._as_student(CREATE_PAYMENT, wish)
        assert answer["__typename"] == "CreatePaymentSuccess", answer
        return Checkout(answer["payment"]["id"], answer["payment"]["providerReference"])

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

    async def grant(self, tier: str = "BASIC") -> Answer:
        given = creating(self.course, self.student, tier)
        return await self.clients.ask(Role.ADMIN, "admin-1", CREATE_PURCHASE, given)

    async def give_back(self, checkout: Checkout, **part: int) -> Answer:
        given = {"paymentId": checkout.id, "reason": "asked for it", "idempotencyKey": f"back-{checkout.id}", **part}
        return await self.clients.ask(Role.ADMIN, "admin-1", REFUND_PAYMENT, given)

    async def _as_student(self, operation: str, given: dict[str, object]) -> Answer:
        return await self.clients.ask(Role.STUDENT, self.student, operation, given)


async def buys(visit: Visit) -> None:
    await _bought(visit)


async def clicks_twice(visit: Visit) -> None:
    one, other = await asyncio.gather(visit.open("k"), visit.open("k"))
    assert one == other, "one key, one checkout"
    visit.bank.pay(one.reference)
    answers = await asyncio.gather(*(visit.confirm(one) for _ in range(3)))
    assert len({answer["purchase"]["id"] for answer in answers if "purchase" in answer}) <= 1, answers


async def pays_with_the_second_card(visit: Visit) -> None:
    checkout = await visit.open("k")
    visit.bank.decline(checkout.reference)
    await visit.confirm(checkout, tries=2)
    visit.bank.pay(checkout.reference)
    await visit.confirm(checkout)


async def is_declined_and_leaves(visit: Visit) -> None:
    checkout = await visit.open("k")
    visit.bank.decline(checkout.reference)
    await visit.confirm(checkout, tries=2)


async def never_pays(visit: Visit) -> None:
    await visit.confirm(await visit.open("k"), tries=2)


async def pays_and_never_comes_back(visit: Visit) -> None:
    visit.bank.pay((await visit.open("k")).reference)


async def pays_after_the_page_gave_up(visit: Visit) -> None:
    checkout = await visit.open("k")
    await visit.confirm(checkout, tries=2)
    visit.bank.pay(checkout.reference)


async def closes_the_tab_while_it_confirms(visit: Visit) -> None:
    checkout = await visit.open("k")
    visit.bank.pay(checkout.reference)
    share = 1.0 if visit.random.random() < 0.8 else visit.random.random()
    given = {"paymentId": checkout.id, "proof": visit.bank.proof(checkout.reference)}
    await visit.clients.hang_up(Role.STUDENT, visit.student, CONFIRM_PAYMENT, given, share)


async def waits_for_a_slow_bank(visit: Visit) -> None:
    checkout = await visit.open("k")
    visit.bank.begin(checkout.reference)
    await visit.confirm(checkout, tries=2)
    visit.bank.finish(checkout.reference)
    if visit.random.random() < 0.5:
        await visit.confirm(checkout)


async def pays_in_two_tabs(visit: Visit) -> None:
    tabs = await asyncio.gather(visit.open("one"), visit.open("other"))
    for tab in tabs:
        visit.bank.pay(tab.reference)
    await asyncio.gather(*(visit.confirm(tab) for tab in tabs))


async def pays_in_two_tabs_and_leaves(visit: Visit) -> None:
    for tab in await asyncio.gather(visit.open("one"), visit.open("other")):
        visit.bank.pay(tab.reference)


async def upgrades(visit: Visit) -> None:
    await _bought(visit)
    better = await visit.open("better", "STANDARD")
    visit.bank.pay(better.reference)
    await visit.confirm(better)


async def renews(visit: Visit) -> None:
    await _bought(visit)
    again = await visit.open("again", purpose="RENEWAL")
    visit.bank.pay(again.reference)
    await visit.confirm(again)


async def is_granted_it_at_that_instant(visit: Visit) -> None:
    checkout = await visit.open("k")
    visit.bank.pay(checkout.reference)
    await asyncio.gather(visit.confirm(checkout), visit.grant())


async def is_granted_it_then_upgrades(visit: Visit) -> None:
    checkout = await visit.open("k", "STANDARD")
    visit.bank.pay(checkout.reference)
    await asyncio.gather(visit.grant(), visit.confirm(checkout))


async def has_an_admin_give_it_back(visit: Visit) -> None:
    """Both clicks are one refund. Where the payment is still open there is nothing to give back, and it is told."""
    checkout = await _bought(visit)
    await asyncio.gather(visit.give_back(checkout), visit.give_back(checkout))


async def has_an_admin_give_a_part_back(visit: Visit) -> None:
    """A part is where a provider would let a refund be made twice, for there is enough left."""
    checkout = await _bought(visit)
    wishes = (visit.give_back(checkout, amountMinor=A_PART_MINOR) for _ in range(2))
    answers = {answer["__typename"] for answer in await asyncio.gather(*wishes)}
    if "RefundPaymentSuccess" in answers:
        visit.bank.parts[checkout.reference] = A_PART_MINOR


async def gets_it_back_at_the_dashboard(visit: Visit) -> None:
    checkout = await _bought(visit)
    visit.bank.give_back(checkout.reference)


async def _bought(visit: Visit) -> Checkout:
    checkout = await visit.open("k")
    visit.bank.pay(checkout.reference)
    await visit.confirm(checkout)
    return checkout


Story = Callable[[Visit], Awaitable[None]]
STORIES: dict[Story, tuple[int, int]] = {
    buys: (10, 1),
    clicks_twice: (10, 1),
    pays_with_the_second_card: (7, 1),
    is_declined_and_leaves: (3, 1),
    never_pays: (4, 1),
    pays_and_never_comes_back: (9, 1),
    pays_after_the_page_gave_up: (5, 1),
    closes_the_tab_while_it_confirms: (9, 1),
    waits_for_a_slow_bank: (6, 1),
    pays_in_two_tabs: (7, 2),
    pays_in_two_tabs_and_leaves: (4, 2),
    upgrades: (6, 2),
    renews: (5, 2),
    is_granted_it_at_that_instant: (6, 1),
    is_granted_it_then_upgrades: (3, 1),
    has_an_admin_give_it_back: (3, 1),
    has_an_admin_give_a_part_back: (6, 1),
    gets_it_back_at_the_dashboard: (3, 1),
}
"""How often each happens, in about a hundred, and how many payments it opens."""


def stories(random: Random, payments: int) -> Iterator[tuple[str, Story]]:
    """Students and what they do, until so many payments are opened in all. Nobody does what is left for one alone."""
    opened = 0
    for number in count(1):
        if opened >= payments:
            return
        fitting = {story: weight for story, (weight, opens) in STORIES.items() if opened + opens <= payments}
        [story] = random.choices(list(fitting), list(fitting.values()))
        opened += STORIES[story][1]
        yield f"student-{number}", story
