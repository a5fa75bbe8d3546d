"""The core's values as plain JSON and back: for each type, functions that are generated from its fields.

Nothing is listed here by hand, so that a new command, or a new field of one, crosses as soon as it exists; a field
whose type has no form is an error when the program starts.
"""

import types
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, fields, is_dataclass
from datetime import date, datetime, time
from enum import Enum
from hashlib import sha256
from typing import Any, Union, get_args, get_origin, get_type_hints
from uuid import UUID, SafeUUID

import orjson

Pack = Callable[[Any], object]
"""A value of one type as what `orjson` writes; that has UUIDs, instants, dates, times and enums by itself."""

Unpack = Callable[[Any], Any]
"""The value again, from what `orjson` read. Raises anything where that is not what the type's `Pack` gave."""

AS_READ = (str, int, float, bool)

MOST_REMEMBERED = 1_000
"""Values of a type that are remembered because many others hold the same: more than the courses of one turn."""


@dataclass(frozen=True, slots=True)
class _Form:
    """How one type is written in generated code: each a pattern in which `{}` is the value."""

    pack: str
    unpack: str

    def packed(self, value: str) -> str:
        return self.pack.format(value)

    def unpacked(self, value: str) -> str:
        return self.unpack.format(value)

    @property
    def is_packed_as_it_is(self) -> bool:
        return self.pack == "{}"


AS_IT_IS = _Form("{}", "{}")


@dataclass(frozen=True, slots=True)
class Shapes:
    """Functions for types, and for all that their fields hold; a type that is met again has the same ones.

    Args:
        shared: types of which many values hold the same one: it crosses as text, and is made once for its text.
        names: what the generated code refers to.
        described: each type's fields by name and type, from which the version is made.
    """

    shared: frozenset[type] = frozenset()
    names: dict[str, Any] = field(default_factory=lambda: {"new": object.__new__})
    described: dict[str, str] = field(default_factory=dict)

    def of_union(self, union: object) -> tuple[Pack, Unpack]:
        """Functions for values that are one of several dataclasses: each crosses with the name of its type."""
        name = self._union(tuple(get_args(union)))
        pack: Pack = self.names[f"pack_{name}"]
        unpack: Unpack = self.names[f"unpack_{name}"]
        return pack, unpack

    def of(self, kind: type) -> tuple[Pack, Unpack]:
        """Functions for the values of one dataclass."""
        name = self._dataclass(kind)
        return self.names[f"pack_{name}"], self.names[f"unpack_{name}"]

    @property
    def version(self) -> str:
        """A digest of all types and their fields: two processes understand each other only if theirs are the same."""
        return sha256("\n".join(sorted(self.described.values())).encode()).hexdigest()[:32]

    def _form(self, hint: object) -> _Form:
        origin, arguments = get_origin(hint), get_args(hint)
        if origin in (types.UnionType, Union):  # which it is depends on how it was written
            return self._form_of_union(arguments)
        if origin is tuple and arguments[1:] == (...,):
            return self._form_of_tuple(self._form(arguments[0]))
        if origin is dict:
            return AS_IT_IS  # JSON already
        if hint in AS_READ:
            return AS_IT_IS
        if isinstance(hint, type) and hint in _READERS:
            self.names[f"read_{hint.__name__}"] = _READERS[hint]
            # Of a time's fraction of a second orjson 3.11 drops the zeros at its beginning.
            return _Form("{}.isoformat()" if hint is time else "{}", f"read_{hint.__name__}({{}})")
        if isinstance(hint, type) and issubclass(hint, Enum):
            return self._form_of_enum(hint)
        if isinstance(hint, type) and is_dataclass(hint):
            name = self._shared(hint) if hint in self.shared else self._dataclass(hint)
            return _Form(f"pack_{name}({{}})", f"unpack_{name}({{}})")
        raise TypeError(f"no form for {hint}: commands and outcomes hold plain values")

    def _form_of_union(self, arguments: tuple[object, ...]) -> _Form:
        kinds = tuple(each for each in arguments if each is not types.NoneType)
        if len(kinds) == 1:
            form = self._form(kinds[0])
        else:
            name = self._union(kinds)
            form = _Form(f"pack_{name}({{}})", f"unpack_{name}({{}})")
        if len(kinds) == len(arguments):
            return form
        pack = "{}" if form.is_packed_as_it_is else f"(None if (x := {{}}) is None else {form.packed('x')})"
        unpack = "{}" if form == AS_IT_IS else f"(None if {{0}} is None else {form.unpack.replace('{}', '{0}')})"
        return _Form(pack, unpack)

    def _form_of_tuple(self, item: _Form) -> _Form:
        pack = "{}" if item.is_packed_as_it_is else f"[{item.packed('each')} for each in {{}}]"
        unpack = "tuple({})" if item == AS_IT_IS else f"tuple([{item.unpacked('each')} for each in {{}}])"
        return _Form(pack, unpack)

    def _form_of_enum(self, hint: type[Enum]) -> _Form:
        name = f"{hint.__name__}_members"
        self.names[name] = {member.value: member for member in hint}
        self.described[_path(hint)] = f"{_path(hint)}: {[member.value for member in hint]}"
        return _Form("{}", f"{name}[{{}}]")

    def _union(self, kinds: tuple[Any, ...]) -> str:
        """The name by which generated code refers to the union: that of the types in it."""
        name = f"one_of_{'_'.join(_name(kind) for kind in kinds)}"
        if f"pack_{name}" in self.names:
            return name
        packs: dict[type, tuple[str, Pack]] = {}
        unpacks: dict[str, Unpack] = {}
        self.names[f"pack_{name}"] = _pack_one_of(packs)
        self.names[f"unpack_{name}"] = _unpack_one_of(unpacks)
        for kind in kinds:
            if kind.__name__ in unpacks:
                raise TypeError(f"two of a union are called {kind.__name__}")
            pack, unpack = self.of(kind)
            packs[kind], unpacks[kind.__name__] = (kind.__name__, pack), unpack
        return name

    def _shared(self, kind: type[Any]) -> str:
        """The name by which generated code refers to the type where it is inside others."""
        name = f"shared_{_name(kind)}"
        if f"pack_{name}" not in self.names:
            pack, unpack = self.of(kind)
            self.names[f"pack_{name}"], self.names[f"unpack_{name}"] = _remembering(pack), _remembered(unpack)
        return name

    def _dataclass(self, kind: type[Any]) -> str:
        """The name by which generated code refers to the type; its functions are made when it is first met."""
        name = _name(kind)
        if f"pack_{name}" in self.names:
            return name
        if not hasattr(kind, "__slots__") or hasattr(kind, "__post_init__"):
            raise TypeError(f"{_path(kind)} has no slots, or a constructor of its own")
        self.names[name] = kind
        self.names[f"pack_{name}"] = lambda value: self.names[f"pack_{name}"](value)  # where it holds itself
        self.names[f"unpack_{name}"] = lambda plain: self.names[f"unpack_{name}"](plain)
        hints = get_type_hints(kind)
        forms = {each.name: self._form(hints[each.name]) for each in fields(kind)}
        self.described[_path(kind)] = f"{_path(kind)}: {[(field, str(hints[field])) for field in forms]}"
        # Straight into the slots: the constructor of a frozen dataclass takes twice as long.
        self.names.update({f"{name}_{field}": getattr(kind, field).__set__ for field in forms})
        exec("\n".join(_source(name, forms)), self.names)  # noqa: S102  made of our own types' names
        return name


