"""What happens on a platform, as stories of one student and one course, with how often each is met."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import timedelta

from bench.seed.stage import ADMIN, BEGINNING, NAME, Stage
from gateway.pages.demo_catalogue import TIERS
from gateway.services.core.commands.save_course import SaveCourse
from gateway.services.core.model.outcomes import Confirmed, DuplicatePayment
from gateway.services.core.model.values import Purpose

Tell = Callable[[Stage], Awaitable[timedelta]]
"""Tells the story; returns for how long after its beginning the rows stay as they are, were no one to act: until an
access ends, or a provider is to be asked."""

LONG_AGO = timedelta(days=1_000)
"""How long ago the oldest stories began."""


@dataclass(frozen=True, slots=True)
class Story:
    """One of many alike.

    Args:
        share: how often it is met, as a weight beside those of the others.
    """

    name: str
    share: int
    tell: Tell


async def course(stage: Stage) -> timedelta:
    """A course is put into the catalogue. Every other story begins with this one as well."""
    await stage.put_into_the_catalogue(
        lambda course_id: SaveCourse(ADMIN, course_id, True, f"Yoga, {NAME}", TIERS, key=f"seed:{course_id}")
    )
    return LONG_AGO


async def paid(stage: Stage) -> timedelta:
    await stage.buy("PREMIUM")
    await stage.run_jobs()
    return timedelta(days=364)


async def paid_for_half_a_year(stage: Stage) -> timedelta:
    await stage.buy("STANDARD")
    await stage.run_jobs()
    return timedelta(days=179)


async def paid_at_the_second_try(stage: Stage) -> timedelta:
    payment = await stage.open("PREMIUM")
    await stage.confirm(payment, "tok_decline_insufficient_funds")
    await stage.confirm(payment)
    await stage.run_jobs()
    return timedelta(days=364)


async def lapsed(stage: Stage) -> timedelta:
    bought = await stage.buy("BASIC")
    await stage.run_jobs()
    stage.wait(days=91)
    await stage.lapse(bought.purchase)
    return LONG_AGO


async def granted(stage: Stage) -> timedelta:
    await stage.grant("PREMIUM")
    await stage.run_jobs()
    return timedelta(days=364)


async def upgraded(stage: Stage) -> timedelta:
    await stage.buy("BASIC")
    await stage.run_jobs()
    stage.wait(days=20)
    await stage.buy("PREMIUM")
    await stage.run_jobs()
    return timedelta(days=364)


async def renewed(stage: Stage) -> timedelta:
    await stage.buy("STANDARD")
    await stage.run_jobs()
    stage.wait(days=150)
    await stage.buy("STANDARD", Purpose.RENEWAL)
    await stage.run_jobs()
    return timedelta(days=359)


async def refunded(stage: Stage) -> timedelta:
    bought = await stage.buy("PREMIUM")
    await stage.run_jobs()
    stage.wait(days=3)
    await stage.refund(bought.payment)
    return LONG_AGO


async def refunded_in_part(stage: Stage) -> timedelta:
    bought = await stage.buy("PREMIUM")
    await stage.run_jobs()
    stage.wait(days=10)
    await stage.refund(bought.payment, bought.payment.amount.amount_minor // 4)
    return timedelta(days=364)


async def paid_twice(stage: Stage) -> timedelta:
    first, second = await stage.open("PREMIUM"), await stage.open("PREMIUM")
    assert isinstance(await stage.confirm(first), Confirmed)
    assert isinstance(await stage.confirm(second), DuplicatePayment)
    await stage.run_jobs()
    return timedelta(days=364)


async def given_up(stage: Stage) -> timedelta:
    """A checkout that the provider closed, unpaid."""
    payment = await stage.open("STANDARD")
    await stage.ask(times=3)
    await stage.confirm(payment, "tok_cancel")
    await stage.run_jobs()
    return LONG_AGO


async def swept(stage: Stage) -> timedelta:
    """A server was started there: the sweeps go on."""
    await stage.start_sweeps()
    return LONG_AGO


async def left_open(stage: Stage) -> timedelta:
    """A checkout that can still be paid, and is asked after from time to time."""
    await stage.open("PREMIUM")
    await stage.ask(times=13)
    return await stage.stands_until() - BEGINNING


STORIES = (
    Story("paid", 42, paid),
    Story("paid for half a year", 14, paid_for_half_a_year),
    Story("paid at the second try", 4, paid_at_the_second_try),
    Story("lapsed", 22, lapsed),
    Story("granted", 6, granted),
    Story("upgraded", 3, upgraded),
    Story("renewed", 3, renewed),
    Story("refunded", 3, refunded),
    Story("refunded in part", 1, refunded_in_part),
    Story("paid twice", 1, paid_twice),
    Story("given up", 8, given_up),
)
COURSE = Story("course", 0, course)
SWEPT = Story("swept", 0, swept)
"""Both are told beside the others: a course so often as there are courses, and this one once."""
LEFT_OPEN = Story("left open", 0, left_open)
"""As many as are asked for, beside the others."""
