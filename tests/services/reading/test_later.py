"""What is awaited later begins when it is awaited, and is nothing where nobody awaits it."""

import gc

import pytest

from gateway.services.reading.later import Later

pytestmark = pytest.mark.anyio


class Calls:
    """Counts how often it was begun."""

    def __init__(self) -> None:
        self.begun = 0

    async def __call__(self) -> int:
        self.begun += 1
        return 7


async def test_it_gives_what_its_call_gives() -> None:
    call = Calls()
    assert await Later(call) == 7
    assert call.begun == 1


async def test_it_is_not_begun_before_it_is_awaited() -> None:
    call = Calls()
    later = Later(call)
    assert call.begun == 0
    assert await later == 7


def test_what_nobody_awaits_leaves_nothing_to_warn_of() -> None:
    call = Calls()
    Later(call)
    gc.collect()  # a coroutine that nobody awaited would be warned of here, and a warning is an error
    assert call.begun == 0
