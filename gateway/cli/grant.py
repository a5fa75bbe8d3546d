"""`gateway purchase create`: a grant from the terminal, by the same service as `createPurchase`."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, time
from typing import TypeVar

from graphql import GraphQLError
from uuid_utils.compat import uuid7

from gateway.bootstrap import open_services
from gateway.cli.commands.starting import operator
from gateway.cli.databases import May, make_ready
from gateway.resolvers.answers import problem_of
from gateway.resolvers.inputs import InputReader
from gateway.schema.conventions import ids
from gateway.schema.conventions.scalars import read_date, read_local_time
from gateway.services.core.commands.create_purchase import CreatePurchase
from gateway.services.core.legacy.values import Unclear, instant
from gateway.services.core.model import outcomes
from gateway.services.core.model.metadata import Metadata, TimeSlot
from gateway.services.core.model.values import OnExisting, TierChoice
from gateway.services.outages import Unavailable
from gateway.settings.model import Settings

Value = TypeVar("Value")

NO_ANSWER = "it is busy"
NOT_DONE = "Nothing was granted; try again."
IN_DOUBT = "It may have been granted; try the same again, which grants nothing twice."

OTHER_METADATA = "The student has an active purchase of this course and tier, with other terms. Nothing was done."

OPTIONS = {
    "studentId": "--student",
    "course": "--course",
    "purchaseTier": "--tier",
    "sessionCount": "--sessions",
    "slot": "--slot",
    "metadata.timeSlot.start": "--slot",
    "metadata.timeSlot.timeZone": "--time-zone",
    "metadata.sessionDuration": "--duration",
    "metadata.isSundayOnly": "--sunday-only",
    "date": "--date",
    "metadata.date": "--date",
    "expiry": "--expiry",
    "expiryDate": "--expiry",
    "reason": "--reason",
    "idempotencyKey": "--key",
}
"""The option in which a field was given. A field of none is named as the API has it."""


@dataclass(frozen=True, slots=True)
class GrantRequest:
    """What was asked for at the terminal, as it was typed."""

    student: str
    course: str
    reason: str
    slot: str
    time_zone: str
    tier: str | None
    sessions: int | None
    is_sunday_only: bool
    duration: int
    first_day: str | None
    expiry: str | None
    is_to_replace: bool
    key: str | None


def granted(settings: Settings, request: GrantRequest) -> tuple[str | None, str]:
    """The id of the purchase, None where nothing was granted, and a sentence that says what happened.

    Raises: Unavailable, where the database could not be used.
    """
    fields = InputReader()
    command = _command(request, fields)
    make_ready(settings, May.LOOK)
    outcome = asyncio.run(_submit(settings, command, fields.problems))
    if not isinstance(outcome, outcomes.Created):
        return None, _in_words(outcome)
    how = "stood already" if outcome.already_processed else "created"
    message = f"{how}: {outcome.purchase.tier} for {outcome.purchase.student_id}"
    return ids.to_text(ids.PURCHASE, outcome.purchase.id), message


def _command(request: GrantRequest, fields: InputReader) -> CreatePurchase:
    """The command that was asked for; what cannot be read is noted in `fields`."""
    slot = _read(fields, "slot", read_local_time, request.slot) or time()
    return CreatePurchase(
        actor=operator(),
        purchase_id=uuid7(),
        student_id=request.student,
        course_id=fields.id(ids.COURSE, request.course, "course"),
        tier=TierChoice(request.tier, request.sessions),
        metadata=Metadata(
            is_sunday_only=request.is_sunday_only,
            session_duration=request.duration,
            slot=TimeSlot(slot, request.time_zone),
            date=_read(fields, "date", read_date, request.first_day),
        ),
        reason=request.reason,
        expiry_date=_read(fields, "expiry", lambda text: _end(text, request.time_zone), request.expiry),
        on_existing=OnExisting.REPLACE if request.is_to_replace else OnExisting.RETURN,
        key=request.key,
    )


async def _submit(
    settings: Settings, command: CreatePurchase, input_problems: list[outcomes.FieldProblem]
) -> outcomes.Outcome:
    """Raises: Unavailable, with all that can be said of why, and of whether it was done."""
    async with open_services(settings) as services:
        outcome = await services.purchases.submit(command, input_problems)
        if isinstance(outcome, outcomes.Busy):
            doubt = IN_DOUBT if outcome.may_be_done else NOT_DONE
            raise Unavailable(f"{services.trouble or NO_ANSWER}. {doubt}")
        return outcome


def _read(fields: InputReader, name: str, read: Callable[[object], Value], text: str | None) -> Value | None:
    """The value that a text means; where it means none, the problem is noted."""
    try:
        return None if text is None else read(text)
    except GraphQLError as error:
        fields.problems.append(outcomes.FieldProblem((name,), error.message))
        return None


def _end(text: object, time_zone: str) -> datetime:
    """The instant that a text names, or the end of the day that it names, in the slot's time zone."""
    try:
        return instant(text, time_zone)
    except Unclear as unclear:
        raise GraphQLError(str(unclear)) from None


def _in_words(outcome: outcomes.Outcome) -> str:
    match outcome:
        case outcomes.InvalidInput(problems):
            return "\n".join(map(_of_option, problems))
        case outcomes.ActivePurchaseExists():
            return f"{problem_of(outcome).message} --replace has the new one take its place."
        case outcomes.MetadataConflict(differences):
            return "\n".join([OTHER_METADATA, *map(_difference, differences)])
        case outcomes.NotFound("course"):
            return f"--course: {problem_of(outcome).message}"
        case _ if isinstance(outcome, outcomes.Refusal):
            return problem_of(outcome).message
        case _:
            return str(outcome)


def _difference(each: outcomes.Difference) -> str:
    option = OPTIONS.get(each.field) or OPTIONS.get(f"metadata.{each.field}", each.field)
    return f"{option}: it has {each.stored}, not {each.given}."


def _of_option(problem: outcomes.FieldProblem) -> str:
    """What is wrong, in the words of the command line."""
    path = ".".join(problem.path)
    message = problem.message.replace("purchaseTier", "--tier").replace("sessionCount", "--sessions")
    return f"{OPTIONS.get(path, path)}: {message}"
