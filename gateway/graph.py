"""The GraphQL schema as one thing, and its endpoint over HTTP."""

import json
from collections.abc import Awaitable, Callable, Iterable
from functools import cache
from typing import Any

import orjson
import strawberry
from cross_web import AsyncHTTPRequestAdapter, HTTPException
from graphql import (
    GraphQLArgument,
    GraphQLError,
    GraphQLInputField,
    GraphQLInputObjectType,
    GraphQLObjectType,
    GraphQLSchema,
    Undefined,
)
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send
from starlette.websockets import WebSocket
from strawberry.asgi import GraphQL
from strawberry.extensions import MaxTokensLimiter, ParserCache, ValidationCache
from strawberry.http import GraphQLHTTPResponse, GraphQLRequestData
from strawberry.schema.config import StrawberryConfig
from strawberry.types import ExecutionResult
from strawberry.types.execution import ExecutionContext, PreExecutionError, SubscriptionExecutionResult

from gateway.context import Context
from gateway.masking import shown
from gateway.resolvers.mutation import Mutation
from gateway.resolvers.permissions import enforce
from gateway.resolvers.query import Query
from gateway.resolvers.subscription import Subscription
from gateway.schema.errors import ErrorCode
from gateway.schema.scalars import SCALARS
from gateway.streaming.endings import Endings
from gateway.streaming.http import Streamed, streamed, streamed_response
from gateway.streaming.limits import MOST_TOKENS

CACHED_DOCUMENTS = 1024
"""Parsed and validated documents that are kept: more than a platform's clients have, few enough to hold."""


class GatewaySchema(strawberry.Schema):
    def process_errors(self, errors: list[GraphQLError], execution_context: ExecutionContext | None = None) -> None:
        """Nothing: `masking` logs what is unexpected; what is expected is no news."""


@cache
def build_schema() -> GatewaySchema:
    """The schema, its `@requires` enforced. One for the process: its caches are keyed by it."""
    schema = GatewaySchema(
        query=Query,
        mutation=Mutation,
        subscription=Subscription,
        config=StrawberryConfig(scalar_map=SCALARS),
        extensions=[
            lambda: MaxTokensLimiter(max_token_count=MOST_TOKENS),
            lambda: ParserCache(maxsize=CACHED_DOCUMENTS),
            lambda: ValidationCache(maxsize=CACHED_DOCUMENTS),
        ],
    )
    built = schema._schema  # Strawberry's one way to it
    _leave_out_null_defaults(built)
    enforce(built)
    return schema


def _leave_out_null_defaults(schema: GraphQLSchema) -> None:
    """Print `first: Int` and not `first: Int = null`: what may be left out says so by its type."""
    for graphql_type in schema.type_map.values():
        if isinstance(graphql_type, GraphQLInputObjectType):
            inputs: Iterable[GraphQLInputField | GraphQLArgument] = graphql_type.fields.values()
        elif isinstance(graphql_type, GraphQLObjectType):
            inputs = [argument for field in graphql_type.fields.values() for argument in field.args.values()]
        else:
            continue
        for each in inputs:
            if each.default_value is None:
                each.default_value = Undefined


def print_sdl() -> str:
    """The schema as `schema.graphql` holds it."""
    return build_schema().as_str() + "\n"


class GraphQLEndpoint(GraphQL[Context, None]):
    """POST and GET /graphql for programs, and the GraphiQL page for browsers."""

    def __init__(
        self,
        make_context: Callable[[Request], Context],
        make_page: Callable[[], Awaitable[Response]] | None,
        endings: Endings | None = None,
    ) -> None:
        super().__init__(build_schema(), graphql_ide="graphiql" if make_page else None, subscription_protocols=())
        self._make_context = make_context
        self._make_page = make_page
        self._endings = endings or Endings()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        response: Response
        try:
            response = await self.run(Request(scope, receive))
        except HTTPException as refused:
            response = refusal(refused.status_code, refused.reason)
        except ClientDisconnect:
            response = refusal(400, "The body did not come to its end.")  # nobody hears it
        await response(scope, receive, send)

    async def get_context(self, request: Request | WebSocket, response: Response | WebSocket) -> Context:
        assert isinstance(request, Request), "no WebSocket is routed here"
        return self._make_context(request)

    async def render_graphql_ide(self, request: Request) -> Response:
        assert self._make_page is not None, "the page is asked for only where there is one"
        return await self._make_page()

    async def execute_operation(
        self,
        request: Request,
        request_adapter: AsyncHTTPRequestAdapter,
        request_data: GraphQLRequestData | list[GraphQLRequestData],
        context: Context,
        root_value: None,
        sub_response: Response,
    ) -> ExecutionResult | list[ExecutionResult] | SubscriptionExecutionResult:
        """What the operation comes to: one result, or a stream of them where the request asks for one."""
        if isinstance(request_data, GraphQLRequestData) and (
            stream := streamed(build_schema(), request, request_data, context)
        ):
            return stream
        return await super().execute_operation(
            request, request_adapter, request_data, context, root_value, sub_response
        )

    async def _create_streaming_response(
        self, request: Request, result: SubscriptionExecutionResult, protocol: object, sub_response: Response
    ) -> Response:
        assert isinstance(result, Streamed), "no other stream is made here"
        return streamed_response(request, result, self._endings)

    async def process_result(self, request: Request, result: ExecutionResult) -> GraphQLHTTPResponse:
        if result.errors:
            result.errors = shown(result.errors, is_before_execution=isinstance(result, PreExecutionError))
        return await super().process_result(request, result)

    def parse_json(self, data: str | bytes) -> Any:
        """A JSON object.

        Raises:
            HTTPException: 400 for anything else, with what would be right.
        """
        try:
            parsed = json.loads(data)
        except (ValueError, RecursionError):  # malformed, not UTF-8, or nested without end
            raise HTTPException(400, "The body must be a JSON object, in UTF-8.") from None
        if not isinstance(parsed, dict):
            raise HTTPException(400, "The body must be one JSON object; batches are not accepted.")
        return parsed

    def encode_json(self, data: object) -> str | bytes:
        try:
            return orjson.dumps(data)
        except TypeError:  # a message that quotes a lone surrogate, which only escapes can carry
            return json.dumps(data)


def refusal(status: int, message: str, code: ErrorCode = ErrorCode.BAD_USER_INPUT, **extensions: object) -> Response:
    """A request that never became an operation, in the shape of a GraphQL answer."""
    body = {"errors": [{"message": message, "extensions": {"code": code.value, **extensions}}]}
    # Escaped to ASCII: a message may quote a lone surrogate, which has no UTF-8.
    return Response(json.dumps(body), status, media_type="application/json")
