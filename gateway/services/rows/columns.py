"""A value's columns by name, as they are written."""

from collections.abc import Callable
from enum import StrEnum
from operator import attrgetter
from typing import Any, TypeVar

from gateway.services.core.model.events import ProviderEvent
from gateway.services.core.model.jobs import Job
from gateway.services.core.model.sessions.records import RecordedSession
from gateway.services.core.model.values import Course, Payment, Purchase, Refund

Columns = dict[str, Any]
Value = TypeVar("Value", Payment, Purchase, Course, Refund, Job, ProviderEvent, RecordedSession)

word: Callable[[StrEnum], str] = attrgetter("_value_")
"""A member's text. Its `value` is the same by way of three calls, and a confirmation writes a dozen."""
