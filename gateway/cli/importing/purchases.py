"""`gateway import purchases`: from a file or a query into the books, by the one writer, and what is said of it."""

import asyncio
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeElapsedColumn

from db.foreign_rows import QueryFailed, rows_of
from db.urls import shown
from gateway.bootstrap import Services, open_services
from gateway.cli.commands.starting import operator
from gateway.cli.databases import May, make_ready
from gateway.cli.importing.rehearsing import Rehearsal
from gateway.cli.importing.running import HandOver, Importing, Read, reader_of, to_writer
from gateway.cli.importing.summary import BROKEN_OFF, STOPPED, Summary
from gateway.importing.files import file_rows
from gateway.importing.mapping import ImportMapping, Mapper, read_mapping
from gateway.importing.queries import query_rows
from gateway.importing.reports import Report, written
from gateway.importing.rows import ImportUnusable, RowSource, SourceRow
from gateway.schema.conventions import ids
from gateway.services.core.commands.imports.import_purchase import ImportPurchase
from gateway.services.core.frozen import replace
from gateway.services.core.legacy.old_rows import RowReader
from gateway.services.core.model.imports.old_purchase import OldPurchase
from gateway.settings.model import Settings


@dataclass(frozen=True, slots=True)
class ImportRequest:
    """What was asked for at the terminal."""

    origin: str
    query: str | None
    mapping: Path | None
    source: str | None
    times_in: str | None
    encoding: str | None
    report: Path | None
    is_rehearsal: bool
    is_told: bool
    as_json: bool = False


def import_purchases(settings: Settings, request: ImportRequest) -> bool:
    """Bring purchases over, and say what came of it; whether all of them are here now.

    Raises: SettingsError, Unavailable, OSError, and ImportUnusable where the file, query or mapping is of no use.
    """
    mapping = _mapping(request)
    make_ready(settings, May.LOOK)
    with ExitStack() as stack:
        source = stack.enter_context(_opened(request))
        mapper = mapping.of_header(source.header)
        summary = Summary(request.is_rehearsal, request.report, request.as_json)
        tell = stack.enter_context(written(request.report)) if request.report else summary.tell
        report = Report(tell)
        progress = stack.enter_context(_progress(source))
        try:
            asyncio.run(_run(settings, request, source, mapping, mapper, report, progress))
        except KeyboardInterrupt:
            summary.say(report, STOPPED)
            raise
        except QueryFailed as error:
            if not request.as_json:  # to a program the error is all that is said
                summary.say(report, BROKEN_OFF)
            raise ImportUnusable(f"--query: {error}.") from None
        summary.say(report, unused=mapper.unused(source.header) if source.header else [])
        return not report.has_faults


async def _run(
    settings: Settings,
    request: ImportRequest,
    source: RowSource,
    mapping: ImportMapping,
    mapper: Mapper,
    report: Report,
    progress: Callable[[SourceRow], object],
) -> None:
    async with open_services(settings) as services:
        if request.is_rehearsal:
            hand_over: HandOver = Rehearsal(services.purchases.write).hand_over
        else:
            hand_over = to_writer(services.purchases.write_all, lambda: services.trouble)
        read = _reading(services, request, mapping, mapper)
        await Importing(read, hand_over, report, progress).run(source.rows)


def _reading(
    services: Services, request: ImportRequest, mapping: ImportMapping, mapper: Mapper
) -> Callable[[SourceRow], Read]:
    rows = RowReader(lambda text: ids.from_text(ids.COURSE, text), mapping.time_zone, mapping.times_in)
    actor, new_id = operator(), services.purchases.new_id

    def command_of(old: OldPurchase) -> ImportPurchase:
        return ImportPurchase(actor, mapping.source, old, new_id(), new_id(), new_id(), request.is_told)

    return reader_of(lambda row: mapper.fields_of(row.values or {}), rows.read, command_of)


def _mapping(request: ImportRequest) -> ImportMapping:
    """Raises: ImportUnusable, OSError."""
    mapping = read_mapping(request.mapping) if request.mapping else ImportMapping()
    mapping = replace(mapping, source=request.source or mapping.source, times_in=request.times_in or mapping.times_in)
    mapping.check()
    return mapping


@contextmanager
def _opened(request: ImportRequest) -> Iterator[RowSource]:
    """The rows that were named. Raises: ImportUnusable, OSError."""
    origin = request.origin
    if origin.startswith(("postgresql://", "postgres://")):
        if request.query is None:
            raise ImportUnusable("Say by --query which rows of that database are purchases.")
        with _queried(origin, request.query) as source:
            yield source
        return
    if request.query is not None:
        raise ImportUnusable("--query is for a postgresql:// URL, and not for a file.")
    if "://" in origin:
        raise ImportUnusable(f"{shown(origin)}: name a file, - for standard input, or a postgresql:// URL.")
    try:
        if origin == "-":
            yield file_rows(sys.stdin.buffer, None, request.encoding)
            return
        path = Path(origin)
        with path.open("rb") as file:
            yield file_rows(file, path.stat().st_size, request.encoding)
    except ImportUnusable as error:
        raise ImportUnusable(f"{origin}: {error}") from None


@contextmanager
def _queried(url: str, query: str) -> Iterator[RowSource]:
    try:
        with rows_of(url, query) as (header, rows):
            yield query_rows(header, rows)
    except QueryFailed as error:
        raise ImportUnusable(f"{shown(url)}: {error}.") from None


@contextmanager
def _progress(source: RowSource) -> Iterator[Callable[[SourceRow], object]]:
    """What is told of each row: on a terminal, a bar."""
    console = Console(stderr=True)
    if not console.is_terminal:
        yield lambda _row: None
        return
    columns = (TextColumn("{task.description}"), BarColumn(), TaskProgressColumn(), TimeElapsedColumn())
    with Progress(*columns, console=console, transient=True) as progress:
        task = progress.add_task("", total=source.total)
        count = 0

        def tell(row: SourceRow) -> None:
            nonlocal count
            count += 1
            if count % 100 == 0:
                progress.update(task, description=f"{count:,} rows", completed=row.size or None)

        yield tell
