"""Writes the calls of methods that answer fields."""

from collections.abc import Callable
from typing import Any, Protocol

from gateway.execution.plan.code import Code
from gateway.execution.plan.inputs.arguments import Arguments
from gateway.execution.plan.regions.sources import Source, Sources
from gateway.execution.plan.shapes import Field
from gateway.resolvers.steps import FromMethod, FromRelation


class Joins(Protocol):
    """Where relations and methods that are waited for are declared, see `gateway.execution.plan.compiling`."""

    def join(self, field: Field, arguments: Arguments | None) -> int:
        """The queue of what is found for a field: the same for the same field."""
        ...

    def arguments(self, field: Field) -> Arguments: ...

    def info(self, field: Field) -> Callable[[Any], object]:
        """What makes Strawberry's `Info` of a run."""
        ...

    def wrote(self, code: Code) -> None:
        """The plan has a text besides its own."""
        ...


class Calls:
    """Writes calls into a text."""

    def __init__(self, code: Code, joins: Joins, sources: Sources) -> None:
        self._code, self._joins, self._sources = code, joins, sources

    def method(self, source: Source, each: Field, step: FromMethod) -> str:
        """What calls a method with its field's arguments."""
        holder = self._sources.holder(source) if step.takes_object else ""
        info = ""
        if step.info:
            info = f"{step.info}={self._code.name_of(self._joins.info(each), 'info')}(run)"
        given = ", ".join(filter(None, (holder, info, self._given(each))))
        return f"{self._code.name_of(step.method, 'method')}({given})"

    def key(self, source: Source, each: Field, step: FromRelation) -> str:
        """What makes the key of a relation of the object and its field's arguments."""
        given = ", ".join(filter(None, (self._sources.holder(source), self._given(each))))
        return f"{self._code.name_of(step.by, 'by')}({given})"

    def _given(self, each: Field) -> str:
        """How a call names a field's arguments."""
        arguments = self._joins.arguments(each)
        if arguments.constant is None:
            return f"**{self._code.name_of(arguments.convert, 'convert')}(run.values)"
        return f"**{self._code.name_of(arguments.constant, 'G')}" if arguments.constant else ""
