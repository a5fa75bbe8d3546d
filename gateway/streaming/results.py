"""One operation as a sequence of results, each as its caller may see it, until it ends or something ends it."""

import asyncio
import json
from collections.abc import AsyncGenerator
from contextlib import aclosing, suppress
from dataclasses import dataclass, field
from typing import Any

import orjson
from graphql import GraphQLError
from strawberry import Schema
from strawberry.exceptions import MissingQueryError
from strawberry.http import process_result
from strawberry.schema.exceptions import CannotGetOperationTypeError, InvalidOperationTypeError
from strawberry.types import ExecutionResult
from strawberry.types.execution import PreExecutionError
from strawberry.types.graphql import OperationType

from gateway.context import Context
from gateway.execution.masking import shown
from gateway.schema.conventions.errors import bad_input

Payload = dict[str, Any]
Ending = asyncio.Future[GraphQLError]
"""Done with the reason when a stream has to end before its operation does."""

NO_OPERATION = (MissingQueryError, CannotGetOperationTypeError, InvalidOperationTypeError)
"""Strawberry's exceptions for a request that names no operation, or one that is not for it."""

ALL_OPERATIONS = frozenset(OperationType)


@dataclass(frozen=True, slots=True)
class Operation:
    """What a caller wants to have done."""

    query: str | None
    variables: dict[str, Any] | None = field(default=None, hash=False)
    name: str | None = None
    allowed: frozenset[OperationType] = ALL_OPERATIONS


@dataclass(frozen=True, slots=True)
class Result:
    """One result. `is_refusal` says that there was nothing to execute, or that its source failed: no other follows."""

    payload: Payload = field(hash=False)
    is_refusal: bool = False


async def results_of(schema: Schema, operation: Operation, context: Context) -> AsyncGenerator[Result, None]:
    """The results of a query or a mutation, which is one, or of a subscription, which are as many as there are."""
    source = await schema.stream(
        operation.query,
        variable_values=operation.variables,
        context_value=context,
        operation_name=operation.name,
        allowed_operation_types=operation.allowed,
    )
    async with aclosing(source):
        try:
            async for result in source:
                assert isinstance(result, ExecutionResult), "incremental delivery is off"
                yield _result(result)
        except Exception as error:  # noqa: BLE001  what parsing raises, Strawberry answers elsewhere and not in a stream
            yield _result(PreExecutionError(data=None, errors=[_as_graphql(error)]))


def refused(error: GraphQLError) -> Result:
    """The last result of a stream that has to end."""
    return Result({"data": None, "errors": [error.formatted]}, is_refusal=True)


async def until(
    ending: Ending, results: AsyncGenerator[Result, None], beat_s: float | None = None
) -> AsyncGenerator[Result | None, None]:
    """The results, and None whenever there was none for `beat_s` seconds. Once the ending is done its error is the last
    one; a cancelled ending is the last of it without a word."""
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


def encoded(payload: object) -> bytes:
    """The payload as JSON, in one line."""
    try:
        return orjson.dumps(payload)
    except TypeError:  # a message that quotes a lone surrogate, which only escapes can carry
        return json.dumps(payload).encode()


def _coded(error: GraphQLError) -> GraphQLError:
    return bad_input(error.message) if isinstance(error.original_error, NO_OPERATION) else error


def _as_graphql(error: Exception) -> GraphQLError:
    return error if isinstance(error, GraphQLError) else GraphQLError(str(error), original_error=error)


async def _next(results: AsyncGenerator[Result, None]) -> Result:
    return await anext(results)


def _result(result: ExecutionResult) -> Result:
    is_before = isinstance(result, PreExecutionError)
    if result.errors:
        result.errors = shown(map(_coded, result.errors), is_before_execution=is_before)
    # What fails while it is executed says where; a source that fails is nowhere in the answer.
    is_nowhere = result.data is None and all(error.path is None for error in result.errors or ())
    return Result(dict(process_result(result)), is_before or is_nowhere)
