"""The figures as tables, for a person in a hurry."""

from collections.abc import Iterable, Sequence

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from bench.enduring import Sample, growth
from bench.field import BATCHED, GATEWAY, MERCURIUS, OURS, ROUTE
from bench.figures import Cell, Figures, Subject, ratio
from bench.idling import Idle

SUMMED_UP_AT = {"page of 50": 16}
"""At how many connections an operation stands in the summary, where that is not the usual number."""

USUALLY = 64
MOST_ROWS = 12

FIGURES = ("answers/s", "p50 ms", "p99 ms", "CPU µs")
TO_MERCURIUS, TO_BATCHED, TO_ROUTE = "times\nmercurius", "times\nbatched", "times\nbare route"


def table_of(operation: str, figures: Figures, route: Figures) -> Table:
    """All figures of an operation, those at the same number of connections together.

    Args:
        route: the bare route's, which is measured only once.
    """
    table = Table(title=operation, title_justify="left", title_style="bold")
    table.add_column("connections", justify="right")
    table.add_column("server", no_wrap=True)
    for title in (*FIGURES, TO_MERCURIUS, TO_ROUTE, "committed"):
        table.add_column(title, justify="right")
    known = figures | route
    for connections in sorted({each.connections for each in figures}):
        of_it = [each for each in figures if each.operation == operation and each.connections == connections]
        for number, subject in enumerate(of_it):
            cell = figures[subject]
            table.add_row(
                f"{connections}" if number == 0 else "",
                Text(subject.peer, "bold" if subject.peer in OURS else ""),
                *_figures(cell),
                times(ratio(known, subject, Subject(operation, MERCURIUS, connections))),
                times(_to_route(known, subject)),
                _committed(cell),
                end_section=number == len(of_it) - 1,
            )
    return table


def summary(figures: Figures) -> RenderableType:
    """One line for each operation and server of ours, at the number of connections that it is known by."""
    table = Table(title="Summary", title_justify="left", title_style="bold")
    for title in ("operation", "server"):
        table.add_column(title, no_wrap=True)
    for title in ("conn.", *FIGURES, TO_MERCURIUS, TO_BATCHED, TO_ROUTE):
        table.add_column(title, justify="right")
    operations = list(dict.fromkeys(each.operation for each in figures))
    for operation in operations:
        mine = [each for each in figures if each.operation == operation and each.peer in OURS]
        shown = [each for each in mine if each.connections == summed_up_at(operation, mine)]
        for number, subject in enumerate(shown):
            table.add_row(
                operation if number == 0 else "",
                subject.peer.removeprefix(f"{GATEWAY}, "),
                str(subject.connections),
                *_figures(figures[subject]),
                *(times(ratio(figures, subject, _beside(subject, peer))) for peer in (MERCURIUS, BATCHED)),
                times(_to_route(figures, subject)),
                end_section=number == len(shown) - 1,
            )
    return Group(table, *map(_wrong, faults(figures)))


def growth_table(figures: Figures) -> RenderableType:
    """Each operation on books of one size and the next: what is to be about 1 is the last column."""
    table = Table(title="Cost as the books grow", title_justify="left", title_style="bold")
    table.add_column("operation", no_wrap=True)
    for title in ("conn.", "purchases", *FIGURES, "times\nthe first"):
        table.add_column(title, justify="right")
    for asked in dict.fromkeys((each.operation, each.connections) for each in figures):
        of_it = [each for each in figures if (each.operation, each.connections) == asked]
        for number, subject in enumerate(of_it):
            table.add_row(
                *((subject.operation, str(subject.connections)) if number == 0 else ("", "")),
                subject.peer,
                *_figures(figures[subject]),
                times(ratio(figures, subject, of_it[0])) if number else "",
                end_section=number == len(of_it) - 1,
            )
    return Group(table, *map(_wrong, faults(figures)))


def memory_table(samples: Sequence[Sample]) -> RenderableType:
    """What was held minute by minute, and how fast it grew at last."""
    table = Table(title="Memory under load", title_justify="left", title_style="bold")
    for title in ("minute", "answers", "MiB", "more MiB"):
        table.add_column(title, justify="right")
    step = max(1, len(samples) // MOST_ROWS)
    before = samples[0].rss_mib
    for sample in [*samples[:-1:step], samples[-1]]:
        more, before = sample.rss_mib - before, sample.rss_mib
        table.add_row(f"{sample.minutes:.1f}", f"{sample.answered:,}", f"{sample.rss_mib:,.1f}", f"{more:+.1f}")
    by_minute, by_answer = growth(samples)
    told = f"After the first third it grew by {by_minute:+.2f} MiB a minute, {by_answer:+,.0f} bytes an answer."
    return Group(table, Text(told), *(Text(each.wrong, "bold red") for each in samples if each.wrong))


def idle_lines(found: Idle) -> str:
    more_mib = (found.mib_with - found.mib_without) / found.subscribers * 1024
    return (
        f"{found.subscribers:,} subscribers, nothing happening: {found.cpu_with_s:.2f} s of CPU in"
        f" {found.seconds:.0f} s, {found.cpu_with_s / found.seconds:.1%} of a core; without them"
        f" {found.cpu_without_s:.2f} s. Each holds {more_mib:,.0f} KiB."
    )


def faults(figures: Figures) -> list[tuple[Subject, str]]:
    """What was not as it should be: wrong answers, and answers that are not what was committed."""
    return [(subject, cell.wrong) for subject, cell in figures.items() if cell.wrong]


def times(value: float | None) -> str:
    """A ratio, in about three digits."""
    if value is None:
        return "–"
    return f"{value:.2f}" if value < 10 else f"{value:.0f}"


def milliseconds(value: float) -> str:
    return f"{value:.2f}" if value < 10 else f"{value:.0f}"


def _figures(cell: Cell) -> Sequence[str]:
    return f"{cell.per_s:,.0f}", milliseconds(cell.p50_ms), milliseconds(cell.p99_ms), f"{cell.cpu_us:,.0f}"


def _committed(cell: Cell) -> Text:
    if cell.wrong:
        return Text("WRONG", "bold red")
    return Text("" if cell.committed is None else f"{cell.committed:,}")


def _beside(subject: Subject, peer: str) -> Subject:
    return Subject(subject.operation, peer, subject.connections)


def _to_route(figures: Figures, subject: Subject) -> float | None:
    """To the bare route at as many connections, whichever operation it was measured with."""
    bare = next((each for each in figures if (each.peer, each.connections) == (ROUTE, subject.connections)), None)
    return None if bare is None or subject.peer == ROUTE else ratio(figures, subject, bare)


def summed_up_at(operation: str, subjects: Iterable[Subject]) -> int:
    """The number of connections that was wished for, or the nearest that was measured."""
    wished = SUMMED_UP_AT.get(operation, USUALLY)
    return min((each.connections for each in subjects), key=lambda each: abs(each - wished), default=wished)


def _wrong(fault: tuple[Subject, str]) -> Text:
    subject, what = fault
    return Text(f"{subject.operation}, {subject.peer}, {subject.connections} connections: {what}", "bold red")
