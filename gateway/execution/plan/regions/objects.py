"""Writes the code of regions: values, lists and objects."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import cast

from graphql import Undefined
from graphql.pyutils import is_iterable

from gateway.execution.plan.code import Code
from gateway.execution.plan.deviation import Deviation
from gateway.execution.plan.leaves import Leaves, check
from gateway.execution.plan.regions.calls import Joins
from gateway.execution.plan.regions.fields import Fields
from gateway.execution.plan.regions.sources import Lying, Row, Source
from gateway.execution.plan.regions.special import Special, WriteObject
from gateway.execution.plan.shapes import Items, Leaf, Object, OneOf, Shape
from gateway.schema.conventions.ids import Node

KNOWN = {"Deviation": Deviation, "UNDEFINED": Undefined, "check": check}
"""What every text of a region may name."""

NEEDED = {
    "viewer": "viewer = run.context.viewer",
    "now": "now = run.context.now",
    "queues": "queues = run.queues",
}
"""What a function begins with, where its body names it."""


class Regions:
    """Writes regions into a text."""

    def __init__(self, code: Code, joins: Joins) -> None:
        self._code, self._joins = code, joins
        self._leaves = Leaves(code)
        self.needs: set[str] = set()
        """What the function that is being written names of its run."""
        self._writing = Fields(code, joins, self, self._leaves)
        code.values |= KNOWN

    @contextmanager
    def function(self, head: str) -> Iterator[None]:
        """What is written meanwhile is the body of a function."""
        with self._code.block(f"def {head}"):
            begin = self._code.reserve()
            self.needs.clear()
            yield
            self._code.fill(begin, "; ".join(NEEDED[each] for each in sorted(self.needs)) or "pass")

    def value(self, variable: str, shape: Shape, *, is_wrapped: bool) -> str:
        """Writes what makes of a variable's value its part of the answer; gives the variable that has it.

        Args:
            is_wrapped: whether objects are there as they are, and not the values that they wrap.
        """
        match shape:
            case Leaf():
                return self._leaves.write(variable, shape.type, is_nullable=shape.is_nullable)
            case Items():
                return self.nullable(variable, shape, lambda: self._items(variable, shape, is_wrapped=is_wrapped))
            case Object():
                return self.nullable(variable, shape, lambda: self._object(variable, shape, is_wrapped=is_wrapped))
            case OneOf():
                return self.nullable(variable, shape, lambda: self._one_of(variable, shape))

    def guard(self, roles: tuple[frozenset[object], ...]) -> None:
        """Writes that who asks has one of each of these sets of roles."""
        for each in roles:
            self.needs.add("viewer")
            name = self._code.name_of(each, "R")
            with self._code.block(f"if viewer is None or viewer.role not in {name}"):
                self._code.line("raise Deviation")

    def nullable(self, variable: str, shape: Shape, write: Callable[[], str]) -> str:
        """The same by `write`, unless the value is None."""
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
                code.line(f"{result} = {self.fields(Source(each.origin, variable, None), each)}")
            word = "elif"
        with code.block("else"):
            code.line("raise Deviation")
        return result

    def _object(self, variable: str, shape: Object, *, is_wrapped: bool) -> str:
        code = self._code
        if not is_wrapped:
            if issubclass(shape.origin, Node):  # its value is as likely as not a view of a row
                special = code.name_of(Special(lambda lying: self._function_of(shape, lying)), "special")
                return f"{special}[type({variable})]({variable}, run)"
            return self.fields(Source(shape.origin, None, variable), shape)
        with code.block(f"if type({variable}) is not {code.name_of(shape.origin, 'T')}"):
            code.line("raise Deviation" if shape.is_judged else f"check({variable})")
        return self.fields(Source(shape.origin, variable, None), shape)

    def _function_of(self, shape: Object, lying: Mapping[str, Lying] | None) -> WriteObject:
        """The function that writes an object of a value. Raises: NotCovered."""
        code = Code()
        regions = Regions(code, self._joins)
        with regions.function("write(v, run)"):
            row = None if lying is None else Row("v", lying)
            code.line(f"return {regions.fields(Source(shape.origin, None, 'v', row), shape)}")
        self._joins.wrote(code)
        return cast(WriteObject, code.functions()["write"])

    def fields(self, source: Source, shape: Object) -> str:
        """Writes an object of the answer, and that it waits for what is not in the value; gives its variable."""
        code = self._code
        parts, waiting = list[str](), list[tuple[str, str, int]]()
        for each in shape.fields:
            written = self._writing.write(source, shape, each, waiting)
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


def _check_list(value: object) -> None:
    """Raises: Deviation, where graphql-core would not take it as a list, or could read it only once."""
    if not is_iterable(value) or hasattr(value, "__next__") or hasattr(value, "__aiter__"):
        raise Deviation
