"""Session metadata in the API: the same type and the same input for both flows."""

import datetime as dt

import strawberry
from strawberry import field
from strawberry import type as graphql_type

from gateway.schema.conventions.directives import STUDENT_OR_ADMIN
from gateway.schema.conventions.scalars import TimeZone
from gateway.schema.relations import FieldsOf, Wraps
from gateway.services.core.model import metadata as model_metadata
from gateway.services.core.rules.schedule.sessions import slot_end

_metadata = FieldsOf[model_metadata.Metadata]()


@graphql_type(description="When a session takes place, by the wall clock.")
class TimeSlot(Wraps[model_metadata.Metadata]):
    start: dt.time = _metadata.field("When a session begins.", lambda metadata: metadata.slot.start)
    end: dt.time = _metadata.field(
        "When it ends: `start` plus the session's duration; after midnight it counts from 00:00 again.",
        lambda metadata: slot_end(metadata.slot, metadata.session_duration),
    )
    time_zone: TimeZone = _metadata.field(
        "The time zone of these times.", lambda metadata: TimeZone(metadata.slot.time_zone)
    )


@graphql_type(description="An entry of the caller's own: stored, never interpreted.")
class Label:
    key: str = field(description="Its name, once in a list.")
    value: str = field(description="Its value.")


@graphql_type(description="When and how the sessions take place.")
class PurchaseMetadata(Wraps[model_metadata.Metadata]):
    is_sunday_only: bool = _metadata.field(
        "Sessions on Sundays only; otherwise daily.", lambda metadata: metadata.is_sunday_only
    )
    session_duration: int = _metadata.field(
        "How long a session lasts, in minutes.", lambda metadata: metadata.session_duration
    )
    time_slot: TimeSlot = _metadata.wrapped("When a session takes place.", lambda metadata: metadata)
    date: dt.date | None = _metadata.field(
        "The day of the first session; null where the sessions begin with the access.", lambda metadata: metadata.date
    )
    labels: list[Label] = _metadata.field(
        "Entries of the caller's own.",
        lambda metadata: [Label(key=label.key, value=label.value) for label in metadata.labels],
        directives=STUDENT_OR_ADMIN,
    )


@strawberry.input(description="When sessions take place, by the wall clock.")
class TimeSlotInput:
    start: dt.time = field(description="When a session begins: `17:30`.")
    time_zone: TimeZone = field(
        description="The time zone of the start: `Asia/Kolkata`. Any IANA name will do, and is kept; two names of one "
        "zone, such as `Asia/Calcutta`, are the same."
    )


@strawberry.input(description="An entry of the caller's own: stored, never interpreted.")
class LabelInput:
    key: str = field(description="1 to 64 characters, once in a list.")
    value: str = field(description="1 to 500 characters.")


@strawberry.input(
    description="When and how the sessions take place. It is fixed when a payment is opened or a purchase is created."
)
class PurchaseMetadataInput:
    is_sunday_only: bool = field(description="Sessions on Sundays only; otherwise daily.")
    session_duration: int = field(description="How long a session lasts, in minutes: 15 to 480.")
    time_slot: TimeSlotInput = field(description="When sessions take place.")
    date: dt.date | None = field(
        default=None,
        description="The day of the first session; a Sunday when `isSundayOnly`. Left out, the sessions begin with the "
        "access.",
    )
    labels: list[LabelInput] | None = field(default=None, description="At most 20 entries of your own.")

    def to_value(self) -> model_metadata.Metadata:
        return model_metadata.Metadata(
            is_sunday_only=self.is_sunday_only,
            session_duration=self.session_duration,
            slot=model_metadata.TimeSlot(self.time_slot.start, self.time_slot.time_zone),
            date=self.date,
            labels=tuple(model_metadata.Label(label.key, label.value) for label in self.labels or ()),
        )
