"""When and how sessions take place, as columns of what was sold."""

from typing import Any

from sqlalchemy import Table

from gateway.services.extracts.model import Column, Kind, text, whole


def metadata_columns(of: Table) -> list[Column]:
    """Those of the table's own metadata, by the API's names."""
    return [
        Column("isSundayOnly", Kind.FLAG, "Whether sessions take place on Sundays only.", of.c.is_sunday_only),
        whole("sessionDuration", of.c.session_duration_min, "Minutes of a session."),
        Column(
            "timeSlot", Kind.TEXT, "When a session begins, by the wall clock: `17:30`.", of.c.slot_start_min, _clock
        ),
        text("timeZone", of.c.time_zone, "Of that clock, by its IANA name."),
        Column("date", Kind.DAY, "The day of the first session, where one was named.", of.c.first_day),
        Column("labels", Kind.JSON, "Free entries, as an object of texts.", of.c.labels, _labels),
    ]


def _clock(minutes: int) -> str:
    return f"{minutes // 60:02}:{minutes % 60:02}"


def _labels(stored: Any) -> object:
    """Pairs as one object; whatever else a hand put there, as it stands."""
    if isinstance(stored, list) and all(isinstance(each, list) and len(each) == 2 for each in stored):
        return {str(key): value for key, value in stored}
    return stored
