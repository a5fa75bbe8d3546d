"""What a purchase lets its student use, and when its sessions take place."""

import datetime as dt
from typing import Annotated

import strawberry
from strawberry import field
from strawberry import type as graphql_type

from gateway.schema.conventions.connections import size_of
from gateway.schema.conventions.enums import AccessStatus
from gateway.schema.relations import FieldsOf, Wraps
from gateway.services.core.model import values
from gateway.services.core.rules.access import has_lapsed
from gateway.services.core.rules.schedule.sessions import Session, sessions

_purchase = FieldsOf[values.Purchase]()
_session = FieldsOf[Session]()


@graphql_type(description="What a purchase lets its student use.")
class StudentAccess(Wraps[values.Purchase]):
    sessions_total: int = _purchase.field("How many sessions it has.", lambda purchase: purchase.access.sessions_total)
    sessions_used: int = _purchase.field(
        "How many of them were used; never deleted, whatever happens to the purchase.",
        lambda purchase: purchase.access.sessions_used,
    )
    starts_at: dt.datetime = _purchase.field("When it begins.", lambda purchase: purchase.access.starts_at)
    expires_at: dt.datetime | None = _purchase.field(
        "When it ends; null for never.", lambda purchase: purchase.access.expires_at
    )
    status: AccessStatus = _purchase.field_now(
        "Whether the student may use the course now; past `expiresAt` it is EXPIRED at once.",
        lambda purchase, now: _status(purchase.access, now),
    )

    @field(
        description="The sessions that the metadata implies: Sundays only or daily, at the slot, in its time zone, "
        "right across clock changes. None of an access that has ended."
    )
    def schedule(
        self,
        first: Annotated[int | None, strawberry.argument(description="How many, from the first on: 0 to 100.")] = 10,
    ) -> "list[ScheduledSession]":
        purchase, size = self.value, size_of(10 if first is None else first)
        return [ScheduledSession.of(session) for session in sessions(purchase.metadata, purchase.access, size)]


@graphql_type(description="One session of a course.")
class ScheduledSession(Wraps[Session]):
    number: int = _session.field("Counts from 1.", lambda session: session.number)
    starts_at: dt.datetime = _session.field("When it begins.", lambda session: session.starts_at)
    ends_at: dt.datetime = _session.field("When it ends.", lambda session: session.ends_at)


def _status(access: values.Access, now: dt.datetime) -> AccessStatus:
    is_over = access.status is AccessStatus.GRANTED and has_lapsed(access, now)
    return AccessStatus.EXPIRED if is_over else access.status
