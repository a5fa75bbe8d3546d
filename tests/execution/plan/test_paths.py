"""A function that only reads attributes is known by what it reads, and any other is none."""

from collections.abc import Callable
from functools import partial
from operator import attrgetter
from typing import Any, NewType

import pytest
from strawberry import ID

from gateway.execution.plan.paths import path_of

Code = NewType("Code", str)
known: Any = None


def named(purchase: Any) -> Any:
    return purchase.access.status


def of_another(purchase: Any, *, other: Any = None) -> Any:
    return other.access


PATHS: list[tuple[object, tuple[str, ...]]] = [
    (lambda purchase: purchase, ()),
    (lambda purchase: purchase.tier, ("tier",)),
    (lambda purchase: purchase.access.expires_at, ("access", "expires_at")),
    (lambda purchase: Code(purchase.terms.tier), ("terms", "tier")),
    (named, ("access", "status")),
    (ID, ()),
]

OTHERS: list[Callable[..., Any]] = [
    lambda purchase: purchase.tier or "none",
    lambda purchase: purchase.tier.upper(),
    lambda purchase: purchase.tiers[0],
    lambda purchase: str(purchase.tier),
    lambda purchase: known.tier,
    lambda purchase, other: other.tier,
    lambda *purchases: purchases.__doc__,
    lambda purchase: lambda: purchase.tier,
    of_another,
    attrgetter("tier"),
    partial(named),
    str,
]


@pytest.mark.parametrize(("read", "path"), PATHS)
def test_what_is_read_is_known(read: object, path: tuple[str, ...]) -> None:
    assert path_of(read) == path


@pytest.mark.parametrize("read", OTHERS)
def test_what_does_anything_else_is_called(read: object) -> None:
    assert path_of(read) is None
