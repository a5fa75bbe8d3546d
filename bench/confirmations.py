"""Confirmations a second through the service, on either database.

    python -m bench.confirmations [--rounds 5] [--payments 4000] [--callers 64] [postgresql://…]

Each round opens payments, then confirms them from so many callers at once, each waiting for its answer: the provider is
asked, the purchase, its access and its audit entry are committed, and the commit is on disk. Prints the median of the
rounds. Without a URL: a new SQLite file in the temporary folder.
"""

import asyncio
import statistics
import tempfile
import time
from collections.abc import Awaitable, Callable, Iterable
from datetime import time as wall_clock
from pathlib import Path
from typing import Annotated
from uuid import UUID

import typer
from rich.console import Console
from uuid_utils.compat import uuid7

from db.engine import parse_url
from db.migrate import upgrade
from gateway.bootstrap import Services, open_services
from gateway.pages import demo_catalogue
from gateway.services.core.commands.confirm_payment import ConfirmPayment
from gateway.services.core.commands.open_payment import OpenPayment
from gateway.services.core.model.metadata import Metadata, TimeSlot
from gateway.services.core.model.outcomes import Confirmed, Opened
from gateway.services.core.model.records import Door
from gateway.services.core.model.values import Actor, Provider, Purpose, Role, TierChoice
from gateway.settings.model import Settings

METADATA = Metadata(is_sunday_only=True, session_duration=60, slot=TimeSlot(wall_clock(17, 30), "Asia/Kolkata"))

Checkout = tuple[Actor, UUID]


def main(
    url: Annotated[str | None, typer.Argument(help="The database; it is migrated and written to.")] = None,
    rounds: Annotated[int, typer.Option(min=1, max=100)] = 5,
    payments: Annotated[int, typer.Option(min=1, max=100_000)] = 4000,
    callers: Annotated[int, typer.Option(min=1, max=4096)] = 64,
) -> None:
    """Confirmations a second through the service: the median of some rounds."""
    with tempfile.TemporaryDirectory() as folder:
        database = url or f"sqlite:///{Path(folder) / 'bench.db'}"
        upgrade(database)
        figures = asyncio.run(measure(Settings(database_url=database), rounds, payments, callers))
    kind = parse_url(database).get_backend_name()
    Console().print(
        f"{kind}, {callers} callers: {statistics.median(figures):,.0f} confirmations/s, median of {rounds} rounds "
        f"of {payments:,} ({min(figures):,.0f} to {max(figures):,.0f})"
    )


async def measure(settings: Settings, rounds: int, payments: int, callers: int) -> list[float]:
    """Confirmations a second, round by round."""
    figures = []
    async with open_services(settings) as services:
        course = (await demo_catalogue.seed(services.purchases))[0]
        for _ in range(rounds):
            checkouts = [(Actor(f"student-{uuid7().hex}", Role.STUDENT), uuid7()) for _ in range(payments)]
            await in_turn(checkouts, callers, lambda each: open_one(services, each, course.id))
            began = time.perf_counter()
            await in_turn(checkouts, callers, lambda each: confirm_one(services, each))
            figures.append(payments / (time.perf_counter() - began))
    return figures


async def in_turn(checkouts: Iterable[Checkout], callers: int, act: Callable[[Checkout], Awaitable[None]]) -> None:
    """Have so many callers work the list off, each one thing after the other."""
    waiting = iter(checkouts)

    async def call() -> None:
        for checkout in waiting:
            await act(checkout)

    async with asyncio.TaskGroup() as group:
        for _ in range(callers):
            group.create_task(call())


async def open_one(services: Services, checkout: Checkout, course_id: UUID) -> None:
    student, payment_id = checkout
    command = OpenPayment(
        student, payment_id, course_id, TierChoice("BASIC", None), METADATA, Provider.SANDBOX, Purpose.PURCHASE
    )
    outcome = await services.purchases.open(command)
    assert isinstance(outcome, Opened), outcome


async def confirm_one(services: Services, checkout: Checkout) -> None:
    student, payment_id = checkout
    command = ConfirmPayment(student, payment_id, uuid7(), None, door=Door.CONFIRM_PAYMENT)
    outcome = await services.purchases.confirm(command, None)
    assert isinstance(outcome, Confirmed), outcome


if __name__ == "__main__":
    typer.run(main)
