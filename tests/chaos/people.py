"""What students do who buy a course: each story is one student's way to it, as people go it."""

import asyncio

from gateway.services.core.model.values import Role
from tests.chaos.clients import CONFIRM_PAYMENT
from tests.chaos.visit import Visit

A_PART_MINOR = 12300


async def buys(visit: Visit) -> None:
    await visit.bought()


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


async def pays_unheard(visit: Visit) -> None:
    """Neither the student comes back nor a webhook comes: the provider has to be asked."""
    checkout = await visit.open("k")
    visit.bank.unheard.add(checkout.reference)
    visit.bank.pay(checkout.reference)


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
    await visit.bought()
    await visit.bought("better", "STANDARD")


async def renews(visit: Visit) -> None:
    await visit.bought()
    await visit.bought("again", is_renewal=True)


async def is_granted_it_at_that_instant(visit: Visit) -> None:
    checkout = await visit.open("k")
    visit.bank.pay(checkout.reference)
    await asyncio.gather(visit.confirm(checkout), visit.grant())


async def is_granted_it_then_upgrades(visit: Visit) -> None:
    checkout = await visit.open("k", "STANDARD")
    visit.bank.pay(checkout.reference)
    await asyncio.gather(visit.grant(), visit.confirm(checkout))
