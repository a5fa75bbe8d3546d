"""Writes the code of regions: all of an answer below one object that can be read without waiting."""

from collections.abc import Callable
from dataclasses import dataclass, field
from inspect import iscoroutinefunction
from types import CoroutineType
from typing import Any, Protocol

from graphql import Undefined
from graphql.pyutils import is_iterable

from gateway.execution.plan.code import Code
from gateway.execution.plan.deviation import Deviation, NotCovered
from gateway.execution.plan.inputs.arguments import Arguments
from gateway.execution.plan.leaves import Leaves, check
from gateway.execution.plan.paths import path_of
from gateway.execution.plan.shapes import Field, Items, Leaf, Object, OneOf, Shape
from gateway.resolvers.steps import FromAttribute, FromMethod, FromRelation, FromValue, FromValueNow
from gateway.schema.relations import Answer

KNOWN = {"Deviation": Deviation, "UNDEFINED": Undefined, "check": check}
"""What every text of a region may name."""


class Joins(Protocol):
    """Where relations and methods that are waited for are declared, see `gateway.execution.plan.compiling`."""

    def join(self, field: Field, arguments: Arguments | None) -> int:
        """The queue of what is found for a field."""
        ...

    def arguments(self, field: Field) -> Arguments: ...

    def info(self, field: Field) -> Callable[[Any], object]:
        """What makes Strawberry's `Info` of a run."""
        ...


@dataclass(slots=True)
class Source:
    """An object whose fields are written, by the variables that hold it and the value that it wraps; at least one does.

    `paths` are the variables that hold what was read of the value already."""

    origin: type
    holder: str | None
    value: str | None
    paths: dict[tuple[str, ...], str] = field(default_factory=dict)


