"""`gateway export`: what it reads, where it writes it, and what it says of that."""

import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from sqlalchemy import Connection

from gateway.cli.databases import May, make_ready
from gateway.cli.exporting import spans
from gateway.cli.exporting.formats import Format, writer, written
from gateway.cli.exporting.snapshots import snapshot
from gateway.cli.exporting.targets import opened
from gateway.schema.conventions import ids
from gateway.services.extracts.model import Extract, Wanted
from gateway.services.extracts.pages import EXTRACTS, count, pages
from gateway.settings.model import Settings, SettingsError

STDOUT = "-"


@dataclass(frozen=True, slots=True)
class ExportRequest:
    """What was asked for at the terminal, as it was typed."""

    what: str
    begins: str | None = None
    ends: str | None = None
    zone: str = "UTC"
    course: str | None = None
    student: str | None = None
    form: Format | None = None
    target: str = STDOUT
    replaces: bool = False


@dataclass(frozen=True, slots=True)
class Exported:
    """What was written. `target`: the file; None for standard output."""

    what: str
    rows: int
    form: Format
    target: Path | None

    def __str__(self) -> str:
        to = f" to {self.target}" if self.target else ""
        return f"{self.rows:,} row{'s' * (self.rows != 1)} of {self.what} written{to}."

    def as_object(self) -> Mapping[str, object]:
        file = None if self.target is None else str(self.target.absolute())
        return {"what": self.what, "rows": self.rows, "format": self.form.value, "file": file}


def export(settings: Settings, request: ExportRequest) -> Exported:
    """Write the records that are wanted, as they were at one moment; gives what was written.

    Raises: SettingsError, where that cannot be. Then no file is left.
    """
    extract, wanted = EXTRACTS[request.what], _wanted(request)
    target = None if request.target == STDOUT else Path(request.target)
    form = _form(request, target)
    make_ready(settings, May.LOOK)
    with snapshot(settings) as connection, opened(target, replaces=request.replaces) as to:
        out = writer(form, extract.columns, to)
        with _progress(connection, extract, wanted) as told:
            total = written(pages(connection, extract, wanted), out, told)
    return Exported(extract.name, total, form, target)


def described(what: str) -> Iterator[str]:
    """The columns of an extract as a table, each with its meaning."""
    yield "| column | type | meaning |"
    yield "|---|---|---|"
    for column in EXTRACTS[what].columns:
        yield f"| `{column.name}` | {column.kind} | {column.meaning} |"


def described_as_object(what: str) -> Mapping[str, object]:
    """The same for a program."""
    columns = EXTRACTS[what].columns
    return {"columns": [{"name": each.name, "type": str(each.kind), "meaning": each.meaning} for each in columns]}


def _wanted(request: ExportRequest) -> Wanted:
    """Raises: SettingsError."""
    zone = spans.zone(request.zone)
    begins, ends = spans.beginning(request.begins, zone), spans.ending(request.ends, zone)
    if begins is not None and ends is not None and begins >= ends:
        raise SettingsError("--from must be before --to: nothing lies between them.")
    course = None if request.course is None else ids.from_text(ids.COURSE, request.course)
    if request.course is not None and course is None:
        raise SettingsError(
            f"--course: {request.course} must be an id such as {ids.EXAMPLES[ids.COURSE]}, or its UUID."
        )
    if request.student is not None and not request.student.isprintable():
        raise SettingsError("--student: must not have control characters or broken Unicode in it.")
    return Wanted(begins, ends, request.student, course)


def _form(request: ExportRequest, target: Path | None) -> Format:
    """The one that was asked for; else that of the file's name; else CSV. Raises: SettingsError."""
    of_name = {f".{each}": each for each in Format}.get(target.suffix.lower()) if target else None
    form = request.form or of_name or Format.CSV
    if form is Format.PARQUET and target is None and sys.stdout.isatty():
        raise SettingsError("Parquet is not for a terminal: name a file with -o.")
    return form


@contextmanager
def _progress(connection: Connection, extract: Extract, wanted: Wanted) -> Iterator[Callable[[int], None]]:
    """A bar on a terminal alone; it is gone at the end. Only there the rows are counted before."""
    console = Console(stderr=True)
    if not console.is_terminal:
        yield lambda _: None
        return
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=console, transient=True) as progress:
        task = progress.add_task(f"Exporting {extract.name}", total=count(connection, extract, wanted))
        yield lambda rows: progress.update(task, advance=rows)
