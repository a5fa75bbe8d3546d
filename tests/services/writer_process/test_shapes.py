"""The values of commands and outcomes become plain JSON and are the same values again, whatever their fields hold."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from typing import Any
from uuid import UUID

import orjson
import pytest

from gateway.services.core.model.jobs import JobKind
from gateway.services.core.model.values import Course, Money, Tier
from gateway.services.writer_process import shapes
from gateway.services.writer_process.shapes import Shapes


@dataclass(frozen=True, slots=True)
class Leaf:
    on: date
    at: time
    moment: datetime
    kind: JobKind
    ids: tuple[UUID, ...]


@dataclass(frozen=True, slots=True)
class Tree:
    """Holds itself, as an outcome may hold an outcome."""

    leaf: Leaf | None
    children: "tuple[Tree, ...]" = ()
    notes: "dict[str, object] | None" = None


@dataclass(frozen=True, slots=True)
class Bought:
    course: Course | None


@dataclass(frozen=True, slots=True)
class Odd:
    holds: complex


@dataclass(frozen=True)
class WithoutSlots:
    name: str = "somebody's"


ID = UUID(int=2**127 + 1)
LEAF = Leaf(date(2028, 2, 29), time(23, 59), datetime(2026, 11, 23, 9, 0, 0, 1, UTC), JobKind.SWEEP_OPEN, (ID, ID))
COURSE = Course(ID, "Yoga", (Tier("BASIC", 4, Money(1, "INR"), None, 1),), LEAF.moment)


@pytest.mark.parametrize("value", [Tree(None), Tree(LEAF, (Tree(LEAF), Tree(None))), Tree(LEAF, (), {"a": [1, None]})])
def test_a_value_within_values_is_the_same_again(value: Tree) -> None:
    pack, unpack = Shapes().of(Tree)
    assert unpack(orjson.loads(orjson.dumps(pack(value)))) == value


@pytest.mark.parametrize(("kind", "why"), [(Odd, "no form for .*complex"), (WithoutSlots, "no slots")])
def test_a_type_that_has_no_form_is_an_error_before_anything_crosses(kind: type, why: str) -> None:
    with pytest.raises(TypeError, match=why):
        Shapes().of(kind)


def test_a_kind_that_no_union_has_is_refused() -> None:
    pack, unpack = Shapes().of_union(Tree | Leaf)
    name, plain = orjson.loads(orjson.dumps(pack(LEAF)))
    assert name == "Leaf"
    assert unpack([name, plain]) == LEAF
    with pytest.raises(KeyError):
        unpack(["Trunk", plain])
    with pytest.raises(ValueError, match="unpack"):
        unpack([name, plain[:-1]])


def test_another_field_is_another_version() -> None:
    versions = set()
    for fields in ("a: int", "b: int", "a: str", "a: int; c: int = 0"):
        names: dict[str, Any] = {"dataclass": dataclass, "__name__": __name__}
        exec(f"@dataclass(frozen=True, slots=True)\nclass Changed:\n {fields}", names)
        made = Shapes()
        made.of(names["Changed"])
        versions.add(made.version)
    assert len(versions) == 4


def test_what_many_values_share_is_made_once_and_not_remembered_for_ever(monkeypatch: pytest.MonkeyPatch) -> None:
    pack, unpack = Shapes(frozenset({Course})).of(Bought)
    first, second = (unpack(orjson.loads(orjson.dumps(pack(Bought(COURSE))))) for _ in range(2))
    assert first == second == Bought(COURSE)
    assert first.course is second.course
    assert unpack(pack(Bought(None))) == Bought(None)
    monkeypatch.setattr(shapes, "MOST_REMEMBERED", 1)
    others = [Course(ID, f"Yoga {number}", (), LEAF.moment) for number in range(4)]
    assert [unpack(pack(Bought(other))).course for other in others] == others
    again = unpack(pack(Bought(COURSE))).course
    assert again == COURSE
    assert again is not first.course
