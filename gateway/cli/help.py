"""What each command says of itself under `--help`, its exit codes among it."""

import inspect
from collections.abc import Callable
from typing import Any, TypeVar

import typer

Command = TypeVar("Command", bound=Callable[..., Any])

UNUSABLE = "the arguments, the settings or the database cannot be used; a sentence says what is wrong."


def command(of: typer.Typer, name: str | None = None, /, **ends: str) -> Callable[[Command], Command]:
    """Register a command by its docstring, whose lines are broken anew for each terminal.

    Args:
        ends: what an exit code means, as `_3="…"`. Without any the docstring says it, or there is but one.
    """

    def register(run: Command) -> Command:
        said = [" ".join(each.split()) for each in inspect.cleandoc(run.__doc__ or "").split("\n\n")]
        codes = [f"Exit code {code.removeprefix('_')}: {meaning}" for code, meaning in ends.items()]
        of.command(name, help="\n\n".join([*said, *codes]), short_help=said[0])(run)
        return run

    return register
