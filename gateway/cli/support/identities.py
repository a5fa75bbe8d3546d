"""Which thing is meant by what was typed: an id as the API has it, the same as a UUID, or a provider's own."""

import re
from uuid import UUID

from gateway.cli.support.asking import Api
from gateway.cli.support.documents import SEARCH
from gateway.schema.conventions import ids
from gateway.settings.model import SettingsError

PREFIXES = {"payment": ids.PAYMENT, "purchase": ids.PURCHASE, "refund": ids.REFUND, "job": ids.JOB}
KINDS = {prefix: kind for kind, prefix in PREFIXES.items()} | {ids.COURSE: "course"}
NAMED_BY_PROVIDERS = ("payment", "refund", "job")
"""A job by the event that led to it."""

_UUID = re.compile(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}", re.ASCII)


def own_id(kind: str, typed: str) -> str | None:
    """The API's id, where one was typed in either spelling; None where it can only be looked for.

    Raises: SettingsError, where it can be no id of that kind.
    """
    if kind == "student":
        return typed
    prefix = PREFIXES[kind]
    if (of := ids.prefix_of(typed)) is not None:
        if of != prefix:
            raise SettingsError(f"{typed} is the id of a {KINDS[of]}, not of a {kind}.")
        return typed
    if _UUID.fullmatch(typed):
        return ids.to_text(prefix, UUID(typed))
    if kind not in NAMED_BY_PROVIDERS:
        raise SettingsError(f"{typed} is no id of a {kind}, such as {ids.EXAMPLES[prefix]} or its UUID.")
    return None


async def id_of(asked: Api, kind: str, typed: str) -> str:
    """The API's id of what was typed; one of ours need not be there.

    Raises: SettingsError, where it can be none, or names several.
    """
    if (known := own_id(kind, typed)) is not None:
        return known
    hits = (await asked.ask(SEARCH, text=typed))["search"]
    found = [hit["id"] for hit in hits if hit["__typename"].lower() == kind]
    if len(found) > 1:
        raise SettingsError(f"{typed} names several {kind}s: {', '.join(found)}. Name one of them.")
    if not found:
        example = ids.EXAMPLES[PREFIXES[kind]]
        raise SettingsError(
            f"{typed} is no id of a {kind}, such as {example} or its UUID, and no {kind} has that name at a provider."
        )
    return str(found[0])
