"""What a request carries through its resolvers: who asks, when, and the services to ask."""

from dataclasses import dataclass
from datetime import datetime

from gateway.schema.context import Loads
from gateway.services.catalog import Catalog
from gateway.services.core.values import Actor
from gateway.services.purchases import Purchases


@dataclass(frozen=True, slots=True)
class Context:
    """One request. `viewer` is None without a token."""

    viewer: Actor | None
    now: datetime
    purchases: Purchases
    catalog: Catalog
    loads: Loads
