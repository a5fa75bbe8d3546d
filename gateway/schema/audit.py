"""The audit in the API: what was done to a payment or a purchase, by whom, and why."""

import datetime as dt
from typing import Self

from strawberry import field
from strawberry import type as graphql_type
from strawberry.scalars import JSON

from gateway.schema.conventions.connections import Connection, connection_of
from gateway.schema.conventions.cursors import Cursors
from gateway.schema.people import Actor
from gateway.services.core.model import records
from gateway.services.core.model.pages import Page
from gateway.services.core.model.records import ACTIONS, Door

_ACTIONS = "\n".join(f"- `{action}`: {meaning}" for action, meaning in ACTIONS.items())
_DOORS = ", ".join(f"`{door.value}`" for door in Door)


@graphql_type(description="Something that was done, written in the same commit; never changed or deleted.")
class AuditEntry:
    at: dt.datetime = field(description="When.")
    actor: Actor = field(description="Who did it; the gateway itself is `gateway`, of role SERVICE.")
    action: str = field(description=f"What was done. More may be added.\n\n{_ACTIONS}")
    reason: str | None = field(description="Why: what an admin gave as the reason, or what the provider said.")
    changes: JSON | None = field(
        description="What it came to, by name: a value, or a pair of what was before and what is since. `door` is how "
        f"we learnt of it from the provider: {_DOORS}."
    )

    @classmethod
    def of(cls, entry: records.AuditEntry) -> Self:
        return cls(
            at=entry.at,
            actor=Actor.of(entry.actor),
            action=entry.action,
            reason=entry.reason,
            changes=None if entry.changes is None else JSON(entry.changes),
        )


@graphql_type(name="AuditConnection", description="A page of a history.")
class AuditConnection(Connection[AuditEntry]):
    @classmethod
    def of(cls, page: Page[records.AuditEntry], cursors: Cursors) -> Self:
        found = connection_of(page, cursors, AuditEntry.of)
        return cls(edges=found.edges, nodes=found.nodes, page_info=found.page_info)
