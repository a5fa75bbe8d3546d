"""The bench at a terminal: what to measure, the progress, and the tables."""

import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

from bench.comparison import Plan, compare
from bench.enduring import Sample, endure
from bench.field import BATCHED, MERCURIUS, NAMES, ROUTE
from bench.figures import Figures
from bench.growing import Plan as GrowthPlan
from bench.growing import grow
from bench.history import record as keep
from bench.idling import idle as wait_idly
from bench.measuring import LoadFailed, Pace
from bench.operations import OPERATIONS, Operation
from bench.peers.packages import NotInstalled, install
from bench.results import LAST_RUN, read, results_now, save
from bench.seed.filling import Step
from bench.servers import ServerFailed
from bench.tables import faults, growth_table, idle_lines, memory_table, summary, table_of

WARM_S = 0.5

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
        connections=_numbers(connections, 1, 4096),
        peers=_chosen_peers(names),
        pace=Pace(WARM_S, seconds),
        rounds=rounds,
    )
    figures = _compared(plan)
    out.print(summary(figures))
    save(results_now(figures, seconds, rounds))
    raise typer.Exit(1 if faults(figures) else 0)


@app.command()
def record(
    release: Annotated[str, typer.Argument(help="Its name; a row of that name is replaced.")],
    file: Annotated[Path, typer.Option("--from", exists=True, dir_okay=False, help="What a run left.")] = LAST_RUN,
) -> None:
    """Put the figures of the last run into the table and the chart of releases."""
    results = read(file.read_text(encoding="utf-8"))
    if faults(results.figures):
        raise typer.BadParameter("the last run found something wrong, so that its figures mean nothing")
    keep(release, results)
    out.print(f"{release} is measured by {len(results.figures)} figures of {results.at}: see bench/README.md.")


@app.command()
def growth(
    sizes: Annotated[str, typer.Option("--purchases", envvar="BENCH_PURCHASES")] = "10000,2000000",
    seconds: Annotated[float, typer.Option(envvar="BENCH_SECONDS", min=0.1, max=60)] = 2.0,
    rounds: Annotated[int, typer.Option(envvar="BENCH_ROUNDS", min=1, max=20)] = 3,
) -> None:
    """Whether cost grows with the books: a small and a large database, which stay in build/ for the next time."""
    plan = GrowthPlan(sorted(_numbers(sizes, 50, 5_000_000)), Pace(WARM_S, seconds), rounds)
    with _failures_told(), _progress() as progress:
        task = progress.add_task("", total=None)

        def filled(size: int, step: Step) -> None:
            what = f"{size:,} purchases: {step.name}"
            progress.update(task, description=what, completed=step.done, total=step.of)

        figures = grow(plan, filled, lambda what: progress.update(task, description=what))
    out.print(growth_table(figures))
    raise typer.Exit(1 if faults(figures) else 0)


@app.command()
def memory(
    minutes: Annotated[float, typer.Option(envvar="BENCH_MINUTES", min=0.1, max=120)] = 1.0,
    workers: Annotated[int, typer.Option(envvar="BENCH_WORKERS", min=1, max=16)] = 1,
) -> None:
    """Whether memory stays flat: all operations in turn, by 64 connections, for so many minutes."""
    samples: list[Sample] = []
    with _failures_told(), _progress() as progress:
        task = progress.add_task("making the books", total=minutes)
        for sample in endure(minutes, workers):
            samples.append(sample)
            what = f"{sample.rss_mib:,.0f} MiB after {sample.answered:,} answers"
            progress.update(task, completed=sample.minutes, description=what)
    out.print(memory_table(samples))
    raise typer.Exit(1 if any(each.wrong for each in samples) else 0)


@app.command()
def idle(
    subscribers: Annotated[int, typer.Option(envvar="BENCH_SUBSCRIBERS", min=1, max=50_000)] = 2_000,
    seconds: Annotated[float, typer.Option(envvar="BENCH_SECONDS", min=1, max=600)] = 20.0,
) -> None:
    """What subscribers over WebSocket cost while nothing happens."""
    with _failures_told(), errors.status("making the books") as status:
        found = wait_idly(subscribers, seconds, status.update)
    out.print(idle_lines(found))


def _compared(plan: Plan) -> Figures:
    """Each operation's table as soon as it stands, and in the end all figures."""
    figures: Figures = {}
    with _failures_told(), _progress() as progress:
        task = progress.add_task("making the books", total=plan.measurements())
        measured = partial(progress.update, task, advance=1)
        for operation, found in compare(plan, lambda what: measured(description=what)):
            figures |= found
            bare = {subject: cell for subject, cell in figures.items() if subject.peer == ROUTE}
            out.print(table_of(operation.name, found, bare))
    return figures


def _progress() -> Progress:
    return Progress(
        BarColumn(), TimeRemainingColumn(), TextColumn("{task.description}"), console=errors, transient=True
    )


@contextmanager
def _failures_told() -> Iterator[None]:
    """Where a server or the load generator fails, that is said, and the bench ends."""
    try:
        yield
    except (ServerFailed, LoadFailed) as problem:
        errors.print(f"The bench could not go on: {problem}", style="bold red", markup=False)
        raise typer.Exit(2) from None


def _chosen_operations(text: str) -> Sequence[Operation]:
    """Those that are named, in the order of the table."""
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


def _numbers(text: str, lowest: int, highest: int) -> Sequence[int]:
    try:
        found = [int(each) for each in text.split(",")]
    except ValueError:
        found = []
    if not found or not all(lowest <= each <= highest for each in found):
        raise typer.BadParameter(f"numbers from {lowest:,} to {highest:,}, comma-separated")
    return found
