"""Fills a new database with purchases and all that belongs to them, for measurements.

    python -m bench.seed [--purchases 10000] [--open 1000] sqlite:////tmp/big.db

A few stories (a course is bought, extended, refunded, left unpaid …) are told by the product's own commands on a small
database, and their rows are copied so often, each copy with ids, a student, a course and times of its own. So it holds
what the product writes, and `gateway verify` finds nothing wrong. The same seed and time give the same database.
"""

import time
from datetime import UTC, datetime
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import Progress

from bench.seed.filling import COURSES_OF_ONE, Wanted, fill
from bench.seed.loading import NotEmpty
from db.urls import shown

SECONDS = "%Y-%m-%dT%H:%M:%S"


def main(
    url: Annotated[str, typer.Argument(help="The database: new, or one without payments and purchases.")],
    purchases: Annotated[int, typer.Option(help="About how many.", min=1, max=5_000_000)] = 10_000,
    left_open: Annotated[int, typer.Option("--open", help="Checkouts that can be paid yet.", min=0)] = 1_000,
    courses: Annotated[int, typer.Option(min=COURSES_OF_ONE, max=100_000)] = 200,
    seed: Annotated[int, typer.Option(help="Another one gives another database.")] = 1,
    now: Annotated[datetime | None, typer.Option(formats=[SECONDS], help="Which time it is there, in UTC.")] = None,
) -> None:
    """Fill a new database with purchases and all that belongs to them."""
    began, console = time.perf_counter(), Console(stderr=True)
    wanted = Wanted(purchases, left_open, courses, seed, now.replace(tzinfo=UTC) if now else datetime.now(UTC))
    try:
        with Progress(console=console, transient=True) as progress:
            task = progress.add_task("")
            for step in fill(url, wanted):
                progress.update(task, description=step.name, completed=step.done, total=step.of)
    except NotEmpty:
        console.print(f"{shown(url)} has payments or purchases already: name a new database.")
        raise typer.Exit(2) from None
    print(f"{shown(url)}: about {purchases:,} purchases in {time.perf_counter() - began:.0f} s")


if __name__ == "__main__":
    typer.run(main)
