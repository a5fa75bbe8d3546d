"""POST and GET /graphql, by GraphQL over HTTP.

| request                                                      | answer                                              |
|--------------------------------------------------------------|-----------------------------------------------------|
| executed, whatever errors its fields have                    | 200                                                 |
| executed, but nothing could be read or done at all           | 503 and `Retry-After`                               |
| does not parse, validate or coerce, or is over a limit       | 400 without `data`; 200 for `application/json`      |
| no well-formed request, or it does not say which operation   | 400                                                 |
| accepts neither media type                                   | 406                                                 |
| another method; a mutation by GET; a query, where GET is off | 405 and `Allow`                                     |
| its body is late, too large, no JSON by its header           | 408, 413, 415                                       |
| its URL is too long                                          | 414                                                 |
| more than its caller may ask for, or change, now             | 429 and `Retry-After`                               |
| too many are under way, or it took too long                  | 503 and `Retry-After`                               |

The statuses are those that `graphql-http`'s audits ask for; later drafts have 422 and 294 where this has 400 and 200.
"""

from collections.abc import Awaitable, Callable, Mapping
from functools import partial
from typing import Any

from graphql import GraphQLError, OperationType
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from gateway.auth.bearer import verified_of
from gateway.context import Caller, Context
from gateway.execution.answers import RETRY_AFTER_S
from gateway.execution.documents import Documents
from gateway.execution.executor import Executor
from gateway.execution.observing import log_fields
from gateway.execution.operations import NoOperation, NotAllowed, Operation, Payload, Result
from gateway.http.bodies import check_type, read_body, read_object
from gateway.http.errors import Refused, too_often
from gateway.http.json import write
from gateway.http.negotiation import JSON, accept_of, accepted, content_type
from gateway.http.telemetry import LOG_FIELDS
from gateway.schema.conventions.errors import ErrorCode
from gateway.settings.model import Settings
from gateway.streaming.formats import MULTIPART, SSE, Format
from gateway.streaming.lifetimes import StreamLifetimes
from gateway.streaming.response import StreamedResponse
from gateway.streaming.selection import Kind, NoStream, kind_of_answer, names_stream

PATH = "/graphql"

MOST_URL_BYTES = 16_384
"""The longest query string: as much as common servers and proxies take. More can be sent by POST."""

ASKS_FOR_MORE = (ErrorCode.PERSISTED_QUERY_NOT_FOUND, ErrorCode.PERSISTED_QUERY_NOT_SUPPORTED)
"""Answered 200: a client of automatic persisted queries then sends the whole query, and nothing went wrong."""

STATUSES = {ErrorCode.RATE_LIMITED: 429, ErrorCode.INTERNAL: 500, ErrorCode.BUSY: 503, ErrorCode.TIMED_OUT: 503}
"""The statuses of requests that were not executed, by error code; all others are 400."""

FORMATS: dict[Kind, Format] = {Kind.SSE: SSE, Kind.MULTIPART: MULTIPART}

KINDS_OF = {
    "GET": frozenset({OperationType.QUERY, OperationType.SUBSCRIPTION}),  # a link must not change anything
    "POST": frozenset(OperationType),
}

NOTHING = {"variables": ("", "null"), "extensions": ("", "null"), "operationName": ("",)}
"""Values of URL parameters that count as not given."""

FAILED = "gateway.failed"
"""In a request's scope, an error that nobody expected: raised here, so that it is told in one place."""

Asked = tuple[Mapping[str, Any], int]
"""The parameters of a request, and how many bytes they are."""

NO_BATCH = "The body must be one JSON object; batches are not accepted."
NOT_STREAMED = (
    "A subscription is answered by a stream: accept text/event-stream, or multipart/mixed;subscriptionSpec=1.0, or "
    "speak graphql-transport-ws over a WebSocket."
)


