"""`gateway refund` and its like: what will happen, the question, the call of the API, and what it came to."""

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from gateway.cli.commands.starting import operator
from gateway.cli.support import documents, previews
from gateway.cli.support.asking import Api, api
from gateway.cli.support.identities import id_of, own_id
from gateway.schema.conventions import ids
from gateway.services.core.commands.amend_purchase import ExtendPurchase, RevokePurchase
from gateway.services.core.commands.refund_payment import RefundPayment
from gateway.services.core.legacy.values import Unclear, instant
from gateway.services.core.model.command import KeyedCommand
from gateway.settings.model import Settings, SettingsError

Answer = Mapping[str, Any]

OPTIONS = {
    "input.reason": "--reason",
    "input.idempotencyKey": "--key",
    "input.amountMinor": "--amount-minor",
    "input.expiryDate": "--until",
}
"""The option in which a field of the input was given."""


@dataclass(frozen=True, slots=True)
class Action:
    """Something that is done to one thing.

    Args:
        kind: of what thing; `names` is the input that names it.
        document: the mutation.
        preview: what will happen, by the thing as it is and by the input.
        outcome: what has happened, by the success.
        read: the input as the API takes it, by the thing and by what was typed. Raises: SettingsError.
        command: what the API makes of the input to a thing, where it may have a key.
    """

    kind: str
    names: str
    document: str
    preview: Callable[[Answer, Answer], str]
    outcome: Callable[[Answer], str]
    read: Callable[[Answer, Answer], Answer] = lambda _, given: given
    command: Callable[[Answer, Answer], KeyedCommand] | None = None


def _with_end(purchase: Answer, given: Answer) -> Answer:
    """A day is to its end where the purchase's slot is, as everywhere in its metadata."""
    try:
        end = instant(given["expiryDate"], purchase["metadata"]["timeSlot"]["timeZone"])
    except Unclear as unclear:
        raise SettingsError(f"--until: {unclear}.") from None
    return {**given, "expiryDate": end.strftime("%Y-%m-%dT%H:%M:%SZ")}


def _refund(payment: Answer, given: Answer) -> KeyedCommand:
    key, new_id = _key(ids.PAYMENT, payment), UUID(int=0)  # of a refund that is not made here
    return RefundPayment(operator(), new_id, key, given["amountMinor"], given["reason"], key=given["idempotencyKey"])


def _revoke(purchase: Answer, given: Answer) -> KeyedCommand:
    return RevokePurchase(operator(), _key(ids.PURCHASE, purchase), given["reason"], key=given["idempotencyKey"])


def _extend(purchase: Answer, given: Answer) -> KeyedCommand:
    end, key = datetime.fromisoformat(given["expiryDate"]), _key(ids.PURCHASE, purchase)
    return ExtendPurchase(operator(), key, end, given["reason"], key=given["idempotencyKey"])


def _key(prefix: str, thing: Answer) -> UUID:
    key = ids.from_text(prefix, thing["id"])
    assert key is not None, "it is an id of ours"
    return key


ACTIONS = {
    "refund": Action(
        "payment", "paymentId", documents.REFUND_PAYMENT, previews.refund, previews.refunded, command=_refund
    ),
    "revoke": Action(
        "purchase", "purchaseId", documents.REVOKE_PURCHASE, previews.revoke, previews.revoked, command=_revoke
    ),
    "extend": Action(
        "purchase", "purchaseId", documents.EXTEND_PURCHASE, previews.extend, previews.extended, _with_end, _extend
    ),
    "retry": Action("job", "jobId", documents.RETRY_JOB, previews.retry, previews.retried),
    "cancel": Action("job", "jobId", documents.CANCEL_JOB, previews.cancel, previews.canceled),
}


@dataclass(frozen=True, slots=True)
class Done:
    """What a call came to: the API's own answer, and a sentence."""

    answer: Answer
    sentence: str
    is_success: bool


def act(settings: Settings, name: str, typed: str, given: Answer, confirmed: Callable[[str], bool]) -> Done | None:
    """Do it, unless the operator decides otherwise on seeing what will happen; None where there is no such thing.

    Args:
        given: the input of the mutation, but for which thing it is.
        confirmed: is shown what will happen, and says whether it shall.

    Raises:
        SettingsError: what was typed can be no such thing.
        Unavailable: with all that can be said of whether it was done.
    """
    action = ACTIONS[name]
    own_id(action.kind, typed)  # what can be none is refused before anything is opened
    return asyncio.run(_act(settings, action, typed, given, confirmed))


class Declined(Exception):
    """The operator decided otherwise."""


async def _act(
    settings: Settings, action: Action, typed: str, given: Answer, confirmed: Callable[[str], bool]
) -> Done | None:
    async with api(settings) as asked:
        key = await id_of(asked, action.kind, typed)
        thing = (await asked.ask(documents.SHOWN[action.kind], id=key))["found"]
        if not thing:
            return None
        given = action.read(thing, given)
        if not confirmed(await _preview(asked, action, thing, given)):
            raise Declined
        return await _done(asked, action, {**given, action.names: key})


async def _preview(asked: Api, action: Action, thing: Answer, given: Answer) -> str:
    """What will happen: by a key that was used before, nothing new."""
    made = await asked.made_by_key(action.command(thing, given)) if action.command else None
    match made:
        case None:
            return action.preview(thing, given)
        case UUID():
            return previews.by_key(given["idempotencyKey"], thing, ids.to_text(ids.REFUND, made))
        case _:
            return previews.reused_key(given["idempotencyKey"])


async def _done(asked: Api, action: Action, given: Answer) -> Done:
    answer = (await asked.ask(action.document, input={name: each for name, each in given.items() if each is not None}))[
        "done"
    ]
    if "message" not in answer:
        already = " It was done before." if answer.get("alreadyProcessed") else ""
        return Done(answer, f"{action.outcome(answer)}{already}", is_success=True)
    problems = [
        f"{OPTIONS.get('.'.join(each['path']), action.kind)}: {each['message']}" for each in answer.get("fields", ())
    ]
    return Done(answer, "\n".join(problems) or answer["message"], is_success=False)
