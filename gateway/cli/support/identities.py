"""Which thing is meant by what was typed: an id as the API has it, the same as a UUID, or a provider's own."""

import re
from uuid import UUID

from gateway.cli.databases import May, make_ready
from gateway.cli.exporting.snapshots import snapshot
from gateway.schema.conventions import ids
from gateway.services.extracts.references import payments_of, refunds_of
from gateway.settings.model import Settings, SettingsError

PREFIXES = {"payment": ids.PAYMENT, "purchase": ids.PURCHASE, "refund": ids.REFUND, "job": ids.JOB}
KINDS = {prefix: kind for kind, prefix in PREFIXES.items()} | {ids.COURSE: "course"}
OF_PROVIDERS = {"payment": payments_of, "refund": refunds_of}
_UUID = re.compile(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}", re.ASCII)


def id_of(settings: Settings, kind: str, typed: str) -> str:
    """The API's id of the thing of that kind.

    Raises: SettingsError, where it can be none, or a provider has several under that name.
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
    found = _of_provider(settings, kind, typed)
    if len(found) > 1:
        named = ", ".join(ids.to_text(prefix, key) for key in found)
        raise SettingsError(f"{typed} names several {kind}s: {named}. Name one of them.")
    if not found:
        no_other = f", and no {kind} has that name at a provider" if kind in OF_PROVIDERS else ""
        raise SettingsError(f"{typed} is no id of a {kind}, such as {ids.EXAMPLES[prefix]} or its UUID{no_other}.")
    return ids.to_text(prefix, found[0])


def _of_provider(settings: Settings, kind: str, typed: str) -> list[UUID]:
    if (find := OF_PROVIDERS.get(kind)) is None:
        return []
    make_ready(settings, May.LOOK)
    with snapshot(settings) as connection:
        return list(find(connection, typed))
