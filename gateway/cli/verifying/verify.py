"""`gateway verify`: the invariants of the whole database, checked and printed, for people or for programs."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from sqlalchemy import Connection

from db.engine import audit_engine
from db.urls import shown
from gateway.cli.databases import May, make_ready
from gateway.cli.verifying.verdicts import AsJson, Printed, Verdicts
from gateway.services.verification.looking import verify as look
from gateway.services.verification.model import Step
from gateway.settings.model import Settings


def verify(settings: Settings, *, as_json: bool = False) -> bool:
    """Whether every invariant holds; each one is printed, with the rows it does not hold for. Nothing is written."""
    make_ready(settings, May.LOOK)
    verdicts: Verdicts = (AsJson if as_json else Printed)(shown(settings.database_url))
    is_well = True
    with _steps(settings.database_url) as steps, _progress() as progress:
        task = progress.add_task("Verifying rows", total=None)
        for step in steps:
            progress.update(task, completed=step.done, total=step.of)
            for finding in step.findings:
                is_well = is_well and not finding.broken_rows
                verdicts.add(finding)
    verdicts.end()
    return is_well


@contextmanager
def _steps(url: str) -> Iterator[Iterator[Step]]:
    engine = audit_engine(url)
    try:
        with engine.connect() as connection:
            yield look(connection, _clock(connection))
    finally:
        engine.dispose()


def _clock(connection: Connection) -> Callable[[], datetime]:
    """The time; what is read after it was asked is of a new moment. So no old state is held for long: of SQLite, all
    that is written meanwhile would stay in its log, and of PostgreSQL no row could be cleared away."""

    def now() -> datetime:
        connection.rollback()
        return datetime.now(UTC)

    return now


def _progress() -> Progress:
    """On a terminal alone; it is gone at the end."""
    console = Console(stderr=True)
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    return Progress(*columns, console=console, transient=True, disable=not console.is_terminal)
