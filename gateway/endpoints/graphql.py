"""GraphQL over HTTP, to the letter: what Strawberry's view leaves open, or does otherwise than the specification.

| request                                                      | answer                                              |
|--------------------------------------------------------------|-----------------------------------------------------|
| executed, whatever errors its fields have                    | 200                                                 |
| does not parse, validate or coerce, or is over a limit       | 400 without `data`; 200 for `application/json`      |
| no well-formed request, or it does not say which operation   | 400                                                 |
| accepts neither media type                                   | 406                                                 |
| another method; a mutation by GET; a query, where GET is off | 405 and `Allow`                                     |
| its body is late, too large, no JSON by its header           | 408, 413, 415                                       |
| its URL is too long                                          | 414                                                 |
| more mutations than its caller may make now                  | 429 and `Retry-After`                               |
| too many are under way, or it took too long                  | 503 and `Retry-After`                               |

The statuses are those that `graphql-http`'s audits ask for; later drafts have 422 and 294 where this has 400 and 200.
"""

import asyncio
import json
from collections.abc import Awaitable, Callable
from typing import Any

import orjson
from cross_web import AsyncHTTPRequestAdapter, HTTPException, StarletteRequestAdapter
from graphql import GraphQLError
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send
from starlette.websockets import WebSocket
from strawberry.asgi import GraphQL
from strawberry.http import GraphQLHTTPResponse, GraphQLRequestData
from strawberry.http.types import QueryParams
from strawberry.schema.exceptions import CannotGetOperationTypeError, InvalidOperationTypeError
from strawberry.types import ExecutionResult
from strawberry.types.execution import PreExecutionError, SubscriptionExecutionResult

from gateway.context import Context
from gateway.execution.documents import Documents
from gateway.execution.limits import Limits
from gateway.execution.masking import shown
from gateway.execution.schema import build_schema
from gateway.http.bodies import check_type, read_body, read_object
from gateway.http.errors import Refused
from gateway.http.negotiation import JSON, accepted, content_type
from gateway.schema.conventions.errors import ErrorCode
from gateway.settings.model import Settings
from gateway.streaming.http import Streamed, streamed, streamed_response
from gateway.streaming.lifetimes import StreamLifetimes
from gateway.streaming.selection import names_stream

PATH = "/graphql"

MOST_URL_BYTES = 16_384
"""Of a query in a URL: as much as common servers and proxies take. More goes by POST."""

RETRY_AFTER_S = 1
"""Where too many operations are under way: they are short, and the next second has room."""

ASKS_FOR_MORE = (ErrorCode.PERSISTED_QUERY_NOT_FOUND, ErrorCode.PERSISTED_QUERY_NOT_SUPPORTED)
"""Answered 200: a client of automatic persisted queries then sends the whole query, and nothing went wrong."""

STATUSES = {ErrorCode.RATE_LIMITED: 429, ErrorCode.INTERNAL: 500, ErrorCode.BUSY: 503}
"""Of requests that were not executed, by their error's code; any other is the caller's to mend."""


class BoundedRequest(StarletteRequestAdapter):
    """A request as Strawberry's view reads it, whose body has an end."""

    def __init__(self, request: Request, most_bytes: int, most_s: float) -> None:
        super().__init__(request)
        self._most_bytes, self._most_s = most_bytes, most_s

    @property
    def content_type(self) -> str:
        """In small letters: Strawberry compares the name of a type by the letter, and RFC 9110 §8.3.1 does not."""
        return (super().content_type or "").lower()

    async def get_body(self) -> bytes:
        return await read_body(self._request, self._most_bytes, self._most_s)


