"""What a command does before its own work: read its settings, and have the log go to standard error.

Nothing heavy is imported here, so that help waits for nothing.
"""

from typing import TYPE_CHECKING, NoReturn

import typer

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


def in_a_sentence(error: Exception) -> str | None:
    """What is wrong with the settings, the database or a file; None for a bug."""
    from gateway.cli import failures

    return failures.in_a_sentence(error)


def fail(message: str, code: int = 2) -> NoReturn:
    """End with a sentence on standard error."""
    typer.secho(message, fg="red", err=True)
    raise SystemExit(code)
