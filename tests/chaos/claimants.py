"""Whose money goes back: by an admin, at the provider's dashboard, or because the student's bank claims it."""

import asyncio

from tests.chaos.banks import CURRENCY
from tests.chaos.people import A_PART_MINOR
from tests.chaos.visit import Checkout, Visit

SOME_MORE_MINOR = 20100
"""What a dispute may claim beyond what was captured, for rates change."""


async def has_an_admin_give_it_back(visit: Visit) -> None:
    """Both clicks are one refund. Where the payment is still open there is nothing to give back, and it is told."""
    checkout = await visit.bought()
    await asyncio.gather(visit.give_back(checkout), visit.give_back(checkout))


async def has_an_admin_give_a_part_back(visit: Visit) -> None:
    """A part is where a provider would let a refund be made twice, for there is enough left."""
    checkout = await visit.bought()
    await asyncio.gather(*(visit.give_back(checkout, amountMinor=A_PART_MINOR) for _ in range(2)))


async def gets_it_back_at_the_dashboard(visit: Visit) -> None:
    visit.bank.give_back((await visit.bought()).reference)


async def gets_a_part_back_at_the_dashboard(visit: Visit) -> None:
    visit.bank.give_back((await visit.bought()).reference, A_PART_MINOR)


async def gets_a_part_back_and_wins_a_dispute(visit: Visit) -> None:
    checkout = await visit.bought()
    visit.bank.give_back(checkout.reference, A_PART_MINOR)
    visit.bank.lose(checkout.reference)


async def wins_a_dispute_and_gets_a_part_back(visit: Visit) -> None:
    checkout = await visit.bought()
    dispute = visit.bank.claim(checkout.reference)
    visit.bank.give_back(checkout.reference, A_PART_MINOR)
    visit.bank.decide(dispute, "lost")


async def is_promised_a_part_and_wins_a_dispute(visit: Visit) -> None:
    """The part is asked for here, and may still be on its way when the bank takes everything."""
    checkout = await visit.bought()
    await visit.give_back(checkout, amountMinor=A_PART_MINOR)
    visit.bank.lose(checkout.reference)


async def claims_more_than_was_paid(visit: Visit) -> None:
    checkout = await visit.bought()
    visit.bank.lose(checkout.reference, visit.bank.captured()[checkout.reference] + SOME_MORE_MINOR)


async def claims_another_currency(visit: Visit) -> None:
    visit.bank.lose((await visit.bought()).reference, 2415, "USD")


async def claims_a_part(visit: Visit) -> None:
    visit.bank.lose((await visit.bought()).reference, A_PART_MINOR)


async def claims_for_a_while(visit: Visit) -> None:
    """The dispute is open until the crowd is gone, or longer; an admin may be asked for the money meanwhile."""
    checkout = await visit.bought()
    figure, currency = visit.random.choice([(None, CURRENCY), (A_PART_MINOR, CURRENCY), (99_999_900, CURRENCY)])
    dispute = visit.bank.claim(checkout.reference, figure, currency)
    if (verdict := visit.meanwhile("lost", "won", "open")) != "open":
        visit.bank.decide_later(dispute, verdict)
    if visit.random.random() < 0.5:
        await visit.give_back(checkout)


async def gets_it_back_unheard(visit: Visit) -> None:
    """The purchase stands for long, and no webhook tells of its end."""
    checkout = await visit.bought()
    visit.bank.unheard.add(checkout.reference)
    _goes_back(visit, checkout, visit.meanwhile("refund", "dispute", "part"))


async def renews_and_gets_the_first_back(visit: Visit) -> None:
    first = await visit.bought()
    await visit.bought("again", is_renewal=True)
    _goes_back(visit, first, visit.meanwhile("refund", "dispute"))


async def renews_and_gets_the_renewal_back(visit: Visit) -> None:
    await visit.bought()
    again = await visit.bought("again", is_renewal=True)
    _goes_back(visit, again, visit.meanwhile("refund", "dispute"))


async def renews_twice_and_gets_one_back(visit: Visit) -> None:
    bought = [await visit.bought()]
    bought += [await visit.bought(key, is_renewal=True) for key in ("again", "once more")]
    _goes_back(visit, visit.random.choice(bought), "refund")


async def renews_and_upgrades_and_gets_some_back(visit: Visit) -> None:
    """Any of them, by any way, in any order."""
    bought = [
        await visit.bought(),
        await visit.bought("again", is_renewal=True),
        await visit.bought("better", "STANDARD"),
    ]
    for checkout in visit.random.sample(bought, visit.random.randint(1, 3)):
        _goes_back(visit, checkout, visit.meanwhile("refund", "dispute", "part"))


async def upgrades_and_gets_the_first_back(visit: Visit) -> None:
    first = await visit.bought()
    await visit.bought("better", "STANDARD")
    _goes_back(visit, first, visit.meanwhile("refund", "dispute"))


async def upgrades_and_gets_the_upgrade_back(visit: Visit) -> None:
    await visit.bought()
    better = await visit.bought("better", "STANDARD")
    _goes_back(visit, better, visit.meanwhile("refund", "dispute"))


async def is_moved_by_an_admin_and_wins_a_dispute(visit: Visit) -> None:
    """What an admin gave in its place is not taken by itself."""
    checkout = await visit.bought()
    answer = await visit.grant("PREMIUM", onExisting="REPLACE")
    if answer.get("replaced"):
        visit.bank.kept_by_admin.add(checkout.reference)
    visit.bank.lose(checkout.reference)


def _goes_back(visit: Visit, checkout: Checkout, how: str) -> None:
    match how:
        case "refund":
            visit.bank.give_back(checkout.reference)
        case "dispute":
            visit.bank.lose(checkout.reference)
        case "part":
            visit.bank.give_back(checkout.reference, A_PART_MINOR)
