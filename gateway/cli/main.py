"""The command line: `python -m gateway`, or `gateway` once installed.

What a command needs is imported when it runs: help and tokens wait for no server's libraries.
"""

import gc
import os
import sys
from pathlib import Path
from typing import Annotated, NoReturn

import typer
from typer.exceptions import TyperException

from gateway.cli.commands import exporting, granting, importing, privacy, support, upkeep
from gateway.cli.commands.starting import fail, in_a_sentence, is_for_programs, own_settings, print_json
from gateway.cli.help import UNUSABLE, command
from gateway.services.core.model.values import Role

Json = Annotated[bool, typer.Option("--json", help="Print JSON instead, for programs.")]

app = typer.Typer(
    name="gateway",
    help="One GraphQL gateway for payments, purchases and course access. Settings come from GATEWAY_* variables, which"
    " `gateway settings` lists. What is wrong is said in a sentence, with an exit code that is not 0; each command's"
    " --help lists its own.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
)
purchase = typer.Typer(help="Look at a purchase, or grant one without a payment.", no_args_is_help=True)
app.add_typer(purchase, name="purchase")
app.add_typer(importing.importing, name="import")
support.add_to(app, purchase)
exporting.add_to(app)
upkeep.add_to(app)


def main() -> None:
    """Run the command line; what is wrong with the settings or the database is one sentence and exit code 2."""
    try:
        if is_for_programs():
            _run_for_programs()
        app()
    except Exception as error:
        if (sentence := in_a_sentence(error)) is None:
            raise
        fail(sentence)


def _run_for_programs() -> NoReturn:
    """The same, where what is wrong with the arguments is told to a program as well."""
    try:
        code = app(standalone_mode=False)
    except typer.Abort:
        fail("It was broken off.", 1)
    except TyperException as error:
        say = getattr(error, "format_message", error.__str__)
        fail(say(), getattr(error, "exit_code", 2))
    raise SystemExit(code or 0)


def _print_version(is_asked: bool) -> None:
    if is_asked:
        from importlib.metadata import version

        print(f"gateway {version('course-gateway')}")
        raise typer.Exit


@app.callback()
def gateway(
    version: Annotated[
        bool, typer.Option("--version", callback=_print_version, is_eager=True, help="Print the version and exit.")
    ] = False,
    env_file: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Settings as NAME=value lines. Unset: .env of this folder, if there."),
    ] = None,
) -> None:
    """The options of no command in particular. Its help is the application's own, above."""
    if env_file is not None:
        os.environ["GATEWAY_ENV_FILE"] = str(env_file)


@command(
    app,
    _0="several processes were told to stop. One alone ends by its signal.",
    _2=UNUSABLE,
    _3="the address or port cannot be had, or a process could not start.",
)
def serve(
    host: Annotated[str, typer.Option(help="Address to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(help="Port to listen on; 0 takes a free one.", min=0, max=65535)] = 8000,
    workers: Annotated[
        int | None,
        typer.Option(
            help="Processes that serve. On SQLite several have one more that writes for all of them. Unset: in"
            " production on SQLite as many as there are cores, up to 4; else 1.",
            show_default=False,
            min=1,
            max=64,
        ),
    ] = None,
    with_demo: Annotated[
        bool, typer.Option("--demo", help="Seed a catalogue, and print addresses and tokens to try it with.")
    ] = False,
) -> None:
    """Serve the API, and GraphiQL for browsers, at /graphql.

    An embedded database is migrated first, and in development created, in a folder that is there."""
    gc.disable()  # what is imported stays: to look for garbage in it is a sixth of a start
    settings = own_settings()
    from gateway.cli import serve

    serve.serve(settings, host, port, workers, with_demo=with_demo)


@command(app, _0="it was told to stop.", _2=UNUSABLE)
def worker() -> None:
    """Run jobs without serving: checks of payments, refunds, webhooks, events.

    Any number of workers share the work."""
    settings = own_settings()
    from gateway.cli import worker

    worker.work(settings)


@command(app)
def verify(
    as_json: Annotated[
        bool, typer.Option("--json", help="Print one JSON object instead, for programs; see docs/operations/verify.md.")
    ] = False,
) -> None:
    """Check every invariant over the whole database as it is at one moment, and change nothing.

    It may run beside a live service.

    Exit code 0: all of them hold.

    Exit code 1: at least one is broken; each row is named, with what is wrong and what to do.

    Exit code 2: nothing is known, because not everything could be looked at: no such database, none that this release
    knows, no permission, a server that is down, or it was stopped.
    """
    from gateway.cli.verifying.looking import looked

    with looked(in_a_sentence):
        settings = own_settings()
        from gateway.cli.verifying import verify

        is_well = verify.verify(settings, as_json=as_json)
    if not is_well:
        raise SystemExit(1)


@command(app, _0="the courses are there.", _2=UNUSABLE)
def seed(as_json: Json = False) -> None:
    """Add the demo's courses to the catalogue; those that are there already stay as they are."""
    settings = own_settings(tells_outages=False)
    from gateway.cli import demo

    courses = demo.seed(settings)
    if as_json:
        print_json(demo.objects_of(courses))
        return
    for line in demo.lines_of(courses):
        print(line)


@command(app, _0="the token was printed.", _2="there is none; a sentence says why.")
def token(
    role: Annotated[Role, typer.Option(help="The role that the token gives.", case_sensitive=False)],
    subject: Annotated[str, typer.Option(help="Whom it speaks for: a student's id, or an admin's.")],
    ttl: Annotated[
        int, typer.Option(help="Seconds until it expires, a hundred years at most.", min=1, max=3_155_760_000)
    ] = 3600,
    as_json: Json = False,
) -> None:
    """Print a bearer token, and nothing else, on standard output, signed with GATEWAY_JWT_SECRET."""
    from gateway.auth.minting import mint_token
    from gateway.settings.loading import load_own_settings

    try:
        minted = mint_token(load_own_settings(), role=role, subject=subject, ttl_s=ttl)
    except ValueError as error:
        fail(f"--subject: {error}")
    if as_json:
        print_json({"token": minted, "role": role.value, "subject": subject, "expiresInSeconds": ttl})
    else:
        print(minted)


@command(app)
def schema(
    federation: Annotated[bool, typer.Option("--federation", help="As a subgraph of Apollo Federation 2.")] = False,
    costs: Annotated[bool, typer.Option("--costs", help="With what each field costs: a subgraph's has that.")] = False,
) -> None:
    """Print the GraphQL schema, as schema.graphql holds it."""
    from gateway.execution.schema import print_sdl, print_subgraph

    sys.stdout.write(print_subgraph() if federation else print_sdl(has_costs=costs))


@command(app, "settings")
def show_settings(as_json: Json = False) -> None:
    """Print every GATEWAY_* variable with its default and its meaning, as the table in docs/settings.md."""
    from gateway.settings.loading import describe

    if as_json:
        print_json([{"name": name, "default": default, "meaning": meaning} for name, default, meaning in describe()])
        return
    print("| variable | default | meaning |\n|---|---|---|")
    for name, default, meaning in describe():
        print(f"| `{name}` | {f'`{default}`' if default else ''} | {meaning} |")


granting.add_to(purchase)
privacy.add_to(app)  # after all others: it adds to groups of theirs
