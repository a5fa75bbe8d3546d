"""The straight way of the request that nearly every program sends: a POST to /graphql in JSON, answered in JSON.

Our own server asks it first, with bytes in and out; under another it is an ASGI application before the other. Between
the bytes that come and those that go stands nothing but what such a request needs. Whatever is unusual goes on to the
application behind, as it came: another method or type, streams, a body in pieces, headers that come twice, a token that
cannot be judged at once, anything that has to be refused. So each refusal is made in one place, and what is not thought
of here is answered there. `tests/endpoints/test_fast_path.py` has both ways give the same answers.
"""

import asyncio
import re
import time
from collections.abc import Callable
from functools import partial
from typing import Any, NamedTuple, TypeVar

from starlette.requests import HTTPConnection
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from gateway.auth.tokens import TokenVerifier
from gateway.context import Context
from gateway.endpoints import graphql
from gateway.execution.documents import Documents
from gateway.execution.executor import Executor
from gateway.execution.observing import log_fields
from gateway.execution.operations import NoOperation, Operation, Result
from gateway.http import bodies, negotiation
from gateway.http.callers import PARSED_FREE_BYTES
from gateway.http.extensions import WholeAnswer
from gateway.http.json import write
from gateway.http.telemetry import REQUEST_ID, Done, identified, request_id_of
from gateway.services.core.model.values import Actor
from gateway.services.tracing import TRACEPARENT
from gateway.settings.model import Settings
from gateway.streaming.selection import Kind, kind_of_answer

UNUSUAL = frozenset({b"content-encoding", b"transfer-encoding"})
"""Headers of which the application behind knows what to make."""

BEARER = b"Bearer "
"""As programs write it. In other letters it goes the other way."""

LOCAL_HOST = re.compile(rb"(?:localhost|127\.0\.0\.1)(?::[0-9]{1,4})?")
"""As a browser or a program on this machine names it; a port of five figures would have to be judged."""

RawHeaders = list[tuple[bytes, bytes]]

Answer = tuple[int, RawHeaders, bytes | memoryview]
"""Status, headers and body."""

Shape = TypeVar("Shape", Answer, WholeAnswer)


class Head(NamedTuple):
    """What a request's head says, where it is a usual one."""

    media_type: str
    viewer: Actor | None
    request_id: str
    began: float
    """When `time.perf_counter` said so."""
    traceparent: bytes | None


