"""A GraphQL request over HTTP that is answered by a stream: which, and how it begins."""

from collections.abc import AsyncGenerator
from dataclasses import dataclass
from typing import Self

from cross_web import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from strawberry import Schema
from strawberry.http import GraphQLRequestData
from strawberry.types.graphql import OperationType

from gateway.auth.bearer import verified_of
from gateway.context import Context
from gateway.streaming.formats import MULTIPART, SSE, Format
from gateway.streaming.lifetimes import StreamLifetimes
from gateway.streaming.response import StreamedResponse
from gateway.streaming.results import Operation, Result, results_of
from gateway.streaming.selection import Kind, NoStream, kind_of_answer

FORMATS: dict[Kind, Format] = {Kind.SSE: SSE, Kind.MULTIPART: MULTIPART}

NOT_STREAMED = (
    "A subscription is answered by a stream: accept text/event-stream, or multipart/mixed;subscriptionSpec=1.0, or "
    "speak graphql-transport-ws over a WebSocket."
)


@dataclass(frozen=True, slots=True)
class Streamed:
    """An operation that is to be streamed; it has not begun."""

    schema: Schema
    operation: Operation
    context: Context
    written: Format

    def begin(self) -> AsyncGenerator[Result, None]:
        return results_of(self.schema, self.operation, self.context)

    # By these two Strawberry's view knows a stream; it is read by `begin`.
    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> Result:
        raise StopAsyncIteration


def streamed(schema: Schema, request: Request, data: GraphQLRequestData, context: Context) -> Streamed | None:
    """The stream that a request asks for; None where it wants one JSON object.

    Raises:
        HTTPException: 406 for a subscription whose caller reads no stream.
    """
    try:
        kind = kind_of_answer(request.headers.get("accept", ""), data.query, data.operation_name)
    except NoStream:
        raise HTTPException(406, NOT_STREAMED) from None
    if kind is Kind.JSON:
        return None
    is_safe = request.method == "GET"
    allowed = frozenset(OperationType) - ({OperationType.MUTATION} if is_safe else frozenset())
    operation = Operation(data.query, data.variables, data.operation_name, allowed)
    return Streamed(schema, operation, context, FORMATS[kind])


def streamed_response(request: Request, stream: Streamed, endings: StreamLifetimes) -> Response:
    """The stream as the answer to its request; it ends when the caller's token does."""
    verified = verified_of(request)
    return StreamedResponse(stream.begin, stream.written, endings, verified.expires_at if verified else None)
