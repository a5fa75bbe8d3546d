"""What a request carries through its resolvers: who asks, when, and the services to ask."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from gateway.schema.context import Loads
from gateway.services.catalog import Catalog
from gateway.services.core.values import Actor
from gateway.services.live import Live
from gateway.services.purchases import Purchases


@dataclass(slots=True)
class Context:
    """One request. `viewer` is None without a token. A subscription is one request for as long as it lasts."""

    viewer: Actor | None
    now: datetime
    purchases: Purchases
    catalog: Catalog
    loads: Loads
    live: Live
    clock: Callable[[], datetime]

    def renew(self) -> None:
        """Forget what was read, and when: the next result of a subscription is of another time."""
        self.now = self.clock()
        self.loads.forget()
