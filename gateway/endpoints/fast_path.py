"""The straight way of the request that nearly every program sends: a POST to /graphql in JSON, answered in JSON.

Between the bytes that come and those that go stands nothing but what such a request needs. Whatever is unusual goes on
to the application behind, as it came: another method or type, streams, a body in pieces, headers that come twice, a
token that cannot be judged at once, anything that has to be refused. So each refusal is made in one place, and what is
not thought of here is answered there. `tests/endpoints/test_fast_path.py` has both ways give the same answers.
"""

import asyncio
import re
import time
from collections.abc import Callable
from typing import Any, NamedTuple

from starlette.requests import HTTPConnection
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from gateway.auth.tokens import TokenVerifier
from gateway.context import Context
from gateway.endpoints import graphql
from gateway.execution.documents import Documents
from gateway.execution.executor import Executor
from gateway.execution.operations import NoOperation, Operation, Result
from gateway.http import bodies, negotiation
from gateway.http.extensions import BODY_IS_HERE, WRITE_ANSWER, WriteAnswer
from gateway.http.json import write
from gateway.http.telemetry import REQUEST_ID, identified, log_request, request_id_of
from gateway.services.core.model.values import Actor
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


class Head(NamedTuple):
    """What a request's head says, where it is a usual one."""

    media_type: str
    viewer: Actor | None
    request_id: str


class FastPath:
    """ASGI application before another.

    Args:
        others: the application behind, which has an answer to everything.
        make_context: what resolvers get with a request.
    """

    def __init__(
        self,
        others: ASGIApp,
        settings: Settings,
        verifier: TokenVerifier,
        executor: Executor,
        documents: Documents,
        make_context: Callable[[HTTPConnection, Actor | None], Context],
    ) -> None:
        self._others, self._verifier, self._executor = others, verifier, executor
        self._documents, self._make_context = documents, make_context
        self._most_bytes, self._most_s = settings.limit_body_bytes, settings.limit_body_s
        self._is_host_judged = settings.is_secret_public
        is_for_sites = bool(settings.cors_origins)
        self._unusual = UNUSUAL | {b"origin"} if is_for_sites else UNUSUAL
        self._vary = "Accept, Origin" if is_for_sites else "Accept"
        self._headers = {each: self._headers_of(each) for each in (negotiation.JSON, negotiation.GRAPHQL_JSON)}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        # It refers to the scope: in there, each request would be left for a search for garbage.
        write: WriteAnswer | None = scope.pop(WRITE_ANSWER, None)
        head = self._head(scope)
        if head is None:
            await self._others(scope, receive, send)
            return
        began = time.perf_counter()
        try:
            message = await receive() if BODY_IS_HERE in scope else await self._received(scope, receive)
        except TimeoutError:
            await self._others(scope, receive, send)
            return
        operation = self._operation(message)
        if operation is None or not await self._is_answered(scope, operation, head, send, write, began):
            await self._others(scope, _again(message, receive), send)

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
        return Head(media_type, viewer, request_id_of(headers.get(REQUEST_ID)))

    async def _received(self, scope: Scope, receive: Receive) -> Message:
        """The first message of a body that is on its way; the rest has what time is left.

        Raises: TimeoutError.
        """
        due_at = scope[bodies.DUE_AT] = asyncio.get_running_loop().time() + self._most_s
        async with asyncio.timeout_at(due_at):
            return await receive()

    def _operation(self, message: Message) -> Operation | None:
        """None, where it is not all there, no operation, or one whose answer is a stream."""
        body: bytes = message.get("body", b"")
        if message["type"] != "http.request" or message.get("more_body") or len(body) > self._most_bytes:
            return None
        try:
            operation = graphql.operation_of("POST", bodies.read_object(body), self._documents)
            return None if self._executor.is_subscription(operation) else operation
        except Exception:  # noqa: BLE001  nothing is done yet: the other way does it anew, and says what is wrong
            return None

    # ------------------------------------------------------------ what goes out

    async def _is_answered(
        self, scope: Scope, operation: Operation, head: Head, send: Send, write: WriteAnswer | None, began: float
    ) -> bool:
        """Whether it was run and answered. If not, nothing is sent, and nothing more may be done."""
        status, is_ours = 500, True
        with identified(head.request_id):
            try:
                answer = await self._answer(scope, operation, head)
                if answer is None:
                    is_ours = False
                    return False
                status, headers, body = answer
                if write is None or not write(status, _lines(headers), body):
                    await send({"type": "http.response.start", "status": status, "headers": headers})
                    await send({"type": "http.response.body", "body": body})
                return True
            finally:
                if is_ours:
                    log_request(scope, status, began, head.request_id)

    async def _answer(self, scope: Scope, operation: Operation, head: Head) -> Answer | None:
        """None, where the application behind has to say what is wrong."""
        try:
            context = self._make_context(HTTPConnection(scope), head.viewer)
            return self._written(await self._executor.run(operation, context), head)
        except NoOperation:  # nothing was done
            return None
        except Exception as error:  # noqa: BLE001  told by the application behind, as any that nobody expects
            scope[graphql.FAILED] = error
            return None

    def _written(self, result: Result, head: Head) -> Answer:
        given = (REQUEST_ID, head.request_id.encode())
        if result.is_refusal:
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
    """Of a JSON answer; None where the request accepts none, or prefers a stream."""
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
