"""Views of rows: the driver's own tuple, with the attributes of the value in it, each read when it is asked for."""

from collections.abc import Callable, Mapping, Sequence
from operator import itemgetter
from typing import Any, NamedTuple, TypeVar, cast

from db.types import id_from_bytes, instant_from_microseconds
from gateway.services.core.frozen import replace
from gateway.services.rows.layouts import Column, Layout
from gateway.services.rows.making import Converter, Row, maker, words

Value = TypeVar("Value")

Note = Callable[[str], None]

FORMS: Mapping[object, str] = {id_from_bytes: "bytes", instant_from_microseconds: "microseconds"}
"""As what is stored that is read by a converter, for whoever writes it straight from there."""


class Lying(NamedTuple):
    """How an attribute of a view lies in its row, for whoever reads many rows and writes code for that.

    An attribute with `parts` is a view of the same row, or None where there is a null in the `place`, if it has one.
    Any other is in the `place`: as it is, or to be read by `read`, None being None where it `may_be_null`. `form` says
    what is stored there: "bytes" of an id, "microseconds" of an instant, the "word" of an enum's member.
    """

    place: int | None
    read: Callable[[Any], object] | None = None
    may_be_null: bool = False
    form: str | None = None
    parts: "Mapping[str, Lying] | None" = None


class NotRead(LookupError):
    """What is asked for was not read with its row."""


def view_of(
    layout: Layout[Value], columns: Sequence[str], converters: Mapping[str, Converter], note: Note | None = None
) -> Callable[[Row], Value]:
    """The class of the views of rows, see `gateway.services.rows.making.maker`.

    What reads a value need not know whether it has the value or a view of it: a view has the attributes and the
    properties of the value, equals it and hashes as it does. A part of a value is a view of the same row. Nothing is
    kept of what was read, for a field is read once and to keep it costs more. A column that a hand has spoilt raises
    where it is read, and harms no other.

    Args:
        columns: what a row holds. Where that is not all of the layout's, to read another one raises `NotRead`.
        note: is told of columns that are read: of each where a row holds all, else of those that it does not hold.
    """
    reading = _Reading(layout.columns(), columns, converters, note)
    return cast(Callable[[Row], Value], reading.view(layout))


class _Reading:
    """How attributes are read from rows."""

    def __init__(
        self, wanted: Sequence[str], columns: Sequence[str], converters: Mapping[str, Converter], note: Note | None
    ) -> None:
        self._places = {column: place for place, column in enumerate(columns)}
        self._converters, self._columns, self._note = converters, columns, note
        self._is_whole = self._places.keys() >= set(wanted)

    def view(self, layout: Layout[Any]) -> type["View"]:
        attributes: dict[str, object] = {
            name: property(self._part(each) if isinstance(each, Layout) else self._column(each))
            for name, each in layout.attributes.items()
        }
        attributes |= {name: each for name, each in vars(layout.of).items() if isinstance(each, property)}
        if isinstance(key := layout.attributes.get("id"), Column):
            attributes["id_bytes"] = property(self._id_bytes(key))
        lying = None if self._note and self._is_whole else self._lying(layout)
        made = {"__slots__": (), "_whole": self._maker(layout), "lying": lying, **attributes}
        # It is no subclass of the value's class, but has all that is read of one.
        return type(f"{layout.of.__name__}View", (View,), made)

    def _lying(self, layout: Layout[Any]) -> Mapping[str, Lying]:
        """Of the attributes whose columns are there, but for those that are made by a function of their own."""
        lying: dict[str, Lying] = {}
        for name, each in layout.attributes.items():
            if isinstance(each, Layout):
                if each.but_without is None or each.but_without in self._places:
                    place = self._places[each.but_without] if each.but_without else None
                    lying[name] = Lying(place, parts=self._lying(each))
            elif each.name in self._places and each.make is None:
                converter = self._converters.get(each.name)
                read, form = (
                    (words(each.words).__getitem__, "word") if each.words else (converter, FORMS.get(converter))
                )
                lying[name] = Lying(self._places[each.name], read, each.may_be_null, form)
        return lying

    def _maker(self, layout: Layout[Any]) -> Callable[[Row], object]:
        checks = [self._noting(column, lambda row: None) for column in layout.columns()] if self._note else []
        is_here = self._places.keys() >= set(layout.columns())  # of a part it may be, where the rest is not
        make = maker(layout, self._columns, self._converters) if is_here else None

        def whole(row: Row) -> object:
            for check in checks:
                check(row)
            return make(row) if make else None

        return whole

    def _part(self, layout: Layout[Any]) -> Callable[[Row], object]:
        view = self.view(layout)
        if (column := layout.but_without) is None:
            return lambda row: view(row)
        place = self._places.get(column, 0)
        return self._noting(column, lambda row: None if row[place] is None else view(row))

    def _column(self, column: Column) -> Callable[[Row], object]:
        place, converter = self._places.get(column.name, 0), self._converters.get(column.name)
        return self._noting(column.name, _reader(column, place, converter))

    def _id_bytes(self, column: Column) -> Callable[[Row], object]:
        """Its bytes, for whoever writes them: of them to make an id takes twice as long as to write it."""
        place, is_stored_so = self._places.get(column.name, 0), column.name in self._converters
        return self._noting(column.name, itemgetter(place) if is_stored_so else lambda row: row[place].bytes)

    def _noting(self, column: str, read: Callable[[Row], object]) -> Callable[[Row], object]:
        """The same, which tells of the column that is read."""
        note = self._note
        if column not in self._places:

            def absent(row: Row) -> object:
                if note:
                    note(column)
                raise NotRead(column)

            return absent
        return noting(note, column, read) if self._is_whole else read


class View(tuple[Any, ...]):
    """What a view does beside showing its attributes."""

    __slots__ = ()
    _whole: Callable[[Any], object]
    """Makes the value."""
    lying: Mapping[str, Lying] | None = None
    """How its attributes lie in the row; None where somebody has to be told of what is read."""

    def __replace__(self, /, **changes: object) -> object:
        """The value with changes: see `gateway.services.core.frozen`."""
        return replace(type(self)._whole(self), **changes)  # type: ignore[type-var]  # it is the value

    def __eq__(self, other: object) -> bool:
        return type(self)._whole(self) == (type(other)._whole(other) if isinstance(other, View) else other)

    def __ne__(self, other: object) -> bool:
        return not self == other

    def __hash__(self) -> int:
        return hash(type(self)._whole(self))

    def __repr__(self) -> str:
        return repr(type(self)._whole(self))

    def __str__(self) -> str:
        return str(type(self)._whole(self))


def whole(view: Value) -> Value:
    """The value that a view shows, made now; a value itself."""
    return cast(Value, type(view)._whole(view)) if isinstance(view, View) else view


def noting(note: Note | None, column: str, read: Callable[[Any], object]) -> Callable[[Any], object]:
    """The same, which notes that a column is read."""
    if note is None:
        return read

    def noted(row: Any) -> object:
        note(column)
        return read(row)

    return noted


def _reader(column: Column, place: int, converter: Converter | None) -> Callable[[Row], object]:
    read: Converter | None = words(column.words).__getitem__ if column.words else converter
    if make := column.make:
        if converter is None:
            return lambda row: make(row[place])
        return lambda row: make(None if row[place] is None else converter(row[place]))
    if read is None:
        return itemgetter(place)
    if column.may_be_null:
        return lambda row: None if row[place] is None else read(row[place])
    return lambda row: read(row[place])
