"""`gateway verify`: the invariants of the whole database, checked and printed as a table."""

from uuid import UUID

from rich.console import Console
from rich.progress import Progress

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
    with engine.connect() as connection, Progress(console=Console(stderr=True), transient=True) as progress:
        for invariant in progress.track(invariants.INVARIANTS, description="Verifying"):
            finding = invariants.verify(connection, invariant)
            is_well = is_well and not finding.broken
            _print(finding)
    engine.dispose()
    return is_well


def _print(finding: Finding) -> None:
    print(f"{'FAILED' if finding.broken else 'ok':6}  {finding.counted:>9,}  {finding.invariant.sentence}", flush=True)
    for row in finding.broken:
        print(f"{'':19}{_row_id(row)}")


def _row_id(key: object) -> UUID | object:
    return UUID(bytes=key) if isinstance(key, bytes) else key
