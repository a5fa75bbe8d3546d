"""Frozen values, made and changed at a quarter of what the standard library takes for them."""

import dataclasses
from dataclasses import MISSING, Field, fields
from functools import wraps
from typing import TYPE_CHECKING, Any, TypeVar
from uuid import UUID, SafeUUID

Value = TypeVar("Value")


def quick(of: type[Value]) -> type[Value]:
    """Decorates a frozen, slotted dataclass, which stays what it is: only its making costs less, and `replace`.

    A frozen dataclass refuses assignments, so its own `__init__` sets each field by a call. Here the object is, while
    it is made, one of a class with the same slots that refuses nothing; Python allows to say which of the two it is.
    """
    dataclass: Any = of
    names = tuple(field.name for field in fields(dataclass))
    assert vars(of)["__slots__"] == names, f"{of.__name__} has other slots"
    assert not hasattr(of, "__post_init__"), f"{of.__name__} does more when it is made"
    # What it inherits may refuse assignments as well, and may have it that some methods are defined.
    usual = {"__setattr__": object.__setattr__, "__delattr__": object.__delattr__}  # both, or each costs as a call
    open_: Any = type(dataclass)(f"Open{of.__name__}", of.__bases__, {"__slots__": names, **usual})
    open_.__abstractmethods__ = frozenset()
    known: dict[str, Any] = {"of": of, "open_": open_, "new": object.__new__, "set_class": object.__setattr__}
    exec(_source(fields(dataclass), known), known)  # noqa: S102  made of the names of fields alone
    dataclass.__init__ = wraps(dataclass.__init__)(known["__init__"])
    dataclass.__replace__ = known["__replace__"]  # which is what Python 3.13 calls it
    return of


def uuid_of(number: int) -> UUID:
    """The UUID of a number of 128 bits. `UUID` itself knows six forms in which it may be given, and takes three times
    as long to find out which."""
    made: UUID = object.__new__(UUID)
    _set_number(made, number)
    _set_is_safe(made, SafeUUID.unknown)
    return made


# A UUID refuses to be set by its attributes' names; these are the places behind them, which its own `__init__` fills.
_set_number, _set_is_safe = vars(UUID)["int"].__set__, vars(UUID)["is_safe"].__set__


def _source(of_fields: tuple[Field[Any], ...], known: dict[str, Any]) -> str:
    """The code of `__init__` and `__replace__`. What fields are by default is added to the names that are known."""
    lines, parameters, keywords = list[str](), ["self"], list[str]()
    for field in of_fields:
        parameter = name = field.name
        if field.default is not MISSING:
            known[f"default_{name}"] = field.default
            parameter = f"{name}=default_{name}"
        elif field.default_factory is not MISSING:
            known[f"make_{name}"] = field.default_factory
            known["MISSING"] = MISSING
            parameter = f"{name}=MISSING"
            lines.append(f"    if {name} is MISSING: {name} = make_{name}()")
        (keywords if field.kw_only else parameters).append(parameter)
    names = [field.name for field in of_fields]
    return "\n".join(
        [
            f"def __init__({', '.join([*parameters, *(['*', *keywords] if keywords else [])])}):",
            *lines,
            "    set_class(self, '__class__', open_)",
            *(f"    self.{name} = {name}" for name in names),
            "    self.__class__ = of",
            "def __replace__(self, /, **changes):",
            "    made = new(open_)",
            *(f"    made.{name} = self.{name}" for name in names),
            "    for name, value in changes.items():",
            "        setattr(made, name, value)",
            "    made.__class__ = of",
            "    return made",
        ]
    )


if TYPE_CHECKING:
    from dataclasses import replace as replace
else:

    def replace(value, /, **changes):
        """As `dataclasses.replace` has it; what is no quick value takes its time.

        Raises:
            AttributeError: the value has no such field.
        """
        quickly = getattr(value, "__replace__", None)
        return dataclasses.replace(value, **changes) if quickly is None else quickly(**changes)
