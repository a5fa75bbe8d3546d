"""The words of `gateway migrate`, `doctor`, `backup` and `restore`."""

from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import Annotated, Protocol

import typer

from gateway.cli.commands.starting import confirmed, fail, own_settings, print_json
from gateway.cli.help import UNUSABLE, command

Json = Annotated[bool, typer.Option("--json", help="Print one JSON object instead, for programs.")]


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
    command(app, "backup", _0="the copy is whole and on disk.", _2="there is none; a sentence says why.")(backup)
    command(app, "restore", _0="the backup is the database now.", _2="nothing was changed; a sentence says why.")(
        restore
    )


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
    as_json: Json = False,
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
        _say(found, as_json=as_json)
        if found.missing or not found.found.is_usable:
            raise SystemExit(1)
    elif down is not None:
        from gateway.cli.upkeep import migrations

        said = migrations.down(settings, down, partial(confirmed, yes=yes, nothing="Nothing was undone"))
        if said is None:
            fail("Nothing was undone.", 1)
        _say(said, as_json=as_json)
    else:
        from gateway.cli import databases

        _say(databases.migrate(settings, incomplete=incomplete), as_json=as_json)


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


def backup(
    target: Annotated[Path, typer.Argument(help="The file to make.")],
    force: Annotated[bool, typer.Option("--force", help="Replace a file of that name.")] = False,
    as_json: Json = False,
) -> None:
    """Make a whole copy of an SQLite database in one file, also while it is served, and check it.

    A server's database has its own tools: it says which."""
    settings = own_settings()
    from gateway.cli import backups

    _say(backups.back_up(settings, target, replace=force), as_json=as_json)


def restore(
    backup: Annotated[Path, typer.Argument(help="The file that `gateway backup` made.")],
    as_json: Json = False,
) -> None:
    """Put a backup in the place of an SQLite database, which is kept beside it under another name.

    Refused while any gateway has the database open."""
    settings = own_settings()
    from gateway.cli import backups

    _say(backups.restore(settings, backup), as_json=as_json)


class _Told(Protocol):
    """What came of a command: a sentence for people, an object for programs."""

    def as_object(self) -> Mapping[str, object]: ...


def _say(told: _Told, *, as_json: bool) -> None:
    if as_json:
        print_json(told.as_object())
    else:
        print(told)
