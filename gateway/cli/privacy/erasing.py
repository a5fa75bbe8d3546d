"""`gateway student erase`: a student forgotten from the terminal, by the same service as `eraseStudent`."""

import asyncio
import json

from gateway.bootstrap import open_services
from gateway.cli.commands.starting import operator
from gateway.cli.databases import May, make_ready
from gateway.resolvers.answers import problem_of
from gateway.schema.mutations.students import OpenBusiness as ShownBusiness
from gateway.services.core.model.outcomes import Busy, InvalidInput, Outcome, Refusal
from gateway.services.core.model.privacy.erasure import OpenBusiness, OpenKind
from gateway.services.core.model.privacy.outcomes import StudentErased, StudentHasOpenBusiness
from gateway.services.outages import Unavailable
from gateway.settings.model import Settings

NO_ANSWER = "it is busy"
NOT_DONE = "Nothing was erased; try again."
IN_DOUBT = "It may have been erased; try the same again: what is erased is not there any more."
OPTIONS = {"studentId": "STUDENT", "reason": "--reason"}

HOW_IT_ENDS = {
    OpenKind.ACTIVE_PURCHASE: "it is in force: `gateway revoke {id} --reason …`, or `gateway refund` of its payment in"
    " full",
    OpenKind.PAYMENT_UNDER_WAY: "the provider has not settled it: it ends by itself; see `gateway payment show {id}`",
    OpenKind.REFUND_UNDER_WAY: "money is on its way back: it ends by itself; where its job was called off, `gateway"
    " retry` that job, which `gateway refund show {id}` names",
    OpenKind.DISPUTE_OPEN: "the student's bank claims money: it ends with the bank's decision",
    OpenKind.NEEDS_ATTENTION: "it FAILED, or is a case: `gateway retry {id} --reason …`, or `gateway cancel {id}"
    " --reason …` once it is dealt with",
}
"""The same as the API says, by the commands of the terminal."""

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
    if isinstance(outcome, StudentHasOpenBusiness):
        return "\n".join(["This has to end first:", *map(_still_open, outcome.open)])
    assert isinstance(outcome, Refusal), outcome
    return problem_of(outcome).message


def _still_open(each: OpenBusiness) -> str:
    business = ShownBusiness.of(each)
    until = f" It ends by itself {business.ends_at:%Y-%m-%d %H:%M:%SZ}." if business.ends_at else ""
    return f"  {business.id} ({business.kind.name}): {HOW_IT_ENDS[each.kind].format(id=business.id)}.{until}"
