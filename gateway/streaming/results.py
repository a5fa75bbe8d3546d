"""The results of one stream, until it ends or something ends it."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import suppress
from typing import Any

from graphql import GraphQLError

from gateway.execution.answers import refused
from gateway.execution.operations import Result

Ending = asyncio.Future[GraphQLError]
"""Its result is the reason why a stream has to end before its operation does."""


async def until(
    ending: Ending, results: AsyncGenerator[Result, None], beat_s: float | None = None, *, is_finished: bool = False
) -> AsyncGenerator[Result | None, None]:
    """The results, and None whenever there was none for `beat_s` seconds. Once the ending is done, its error is the
    last result; once it is cancelled, the stream ends without one.

    Args:
        is_finished: whether the results have an end of their own that is waited for, as a mutation's: what it has done
            by then should not be answered as if nobody knew. Such results end before theirs where it is cancelled.
    """
    is_over = ending.cancelled if is_finished else ending.done
    upcoming: asyncio.Task[Result] | None = None
    try:
        while not is_over():
            upcoming = upcoming or asyncio.create_task(_next(results))
            awaited: set[asyncio.Future[Any]] = {upcoming} if ending.done() else {upcoming, ending}
            await asyncio.wait(awaited, timeout=beat_s, return_when=asyncio.FIRST_COMPLETED)
            if is_over():
                break
            if not upcoming.done():
                if beat_s is not None:
                    yield None
                continue
            try:
                result = upcoming.result()
            except StopAsyncIteration:
                return
            upcoming = None
            yield result
        if not ending.cancelled():
            yield refused(ending.result())
    finally:
        if upcoming is not None:
            upcoming.cancel()
            with suppress(asyncio.CancelledError, StopAsyncIteration):
                await upcoming
        await results.aclose()


async def _next(results: AsyncGenerator[Result, None]) -> Result:
    return await anext(results)
