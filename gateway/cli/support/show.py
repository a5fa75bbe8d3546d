"""`gateway payment show` and its like: one thing with all that belongs to it."""

import asyncio
import json
from collections.abc import Mapping
from typing import Any

from gateway.cli.support import documents
from gateway.cli.support.asking import api
from gateway.cli.support.identities import id_of, own_id
from gateway.cli.support.words import described, in_brief
from gateway.settings.model import Settings


def show(settings: Settings, kind: str, typed: str, *, as_json: bool) -> str | None:
    """The thing, in words or as the API has it; None where there is none.

    Raises: SettingsError, where no such thing can be meant.
    """
    own_id(kind, typed)  # what can be none is refused before anything is opened
    found = asyncio.run(_found(settings, kind, typed))
    if found is None:
        return None
    return as_object(found) if as_json else "\n".join(described(found, kind))


def attention(settings: Settings, most: int, *, as_json: bool) -> tuple[str, int]:
    """What waits for a person, and how many things of it are told."""
    answer = asyncio.run(_attention(settings, most))["needsAttention"]
    items = answer["nodes"]
    if as_json:
        return as_object(answer), len(items)
    if not items:
        return "Nothing waits for a person.", 0
    lines = [line for item in items for line in (*_waiting(item), "")]
    more = ["… and more: ask for them with --most."] if answer["pageInfo"]["hasNextPage"] else []
    return "\n".join([*lines, f"{len(items)} of what waits for a person.", *more]), len(items)


def as_object(answer: object) -> str:
    return json.dumps(answer, ensure_ascii=False, indent=2)


COMMANDS = {
    "retryJob": ("gateway retry {}", "jobId"),
    "cancelJob": ("gateway cancel {}", "jobId"),
    "revokePurchase": ("gateway revoke {}", "purchaseId"),
    "refundPayment": ("gateway refund {}", "paymentId"),
    "extendPurchase": ("gateway extend {}", "purchaseId"),
}
"""By the mutation, the command that does the same, and the input that names its thing."""


def command_of(call: Mapping[str, Any]) -> str:
    """How the call is made at a terminal; where there is no command, the mutation itself."""
    command, name = COMMANDS.get(call["mutation"], (None, ""))
    given = call["variables"].get("input", call["variables"])
    if command is None or name not in given:
        return f"{call['mutation']} {json.dumps(call['variables'], ensure_ascii=False)}"
    return f"{command.format(given[name])} --reason …"


def _waiting(item: Mapping[str, Any]) -> list[str]:
    about = [f"{name} {in_brief(item[name])}" for name in ("payment", "purchase", "refund") if item[name] is not None]
    calls = [f"  {command_of(call)}\n      {call['effect']}" for call in item["calls"]]
    return (
        [f"{item['kind']} {item['id']}, since {in_brief(item['since'])}", f"  {in_brief(item['reason'])}"]
        + [f"  {each}" for each in about]
        + calls
    )


async def _found(settings: Settings, kind: str, typed: str) -> Mapping[str, Any] | None:
    async with api(settings) as asked:
        key = await id_of(asked, kind, typed)
        found: Mapping[str, Any] | None = (await asked.ask(documents.SHOWN[kind], id=key))["found"]
    return found or None


async def _attention(settings: Settings, most: int) -> Mapping[str, Any]:
    async with api(settings) as asked:
        return await asked.ask(documents.ATTENTION, first=most)
