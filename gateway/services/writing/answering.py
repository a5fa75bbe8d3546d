"""How those who wait for the writer's thread, or for its outcomes, are told."""

import asyncio
from collections.abc import Sequence

from gateway.services.core.model.outcomes import Outcome
from gateway.services.writing.deciding import Result
from gateway.services.writing.locked import LockedOut
from gateway.services.writing.thread import for_a_future


async def ended(future: "asyncio.Future[None] | None", within_s: float) -> bool:
    """Whether it ended, however it did; what was not begun has."""
    if future is None:
        return True
    await asyncio.wait({future}, timeout=within_s)
    if future.done() and not future.cancelled():
        future.exception()  # which is logged already
    return future.done()


def answer(done: asyncio.Future[list[Outcome]], results: Sequence[Result]) -> None:
    """Give whoever waits the outcomes, or the first exception among the results."""
    outcomes: list[Outcome] = []
    for result in results:
        if isinstance(result, Exception):
            done.set_exception(for_a_future(result))
            return
        outcomes.append(result)
    done.set_result(outcomes)


def are_in_doubt(results: Sequence[Result]) -> bool:
    """Of a group that was locked out: whether something of it may be committed, by a part of it or by a turn before."""
    return any(each.may_be_done if isinstance(each, LockedOut) else not isinstance(each, Exception) for each in results)
