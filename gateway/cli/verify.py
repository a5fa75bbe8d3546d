"""`gateway verify`: the invariants of the whole database, checked and printed as a table."""

from uuid import UUID

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from db.engine import audit_engine
from db.urls import shown
from gateway.cli.databases import May, make_ready
from gateway.services import invariants
from gateway.services.invariants import Finding
from gateway.settings.model import Settings


def verify(settings: Settings) -> bool:
    """Whether every invariant holds; each one is printed, with the rows it does not hold for. Nothing is written."""
    make_ready(settings, May.LOOK)
    print(f"{shown(settings.database_url)}\n\nresult       rows  invariant", flush=True)
    engine = audit_engine(settings.database_url)
    is_well = True
    with engine.connect() as connection, _progress() as progress:
        task = progress.add_task("Verifying rows", total=None)
        for step in invariants.verify(connection):
            progress.update(task, completed=step.done, total=step.of)
            for finding in step.findings:
                is_well = is_well and not finding.broken
                _print(finding)
    engine.dispose()
    return is_well


def _progress() -> Progress:
    """On a terminal alone; it is gone at the end."""
    console = Console(stderr=True)
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    return Progress(*columns, console=console, transient=True, disable=not console.is_terminal)


def _print(finding: Finding) -> None:
    print(f"{'FAILED' if finding.broken else 'ok':6}  {finding.counted:>9,}  {finding.invariant.sentence}", flush=True)
    for row in finding.broken:
        print(f"{'':19}{_row_id(row)}")


def _row_id(key: object) -> UUID | object:
    return UUID(bytes=key) if isinstance(key, bytes) else key
