"""The words of `gateway migrate` and `gateway doctor`."""

from functools import partial
from typing import Annotated

import typer

from gateway.cli.commands.starting import confirmed, fail, own_settings
from gateway.cli.help import UNUSABLE, command

Json = Annotated[bool, typer.Option("--json", help="Print JSON instead, for programs.")]


def add_to(app: typer.Typer) -> None:
    """Register the commands."""
    command(
        app,
        "migrate",
        _0="the database is up to date, or ahead and fit to run on; with --down, it is as was asked for.",
        _1="with --status, migrations are missing, or it is not fit to run on; with --down, you decided otherwise.",
        _2=UNUSABLE,
    )(migrate)
    command(app, "doctor", _0="there is no fault.", _1="there is one, and what to do is said.")(doctor)


def migrate(
    incomplete: Annotated[
        bool,
        typer.Option(
            "--incomplete", help="Take an SQLite file whose -wal is missing as it is, without what was in that."
        ),
    ] = False,
    status: Annotated[bool, typer.Option("--status", help="Say how the schema stands, and change nothing.")] = False,
    down: Annotated[
        str | None,
        typer.Option(metavar="REVISION", help="Undo the migrations after this one, such as 0009. No gateway may run."),
    ] = None,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="With --down: do not ask.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="With --status: print JSON.")] = False,
) -> None:
    """Bring the database to the newest schema, and make it where there is none, in a folder that is there.

    Safe to run again, and from several machines at once."""
    if status and down is not None:
        raise typer.BadParameter(
            "goes not with --status: one says how it stands, the other changes it.", param_hint="--down"
        )
    settings = own_settings()
    if status:
        from gateway.cli.upkeep import migrations

        found = migrations.status(settings)
        print(found.as_json() if as_json else found)
        if found.missing or not found.found.is_usable:
            raise SystemExit(1)
    elif down is not None:
        from gateway.cli.upkeep import migrations

        said = migrations.down(settings, down, partial(confirmed, yes=yes, nothing="Nothing was undone"))
        if said is None:
            fail("Nothing was undone.", 1)
        print(said)
    else:
        from gateway.cli import databases

        print(databases.migrate(settings, incomplete=incomplete))


def doctor(
    network: Annotated[
        bool, typer.Option("--network", help="Ask payment providers, with our keys, and the issuer of tokens, too.")
    ] = False,
    as_json: Json = False,
) -> None:
    """Look at what a gateway stands on: settings, keys, files and their owners, disk, database, schema, clock.

    It changes nothing. Run it as the gateway's own user, with its settings."""
    from gateway.cli.upkeep import examining

    found = [*examining.examine(asks_network=network)]
    print(examining.as_json(found) if as_json else examining.printed(found))
    if not examining.is_well(found):
        raise SystemExit(1)
