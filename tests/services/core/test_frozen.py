"""Quick values are the dataclasses that they were: as frozen, equal, and made of the same arguments."""

import copy
import dataclasses
import inspect
from abc import ABC, abstractmethod
from dataclasses import FrozenInstanceError, dataclass, field
from typing import Any

import pytest

from gateway.services.core.frozen import quick, replace


@dataclass(frozen=True, slots=True)
class Plain:
    first: int
    second: str | None = None
    third: list[int] = field(default_factory=list, hash=False)
    fourth: bool = field(default=True, kw_only=True, compare=False)


@quick
@dataclass(frozen=True, slots=True)
class Quick:
    first: int
    second: str | None = None
    third: list[int] = field(default_factory=list, hash=False)
    fourth: bool = field(default=True, kw_only=True, compare=False)


ARGUMENTS: list[tuple[tuple[Any, ...], dict[str, Any]]] = [
    ((1,), {}),
    ((1, "a", [2]), {"fourth": False}),
    ((), {"third": [3], "first": 1}),
]


@pytest.mark.parametrize(("given", "named"), ARGUMENTS)
def test_a_quick_value_is_what_the_plain_one_is(given: tuple[Any, ...], named: dict[str, Any]) -> None:
    plain, made = Plain(*given, **named), Quick(*given, **named)
    assert type(made) is Quick
    assert dataclasses.asdict(made) == dataclasses.asdict(plain)
    assert made == Quick(*given, **named)
    assert repr(made) == repr(plain).replace("Plain", "Quick")
    assert hash(made) == hash(plain)
    assert copy.deepcopy(made) == made
    assert inspect.signature(Quick) == inspect.signature(Plain)


@pytest.mark.parametrize(("given", "named"), [((), {}), ((1, 2, 3, 4), {}), ((1,), {"fifth": 5})])
def test_wrong_arguments_are_refused_as_ever(given: tuple[Any, ...], named: dict[str, Any]) -> None:
    for of in (Plain, Quick):
        with pytest.raises(TypeError):
            of(*given, **named)


def test_what_is_made_by_default_is_made_anew() -> None:
    assert Quick(1).third is not Quick(1).third


def test_a_quick_value_stays_as_it_was_made() -> None:
    made = Quick(1)
    with pytest.raises(FrozenInstanceError):
        made.first = 2  # type: ignore[misc]  # this is what is refused
    with pytest.raises(FrozenInstanceError):
        del made.first
    assert made == Quick(1)


def test_a_replaced_value_has_the_changes_and_leaves_the_other_as_it_was() -> None:
    made = Quick(1, "a", [2], fourth=False)
    changed = replace(made, first=2, second=None)
    assert (type(changed), changed, changed.fourth) == (Quick, Quick(2, None, [2]), False)
    assert made == Quick(1, "a", [2])
    with pytest.raises(FrozenInstanceError):
        changed.first = 3  # type: ignore[misc]  # this is what is refused


def test_a_field_that_is_not_there_cannot_be_replaced() -> None:
    with pytest.raises(AttributeError):
        replace(Quick(1), fifth=5)  # type: ignore[call-arg]  # likewise
    with pytest.raises(TypeError):
        replace(Plain(1), fifth=5)  # type: ignore[call-arg]  # likewise


def test_what_is_not_quick_is_replaced_all_the_same() -> None:
    assert replace(Plain(1), first=2) == Plain(2)


class Base(ABC):
    __slots__ = ()

    @abstractmethod
    def names(self) -> list[str]: ...


@dataclass(frozen=True, slots=True)
class FrozenBase(Base):
    """As commands have it: a base without fields that refuses assignments."""


@quick
@dataclass(frozen=True, slots=True)
class QuickWithBase(FrozenBase):
    first: int
    second: str = "a"

    def names(self) -> list[str]:
        return [self.second]


def test_a_quick_value_may_inherit_what_has_no_fields() -> None:
    made = replace(QuickWithBase(1), second="b")
    assert (type(made), made, made.names()) == (QuickWithBase, QuickWithBase(1, "b"), ["b"])
    assert isinstance(made, Base)
    with pytest.raises(FrozenInstanceError):
        made.second = "c"  # type: ignore[misc]  # which is what is refused
