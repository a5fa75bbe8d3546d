"""A value's columns by name, as they are written."""

from collections.abc import Callable
from typing import Any, TypeVar

from gateway.services.core.model.events import ProviderEvent
from gateway.services.core.model.jobs import Job
from gateway.services.core.model.values import Course, Payment, Purchase, Refund

Columns = dict[str, Any]
Value = TypeVar("Value", Payment, Purchase, Course, Refund, Job, ProviderEvent)


def keyed(columns_of: Callable[[Value], Columns]) -> Callable[[Value], Columns]:
    """The same columns with the row's key beside them under the name that an UPDATE has for it."""

    def with_key(value: Value) -> Columns:
        return {**columns_of(value), "row_key": value.id}

    return with_key
