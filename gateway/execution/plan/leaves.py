"""How scalars and enums are written: at once where the value's exact type needs nothing, else as graphql-core does."""

from collections.abc import Callable
from typing import Any

from graphql import (
    GRAPHQL_MAX_INT,
    GRAPHQL_MIN_INT,
    GraphQLBoolean,
    GraphQLEnumType,
    GraphQLID,
    GraphQLInt,
    GraphQLLeafType,
    GraphQLString,
    Undefined,
)
from strawberry.execution import optimized_is_awaitable

from gateway.execution.plan.code import Code
from gateway.execution.plan.deviation import Deviation
from gateway.schema.conventions.scalars import OF_STORED

MOST_TYPES = 100
"""Types of values that are remembered of a scalar, and words of an enum: a few are ever seen, and no more are kept."""

WORD = "word"
"""The form of a member of an enum that is stored as a text, see `gateway.execution.plan.regions.sources`."""

Write = Callable[[Any], Any]


class Leaves:
    """Writes the code of leaves into a text."""

    def __init__(self, code: Code) -> None:
        self._code = code
        self._kept: dict[str, Any] = {}

    def write(self, expression: str, leaf: GraphQLLeafType, *, is_nullable: bool) -> str:
        """Writes what makes of an expression's value what the answer has; gives the variable that has it."""
        result = self._code.fresh("w")
        self._code.line(f"{result} = {expression}")
        if is_nullable:
            with self._code.block(f"if {result} is not None"):
                self._write(result, leaf)
        else:
            self._write(result, leaf)
        return result

    def of_stored(self, form: str | None, read: object, leaf: GraphQLLeafType) -> str | None:
        """What writes the same of what is stored in a form, as Python of it as `{0}`; None where that takes its value.

        Args:
            read: makes the value of what is stored.
        """
        if isinstance(leaf, GraphQLEnumType):
            if form != WORD or not callable(read):
                return None
            return f"{self._code.name_of(NamesOfWords(self._of(leaf, Names), read), 'N')}[{{0}}]"
        write = OF_STORED.get(leaf.coerce_output_value, {}).get(form or "")
        return f"{self._code.name_of(write, 'stored')}({{0}})" if write else None

    def _write(self, variable: str, leaf: GraphQLLeafType) -> None:
        code = self._code
        if isinstance(leaf, GraphQLEnumType):
            names = code.name_of(self._of(leaf, Names), "E")
            code.line(f"{variable} = {names}[{variable}]")
        elif condition := needs_more(leaf):
            with code.block(f"if {condition.format(variable)}"):
                code.line(f"{variable} = {code.name_of(self._of(leaf, exactly), 'L')}({variable})")
        else:
            self._write_custom(variable, self._of(leaf, Custom))

    def _write_custom(self, variable: str, custom: "Custom") -> None:
        code = self._code
        plain, write, first = (
            code.name_of(each, kind) for each, kind in ((custom.plain, "P"), (custom.write, "W"), (custom, "C"))
        )
        with code.block(f"if type({variable}) in {plain}"):
            code.line(f"{variable} = {write}({variable})")
            with code.block(f"if {variable} is None or {variable} is UNDEFINED"):
                code.line("raise Deviation")
        with code.block("else"):
            code.line(f"{variable} = {first}.first({variable})")

    def _of(self, leaf: GraphQLLeafType, make: Callable[[Any], Any]) -> Any:
        """One for each type in a text."""
        if leaf.name not in self._kept:
            self._kept[leaf.name] = make(leaf)
        return self._kept[leaf.name]


def check(value: object) -> None:
    """Raises: Deviation, for what graphql-core would raise or wait for, and not take as a value."""
    if isinstance(value, Exception) or optimized_is_awaitable(value):
        raise Deviation


def exactly(leaf: GraphQLLeafType) -> Write:
    """Writes a value as graphql-core does. Raises: Deviation, or what the type itself raises."""
    coerce = leaf.coerce_output_value

    def write(value: object) -> object:
        if value is None or value is Undefined:
            raise Deviation
        check(value)
        written = coerce(value)
        if written is None or written is Undefined:
            raise Deviation
        return written

    return write


def needs_more(leaf: GraphQLLeafType) -> str | None:
    """The condition, as Python of the value `{0}`, under which a value is not written as it is; None where that is not
    to be told by a look."""
    coerce = getattr(leaf, "coerce_output_value", None)
    if leaf in (GraphQLString, GraphQLID) or coerce is str:
        return "type({0}) is not str"
    if leaf is GraphQLInt:
        return f"type({{0}}) is not int or not {GRAPHQL_MIN_INT} <= {{0}} <= {GRAPHQL_MAX_INT}"
    if leaf is GraphQLBoolean:
        return "{0} is not True and {0} is not False"
    return "type({0}) is not int" if coerce is int else None


class Names(dict[Any, str]):
    """The names of an enum's values, by member and as they come up."""

    def __init__(self, leaf: GraphQLEnumType) -> None:
        self._write = exactly(leaf)
        members = getattr(leaf, "wrapped_cls", ())
        super().__init__((member, self._write(member)) for member in members)

    def __missing__(self, value: object) -> str:
        name: str = self._write(value)
        return name


class NamesOfWords(dict[str, str]):
    """The same by the words that members are stored as."""

    def __init__(self, names: Names, read: Callable[[Any], Any]) -> None:
        super().__init__()
        self._names, self._read = names, read

    def __missing__(self, word: str) -> str:
        name = self._names[self._read(word)]
        if len(self) < MOST_TYPES:
            self[word] = name
        return name


class Custom:
    """A scalar of a function of its own: what it writes of values of types that it was given before needs no look."""

    def __init__(self, leaf: GraphQLLeafType) -> None:
        self.plain: set[type] = set()
        self.write: Write = leaf.coerce_output_value
        self._exactly = exactly(leaf)

    def first(self, value: object) -> object:
        """The same for a value of any type, which is remembered where it can be."""
        written = self._exactly(value)
        kind = type(value)
        if len(self.plain) < MOST_TYPES and not hasattr(kind, "gi_code"):
            self.plain.add(kind)
        return written
