"""`gateway verify`: whether the whole database keeps the promise, as a table for the terminal."""

from uuid import UUID

from rich.console import Console
from rich.progress import Progress

from db.engine import writer_engine
from gateway.services import verification
from gateway.settings import Settings
from gateway.wiring import bring_up_to_date


def verify(settings: Settings) -> bool:
    """Whether every invariant holds; each one is printed, with the rows it does not hold for."""
    bring_up_to_date(settings)
    engine = writer_engine(settings.database_url)
    broken = 0
    with engine.connect() as connection, Progress(console=Console(stderr=True), transient=True) as progress:
        for invariant in progress.track(verification.INVARIANTS, description="Verifying"):
            finding = verification.verify(connection, invariant)
            broken += len(finding.broken)
            print(f"{'FAILED' if finding.broken else 'ok':6} {finding.counted:>9,}  {invariant.sentence}")
            for row in finding.broken:
                print(f"         {_row_id(row)}")
    engine.dispose()
    return not broken


def _row_id(key: object) -> UUID | object:
    return UUID(bytes=key) if isinstance(key, bytes) else key
