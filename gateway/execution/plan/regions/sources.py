"""The objects whose fields are written, and the code that reads from them."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

from gateway.execution.plan.code import Code

Path = tuple[str, ...]


class Lying(Protocol):
    """How an attribute lies in the row of which its value is a view.

    What has `parts` is a value of the same row, and None where there is a null in the `place`, if it has one. Anything
    else is in the `place`: as it is, or to be read by `read`, where None is None if it `may_be_null`. `form` says what
    is stored there, as far as anybody can write it straight from there: "bytes" of an id, "microseconds" since 1970 of
    an instant, the "word" of an enum's member.

    The class of a view says it of each attribute, under the name `lying`.
    """

    @property
    def place(self) -> int | None: ...

    @property
    def read(self) -> Callable[[Any], object] | None: ...

    @property
    def may_be_null(self) -> bool: ...

    @property
    def form(self) -> str | None: ...

    @property
    def parts(self) -> "Mapping[str, Lying] | None": ...


@dataclass(frozen=True, slots=True)
class Row:
    """The variable of a row, and how the attributes of one of its values lie in it. `way` leads from its own value
    to that one."""

    variable: str
    lying: Mapping[str, Lying]
    way: Path = ()

    def at(self, stored: Lying) -> str:
        """An expression of what is stored in a place."""
        return f"{self.variable}[{stored.place}]"

    def part(self, path: Path, parts: Mapping[str, Lying]) -> "Row":
        return Row(self.variable, parts, (*self.way, *path))


@dataclass(slots=True)
class Source:
    """An object whose fields are written, by the variables that hold it and the value that it wraps; or by the row that
    its value is a view of.

    `paths` are the variables that hold what was read of the value already."""

    origin: type
    holder: str | None
    value: str | None
    row: Row | None = None
    paths: dict[Path, str] = field(default_factory=dict)


class Sources:
    """Writes into a text what reads from sources."""

    def __init__(self, code: Code) -> None:
        self._code = code

    def value(self, source: Source) -> str:
        """The variable of the value."""
        if source.value is None:
            source.value = self._code.fresh("v")
            held = f"{source.holder}.value"
            if source.holder is None:
                assert source.row is not None, "one of the three is there"
                held = ".".join((source.row.variable, *source.row.way))
            self._code.line(f"{source.value} = {held}")
        return source.value

    def holder(self, source: Source) -> str:
        """The variable of the object."""
        if source.holder is None:
            of = self._code.name_of(source.origin.of, "of")  # type: ignore[attr-defined]  # it wraps a value
            held = f"{of}({self.value(source)})"
            source.holder = self._code.fresh("o")
            self._code.line(f"{source.holder} = {held}")
        return source.holder

    def path(self, source: Source, path: Path) -> str:
        """An expression that reads attributes of the value; what lies on the way is read once for the object."""
        stored = self.lying(source, path)
        if source.row and stored and stored.parts is None:
            return self._stored(source.row, stored)
        holder = self.value(source)
        for length in range(1, len(path)):
            way = path[:length]
            if way not in source.paths:
                source.paths[way] = self._code.fresh("p")
                self._code.line(f"{source.paths[way]} = {holder}.{way[-1]}")
            holder = source.paths[way]
        return f"{holder}.{path[-1]}" if path else holder

    def lying(self, source: Source, path: Path | None) -> Lying | None:
        """How what a path of attributes leads to lies in the source's row; None where that is not known, or where it
        leads through what may be None."""
        if source.row is None or not path:
            return None
        found, parts = None, source.row.lying
        for number, name in enumerate(path, 1):
            found = parts.get(name)
            if found is None or number == len(path):
                return found
            if found.parts is None or found.place is not None:
                return None
            parts = found.parts
        return found

    def _stored(self, row: Row, stored: Lying) -> str:
        """An expression of what lies in a place of its own."""
        there = row.at(stored)
        if stored.read is None:
            return there
        read = self._code.name_of(stored.read, "read")
        if not stored.may_be_null:
            return f"{read}({there})"
        kept = self._code.fresh("s")
        return f"(None if ({kept} := {there}) is None else {read}({kept}))"