class GraphQLEndpoint:
    """ASGI endpoint for programs, and the GraphiQL page for browsers.

    Args:
        make_context: what resolvers get with a request.
        make_page: makes the GraphiQL page; None where it is off.
        lifetimes: of streams, when their callers' tokens expire or the server stops.
        documents: finds documents by their ids.
    """

    def __init__(
        self,
        settings: Settings,
        executor: Executor,
        make_context: Callable[[Request], Context],
        make_page: Callable[[Request], Awaitable[Response]] | None,
        lifetimes: StreamLifetimes,
        documents: Documents,
    ) -> None:
        self._settings, self._executor, self._documents = settings, executor, documents
        self._make_context, self._make_page, self._lifetimes = make_context, make_page, lifetimes

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if (error := scope.get(FAILED)) is not None:
            raise error
        response = await self._answer(Request(scope, receive))
        await response(scope, receive, send)

    async def _answer(self, request: Request) -> Response:
        """Raises: Refused."""
        accept = accept_of(request.headers)
        wants_page = request.method == "GET" and "text/html" in accept and "query" not in request.query_params
        make_page = self._make_page if wants_page else None
        self._check(request, accept, wants_page=make_page is not None)
        if make_page is not None:
            return await make_page(request)
        body = await self._body(request) if request.method == "POST" else None
        context = self._make_context(request)
        request.scope[LOG_FIELDS] = partial(log_fields, context, None)
        asked, size = self._asked(request) if body is None else _posted(body, context.caller)
        operation = operation_of(request.method, asked, self._documents, size)
        try:
            kind = kind_of_answer(accept, is_subscription=self._executor.is_subscription(operation, context.caller))
        except NoStream:
            raise _bad(406, NOT_STREAMED) from None
        if kind is not Kind.JSON:
            return self._streamed(request, operation, context, FORMATS[kind])
        try:
            result = await self._executor.run(operation, context)
            request.scope[LOG_FIELDS] = partial(log_fields, context, result)
            return response_of(result, accepted(accept) or JSON)
        except NotAllowed:
            raise _bad(405, "Send mutations by POST.", {"Allow": "POST"}) from None
        except NoOperation as error:
            raise _bad(400, str(error)) from None

    # ------------------------------------------------------------ what comes in

    def _check(self, request: Request, accept: str, *, wants_page: bool) -> None:
        """Refuse a request by its head, before the body is read.

        Raises:
            Refused: 405, 406, 414 or 415.
        """
        if request.method != "POST" and not (request.method == "GET" and (self._settings.takes_get or wants_page)):
            is_read = request.method != "GET" and (self._settings.takes_get or self._make_page is not None)
            allowed = "GET, POST" if is_read else "POST"
            raise _bad(405, f"Send GraphQL by {allowed.replace(', ', ' or ')}.", {"Allow": allowed})
        if accepted(accept) is None and not names_stream(accept) and not wants_page:
            raise _bad(406, "Accept application/graphql-response+json or application/json.")
        if len(request.scope["query_string"]) > MOST_URL_BYTES:
            raise _bad(414, "The URL is too long: send the query by POST.")
        if request.method == "POST":
            check_type(request)

    async def _body(self, request: Request) -> bytes:
        """Raises: Refused."""
        return await read_body(request, self._settings.limit_body_bytes, self._settings.limit_body_s)

    def _asked(self, request: Request) -> Asked:
        """The parameters of a URL, of which `variables` and `extensions` are read as well. Raises: Refused."""
        given: dict[str, Any] = {
            name: value for name, value in request.query_params.items() if value not in NOTHING.get(name, ())
        }
        read: dict[str, Any] = {
            name: read_object(given[name], NO_BATCH) for name in ("variables", "extensions") if name in given
        }
        return {**given, **read}, sum(map(len, given.values()))

    # ------------------------------------------------------------ what goes out

    def _streamed(self, request: Request, operation: Operation, context: Context, form: Format) -> Response:
        """The stream, which begins when it is sent, and ends when the caller's token does."""
        expires_at = verified.expires_at if (verified := verified_of(request)) else None
        return StreamedResponse(
            lambda: self._executor.stream(operation, context),
            form,
            self._lifetimes,
            expires_at,
            is_finished=not self._executor.is_subscription(operation),
        )


def _posted(body: bytes, caller: Caller) -> Asked:
    """The parameters of a body. Raises: Refused."""
    if (refusal := caller.parse(len(body))) is not None:
        raise too_often(refusal)
    return read_object(body, NO_BATCH), len(body)


def operation_of(method: str, asked: Mapping[str, Any], documents: Documents, size: int) -> Operation:
    """The operation that is asked for by so many bytes.

    Raises: Refused, where the document that is named is not known or may not be run, or a parameter is wrong.
    """
    try:
        text = documents.text_of(asked)
    except GraphQLError as error:
        code = ErrorCode((error.extensions or {})["code"])
        raise Refused(200 if code in ASKS_FOR_MORE else 400, code, error.message) from None
    query = _given(asked, "query", str) if text is None else text
    variables, extensions = _given(asked, "variables", dict), _given(asked, "extensions", dict)
    name = asked.get("operationName")
    if not isinstance(name, str | None):
        raise _bad(400, "`operationName` must be a string or null, if provided.")
    beside = size - len(_given(asked, "query", str) or "")
    return Operation(query, variables, name, extensions, KINDS_OF[method], beside)


def response_of(result: Result, media_type: str, vary: str = "Accept") -> Response:
    """The result under its status, by the media type that the request accepts."""
    headers = {"Cache-Control": "no-store", "Vary": vary, "Content-Type": content_type(media_type)}
    if not result.is_refusal:
        if (retry_after_s := _later(result.payload)) is not None:
            return Response(write(result.payload), 503, headers | {"Retry-After": str(retry_after_s)})
        return Response(write(result.payload), 200, headers)
    extensions = result.payload["errors"][0]["extensions"]
    status = STATUSES.get(extensions["code"], 400)
    if status == 400 and media_type == JSON:
        status = 200  # as clients of that type have always had it
    if "retryAfterSeconds" in extensions:
        headers["Retry-After"] = str(extensions["retryAfterSeconds"])
    answer = {name: value for name, value in result.payload.items() if name != "data"}
    return Response(write(answer), status, headers)


def _later(payload: Payload) -> int | None:
    """In how many seconds to ask again, where every field at the root failed because nothing can be done now; so that
    proxies, monitors and clients that know only HTTP see an outage as one."""
    if not (errors := payload.get("errors")) or any(each is not None for each in (payload.get("data") or {}).values()):
        return None
    extensions = [error["extensions"] for error in errors]
    if any(STATUSES.get(each["code"]) != 503 for each in extensions):
        return None
    waits: list[int] = [each.get("retryAfterSeconds", RETRY_AFTER_S) for each in extensions]
    return max(waits)


def _given(asked: Mapping[str, Any], name: str, kind: type) -> Any:
    """Raises: Refused, 400."""
    value = asked.get(name)
    if value is not None and not isinstance(value, kind):
        what = "a string" if kind is str else "an object"
        raise _bad(400, f"The GraphQL operation's `{name}` must be {what} or null, if provided.")
    return value


def _bad(status: int, message: str, headers: Mapping[str, str] | None = None) -> Refused:
    return Refused(status, ErrorCode.BAD_USER_INPUT, message, headers)
