"""The words of `gateway purchase create`."""

from typing import Annotated

import typer

from gateway.cli.commands.starting import fail, own_settings, print_json
from gateway.cli.help import command

Json = Annotated[bool, typer.Option("--json", help="Print JSON instead, for programs.")]


def add_to(purchase: typer.Typer) -> None:
    """Register the command."""
    command(
        purchase,
        "create",
        _0="it is granted, or was before.",
        _1="nothing was granted, and standard error says why.",
        _2="the settings or the database cannot be used, and standard error says whether it may have been granted.",
    )(grant)


def grant(
    student: Annotated[str, typer.Option(help="The platform's id of the student.")],
    course: Annotated[str, typer.Option(help="The course: crs_…, or its UUID.")],
    reason: Annotated[str, typer.Option(help="Why it is granted, for the audit.")],
    slot: Annotated[str, typer.Option(help="When sessions begin, by the wall clock: 17:30")],
    time_zone: Annotated[str, typer.Option(help="The time zone of the slot: Asia/Kolkata")],
    tier: Annotated[str | None, typer.Option(help="The tier, by its code.")] = None,
    sessions: Annotated[int | None, typer.Option(help="The tier, by its number of sessions.")] = None,
    sunday_only: Annotated[bool, typer.Option("--sunday-only/--daily", help="On which days.")] = False,
    duration: Annotated[int, typer.Option(help="Minutes of a session, 15 to 480.")] = 60,
    first_day: Annotated[str | None, typer.Option("--date", help="The first session's day: 2026-12-06")] = None,
    expiry: Annotated[
        str | None, typer.Option(help="When the access ends: 2027-01-31T18:30:00Z, or at the end of a day: 2027-01-31")
    ] = None,
    replace: Annotated[bool, typer.Option("--replace", help="Replace an active purchase of another tier.")] = False,
    key: Annotated[str | None, typer.Option(help="Idempotency key: used again, it gives the same purchase.")] = None,
    as_json: Json = False,
) -> None:
    """Grant a course without a payment. Asked again for the same, it gives the existing purchase.

    Prints only the purchase's id on standard output.
    """
    settings = own_settings(tells_outages=False)
    from gateway.cli.grant import GrantRequest, granted

    request = GrantRequest(
        student, course, reason, slot, time_zone, tier, sessions, sunday_only, duration, first_day, expiry, replace, key
    )
    purchase_id, message = granted(settings, request)
    if as_json:
        if purchase_id is None:
            fail(message, 1, purchaseId=None, message=message)
        print_json({"purchaseId": purchase_id, "message": message})
        return
    if purchase_id is None:
        fail(message, 1)
    typer.secho(message, err=True)
    print(purchase_id)
