"""`gateway verify`: the invariants of the whole database, checked and printed, for people or for programs."""

from contextlib import closing
from datetime import UTC, datetime

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from db.engine import audit_engine
from db.urls import shown
from gateway.cli.databases import May, make_ready
from gateway.cli.verifying.side_by_side import steps
from gateway.cli.verifying.verdicts import AsJson, Printed, Summary, Verdicts
from gateway.services.verification.looking import lag
from gateway.settings.model import Settings


def verify(settings: Settings, *, as_json: bool = False) -> bool:
    """Whether every invariant holds; each one is printed, with the rows it does not hold for. Nothing is written."""
    make_ready(settings, May.LOOK)
    verdicts: Verdicts = (AsJson if as_json else Printed)(shown(settings.database_url))
    engine = audit_engine(settings.database_url)
    with engine.connect() as connection:
        summary = Summary(lag(connection, datetime.now(UTC)))
    with closing(steps(engine)) as looked, _progress() as progress:
        task = progress.add_task("Verifying rows", total=None)
        for step in looked:
            progress.update(task, completed=step.done, total=step.of)
            for finding in step.findings:
                summary.add(finding)
                verdicts.add(finding)
    engine.dispose()
    verdicts.end(summary)
    return summary.is_well


def _progress() -> Progress:
    """On a terminal alone; it is gone at the end."""
    console = Console(stderr=True)
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    return Progress(*columns, console=console, transient=True, disable=not console.is_terminal)
