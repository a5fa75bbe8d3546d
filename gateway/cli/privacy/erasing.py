"""`gateway student erase`: a student forgotten from the terminal, by the same service as `eraseStudent`."""

import asyncio
import json

from gateway.bootstrap import open_services
from gateway.cli.commands.starting import operator
from gateway.cli.databases import May, make_ready
from gateway.resolvers.answers import problem_of
from gateway.services.core.model.outcomes import Busy, InvalidInput, Outcome, Refusal
from gateway.services.core.model.privacy.outcomes import StudentErased
from gateway.services.outages import Unavailable
from gateway.settings.model import Settings

NO_ANSWER = "it is busy"
NOT_DONE = "Nothing was erased; try again."
IN_DOUBT = "It may have been erased; try the same again: what is erased is not there any more."
OPTIONS = {"studentId": "STUDENT", "reason": "--reason"}

NOBODY = (
    "Nothing here has this id: it was erased before, or never was here. Check how it is spelt; ids are compared to the"
    " letter."
)


def erased(settings: Settings, student_id: str, reason: str, *, as_json: bool) -> tuple[bool, str]:
    """Whether the student is erased now, and a sentence, or JSON, that says so or why not.

    Raises: Unavailable, where the database could not be used.
    """
    make_ready(settings, May.LOOK)
    outcome = asyncio.run(_erase(settings, student_id, reason))
    if not isinstance(outcome, StudentErased):
        return False, _refused(outcome)
    return True, _as_json(outcome) if as_json else _in_words(outcome)


async def _erase(settings: Settings, student_id: str, reason: str) -> Outcome:
    """Raises: Unavailable, with all that can be said of why, and of whether it was done."""
    async with open_services(settings) as services:
        outcome = await services.purchases.erase(operator(), student_id, reason)
        if isinstance(outcome, Busy):
            doubt = IN_DOUBT if outcome.may_be_done else NOT_DONE
            raise Unavailable(f"{services.trouble or NO_ANSWER}. {doubt}")
        return outcome


def _in_words(done: StudentErased) -> str:
    if done.pseudonym is None:
        return NOBODY
    return (
        f"erased: {done.pseudonym} stands for them (payments: {done.payments}, purchases: {done.purchases}). What else"
        " to do, at the provider and with backups, docs/privacy.md says."
    )


def _as_json(done: StudentErased) -> str:
    said = {"pseudonym": done.pseudonym, "payments": done.payments, "purchases": done.purchases}
    return json.dumps({**said, "alreadyProcessed": done.already_processed})


def _refused(outcome: Outcome) -> str:
    if isinstance(outcome, InvalidInput):
        return "\n".join(f"{OPTIONS.get(each.path[0], each.path[0])}: {each.message}" for each in outcome.fields)
    assert isinstance(outcome, Refusal), outcome
    return problem_of(outcome).message
