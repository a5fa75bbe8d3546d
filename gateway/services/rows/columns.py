"""A value's columns by name, as they are written."""

from typing import Any, TypeVar

from gateway.services.core.model.events import ProviderEvent
from gateway.services.core.model.jobs import Job
from gateway.services.core.model.values import Course, Payment, Purchase, Refund

Columns = dict[str, Any]
Value = TypeVar("Value", Payment, Purchase, Course, Refund, Job, ProviderEvent)