def _source(name: str, forms: Mapping[str, _Form]) -> Iterator[str]:
    """The two functions of a dataclass, which crosses as the list of its fields."""
    yield f"def pack_{name}(value):"
    yield f"    return [{', '.join(form.packed(f'value.{field}') for field, form in forms.items())}]"
    yield f"def unpack_{name}(plain):"
    yield f"    [{', '.join(f'_{field}' for field in forms)}] = plain"
    yield f"    value = new({name})"
    yield from (f"    {name}_{field}(value, {form.unpacked(f'_{field}')})" for field, form in forms.items())
    yield "    return value"


def _pack_one_of(packs: Mapping[type, tuple[str, Pack]]) -> Pack:
    def pack(value: object) -> object:
        name, pack_value = packs[type(value)]
        return [name, pack_value(value)]

    return pack


def _unpack_one_of(unpacks: Mapping[str, Unpack]) -> Unpack:
    def unpack(plain: Any) -> object:
        name, value = plain
        return unpacks[name](value)

    return unpack


def _remembering(pack: Pack) -> Pack:
    """The text of a value, made once as long as it is the very same value."""
    texts: dict[int, tuple[object, str]] = {}

    def text_of(value: object) -> str:
        found = texts.get(id(value))
        if found is not None and found[0] is value:
            return found[1]
        if len(texts) >= MOST_REMEMBERED:
            texts.clear()
        text = orjson.dumps(pack(value)).decode()
        texts[id(value)] = (value, text)
        return text

    return text_of


def _remembered(unpack: Unpack) -> Unpack:
    """The value of a text, made once as long as it is among the last."""
    values: dict[str, object] = {}

    def value_of(text: str) -> object:
        found = values.get(text)
        if found is None:
            if len(values) >= MOST_REMEMBERED:
                values.clear()
            found = values[text] = unpack(orjson.loads(text))
        return found

    return value_of


def _path(kind: type) -> str:
    return f"{kind.__module__}.{kind.__qualname__}"


def _name(kind: type) -> str:
    return _path(kind).replace(".", "_")


_new_uuid = UUID.__new__
_set_int: Callable[[UUID, int], None] = vars(UUID)["int"].__set__
_set_is_safe: Callable[[UUID, SafeUUID], None] = vars(UUID)["is_safe"].__set__
_unknown = SafeUUID.unknown  # looked up once: an enum takes its time


def uuid_of(text: str) -> UUID:
    """The UUID that `orjson` wrote, without the checks of what people write."""
    value = _new_uuid(UUID)
    _set_int(value, int(text.replace("-", ""), 16))
    _set_is_safe(value, _unknown)
    return value


_READERS: Mapping[type, Callable[[str], object]] = {
    UUID: uuid_of,
    datetime: datetime.fromisoformat,
    date: date.fromisoformat,
    time: time.fromisoformat,
}
