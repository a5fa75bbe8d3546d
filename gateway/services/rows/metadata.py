"""How metadata lie in the columns of what carries them, see `db.columns.SessionPlan`."""

import json
from datetime import time
from typing import Any

from gateway.services.core.model.metadata import Label, Metadata, TimeSlot
from gateway.services.rows.columns import Columns
from gateway.services.rows.layouts import From, Layout


def metadata_columns(metadata: Metadata) -> Columns:
    return {
        "is_sunday_only": metadata.is_sunday_only,
        "session_duration_min": metadata.session_duration,
        "slot_start_min": metadata.slot.start.hour * 60 + metadata.slot.start.minute,
        "time_zone": metadata.slot.time_zone,
        "first_day": metadata.date,
        "labels": [[label.key, label.value] for label in metadata.labels],
    }


def _labels_from(stored: Any) -> tuple[Label, ...]:
    """Pairs of texts, as we write them; whatever else a hand put there is shown as it stands and keeps nobody out."""
    return tuple([_label_from(each) for each in stored]) if stored and isinstance(stored, list) else ()


def _label_from(stored: Any) -> Label:
    match stored:
        case [str(key), str(value)]:
            return Label(key, value)
        case _:
            return Label("", json.dumps(stored, ensure_ascii=False))


def _time_from(minutes: int) -> time:
    return time(minutes // 60, minutes % 60)


METADATA = Layout(
    Metadata,
    session_duration="session_duration_min",
    slot=Layout(TimeSlot, repeats=True, start=From("slot_start_min", _time_from)),
    date="first_day",
    labels=From("labels", _labels_from),
)