class FastPath:
    """ASGI application before another, and our server's `Straight`.

    Args:
        app: the whole, as others find it in a request's scope.
        others: the application behind, which has an answer to everything.
        make_context: what resolvers get with a request.
    """

    url = graphql.PATH.encode()

    def __init__(
        self,
        app: ASGIApp,
        others: ASGIApp,
        settings: Settings,
        verifier: TokenVerifier,
        executor: Executor,
        documents: Documents,
        make_context: Callable[[HTTPConnection, Actor | None], Context],
    ) -> None:
        self._app, self._others, self._verifier, self._executor = app, others, verifier, executor
        self._documents, self._make_context = documents, make_context
        self._most_bytes, self._most_s = settings.limit_body_bytes, settings.limit_body_s
        self._is_host_judged = settings.is_secret_public
        is_for_sites = bool(settings.cors_origins)
        self._unusual = UNUSUAL | {b"origin"} if is_for_sites else UNUSUAL
        self._vary = "Accept, Origin" if is_for_sites else "Accept"
        self._headers = {each: self._headers_of(each) for each in (negotiation.JSON, negotiation.GRAPHQL_JSON)}
        self._lines = {each: _lines(headers) for each, headers in self._headers.items()}

    async def answer(self, scope: Scope, body: bytes) -> WholeAnswer | None:
        """See `Straight`."""
        if (head := self._head(scope)) is None or (operation := self._operation(body)) is None:
            return None
        scope["app"] = self._app
        return await self._answered(scope, operation, head, self._in_lines)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        head = self._head(scope)
        if head is None:
            await self._others(scope, receive, send)
            return
        try:
            message = await self._received(scope, receive)
        except TimeoutError:
            await self._others(scope, receive, send)
            return
        is_whole = message["type"] == "http.request" and not message.get("more_body")
        operation = self._operation(message.get("body", b"")) if is_whole else None
        answer = await self._answered(scope, operation, head, self._in_headers) if operation else None
        if answer is None:
            await self._others(scope, _again(message, receive), send)
            return
        status, headers, body = answer
        await send({"type": "http.response.start", "status": status, "headers": headers})
        await send({"type": "http.response.body", "body": body})

    # ------------------------------------------------------------ what comes in

    def _head(self, scope: Scope) -> Head | None:
        """None, where the request is unusual, or has to be refused."""
        if scope["type"] != "http" or scope["method"] != "POST" or scope["path"] != graphql.PATH:
            return None
        given = scope["headers"]
        headers: dict[bytes, bytes] = dict(given)
        if len(headers) < len(given) or not self._unusual.isdisjoint(headers):
            return None
        if scope["query_string"] or scope.get("root_path"):
            return None
        if self._is_host_judged and not LOCAL_HOST.fullmatch(headers.get(b"host", b"")):
            return None
        length = headers.get(b"content-length", b"")
        if not (length.isdigit() and len(length) < 10 and int(length) <= self._most_bytes):
            return None
        media_type = _media_type(headers.get(b"accept", b""))
        if media_type is None or not _is_json(headers.get(b"content-type", b"")):
            return None
        viewer = None
        if (authorization := headers.get(b"authorization")) is not None:
            verified = self._verifier.known_at_once(authorization[len(BEARER) :])
            if verified is None or not authorization.startswith(BEARER):
                return None
            viewer = verified.actor
        request_id, traceparent = request_id_of(headers.get(REQUEST_ID)), headers.get(TRACEPARENT)
        return Head(media_type, viewer, request_id, time.perf_counter(), traceparent)

    async def _received(self, scope: Scope, receive: Receive) -> Message:
        """The first message of a body that is on its way; the rest has what time is left.

        Raises: TimeoutError.
        """
        due_at = scope[bodies.DUE_AT] = asyncio.get_running_loop().time() + self._most_s
        async with asyncio.timeout_at(due_at):
            return await receive()

    def _operation(self, body: bytes) -> Operation | None:
        """None, where it is no operation, one whose answer is a stream, or to be paid for before it is parsed."""
        if len(body) > min(self._most_bytes, PARSED_FREE_BYTES):
            return None
        try:
            operation = graphql.operation_of("POST", bodies.read_object(body), self._documents, len(body))
            return None if self._executor.may_be_subscription(operation) else operation
        except Exception:  # noqa: BLE001  nothing is done yet: the other way does it anew, and says what is wrong
            return None

    # ------------------------------------------------------------ what goes out

    async def _answered(
        self, scope: Scope, operation: Operation, head: Head, shaped: Callable[[Result, Head], Shape]
    ) -> Shape | None:
        """What it came to, in that shape; None, where the application behind has to say what is wrong, and nothing was
        done."""
        status, is_ours, result = 500, True, None
        with identified(head.request_id, head.traceparent, scope, graphql.PATH):
            try:
                context = self._make_context(HTTPConnection(scope), head.viewer)
                result = await self._executor.run(operation, context)
                answer = shaped(result, head)
            except NoOperation:
                is_ours = False
                return None
            except Exception as error:  # noqa: BLE001  told by the application behind, as any that nobody expects
                scope[graphql.FAILED], is_ours = error, False
                return None
            else:
                status = answer[0]
                return answer
            finally:
                if is_ours:
                    done = Done(scope, graphql.PATH, head.began, head.request_id)
                    done.status, done.address = status, context.address
                    done.tell(partial(log_fields, context, result))

    def _in_lines(self, result: Result, head: Head) -> WholeAnswer:
        if result.is_refusal or "errors" in result.payload:
            status, headers, body = self._in_headers(result, head)
            return status, _lines(headers), body
        body = write(result.payload)
        own = b"content-length: %d\r\nx-request-id: %s\r\n" % (len(body), head.request_id.encode())
        return 200, self._lines[head.media_type] + own, body

    def _in_headers(self, result: Result, head: Head) -> Answer:
        given = (REQUEST_ID, head.request_id.encode())
        if result.is_refusal or "errors" in result.payload:
            response = graphql.response_of(result, head.media_type, self._vary)
            return response.status_code, [*response.raw_headers, given], response.body
        body = write(result.payload)
        return 200, [*self._headers[head.media_type], (b"content-length", b"%d" % len(body)), given], body

    def _headers_of(self, media_type: str) -> RawHeaders:
        """Those of every answer in that type, as `response_of` has them."""
        answered: Any = {"data": None}
        response = graphql.response_of(Result(answered), media_type, self._vary)
        return [each for each in response.raw_headers if each[0] != b"content-length"]


def _lines(headers: RawHeaders) -> bytes:
    return b"".join([b"%s: %s\r\n" % each for each in headers])


@negotiation.remembered
def _media_type(accept: bytes) -> str | None:
    """Of a JSON answer; None where the request accepts none, prefers a stream, or says more than is read."""
    if len(accept) > negotiation.LONGEST_ACCEPT:
        return None
    text = accept.decode("latin-1")
    media_type = negotiation.accepted(text)
    is_json = media_type is not None and kind_of_answer(text, is_subscription=False) is Kind.JSON
    return media_type if is_json else None


@negotiation.remembered
def _is_json(content_type: bytes) -> bool:
    return bodies.JSON.fullmatch(content_type.decode("latin-1")) is not None


def _again(message: Message, receive: Receive) -> Receive:
    """What comes, with what came already before it."""
    came = [message]

    async def receive_again() -> Message:
        return came.pop() if came else await receive()

    return receive_again
