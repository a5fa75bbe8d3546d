"""The words of `gateway student erase` and `gateway prune`."""

from typing import Annotated

import typer

from gateway.cli.commands.starting import confirmed, fail, own_settings
from gateway.cli.help import UNUSABLE, command

AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON object instead, for programs.")]


def add_to(app: typer.Typer) -> None:
    """Register the commands; `student` may have others already."""
    groups = {each.name: each.typer_instance for each in app.registered_groups}
    student = groups.get("student")
    if student is None:
        student = typer.Typer(help="A student, by the platform's id.", no_args_is_help=True)
        app.add_typer(student, name="student")
    command(
        student,
        "erase",
        _0="nothing here has the id any more, or ever had.",
        _1="nothing was done, and standard error names what has to end first, or what is wrong.",
        _2=UNUSABLE,
    )(erase)
    command(app, "prune", _0="everything was gone through.", _2=UNUSABLE)(prune)


def erase(
    student: Annotated[str, typer.Argument(help="The platform's id of the student.")],
    reason: Annotated[str, typer.Option(help="Why, for the audit, where it stays: it must not name the student.")],
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask; needed where nobody can answer.")] = False,
    as_json: AsJson = False,
) -> None:
    """Erase a student for good: the books stay, under a pseudonym, and nothing names the person any more.

    What is open has to end first, and is named. Subscribers are told. See docs/privacy.md.
    """
    settings = own_settings(tells_outages=False)
    if not confirmed(f"Erase student {student} for good: there is no way back.", yes=yes):
        fail("Nothing was erased.", 1)
    from gateway.cli.privacy.erasing import erased

    is_done, message = erased(settings, student, reason, as_json=as_json)
    if not is_done:
        fail(message, 1)
    print(message)


def prune(
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only count what would go.")] = False,
    as_json: AsJson = False,
) -> None:
    """Delete what ended long ago and nothing needs any more, as whatever serves does by itself every few hours.

    GATEWAY_KEEP_…_DAYS say how long things are kept, and docs/privacy.md why they can go. It may run beside a live
    service.
    """
    settings = own_settings(tells_outages=False)
    from gateway.cli.privacy.pruning import pruned

    print(pruned(settings, is_dry=dry_run, as_json=as_json))
