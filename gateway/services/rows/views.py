"""Views of rows: the driver's own tuple, with the attributes of the value in it, each read when it is asked for."""

from collections.abc import Callable, Mapping, Sequence
from operator import itemgetter
from typing import Any, TypeVar, cast

from gateway.services.rows.layouts import Column, Layout
from gateway.services.rows.making import Converter, Row, maker, words

Value = TypeVar("Value")


def view_of(
    layout: Layout[Value], columns: Sequence[str], converters: Mapping[str, Converter]
) -> Callable[[Row], Value]:
    """The class of the views of rows, see `gateway.services.rows.making.maker`.

    What reads a value need not know whether it has the value or a view of it: a view has the attributes and the
    properties of the value, equals it and hashes as it does. A part of a value is a view of the same row. Nothing is
    kept of what was read, for a field is read once and to keep it costs more. A column that a hand has spoilt raises
    where it is read, and harms no other.
    """
    places = {column: place for place, column in enumerate(columns)}
    attributes: dict[str, object] = {
        name: property(
            _part(attribute, places, columns, converters)
            if isinstance(attribute, Layout)
            else _column(attribute, places[attribute.name], converters.get(attribute.name))
        )
        for name, attribute in layout.attributes.items()
    }
    attributes |= {name: each for name, each in vars(layout.of).items() if isinstance(each, property)}
    whole = maker(layout, columns, converters)
    made = type(f"{layout.of.__name__}View", (View,), {"__slots__": (), "_whole": whole, **attributes})
    # It is no subclass of the value's class, but has all that is read of one.
    return cast(Callable[[Row], Value], made)


class View(tuple[Any, ...]):
    """What a view does beside showing its attributes."""

    __slots__ = ()
    _whole: Callable[[Any], object]
    """Makes the value."""

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


def _part(
    layout: Layout[Any], places: Mapping[str, int], columns: Sequence[str], converters: Mapping[str, Converter]
) -> Callable[[Row], object]:
    view = view_of(layout, columns, converters)
    if layout.but_without is None:
        return lambda row: view(row)
    place = places[layout.but_without]
    return lambda row: None if row[place] is None else view(row)


def _column(column: Column, place: int, converter: Converter | None) -> Callable[[Row], object]:
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
