"""`gateway purchase create`: what the old admin script did, through the same service."""

import asyncio
import getpass
from collections.abc import Callable
from datetime import datetime, time
from typing import Annotated, NoReturn, TypeVar

import typer
from graphql import GraphQLError
from rich.console import Console
from uuid_utils.compat import uuid7

from gateway.resolvers.answers import answer_to
from gateway.resolvers.arguments import Fields
from gateway.schema import ids
from gateway.schema.scalars import read_date, read_local_time
from gateway.services.core import outcomes
from gateway.services.core.commands import CreatePurchase, TierChoice
from gateway.services.core.loose_values import Unclear, instant
from gateway.services.core.values import Actor, Metadata, OnExisting, Role, TimeSlot
from gateway.services.core.zones import is_time_zone
from gateway.settings import Settings, load_settings
from gateway.telemetry import configure_logging
from gateway.wiring import bring_up_to_date, open_services

err = Console(stderr=True, highlight=False, soft_wrap=True)
Value = TypeVar("Value")

REFUSED = 1
"""The exit code where nothing was granted."""


def grant(
    student: Annotated[str, typer.Option(help="The platform's id of the student.")],
    course: Annotated[str, typer.Option(help="The course: crs_…")],
    reason: Annotated[str, typer.Option(help="Why it is granted, for the audit.")],
    slot: Annotated[str, typer.Option(help="When sessions begin, by the wall clock: 17:30")],
    time_zone: Annotated[str, typer.Option(help="Where that clock hangs: Asia/Kolkata")],
    tier: Annotated[str | None, typer.Option(help="The tier, by its code.")] = None,
    sessions: Annotated[int | None, typer.Option(help="The tier, by its number of sessions.")] = None,
    sunday_only: Annotated[bool, typer.Option("--sunday-only/--daily", help="On which days.")] = False,
    duration: Annotated[int, typer.Option(help="Minutes of a session, 15 to 480.")] = 60,
    first_day: Annotated[str | None, typer.Option("--date", help="The first session's day: 2026-12-06")] = None,
    expiry: Annotated[
        str | None, typer.Option(help="When the access ends: 2027-01-31T18:30:00Z, or at the end of a day: 2027-01-31")
    ] = None,
    replace: Annotated[bool, typer.Option("--replace", help="Take the place of another tier.")] = False,
    key: Annotated[str | None, typer.Option(help="Idempotency key: once used, it gives the same purchase.")] = None,
) -> None:
    """Grant a course without a payment. Asked again for the same, it gives the purchase that stands.

    Prints the purchase's id alone on standard output. Exit code 1: nothing was granted, standard error says why.
    """
    settings = load_settings()
    configure_logging(settings)
    fields = Fields()
    command = CreatePurchase(
        actor=Actor(f"cli:{getpass.getuser()}", Role.ADMIN),
        purchase_id=uuid7(),
        student_id=student,
        course_id=fields.id(ids.COURSE, course, "course"),
        tier=TierChoice(tier, sessions),
        metadata=Metadata(
            is_sunday_only=sunday_only,
            session_duration=duration,
            slot=TimeSlot(_read(fields, "slot", read_local_time, slot) or time(), time_zone),
            date=_read(fields, "date", read_date, first_day),
        ),
        reason=reason,
        expiry_date=_read(fields, "expiry", lambda text: _end(text, time_zone), expiry),
        on_existing=OnExisting.REPLACE if replace else OnExisting.RETURN,
        key=key,
    )
    bring_up_to_date(settings)
    outcome = asyncio.run(_submit(settings, command, fields.problems))
    if not isinstance(outcome, outcomes.Created):
        _refuse(outcome)
    print(ids.to_text(ids.PURCHASE, outcome.purchase.id))
    how = "stood already" if outcome.already_processed else "created"
    err.print(f"{how}: {outcome.purchase.tier} for {outcome.purchase.student_id}", markup=False)


async def _submit(
    settings: Settings, command: CreatePurchase, noticed: list[outcomes.FieldProblem]
) -> outcomes.Outcome:
    async with open_services(settings) as services:
        return await services.purchases.submit(command, noticed)


def _read(fields: Fields, name: str, read: Callable[[object], Value], text: str | None) -> Value | None:
    """The value that a text means; where it means none, the problem is noted."""
    try:
        return None if text is None else read(text)
    except GraphQLError as error:
        fields.problems.append(outcomes.FieldProblem((name,), error.message))
        return None


def _end(text: object, time_zone: str) -> datetime:
    """The instant that a text names, or the end of the day that it names, where the slot's clock hangs."""
    try:
        return instant(text, time_zone if is_time_zone(time_zone) else "UTC")
    except Unclear as unclear:
        raise GraphQLError(str(unclear)) from None


def _refuse(outcome: outcomes.Outcome) -> NoReturn:
    err.print(_in_words(outcome), style="red", markup=False)
    raise SystemExit(REFUSED)


def _in_words(outcome: outcomes.Outcome) -> str:
    match outcome:
        case outcomes.Invalid(problems):
            return "\n".join(f"{'.'.join(problem.path)}: {problem.message}" for problem in problems)
        case outcomes.Busy():
            return "The database is busy; nothing was done. Try again."
        case _:
            return str(getattr(answer_to(outcome), "message", outcome))
