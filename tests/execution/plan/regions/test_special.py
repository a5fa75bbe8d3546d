"""What writes an object follows from the class of what the object wraps."""

from collections.abc import Mapping
from typing import Any

from gateway.execution.plan.deviation import NotCovered
from gateway.execution.plan.regions.sources import Lying
from gateway.execution.plan.regions.special import MOST_KINDS, Special, WriteObject


def named(name: str) -> WriteObject:
    return lambda value, run: {"by": name}


def write(lying: Mapping[str, Lying] | None) -> WriteObject:
    if lying == {}:
        raise NotCovered("too much of it")
    return named("attributes" if lying is None else "places")


def kind(**attributes: Any) -> type:
    return type("Kind", (), attributes)


def test_views_are_read_by_their_places_and_values_by_their_attributes() -> None:
    special = Special(write)
    assert special[kind()](None, None) == {"by": "attributes"}
    assert special[kind(lying={"id": None})](None, None) == {"by": "places"}


def test_views_of_which_nothing_can_be_written_are_read_by_their_attributes() -> None:
    assert Special(write)[kind(lying={})](None, None) == {"by": "attributes"}


def test_a_function_is_made_once_for_a_class_and_few_are_kept() -> None:
    special = Special(write)
    kinds = [kind(lying={"id": None}) for _ in range(3 * MOST_KINDS)]
    for each in kinds:
        assert special[each] is special[each]
        assert len(special) <= MOST_KINDS
