"""The audit in the API: what was done to a payment or a purchase, by whom, and why."""

import datetime as dt
from collections.abc import Mapping
from uuid import UUID

from strawberry import ID
from strawberry import type as graphql_type
from strawberry.scalars import JSON

from gateway.schema.conventions import ids
from gateway.schema.conventions.connections import After, Before, Connection, First, Last, Listed, asked
from gateway.schema.conventions.cursors import Cursors
from gateway.schema.conventions.directives import ADMIN_ONLY
from gateway.schema.conventions.enums import Role
from gateway.schema.conventions.ids import Node
from gateway.schema.relations import FieldsOf, HasId, RelationBy, Wraps, relation_by
from gateway.services.core.model import records, values
from gateway.services.core.model.pages import Page, Window
from gateway.services.core.model.records import ACTIONS, CHANGED_FIELDS, Door

_ACTIONS = "\n".join(f"- `{action}`: {meaning}" for action, meaning in ACTIONS.items())
_FIELDS = "\n".join(f"- `{name}`: {meaning}" for name, meaning in CHANGED_FIELDS.items())
_DOORS = ", ".join(f"`{door.value}`" for door in Door)


_entry = FieldsOf[records.AuditEntry]()
_actor = FieldsOf[values.Actor]()


@graphql_type(description="Who did something.")
class Actor(Wraps[values.Actor]):
    id: ID = _actor.field("The `sub` of the token that it was done with.", lambda actor: ID(actor.id))
    role: Role = _actor.field("The role of that token.", lambda actor: actor.role)


@graphql_type(description="Something that was done, written in the same commit; never changed or deleted.")
class AuditEntry(Wraps[records.AuditEntry]):
    at: dt.datetime = _entry.field("When.", lambda entry: entry.at)
    actor: Actor = _entry.wrapped(
        "Who did it; the gateway itself is `gateway`, of role SERVICE.", lambda entry: entry.actor
    )
    action: str = _entry.field(f"What was done. More may be added.\n\n{_ACTIONS}", lambda entry: entry.action)
    reason: str | None = _entry.field(
        "Why: what an admin gave as the reason, or what the provider said.", lambda entry: entry.reason
    )
    changes: JSON | None = _entry.field(
        "What changed, by name: a value, or a pair of the old and the new one. `door` is how "
        f"we learnt of it from the provider: {_DOORS}. More may be added.\n\n{_FIELDS}",
        lambda entry: None if entry.changes is None else JSON(with_ids(entry.changes)),
    )

    @relation_by(
        Node | None,
        "What it was done to: a payment, a purchase or a course. What is done to a refund or a job is told of the "
        "payment or the purchase that it is about.",
        lambda subject: subject,
    )
    def subject(self) -> tuple[str, UUID]:
        return self.value.action, self.value.subject_id


_IDS = {"courseId": ids.COURSE, "refundId": ids.REFUND}


def with_ids(changes: Mapping[str, object]) -> dict[str, object]:
    """What changed, with the API's ids: one, or a pair of them."""

    def shown(prefix: str, value: object) -> object:
        if isinstance(value, list):
            return [shown(prefix, each) for each in value]
        return ids.to_text(prefix, UUID(value)) if isinstance(value, str) else value

    return {name: shown(_IDS[name], value) if name in _IDS else value for name, value in changes.items()}


@graphql_type(name="AuditConnection", description="A page of a history.")
class AuditConnection(Connection[AuditEntry]):
    """Named by itself, and not by its nodes."""


def history_field(cursors: Cursors) -> RelationBy[tuple[UUID, Window], Page[records.AuditEntry]]:
    """The history of a type whose values have an id."""

    def by(
        self: Wraps[HasId], first: First = None, after: After = None, last: Last = None, before: Before = None
    ) -> tuple[UUID, Window]:
        return self.value.id, asked(first, after, last, before, cursors)

    def answer(page: Page[records.AuditEntry]) -> AuditConnection:
        return AuditConnection.of(Listed(page, cursors))

    description = "What was done to it, the earliest first."
    return relation_by(AuditConnection, description, answer, directives=ADMIN_ONLY)(by)