class GraphQLEndpoint(GraphQL[Context, None]):
    """POST and GET /graphql for programs, and the GraphiQL page for browsers.

    Args:
        make_context: what resolvers get with a request.
        make_page: the page; None where there is none.
        endings: of streams, when their callers' tokens expire or the server stops.
        documents: those that may be named by an id.
    """

    def __init__(
        self,
        settings: Settings,
        make_context: Callable[[Request], Context],
        make_page: Callable[[], Awaitable[Response]] | None,
        endings: StreamLifetimes | None = None,
        documents: Documents | None = None,
    ) -> None:
        schema = build_schema(Limits.of(settings))
        super().__init__(schema, graphql_ide="graphiql" if make_page else None, subscription_protocols=())
        self._schema, self._settings = schema, settings
        self._make_context = make_context
        self._make_page = make_page
        self._endings = endings or StreamLifetimes()
        self._documents = documents or Documents()
        self._in_flight = 0
        self.request_adapter_class = self._bounded  # type: ignore[assignment]  # by its declaration any such callable

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        request = Request(scope, receive)
        try:
            self._check(request)
            response = await self.run(request)
        except HTTPException as refused:  # the view's own
            raise Refused(refused.status_code, ErrorCode.BAD_USER_INPUT, refused.reason) from None
        await response(scope, receive, send)

    async def get_context(self, request: Request | WebSocket, response: Response | WebSocket) -> Context:
        assert isinstance(request, Request), "no WebSocket is routed here"
        return self._make_context(request)

    # ------------------------------------------------------------ what comes in

    def _check(self, request: Request) -> None:
        """Refuse by its head what need not be read.

        Raises:
            Refused: 405, 406, 414 or 415.
        """
        if request.method != "POST" and not (request.method == "GET" and self._may_get(request)):
            is_read = request.method != "GET" and (self._settings.takes_get or self.graphql_ide is not None)
            allowed = "GET, POST" if is_read else "POST"
            raise Refused(
                405,
                ErrorCode.BAD_USER_INPUT,
                f"Send GraphQL by {allowed.replace(', ', ' or ')}.",
                headers={"Allow": allowed},
            )
        if accepted(request.headers) is None and not names_stream(request.headers) and not self._wants_page(request):
            raise Refused(
                406, ErrorCode.BAD_USER_INPUT, "Accept application/graphql-response+json or application/json."
            )
        if len(request.scope["query_string"]) > MOST_URL_BYTES:
            raise Refused(414, ErrorCode.BAD_USER_INPUT, "The URL is too long: send the query by POST.")
        if request.method == "POST":
            check_type(request)

    def _may_get(self, request: Request) -> bool:
        return self._settings.takes_get or self._wants_page(request)

    def _wants_page(self, request: Request) -> bool:
        return self.should_render_graphql_ide(StarletteRequestAdapter(request))

    def should_render_graphql_ide(self, request: Any) -> bool:
        """For browsers alone: a program that accepts anything is told what is wrong, in JSON."""
        is_for_people = "text/html" in request.headers.get("accept", "")
        return self.graphql_ide is not None and is_for_people and bool(super().should_render_graphql_ide(request))

    def _bounded(self, request: Request) -> AsyncHTTPRequestAdapter:
        return BoundedRequest(request, self._settings.limit_body_bytes, self._settings.limit_body_s)

    async def parse_http_body(self, request: AsyncHTTPRequestAdapter) -> GraphQLRequestData:
        data = await super().parse_http_body(request)
        assert isinstance(data, GraphQLRequestData), "parse_json refuses batches"
        if not isinstance(data.operation_name, str | None):
            raise Refused(400, ErrorCode.BAD_USER_INPUT, "`operationName` must be a string or null, if provided.")
        return data

    def parse_query_params(self, params: QueryParams) -> dict[str, Any]:
        """As in a body; what is empty counts as not given, except that a query cannot be left out."""
        nothing = {"variables": ("", "null"), "extensions": ("", "null"), "operationName": ("",)}
        given = {name: value for name, value in params.items() if value not in nothing.get(name, ())}
        return self._with_document(super().parse_query_params(given))

    def parse_json(self, data: str | bytes) -> Any:
        """A JSON object, with the document in it that it names by an id.

        Raises:
            Refused: 400 for anything else, with what would be right.
        """
        given = read_object(data, "The body must be one JSON object; batches are not accepted.")
        return self._with_document(given) if isinstance(data, bytes) else given  # as text, it is a part of a URL

    def _with_document(self, given: dict[str, Any]) -> dict[str, Any]:
        """Raises: Refused, where the document that is named is not known, or may not be run."""
        try:
            text = self._documents.text_of(given)
        except GraphQLError as error:
            code = ErrorCode((error.extensions or {})["code"])
            raise Refused(200 if code in ASKS_FOR_MORE else 400, code, error.message) from None
        return given if text is None else {**given, "query": text}

    # ------------------------------------------------------------ what is done

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
        assert isinstance(request_data, GraphQLRequestData), "parse_json refuses batches"
        if stream := streamed(self._schema, request, request_data, context):
            return stream
        return await super().execute_operation(
            request, request_adapter, request_data, context, root_value, sub_response
        )

    async def _create_streaming_response(
        self, request: Request, result: SubscriptionExecutionResult, protocol: object, sub_response: Response
    ) -> Response:
        assert isinstance(result, Streamed), "no other stream is made here"
        return streamed_response(request, result, self._endings)

    async def execute_single(self, *args: Any, **named: Any) -> ExecutionResult:
        """Run the operation, if there is room for it, within its time.

        Past its time it is cancelled where it waits. A command that was handed to the writer by then is committed all
        the same, and the same call again finds what it did.
        """
        if self._in_flight >= self._settings.limit_in_flight:
            raise _unavailable(ErrorCode.BUSY, "Too much is under way; make the same call again shortly.")
        self._in_flight += 1
        try:
            async with asyncio.timeout(self._settings.limit_operation_s):
                return await super().execute_single(*args, **named)
        except TimeoutError:
            message = "This took too long. A change may have been made all the same: make the same call again to see."
            raise _unavailable(ErrorCode.TIMED_OUT, message) from None
        except HTTPException as refused:
            raise _explained(refused) from None
        finally:
            self._in_flight -= 1

    # ------------------------------------------------------------ what goes out

    async def get_sub_response(self, request: Request | WebSocket) -> Response:
        response = await super().get_sub_response(request)
        response.media_type = accepted(request.headers) or JSON
        return response

    async def process_result(self, request: Request, result: ExecutionResult) -> GraphQLHTTPResponse:
        is_before_execution = isinstance(result, PreExecutionError)
        if result.errors:
            result.errors = shown(result.errors, is_before_execution=is_before_execution)
        answer = await super().process_result(request, result)
        # An error without a path came of no field: nothing was executed, as where a variable cannot be coerced.
        if is_before_execution or (result.data is None and all(error.path is None for error in result.errors or ())):
            del answer["data"]
        return answer

    def create_response(self, response_data: Any, sub_response: Response) -> Response:
        """The answer under its status, by the media type that the request accepts."""
        headers = {"Cache-Control": "no-store", "Vary": "Accept", **sub_response.headers}
        status = 200
        if "data" not in response_data:
            extensions = response_data["errors"][0]["extensions"]
            status = STATUSES.get(extensions["code"], 400)
            if status == 400 and sub_response.media_type == JSON:
                status = 200  # as clients of that type have always had it
            if "retryAfterSeconds" in extensions:
                headers["Retry-After"] = str(extensions["retryAfterSeconds"])
        headers["Content-Type"] = content_type(sub_response.media_type or JSON)
        return Response(self.encode_json(response_data), status, headers)

    async def render_graphql_ide(self, request: Request) -> Response:
        assert self._make_page is not None, "the page is asked for only where there is one"
        return await self._make_page()

    def encode_json(self, data: object) -> str | bytes:
        try:
            return orjson.dumps(data)
        except TypeError:  # a message that quotes a lone surrogate, which only escapes can carry
            return json.dumps(data)


def _unavailable(code: ErrorCode, message: str) -> Refused:
    headers = {"Retry-After": str(RETRY_AFTER_S)}
    return Refused(503, code, message, headers, retryable=True, retryAfterSeconds=RETRY_AFTER_S)


def _explained(refused: HTTPException) -> Exception:
    """What Strawberry says in words of its own."""
    match refused.__cause__:
        case InvalidOperationTypeError():
            return Refused(405, ErrorCode.BAD_USER_INPUT, "Send mutations by POST.", headers={"Allow": "POST"})
        case CannotGetOperationTypeError(operation_name=None):
            return Refused(
                400,
                ErrorCode.BAD_USER_INPUT,
                "The document must have one operation, or `operationName` must name one of several.",
            )
        case _:
            return refused
