"""Which stories there are, and how they are drawn."""

from collections.abc import Awaitable, Callable, Iterator
from itertools import chain, count
from random import Random

from tests.chaos import claimants, people, strangers
from tests.chaos.visit import Visit

Story = Callable[[Visit], Awaitable[None]]
STORIES: dict[Story, tuple[int, int]] = {
    people.buys: (7, 1),
    people.clicks_twice: (8, 1),
    people.pays_with_the_second_card: (5, 1),
    people.is_declined_and_leaves: (3, 1),
    people.never_pays: (3, 1),
    people.pays_and_never_comes_back: (7, 1),
    people.pays_unheard: (4, 1),
    people.pays_after_the_page_gave_up: (4, 1),
    people.closes_the_tab_while_it_confirms: (7, 1),
    people.waits_for_a_slow_bank: (5, 1),
    people.pays_in_two_tabs: (6, 2),
    people.pays_in_two_tabs_and_leaves: (4, 2),
    people.upgrades: (4, 2),
    people.renews: (4, 2),
    people.is_granted_it_at_that_instant: (5, 1),
    people.is_granted_it_then_upgrades: (3, 1),
    claimants.has_an_admin_give_it_back: (3, 1),
    claimants.has_an_admin_give_a_part_back: (4, 1),
    claimants.gets_it_back_at_the_dashboard: (2, 1),
    claimants.gets_a_part_back_at_the_dashboard: (2, 1),
    claimants.gets_a_part_back_and_wins_a_dispute: (2, 1),
    claimants.wins_a_dispute_and_gets_a_part_back: (2, 1),
    claimants.is_promised_a_part_and_wins_a_dispute: (3, 1),
    claimants.claims_more_than_was_paid: (2, 1),
    claimants.claims_another_currency: (2, 1),
    claimants.claims_a_part: (2, 1),
    claimants.claims_for_a_while: (6, 1),
    claimants.gets_it_back_unheard: (4, 1),
    claimants.renews_and_gets_the_first_back: (3, 2),
    claimants.renews_and_gets_the_renewal_back: (2, 2),
    claimants.renews_twice_and_gets_one_back: (2, 3),
    claimants.renews_and_upgrades_and_gets_some_back: (3, 3),
    claimants.upgrades_and_gets_the_first_back: (2, 2),
    claimants.upgrades_and_gets_the_upgrade_back: (2, 2),
    claimants.is_moved_by_an_admin_and_wins_a_dispute: (2, 1),
    strangers.pays_another_application: (5, 2),
    strangers.pays_another_gateway: (5, 2),
    strangers.bought_at_the_old_service: (6, 1),
    strangers.bought_at_the_old_service_and_gets_it_back: (2, 1),
    strangers.bought_here_and_at_the_old_service: (2, 2),
}
"""How often each happens, beside the others, and how many payments it opens at most."""


def stories(random: Random, payments: int) -> Iterator[tuple[str, Story]]:
    """Students and what they do, until so many payments are opened in all: each story once, in an order that is
    drawn, then by how often it happens. Nobody does what is left for one alone."""
    opened, once = 0, random.sample(list(STORIES), len(STORIES))
    for number in count(1):
        fitting = {story: weight for story, (weight, opens) in STORIES.items() if opened + opens <= payments}
        if not fitting:
            return
        drawn = iter(random.choices(list(fitting), list(fitting.values())))
        story = next(each for each in chain(once[number - 1 : number], drawn) if each in fitting)
        opened += STORIES[story][1]
        yield f"student-{number}", story
