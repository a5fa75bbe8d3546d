"""Writes the code of an object's fields, each by its step."""

from collections.abc import Callable
from inspect import iscoroutinefunction
from types import CoroutineType
from typing import Any, Protocol

from gateway.execution.plan.code import Code
from gateway.execution.plan.deviation import NotCovered
from gateway.execution.plan.leaves import Leaves
from gateway.execution.plan.paths import path_of
from gateway.execution.plan.regions.calls import Calls, Joins
from gateway.execution.plan.regions.sources import Lying, Path, Source, Sources
from gateway.execution.plan.shapes import Field, Items, Leaf, Object, Shape
from gateway.resolvers.steps import Found, FromAttribute, FromMethod, FromRelation, FromValue, FromValueNow
from gateway.schema.relations import Answer, Made

ID = "bytes"
"""The form of an id, see `gateway.execution.plan.regions.sources`."""


class Writing(Protocol):
    """What writes what a field has, see `gateway.execution.plan.regions.objects`."""

    needs: set[str]

    def value(self, variable: str, shape: Shape, *, is_wrapped: bool) -> str: ...

    def nullable(self, variable: str, shape: Shape, write: Callable[[], str]) -> str: ...

    def fields(self, source: Source, shape: Object) -> str: ...

    def guard(self, roles: tuple[frozenset[object], ...]) -> None: ...


