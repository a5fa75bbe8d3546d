"""Writes refusals, in one place, in the format of the route that was called.

| route               | its refusals                                                                                  |
|---------------------|-----------------------------------------------------------------------------------------------|
| `/graphql`          | a GraphQL answer, `{"errors": […]}`, in the media type that the request accepts               |
| `/api/v1/purchases` | the old envelope, `{"success": false, "statusCode": …, …}`                                    |
| `/webhooks/…`       | what the route itself refuses: `{"stored": false, "reason": …}`                               |
| any other, or none  | as a GraphQL answer in JSON: most callers read that, and there is no other format to expect   |
"""

import json

from graphql import GraphQLError
from starlette.authentication import AuthenticationError
from starlette.exceptions import HTTPException
from starlette.requests import HTTPConnection, Request
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from gateway.auth.jwks import COOLDOWN_S, KeysUnavailable
from gateway.auth.tokens import InvalidToken
from gateway.endpoints import graphql, rest, webhooks
from gateway.execution.masking import internal_message, report
from gateway.http.errors import Refused
from gateway.http.negotiation import JSON, accept_of, accepted, content_type
from gateway.schema.conventions.errors import ErrorCode, busy, damaged
from gateway.services.outages import Damaged, Unavailable


def refusal_response(connection: HTTPConnection, refused: Refused) -> Response:
    """The refusal in the format of its route."""
    match connection.scope["path"]:
        case graphql.PATH:
            return _answer(refused, accepted(accept_of(connection.headers)) or JSON)
        case rest.PATH:
            return rest.refusal_response(refused)
        case _:
            return _answer(refused, JSON)


async def refuse(request: Request, error: Exception) -> Response:
    """Starlette's handler of `Refused`, and of its own 404 and 405, of whatever route."""
    assert isinstance(error, HTTPException)
    if not isinstance(error, Refused):
        return refusal_response(request, _no_such_route(error))
    return _in_format(request, error)


def _in_format(connection: HTTPConnection, refused: Refused) -> Response:
    """The same, or where the route itself refuses, in its own words."""
    is_of_webhooks = connection.scope["path"].startswith(webhooks.PATH)
    return webhooks.refusal_response(refused) if is_of_webhooks else refusal_response(connection, refused)


def refuse_token(connection: HTTPConnection, error: AuthenticationError) -> Response:
    """401 with RFC 6750's challenge; 503 where the token could not be verified because the keys are missing."""
    if isinstance(error, KeysUnavailable):
        retry = {"Retry-After": str(int(COOLDOWN_S))}
        return refusal_response(connection, Refused(503, ErrorCode.AUTH_KEYS_UNAVAILABLE, str(error), retry))
    reason = error.reason if isinstance(error, InvalidToken) else "The token is not valid."
    challenge = {"WWW-Authenticate": f'Bearer error="invalid_token", error_description="{reason}"'}
    return refusal_response(connection, Refused(401, ErrorCode.UNAUTHENTICATED, reason, challenge))


class Masked:
    """ASGI middleware: an unexpected error is answered as INTERNAL, while the log context still has the request.

    Starlette's own handler of a 500 stands outside all middleware, where neither is the case.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        is_answered = False

        async def noting(message: Message) -> None:
            nonlocal is_answered
            is_answered = True
            await send(message)

        try:
            await self._app(scope, receive, noting)
        except Exception as error:
            if is_answered or scope["type"] != "http":
                raise
            connection, refused = HTTPConnection(scope), _unexpected(error, scope["method"])
            is_outage = isinstance(error, Unavailable | Damaged)
            answer = (_in_format if is_outage else refusal_response)(connection, refused)
            await answer(scope, receive, send)


def _unexpected(error: Exception, method: str) -> Refused:
    match error:
        case Unavailable():
            # What only reads has done nothing; any other may have written before it read.
            told = busy(error.retry_after_s, may_be_done=method not in ("GET", "HEAD"))
            retry = {"Retry-After": str(error.retry_after_s)}
            return Refused(503, ErrorCode.BUSY, told.message, retry, **_details(told))
        case Damaged():
            return Refused(500, ErrorCode.INTERNAL, damaged().message, None, **_details(damaged()))
        case _:
            error_id = report(error)
            return Refused(500, ErrorCode.INTERNAL, internal_message(error_id), errorId=error_id)


def _details(told: GraphQLError) -> dict[str, object]:
    return {name: value for name, value in (told.extensions or {}).items() if name != "code"}


NOTHING_HERE = "There is nothing at this address. GraphQL is at /graphql."


def _no_such_route(error: HTTPException) -> Refused:
    headers = dict(error.headers or {})
    if error.status_code == 405:
        # Static files are the one route that does not say which methods it has; the others say them in any order.
        headers["Allow"] = ", ".join(sorted(headers.get("Allow", "GET, HEAD").split(", ")))
    message = NOTHING_HERE if error.status_code == 404 else f"{error.detail}."
    return Refused(error.status_code, ErrorCode.BAD_USER_INPUT, message, headers)


def _answer(refused: Refused, media_type: str) -> Response:
    """A GraphQL answer of one error."""
    body = {"errors": [{"message": refused.detail, "extensions": {"code": refused.code, **refused.extensions}}]}
    headers = {"Content-Type": content_type(media_type), "Cache-Control": "no-store", **(refused.headers or {})}
    # Escaped to ASCII: a message may quote a lone surrogate, which has no UTF-8.
    return Response(json.dumps(body), refused.status_code, headers)
