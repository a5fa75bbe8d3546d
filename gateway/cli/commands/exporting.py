"""The words of `gateway export` and `gateway report`."""

from enum import StrEnum
from typing import Annotated

import typer

from gateway.cli.commands.starting import own_settings, print_json
from gateway.cli.help import UNUSABLE, command


class What(StrEnum):
    PURCHASES = "purchases"
    PAYMENTS = "payments"
    REFUNDS = "refunds"
    AUDIT = "audit"


class ReportForm(StrEnum):
    TABLE = "table"
    CSV = "csv"
    JSON = "json"


class Form(StrEnum):
    CSV = "csv"
    JSONL = "jsonl"
    PARQUET = "parquet"


From = Annotated[
    str | None,
    typer.Option("--from", metavar="WHEN", help="Made from then on: 2026-11-01, or 2026-11-01T00:00:00Z."),
]
To = Annotated[
    str | None,
    typer.Option("--to", metavar="WHEN", help="Made before then: an instant, or a day, which is included."),
]
Zone = Annotated[str, typer.Option(help="Where days begin and end: Asia/Kolkata.")]


def add_to(app: typer.Typer) -> None:
    """Register the commands."""
    report = typer.Typer(help="Figures for the books of others.", no_args_is_help=True)
    app.add_typer(report, name="report")
    command(report, "reconciliation", _0="the figures are printed.", _2=UNUSABLE)(reconciliation)
    command(
        app,
        "export",
        _0="all of it is written.",
        _2="nothing is left of it; a sentence says why.",
        _141="who read what it printed has gone.",
    )(export)


def export(
    what: Annotated[What, typer.Argument(help="What to take out.")],
    output: Annotated[
        str, typer.Option("--output", "-o", metavar="FILE", help="The file to make; - is standard output.")
    ] = "-",
    form: Annotated[
        Form | None,
        typer.Option(
            "--format", help="Unset: that of the file's name, else csv. Parquet needs the extra of that name."
        ),
    ] = None,
    begins: From = None,
    ends: To = None,
    zone: Zone = "UTC",
    course: Annotated[str | None, typer.Option(help="Of this course: crs_…, or its UUID.")] = None,
    student: Annotated[str | None, typer.Option(help="Of this student: the platform's id.")] = None,
    force: Annotated[bool, typer.Option("--force", help="Replace a file of that name.")] = False,
    columns: Annotated[bool, typer.Option("--columns", help="Print what each column means, and nothing else.")] = False,
    as_json: Annotated[
        bool, typer.Option("--json", help="Say as one JSON object what was written; it goes with --output FILE.")
    ] = False,
) -> None:
    """Write records to a file, or to standard output, as they are at one moment; also beside a live service.

    Amounts are in the currency's minor unit, times in UTC. A file has its name only once it is whole.
    docs/exporting.md has every column.
    """
    from gateway.cli.exporting import export
    from gateway.cli.exporting.formats import Format

    if columns and as_json:
        print_json(export.described_as_object(what.value))
        return
    if columns:
        for line in export.described(what.value):
            print(line)
        return
    if as_json and output == export.STDOUT:
        raise typer.BadParameter("goes with --output FILE: standard output has the records.", param_hint="--json")
    settings = own_settings(tells_outages=False)
    request = export.ExportRequest(
        what.value, begins, ends, zone, course, student, Format(form.value) if form else None, output, force
    )
    exported = export.export(settings, request)
    if as_json:
        print_json(exported.as_object())
    else:
        typer.echo(str(exported), err=True)


def reconciliation(
    begins: Annotated[
        str | None, typer.Option("--from", metavar="DAY", help="The first day: 2026-11-01.", show_default=False)
    ] = None,
    ends: Annotated[
        str | None, typer.Option("--to", metavar="DAY", help="The last day; unset: today.", show_default=False)
    ] = None,
    zone: Zone = "UTC",
    form: Annotated[
        ReportForm, typer.Option("--format", help="Amounts in csv and json are in minor units.")
    ] = ReportForm.TABLE,
    as_json: Annotated[bool, typer.Option("--json", help="As --format json.")] = False,
    figures: Annotated[bool, typer.Option("--figures", help="Print what each figure means, and nothing else.")] = False,
) -> None:
    """What happened to money on each day, by provider and currency, to be laid beside the provider's own reports.

    Opened, captured, what that became, refunded, disputed, what is still to go back, and purchases without a payment.
    docs/exporting.md says what each figure means.
    """
    from gateway.cli.exporting import reconciliation

    if figures and as_json:
        print_json(reconciliation.described_as_object())
        return
    if figures:
        for line in reconciliation.described():
            print(line)
        return
    if begins is None:
        raise typer.BadParameter("is needed: the first day, such as 2026-11-01.", param_hint="--from")
    settings = own_settings(tells_outages=False)
    chosen = reconciliation.Form.JSON if as_json else reconciliation.Form(form.value)
    print(reconciliation.report(settings, begins, ends, zone, chosen), end="")
