"""The sessions of a purchase: when they are due, and which of them were held."""

import datetime as dt

from strawberry import type as graphql_type

from gateway.schema.audit import Actor
from gateway.schema.conventions.directives import ADMIN_ONLY
from gateway.schema.relations import FieldsOf, Wraps
from gateway.services.core.model.sessions import records
from gateway.services.core.rules.recording.lists import SessionOfPurchase

_record = FieldsOf[records.RecordedSession]()
_session = FieldsOf[SessionOfPurchase]()


@graphql_type(description="A session that was held, as it was recorded. It counts as used, unless it was withdrawn.")
class RecordedSession(Wraps[records.RecordedSession]):
    number: int = _record.field("Which session it was; counts from 1.", lambda record: record.number)
    held_at: dt.datetime = _record.field("When it began.", lambda record: record.held_at)
    recorded_at: dt.datetime = _record.field("When it was recorded.", lambda record: record.recorded_at)
    recorded_by: Actor = _record.wrapped(
        "Whose call recorded it.", lambda record: record.recorded_by, directives=ADMIN_ONLY
    )
    withdrawn_at: dt.datetime | None = _record.field(
        "Since when it no longer counts; null where it counts. The purchase's history has the reason.",
        lambda record: record.withdrawn_at,
    )


@graphql_type(description="One of a purchase's sessions, by its number: when it is due, and whether it was held.")
class PurchaseSession(Wraps[SessionOfPurchase]):
    number: int = _session.field("Counts from 1.", lambda session: session.number)
    starts_at: dt.datetime | None = _session.field(
        "When it begins by the schedule; null where it is not due, as the access ends before it, or has ended.",
        lambda session: session.scheduled.starts_at if session.scheduled else None,
    )
    ends_at: dt.datetime | None = _session.field(
        "When it ends by the schedule; null likewise.",
        lambda session: session.scheduled.ends_at if session.scheduled else None,
    )
    is_used: bool = _session.field(
        "Whether it counts among `sessionsUsed`: as it was recorded, or as one of those whose number alone was taken "
        "over.",
        lambda session: session.is_used,
    )
    record: RecordedSession | None = _session.wrapped(
        "Its record, under this purchase or under one whose numbers this one continues. Null where it was not held, "
        "or nobody recorded it, or the record was withdrawn.",
        lambda session: session.record,
    )
