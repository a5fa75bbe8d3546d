"""The words of `gateway import`."""

from pathlib import Path
from typing import Annotated

import typer

from gateway.cli.commands.starting import own_settings
from gateway.cli.help import UNUSABLE, command

STOPPED = 130
"""The exit code of what Ctrl-C ended, as shells have it."""

importing = typer.Typer(help="Bring over what an old system has.", no_args_is_help=True)


@command(
    importing,
    "purchases",
    _0="every row is here, now or already; with --dry-run, would be.",
    _1="some are not: each is named with its line, field and reason.",
    _2=UNUSABLE,
    _130="it was stopped by Ctrl-C; run again, it goes on.",
)
def purchases(
    origin: Annotated[
        str | None,
        typer.Argument(
            metavar="FILE|URL",
            help="CSV with a header or JSON lines, - for standard input; or the old database: postgresql://…",
            show_default=False,
        ),
    ] = None,
    query: Annotated[
        str | None, typer.Option(help="Of an old database: the query that gives a row for each purchase.")
    ] = None,
    mapping: Annotated[
        Path | None, typer.Option(help="TOML or JSON: their columns and words as ours; see --example.")
    ] = None,
    source: Annotated[
        str | None, typer.Option(help="The old system's name: within it an old id comes over once.")
    ] = None,
    times_in: Annotated[
        str | None, typer.Option(help="The time zone of times without an offset: UTC, Asia/Kolkata")
    ] = None,
    encoding: Annotated[
        str | None, typer.Option(help="Of a file that says nothing of it and is no UTF-8: latin-1, cp1252")
    ] = None,
    report: Annotated[
        Path | None, typer.Option(help="Write what came of each row to this file: .csv or .jsonl")
    ] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Decide every row, and write nothing.")] = False,
    tell: Annotated[bool, typer.Option("--tell", help="Tell subscribers of each purchase, as if it were new.")] = False,
    as_json: Annotated[
        bool, typer.Option("--json", help="Say as one JSON object what came of all rows, for programs.")
    ] = False,
    example: Annotated[bool, typer.Option("--example", help="Print a mapping and a file, and exit.")] = False,
) -> None:
    """Bring purchases of an old system over, as they stand there, with their payments and ends.

    Each row comes over once, by its old id: run again, it goes on where it was. It may run beside a live service.
    See docs/coming-over.md.
    """
    if example:
        from gateway.cli.importing.example import example as text

        print(text())
        return
    if origin is None:
        raise typer.BadParameter("name a file, - for standard input, or a postgresql:// URL; or see --example")
    settings = own_settings(tells_outages=False)
    from gateway.cli.importing.purchases import ImportRequest, import_purchases

    request = ImportRequest(
        origin, query, mapping, source, times_in, encoding, report, is_rehearsal=dry_run, is_told=tell, as_json=as_json
    )
    try:
        is_all_here = import_purchases(settings, request)
    except KeyboardInterrupt:
        raise SystemExit(STOPPED) from None
    if not is_all_here:
        raise SystemExit(1)