class Regions:
    """Writes regions into a text."""

    def __init__(self, code: Code, joins: Joins) -> None:
        self._code, self._joins = code, joins
        self._leaves = Leaves(code)
        self.needs: set[str] = set()
        """What the function that is being written names of its run, see `compiling`."""
        code.values |= KNOWN

    def value(self, variable: str, shape: Shape, *, is_wrapped: bool) -> str:
        """Writes what makes of a variable's value its part of the answer; gives the variable that has it.

        Args:
            is_wrapped: whether objects are there as they are, and not the values that they wrap.
        """
        match shape:
            case Leaf():
                return self._leaves.write(variable, shape.type, is_nullable=shape.is_nullable)
            case Items():
                return self._nullable(variable, shape, lambda: self._items(variable, shape, is_wrapped=is_wrapped))
            case Object():
                return self._nullable(variable, shape, lambda: self._object(variable, shape, is_wrapped=is_wrapped))
            case OneOf():
                return self._nullable(variable, shape, lambda: self._one_of(variable, shape))

    def guard(self, roles: tuple[frozenset[object], ...]) -> None:
        """Writes that who asks has one of each of these sets of roles."""
        for each in roles:
            self.needs.add("viewer")
            name = self._code.name_of(each, "R")
            with self._code.block(f"if viewer is None or viewer.role not in {name}"):
                self._code.line("raise Deviation")

    def _nullable(self, variable: str, shape: Shape, write: Callable[[], str]) -> str:
        code = self._code
        if not shape.is_nullable:
            with code.block(f"if {variable} is None"):
                code.line("raise Deviation")
            return write()
        result = code.fresh("n")
        with code.block(f"if {variable} is None"):
            code.line(f"{result} = None")
        with code.block("else"):
            code.line(f"{result} = {write()}")
        return result

    # ------------------------------------------------------------ lists and objects

    def _items(self, variable: str, shape: Items, *, is_wrapped: bool) -> str:
        code = self._code
        result, item = code.fresh("l"), code.fresh("i")
        with code.block(f"if type({variable}) is not list and type({variable}) is not tuple"):
            code.line(f"{code.name_of(_check_list, 'check_list')}({variable})")
        code.line(f"{result} = []")
        with code.block(f"for {item} in {variable}"):
            code.line(f"{result}.append({self.value(item, shape.item, is_wrapped=is_wrapped)})")
        return result

    def _one_of(self, variable: str, shape: OneOf) -> str:
        code = self._code
        result, kind = code.fresh("a"), code.fresh("k")
        code.line(f"{kind} = type({variable})")
        word = "if"
        for each in shape.objects:
            with code.block(f"{word} {kind} is {code.name_of(each.origin, 'T')}"):
                code.line(f"{result} = {self._fields(Source(each.origin, variable, None), each)}")
            word = "elif"
        with code.block("else"):
            code.line("raise Deviation")
        return result

    def _object(self, variable: str, shape: Object, *, is_wrapped: bool) -> str:
        code = self._code
        if not is_wrapped:
            return self._fields(Source(shape.origin, None, variable), shape)
        with code.block(f"if type({variable}) is not {code.name_of(shape.origin, 'T')}"):
            code.line("raise Deviation" if shape.is_judged else f"check({variable})")
        return self._fields(Source(shape.origin, variable, None), shape)

    def _fields(self, source: Source, shape: Object) -> str:
        """Writes an object of the answer, and that it waits for what is not in the value; gives its variable."""
        code = self._code
        parts, waiting = list[str](), list[tuple[str, str, int]]()
        for each in shape.fields:
            written = self._field(source, shape, each, waiting)
            parts.append(f"{each.name!r}: {written}")
        result = code.fresh("d")
        code.line(f"{result} = {{{', '.join(parts)}}}")
        for condition, key, queue in waiting:
            self.needs.add("queues")
            call = f"queues[{queue}].append(({key}, {result}))"
            if condition:
                with code.block(condition):
                    code.line(call)
            else:
                code.line(call)
        return result

    # ------------------------------------------------------------ fields

    def _field(self, source: Source, shape: Object, each: Field, waiting: list[tuple[str, str, int]]) -> str:
        """Writes one field; gives what stands for it in the answer, which is None as long as it is waited for."""
        if each.shape is None:
            return repr(shape.type_name)
        self.guard(each.roles)
        match each.step:
            case FromValue(read, answer):
                return self._read(source, each.shape, read, answer)
            case FromValueNow(read):
                name = self._code.name_of(read, "read")
                self.needs.add("now")
                return self._written(f"{name}({self._value(source)}, now)", each.shape, is_wrapped=True)
            case FromAttribute(name) if name.isidentifier():
                return self._written(f"{self._holder(source)}.{name}", each.shape, is_wrapped=True)
            case FromRelation() as step:
                waiting.append(self._sought(source, each, step))
                return "None"
            case FromMethod() as step if iscoroutinefunction(step.method):
                waiting.append(("", self._holder(source), self._joins.join(each, self._joins.arguments(each))))
                return "None"
            case FromMethod() as step:
                return self._returned(self._called(source, each, step), each.shape)
            case _:
                raise NotCovered(f"{each.name} is answered in a way that only a root's field can be")

    def _read(self, source: Source, shape: Shape, read: Callable[[Any], object], answer: Answer | None) -> str:
        path = path_of(read)
        if path is None:
            expression = f"{self._code.name_of(read, 'read')}({self._value(source)})"
        else:
            expression = self._path(source, path)
        if answer is None:
            return self._written(expression, shape, is_wrapped=True)
        is_wrapped = not is_seen_through(answer, shape)
        if is_wrapped:
            expression = f"{self._code.name_of(answer, 'answer')}({expression})"
        return self._written(expression, shape, is_wrapped=is_wrapped)

    def _sought(self, source: Source, each: Field, step: FromRelation) -> tuple[str, str, int]:
        """Writes the key of a relation; gives when it is asked for, the key's variable, and the queue."""
        code, shape = self._code, each.shape
        key = code.fresh("k")
        assert shape is not None
        if step.takes_object:
            by = code.name_of(step.by, "by")
            arguments = self._given(self._joins.arguments(each))
            code.line(f"{key} = {by}({', '.join(filter(None, (self._holder(source), arguments)))})")
        elif (path := path_of(step.by)) is not None:
            code.line(f"{key} = {self._path(source, path)}")
        else:
            code.line(f"{key} = {code.name_of(step.by, 'by')}({self._value(source)})")
        queue = self._joins.join(each, None)
        if shape.is_nullable:
            return f"if {key} is not None", key, queue
        with code.block(f"if {key} is None"):
            code.line("raise Deviation")
        return "", key, queue

    def _called(self, source: Source, each: Field, step: FromMethod) -> str:
        holder = self._holder(source) if step.takes_object else ""
        info = ""
        if step.info:
            info = f"{step.info}={self._code.name_of(self._joins.info(each), 'info')}(run)"
        given = ", ".join(filter(None, (holder, info, self._given(self._joins.arguments(each)))))
        return f"{self._code.name_of(step.method, 'method')}({given})"

    def _returned(self, call: str, shape: Shape) -> str:
        """Writes what a method returned, which was not said to be awaited."""
        code = self._code
        variable = code.fresh("x")
        code.line(f"{variable} = {call}")
        with code.block(f"if type({variable}) is {code.name_of(CoroutineType, 'coroutine')}"):
            code.line(f"{variable}.close()")
            code.line("raise Deviation")
        return self.value(variable, shape, is_wrapped=True)

    def _given(self, arguments: Arguments) -> str:
        """How a call names a field's arguments."""
        if arguments.constant is None:
            return f"**{self._code.name_of(arguments.convert, 'convert')}(run.values)"
        return f"**{self._code.name_of(arguments.constant, 'G')}" if arguments.constant else ""

    def _written(self, expression: str, shape: Shape, *, is_wrapped: bool) -> str:
        if isinstance(shape, Leaf):
            return self._leaves.write(expression, shape.type, is_nullable=shape.is_nullable)
        variable = expression
        if not expression.isidentifier():
            variable = self._code.fresh("x")
            self._code.line(f"{variable} = {expression}")
        return self.value(variable, shape, is_wrapped=is_wrapped)

    # ------------------------------------------------------------ sources

    def _value(self, source: Source) -> str:
        if source.value is None:
            source.value = self._code.fresh("v")
            self._code.line(f"{source.value} = {source.holder}.value")
        return source.value

    def _holder(self, source: Source) -> str:
        if source.holder is None:
            source.holder = self._code.fresh("o")
            of = self._code.name_of(source.origin.of, "of")  # type: ignore[attr-defined]  # it wraps a value
            self._code.line(f"{source.holder} = {of}({source.value})")
        return source.holder

    def _path(self, source: Source, path: tuple[str, ...]) -> str:
        """An expression that reads attributes of the value; what lies on the way is read once for the object."""
        holder = self._value(source)
        for length in range(1, len(path)):
            way = path[:length]
            if way not in source.paths:
                source.paths[way] = self._code.fresh("p")
                self._code.line(f"{source.paths[way]} = {holder}.{way[-1]}")
            holder = source.paths[way]
        return f"{holder}.{path[-1]}" if path else holder


def is_seen_through(answer: Answer, shape: Shape) -> bool:
    """Whether what an answer wraps is written without being wrapped."""
    if answer.is_list:
        if not isinstance(shape, Items):
            return False
        shape = shape.item
    return isinstance(shape, Object) and answer.wraps is not None and issubclass(answer.wraps, shape.origin)


def _check_list(value: object) -> None:
    """Raises: Deviation, where graphql-core would not take it as a list, or could read it only once."""
    if not is_iterable(value) or hasattr(value, "__next__") or hasattr(value, "__aiter__"):
        raise Deviation
