"""How a core value lies in columns: declared once, and from it are made whole values, and views of rows."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, fields
from enum import StrEnum
from types import UnionType
from typing import Any, Generic, TypeVar, get_args, get_type_hints

Value = TypeVar("Value")
Make = Callable[[Any], object]


@dataclass(frozen=True, slots=True)
class From:
    """An attribute that is made of a column, even where that is null.

    Args:
        make: makes it of the column's value. Raises ValueError where there is none for it.
    """

    column: str
    make: Make


class Layout(Generic[Value]):
    """Which columns a dataclass's attributes are read from.

    An attribute comes of the column of its own name, unless it is said otherwise; one that is annotated as an enum, of
    the text that names its member. One that may be None is so where its column is null.

    Args:
        of: the dataclass.
        but_without: there is no value where this column is null.
        repeats: whether many rows have equal ones, so that those made last are kept and given again.
        attributes: a column's name, what is made of one, or the layout of an attribute that is a value itself.
    """

    def __init__(
        self,
        of: type[Value],
        *,
        but_without: str | None = None,
        repeats: bool = False,
        **attributes: "str | From | Layout[Any]",
    ) -> None:
        self.of = of
        self.but_without = but_without
        self.repeats = repeats
        hints = get_type_hints(of)
        names = [field.name for field in fields(of)]  # type: ignore[arg-type]  # each is a dataclass
        assert attributes.keys() <= set(names), f"{of.__name__} has no such attribute: {attributes.keys() - set(names)}"
        self.attributes: dict[str, Column | Layout[Any]] = {
            name: _attribute(attributes.get(name, name), hints[name]) for name in names
        }

    def columns(self) -> list[str]:
        """The columns that it is read from, each once."""
        return list(dict.fromkeys(self._columns()))

    def _columns(self) -> Iterator[str]:
        for attribute in self.attributes.values():
            if isinstance(attribute, Layout):
                yield from attribute.columns()
            else:
                yield attribute.name


@dataclass(frozen=True, slots=True)
class Column:
    """An attribute's one column.

    Args:
        words: the enum whose members its texts name.
        may_be_null: whether the attribute is None where the column is null.
    """

    name: str
    make: Make | None = None
    words: type[StrEnum] | None = None
    may_be_null: bool = False


def _attribute(given: str | From | Layout[Any], annotated: Any) -> Column | Layout[Any]:
    if isinstance(given, Layout):
        return given
    if isinstance(given, From):
        return Column(given.column, given.make, may_be_null=True)
    kinds = get_args(annotated) if isinstance(annotated, UnionType) else (annotated,)
    words = next((kind for kind in kinds if isinstance(kind, type) and issubclass(kind, StrEnum)), None)
    return Column(given, words=words, may_be_null=type(None) in kinds)


class Words(dict[str, StrEnum]):
    """The members of an enum by the texts that name them: to call the enum takes twenty times as long."""

    def __init__(self, of: type[StrEnum]) -> None:
        super().__init__((each.value, each) for each in of)
        self._of = of

    def __missing__(self, word: str) -> StrEnum:
        """Raises ValueError, unless the enum has a member for words that it does not know."""
        return self._of(word)
