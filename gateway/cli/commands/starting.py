"""What a command does before its own work: read its settings, know who runs it, and ask whether it shall go on.

Nothing heavy is imported here, so that help waits for nothing.
"""

import getpass
import sys
from typing import TYPE_CHECKING, NoReturn

import typer

from gateway.services.core.model.values import Actor, Role

if TYPE_CHECKING:
    from gateway.settings.model import Settings


def own_settings(*, tells_outages: bool = True) -> "Settings":
    """Read them, and have the log go to standard error.

    Args:
        tells_outages: not where the command ends by an outage, and says so in its own sentence.
    """
    from gateway.http.telemetry import configure_logging
    from gateway.services.outages import BEGAN, ENDED
    from gateway.settings.loading import load_own_settings
    from gateway.startup import warn_of_file

    settings = load_own_settings()
    configure_logging(settings, () if tells_outages else (BEGAN, ENDED))
    warn_of_file(settings)
    return settings


def operator() -> Actor:
    """Who acts, as the audit has it: the user of this machine, as an admin."""
    return Actor(f"cli:{getpass.getuser()}", Role.ADMIN)


def confirmed(preview: str, *, yes: bool, nothing: str = "Nothing was done") -> bool:
    """Whether the operator wants it, on seeing what will happen. Where nobody can be asked, the command ends.

    Args:
        yes: they said so beforehand.
        nothing: what is said to have happened, where nobody can be asked.
    """
    typer.echo(preview, err=True)
    if yes:
        return True
    if not sys.stdin.isatty():
        fail(f"{nothing}: nobody can be asked here. Say --yes to have it done.")
    return typer.confirm("Do it?", err=True)


def in_a_sentence(error: Exception) -> str | None:
    """What is wrong with the settings, the database or a file; None for a bug."""
    from gateway.cli import failures

    return failures.in_a_sentence(error)


def is_for_programs() -> bool:
    """Whether --json is among the arguments, whatever may be wrong with the others."""
    return "--json" in sys.argv[1:]


def print_json(value: object) -> None:
    """One object on standard output."""
    import json

    print(json.dumps(value, ensure_ascii=False, indent=2))


def fail(message: str, code: int = 2, /, **more: object) -> NoReturn:
    """End with a sentence: on standard error, or with --json as an object on standard output.

    Args:
        more: what the object says besides.
    """
    if is_for_programs():
        print_json({"error": message, "exitCode": code, **more})
    else:
        typer.secho(message, fg="red", err=True)
    raise SystemExit(code)
