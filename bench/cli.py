"""The bench at a terminal: what to measure, the progress, and the tables."""

import signal
import sys
from collections.abc import Sequence
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

from bench.comparison import Plan, compare
from bench.field import BATCHED, MERCURIUS, NAMES, ROUTE
from bench.figures import Figures
from bench.measuring import LoadFailed, Pace
from bench.operations import OPERATIONS, Operation
from bench.peers.packages import NotInstalled, install
from bench.servers import ServerFailed
from bench.tables import faults, summary, table_of

WARM_S = 0.3

app = typer.Typer(add_completion=False, no_args_is_help=True, help=__doc__)
out = Console(width=None if sys.stdout.isatty() else 120)
errors = Console(stderr=True)


@app.callback()
def main() -> None:
    """Measures of the gateway on this machine, over HTTP, against 127.0.0.1 only; each ends by itself."""


@app.command()
def peers(
    seconds: Annotated[float, typer.Option(envvar="BENCH_SECONDS", min=0.1, max=60, help="Of one measurement.")] = 1.0,
    rounds: Annotated[int, typer.Option(envvar="BENCH_ROUNDS", min=1, max=20, help="Their median is told.")] = 1,
    connections: Annotated[str, typer.Option(envvar="BENCH_CONNECTIONS")] = "1,16,64,256",
    operations: Annotated[str, typer.Option(envvar="BENCH_OPERATIONS", help="Names, comma-separated.")] = "",
    names: Annotated[str, typer.Option("--peers", envvar="BENCH_PEERS", help=", ".join(NAMES))] = ",".join(NAMES),
) -> None:
    """The gateway beside other servers, over HTTP, in one run on this machine: only ratios within a run mean much."""
    plan = Plan(
        operations=_chosen_operations(operations),
        connections=_numbers(connections),
        peers=_chosen_peers(names),
        pace=Pace(WARM_S, seconds),
        rounds=rounds,
    )
    figures = _compared(plan)
    out.print(summary(figures))
    raise typer.Exit(1 if faults(figures) else 0)


def _compared(plan: Plan) -> Figures:
    """Each operation's table as soon as it stands, and in the end all figures."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))  # so that servers are stopped, and folders removed
    figures: Figures = {}
    columns = (BarColumn(), TextColumn("{task.completed}/{task.total} {task.description}"), TimeRemainingColumn())
    try:
        with Progress(*columns, console=errors, transient=True) as progress:
            task = progress.add_task("making the books", total=plan.measurements())
            for operation, found in compare(plan, lambda what: progress.update(task, advance=1, description=what)):
                figures |= found
                bare = {subject: cell for subject, cell in figures.items() if subject.peer == ROUTE}
                out.print(table_of(operation.name, found, bare))
    except (ServerFailed, LoadFailed) as problem:
        errors.print(f"The bench could not go on: {problem}", style="bold red", markup=False)
        raise typer.Exit(2) from None
    return figures


def _chosen_operations(text: str) -> Sequence[Operation]:
    """Those that are named, in the order of the table; those of Stripe together, as they need servers of their own."""
    named = [each.strip() for each in text.split(",") if each.strip()] or list(OPERATIONS)
    if unknown := set(named) - set(OPERATIONS):
        raise typer.BadParameter(f"there is no {', '.join(sorted(unknown))}; there are: {', '.join(OPERATIONS)}")
    return [operation for name, operation in OPERATIONS.items() if name in named]


def _chosen_peers(text: str) -> Sequence[str]:
    """Those that are named, without Mercurius where it cannot be had."""
    keys = [each.strip() for each in text.split(",") if each.strip()]
    if unknown := set(keys) - set(NAMES):
        raise typer.BadParameter(f"there is no {', '.join(sorted(unknown))}; there are: {', '.join(NAMES)}")
    chosen = [name for key, name in NAMES.items() if key in keys]
    if {MERCURIUS, BATCHED} & {*chosen}:
        try:
            install()
        except NotInstalled as problem:
            errors.print(f"Without Mercurius: {problem}.", style="yellow", markup=False)
            chosen = [name for name in chosen if name not in (MERCURIUS, BATCHED)]
    if not chosen:
        raise typer.BadParameter("no server is left to be measured")
    return chosen


def _numbers(text: str) -> Sequence[int]:
    try:
        found = [int(each) for each in text.split(",")]
    except ValueError:
        raise typer.BadParameter("numbers of connections, comma-separated, such as 1,16,64") from None
    if not all(1 <= each <= 4096 for each in found):
        raise typer.BadParameter("1 to 4096 connections")
    return found
