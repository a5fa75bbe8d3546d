"""`gateway prune`: what ended long ago deleted now, or counted."""

import asyncio
import json

from gateway.bootstrap import open_services
from gateway.cli.databases import May, make_ready
from gateway.services.core.model.privacy.outcomes import Pruned
from gateway.settings.model import Settings, SettingsError

NAMES = {
    "deliveries": "events that their subscriber has taken",
    "jobs": "jobs that are done",
    "events": "webhooks that were handled or ignored",
    "keys": "idempotency keys of calls that could be made again without harm",
}
KEPT = "GATEWAY_KEEP_{}_DAYS"
IN_DOUBT = (
    "Nothing was deleted: this machine's clock is far from the last sign of life in the database, and by a wrong one"
    " all would be old. If it is wrong, set it; if it is right, run the same with GATEWAY_CLOCK_IS_RIGHT=true."
)


def pruned(settings: Settings, *, is_dry: bool, as_json: bool) -> str:
    """How many of each kind went, or would go.

    Raises:
        Unavailable: the database could not be used; what went until then is gone.
        SettingsError: the clock is in doubt.
    """
    make_ready(settings, May.LOOK)
    counts = asyncio.run(_prune(settings, is_dry=is_dry))
    found = {name: getattr(counts, name) for name in NAMES}
    if as_json:
        return json.dumps({"dryRun": is_dry, **found})
    days = {name: getattr(settings, f"keep_{name}_days") for name in NAMES}
    verb = "would go" if is_dry else "gone"
    return "\n".join(f"{found[name]:>9} {verb}: {what}{_since(name, days[name])}" for name, what in NAMES.items())


async def _prune(settings: Settings, *, is_dry: bool) -> Pruned:
    async with open_services(settings) as services:
        if not is_dry and not services.is_clock_proven:
            raise SettingsError(IN_DOUBT)
        assert services.work.pruning is not None, "where there are settings there is one"
        return await services.work.pruning.all(services.work.clock(), is_dry=is_dry)


def _since(name: str, days: int) -> str:
    variable = KEPT.format(name.upper())
    return f", more than {days} days ago ({variable})" if days else f": all are kept ({variable}=0)"
