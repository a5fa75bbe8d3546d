"""What a request carries through its resolvers: who asks, when, and the services to ask."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from gateway.schema.context import Loads
from gateway.services.catalog import Catalog
from gateway.services.core.values import Actor
from gateway.services.purchases import Purchases


@dataclass(frozen=True, slots=True)
class Context:
    """One request. `viewer` is None without a token.

    `throttle` takes so many mutations from what the caller may make now; it gives 0, or the seconds to wait first.
    """

    viewer: Actor | None
    now: datetime
    purchases: Purchases
    catalog: Catalog
    loads: Loads
    throttle: Callable[[int], int]
