"""The command line: `python -m gateway`, or `gateway` once installed."""

import asyncio
import os
import signal
import sys
from typing import Annotated, NoReturn
from uuid import UUID

import typer
import uvicorn
from rich.console import Console
from rich.progress import Progress
from sqlalchemy.exc import DBAPIError
from uvicorn.supervisors import Multiprocess

from db.engine import writer_engine
from db.migrate import upgrade
from db.pulse import pulse
from gateway import demo
from gateway.app import DEMO_ADMIN, DEMO_STUDENT, DEMO_TOKEN_TTL_S
from gateway.auth import mint_token
from gateway.grant import grant
from gateway.graph import print_sdl
from gateway.schema import ids
from gateway.services import verification
from gateway.services.core.values import Course, Role
from gateway.settings import Settings, SettingsError, describe, load_settings
from gateway.streaming.limits import MOST_MESSAGE_BYTES
from gateway.telemetry import configure_logging
from gateway.wiring import bring_up_to_date, open_services, running

SHUTDOWN_S = 30
"""How long requests under way may take to end when the server is told to stop."""

LOOPBACK = ("127.0.0.1", "::1", "localhost")

app = typer.Typer(
    name="gateway",
    help="One GraphQL gateway for payments, purchases and course access. Settings come from GATEWAY_* variables.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
purchase = typer.Typer(help="Purchases without a payment.", no_args_is_help=True)
app.add_typer(purchase, name="purchase")
purchase.command("create")(grant)

out = Console(highlight=False, soft_wrap=True)
err = Console(stderr=True, highlight=False, soft_wrap=True)


def main() -> None:
    """Run the command line; what is wrong with the settings or the database is one sentence and exit code 2."""
    try:
        app()
    except SettingsError as error:
        _fail(str(error))
    except DBAPIError as error:
        _fail(f"The database cannot be used: {error.orig}")
    except OSError as error:  # the database's folder cannot be made, say
        _fail(str(error))


@app.command()
def serve(
    host: Annotated[str, typer.Option(help="Address to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(help="Port to listen on; 0 takes a free one.", min=0, max=65535)] = 8000,
    workers: Annotated[int, typer.Option(help="Processes, each with a writer of its own.", min=1, max=64)] = 1,
    with_demo: Annotated[
        bool, typer.Option("--demo", help="Seed a catalogue, and print addresses and tokens to try it with.")
    ] = False,
) -> None:
    """Serve the API, and GraphiQL for browsers, at /graphql. An embedded database is migrated first."""
    settings = _settings()
    if settings.is_secret_public and host not in LOOPBACK:
        _fail("Everybody knows the development secret: set GATEWAY_JWT_SECRET to listen beyond this machine.")
    if with_demo and settings.env != "development":
        _fail("--demo is for development: it prints an admin's token.")
    bring_up_to_date(settings)
    courses = asyncio.run(_seed(settings)) if with_demo else []
    if with_demo:
        os.environ["GATEWAY_DEMO"] = "true"  # by which the served processes, which read it anew, know of it
    config = uvicorn.Config(
        "gateway.app:from_environment",
        factory=True,
        host=host,
        port=port,
        workers=workers,
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=False,  # uvicorn would believe X-Forwarded-For from loopback; GATEWAY_TRUSTED_PROXIES says whom
        timeout_graceful_shutdown=SHUTDOWN_S,
        ws_max_size=MOST_MESSAGE_BYTES,
        ws_per_message_deflate=False,  # messages are small, and a compressor for each connection is not
    )
    listening = config.bind_socket()
    listening.listen(config.backlog)  # from here on a click waits for the server instead of being refused
    url = f"http://{f'[{host}]' if ':' in host else host}:{listening.getsockname()[1]}/graphql"
    out.print(f"Serving {url}")
    if with_demo:
        _print_demo(settings, courses, url)
    if workers > 1:
        Multiprocess(config, sockets=[listening]).run()
    else:
        uvicorn.Server(config).run(sockets=[listening])


@app.command()
def worker() -> None:
    """Run jobs alone, without serving: checks of payments, refunds, webhooks, events. Any number of workers share the
    work."""
    settings = _settings()
    bring_up_to_date(settings)
    asyncio.run(_work(settings))


@app.command()
def verify() -> None:
    """Check every invariant over the whole database. Exit code 1, and each offending row named, where one is broken."""
    settings = _settings()
    bring_up_to_date(settings)
    engine = writer_engine(settings.database_url)
    broken = 0
    with engine.connect() as connection, Progress(console=err, transient=True) as progress:
        for invariant in progress.track(verification.INVARIANTS, description="Verifying"):
            finding = verification.verify(connection, invariant)
            broken += len(finding.broken)
            out.print(f"{'FAILED' if finding.broken else 'ok':6} {finding.counted:>9,}  {invariant.sentence}")
            for row in finding.broken:
                out.print(f"         {_row_id(row)}")
    engine.dispose()
    if broken:
        raise SystemExit(1)


@app.command()
def migrate() -> None:
    """Bring the database to the newest schema. Safe to run again, and from several machines at once."""
    upgrade(_settings().database_url)
    out.print("The database is up to date.")


@app.command()
def seed() -> None:
    """Add the demo's courses to the catalogue; those that are there already stay as they are."""
    settings = _settings()
    bring_up_to_date(settings)
    for course in asyncio.run(_seed(settings)):
        out.print(f"{ids.to_text(ids.COURSE, course.id)}  {course.title}")


@app.command()
def token(
    role: Annotated[Role, typer.Option(help="What the token shall permit.", case_sensitive=False)],
    subject: Annotated[str, typer.Option(help="Whom it speaks for: a student's id, or an admin's.")],
    ttl: Annotated[int, typer.Option(help="Seconds until it expires.", min=1)] = 3600,
) -> None:
    """Print a bearer token, alone on standard output, signed with GATEWAY_JWT_SECRET."""
    try:
        print(mint_token(_settings(), role=role, subject=subject, ttl_s=ttl))
    except ValueError as error:
        _fail(f"--subject: {error}")


@app.command()
def schema() -> None:
    """Print the GraphQL schema, as schema.graphql holds it."""
    sys.stdout.write(print_sdl())


@app.command(name="settings")
def show_settings() -> None:
    """Print every GATEWAY_* variable with its default and its meaning, as the README's table."""
    print("| variable | default | meaning |\n|---|---|---|")
    for name, default, meaning in describe():
        print(f"| `{name}` | {f'`{default}`' if default else ''} | {meaning} |")


def _settings() -> Settings:
    settings = load_settings()
    configure_logging(settings)
    return settings


async def _work(settings: Settings) -> None:
    stopped = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, stopped.set)
    async with open_services(settings) as services, running(services.runners, pulse(settings.database_url)):
        out.print("Running jobs; stop with Ctrl-C.")
        await stopped.wait()


async def _seed(settings: Settings) -> list[Course]:
    async with open_services(settings) as services:
        return await demo.seed(services.purchases)


def _print_demo(settings: Settings, courses: list[Course], url: str) -> None:
    out.print(f"\nOpen {url} in a browser: the tabs are prepared, press play.")
    out.print(f"Open {url.removesuffix('graphql')}demo/ to buy a course as a student would.\n")
    for course in courses:
        out.print(f"  {ids.to_text(ids.COURSE, course.id)}  {course.title}")
    if settings.signing_key is not None:
        for role, subject in ((Role.STUDENT, DEMO_STUDENT), (Role.ADMIN, DEMO_ADMIN)):
            bearer = mint_token(settings, role=role, subject=subject, ttl_s=DEMO_TOKEN_TTL_S)
            out.print(f"\n{role} token ({subject}, 12 hours):\n{bearer}")
    out.print()


def _row_id(key: object) -> UUID | object:
    return UUID(bytes=key) if isinstance(key, bytes) else key


def _fail(message: str) -> NoReturn:
    err.print(message, style="red", markup=False)
    raise SystemExit(2)
