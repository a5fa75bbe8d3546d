"""The results of one stream, until it ends or something ends it."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import suppress
from typing import Any

from graphql import GraphQLError

from gateway.execution.executor import refused
from gateway.execution.operations import Result

Ending = asyncio.Future[GraphQLError]
"""Its result is the reason why a stream has to end before its operation does."""


async def until(
    ending: Ending, results: AsyncGenerator[Result, None], beat_s: float | None = None
) -> AsyncGenerator[Result | None, None]:
    """The results, and None whenever there was none for `beat_s` seconds. Once the ending is done, its error is the
    last result; once it is cancelled, the stream ends without one."""
    upcoming: asyncio.Task[Result] | None = None
    try:
        while not ending.done():
            upcoming = upcoming or asyncio.create_task(_next(results))
            both: set[asyncio.Future[Any]] = {upcoming, ending}
            await asyncio.wait(both, timeout=beat_s, return_when=asyncio.FIRST_COMPLETED)
            if ending.done():
                break
            if not upcoming.done():
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