class Fields:
    """Writes fields into a text."""

    def __init__(self, code: Code, joins: Joins, regions: Writing, leaves: Leaves) -> None:
        self._code, self._joins, self._regions, self._leaves = code, joins, regions, leaves
        self._sources = Sources(code)
        self._calls = Calls(code, joins, self._sources)

    def write(self, source: Source, shape: Object, each: Field, waiting: list[tuple[str, str, int]]) -> str:
        """Writes one field; gives what stands for it in the answer, which is None as long as it is waited for."""
        if each.shape is None:
            return repr(shape.type_name)
        self._regions.guard(each.roles)
        match each.step:
            case FromValue(read, answer):
                return self._read(source, each.shape, read, answer)
            case FromValueNow(read):
                name = self._code.name_of(read, "read")
                self._regions.needs.add("now")
                return self._written(f"{name}({self._sources.value(source)}, now)", each.shape, is_wrapped=True)
            case FromAttribute(name) if name.isidentifier():
                return self._written(f"{self._sources.holder(source)}.{name}", each.shape, is_wrapped=True)
            case FromRelation() as step:
                waiting.append(self._sought(source, each, step))
                return "None"
            case FromMethod() as step if iscoroutinefunction(step.method):
                holder = self._sources.holder(source)
                waiting.append(("", holder, self._joins.join(each, self._joins.arguments(each))))
                return "None"
            case FromMethod() as step:
                return self._returned(self._calls.method(source, each, step), each.shape)
            case _:
                raise NotCovered(f"{each.name} is answered in a way that only a root's field can be")

    def _read(self, source: Source, shape: Shape, read: Callable[[Any], object], answer: Answer | None) -> str:
        path = path_of(read)
        known = self._of_row(source, shape, read, path, answer) if source.row else None
        if known is not None:
            return known
        if path is None:
            expression = f"{self._code.name_of(read, 'read')}({self._sources.value(source)})"
        else:
            expression = self._sources.path(source, path)
        if answer is None:
            return self._written(expression, shape, is_wrapped=True)
        is_wrapped = not is_seen_through(answer, shape)
        if is_wrapped:
            expression = f"{self._code.name_of(answer, 'answer')}({expression})"
        return self._written(expression, shape, is_wrapped=is_wrapped)

    # ------------------------------------------------------------ straight from rows

    def _of_row(
        self, source: Source, shape: Shape, read: Callable[[Any], object], path: Path | None, answer: Answer | None
    ) -> str | None:
        """Writes what needs no value to be made of the row; None where it does."""
        if isinstance(read, Made):
            stored = self._sources.lying(source, (read.attribute,))
            make = read.of_stored.get(stored.form) if stored and stored.form else None
            if not (make and stored and source.row):
                return None
            made = self._code.name_of(make, "made")
            return self._written(f"{made}({source.row.at(stored)})", shape, is_wrapped=True)
        if path is None:
            return None
        lying = self._sources.lying(source, path)
        if answer is None:
            return self._leaf(source, shape, lying) if lying and isinstance(shape, Leaf) else None
        if isinstance(shape, Object) and is_seen_through(answer, shape):
            return self._part(source, path, shape, lying)
        return None

    def _leaf(self, source: Source, shape: Leaf, stored: Lying) -> str | None:
        write = self._leaves.of_stored(stored.form, stored.read, shape.type)
        if write is None or source.row is None:
            return None
        code, result = self._code, self._code.fresh("w")
        code.line(f"{result} = {source.row.at(stored)}")
        written = f"{result} = {write.format(result)}"
        if stored.may_be_null and shape.is_nullable:
            with code.block(f"if {result} is not None"):
                code.line(written)
        else:
            code.line(written)
        return result

    def _part(self, source: Source, path: tuple[str, ...], shape: Object, lying: Lying | None) -> str | None:
        """Writes an object of a value that lies in the same row; None where it does not."""
        row, code = source.row, self._code
        if row is None:
            return None
        if not path:
            return self._regions.fields(Source(shape.origin, None, None, row), shape)
        if lying is None or lying.parts is None:
            return None
        part = Source(shape.origin, None, None, row.part(path, lying.parts))
        if lying.place is None:
            return self._regions.fields(part, shape)
        missing = code.fresh("m")
        code.line(f"{missing} = {row.at(lying)}")
        return self._regions.nullable(missing, shape, lambda: self._regions.fields(part, shape))

    def _sought(self, source: Source, each: Field, step: FromRelation) -> tuple[str, str, int]:
        """Writes the key of a relation; gives when it is asked for, the key's variable, and the queue."""
        code, shape = self._code, each.shape
        key = code.fresh("k")
        assert shape is not None
        if step.takes_object:
            expression = self._calls.key(source, each, step)
        elif (path := path_of(step.by)) is not None:
            lying = self._sources.lying(source, path)
            if source.row and lying and lying.form == ID and isinstance(step.find, Found):
                expression = source.row.at(lying)  # it takes ids as they are stored
            else:
                expression = self._sources.path(source, path)
        else:
            expression = f"{code.name_of(step.by, 'by')}({self._sources.value(source)})"
        code.line(f"{key} = {expression}")
        queue = self._joins.join(each, None)
        if shape.is_nullable:
            return f"if {key} is not None", key, queue
        with code.block(f"if {key} is None"):
            code.line("raise Deviation")
        return "", key, queue

    def _returned(self, call: str, shape: Shape) -> str:
        """Writes what a method returned, which was not said to be awaited."""
        code = self._code
        variable = code.fresh("x")
        code.line(f"{variable} = {call}")
        with code.block(f"if type({variable}) is {code.name_of(CoroutineType, 'coroutine')}"):
            code.line(f"{variable}.close()")
            code.line("raise Deviation")
        return self._regions.value(variable, shape, is_wrapped=True)

    def _written(self, expression: str, shape: Shape, *, is_wrapped: bool) -> str:
        if isinstance(shape, Leaf):
            return self._leaves.write(expression, shape.type, is_nullable=shape.is_nullable)
        variable = expression
        if not expression.isidentifier():
            variable = self._code.fresh("x")
            self._code.line(f"{variable} = {expression}")
        return self._regions.value(variable, shape, is_wrapped=is_wrapped)


def is_seen_through(answer: Answer, shape: Shape) -> bool:
    """Whether what an answer wraps is written without being wrapped."""
    if answer.is_list:
        if not isinstance(shape, Items):
            return False
        shape = shape.item
    return isinstance(shape, Object) and answer.wraps is not None and issubclass(answer.wraps, shape.origin)
