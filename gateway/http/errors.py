"""Requests that never became an operation, refused in the shape of a GraphQL answer."""

import json
from collections.abc import Mapping

from cross_web import HTTPException
from starlette.requests import HTTPConnection
from starlette.responses import Response

from gateway.http.negotiation import JSON, accepted, content_type
from gateway.schema.conventions.errors import ErrorCode


class Refused(HTTPException):
    """Raised where a request is refused before it is an operation. Strawberry's views let it through."""

    def __init__(
        self,
        status: int,
        message: str,
        code: ErrorCode = ErrorCode.BAD_USER_INPUT,
        headers: Mapping[str, str] | None = None,
        **extensions: object,
    ) -> None:
        super().__init__(status, message)
        self.code = code
        self.headers = headers or {}
        self.extensions = extensions


def refusal(
    status: int,
    message: str,
    code: ErrorCode = ErrorCode.BAD_USER_INPUT,
    headers: Mapping[str, str] | None = None,
    **extensions: object,
) -> Response:
    """The answer: JSON, whatever was accepted, see `as_accepted`."""
    body = {"errors": [{"message": message, "extensions": {"code": code.value, **extensions}}]}
    # Escaped to ASCII: a message may quote a lone surrogate, which has no UTF-8.
    every = {"Content-Type": content_type(JSON), "Cache-Control": "no-store", **(headers or {})}
    return Response(json.dumps(body), status, every)


def as_accepted(connection: HTTPConnection, refused: Response) -> Response:
    """The same under the media type that the request accepts, if it accepts one that we have: it is a whole GraphQL
    answer, so that it may be."""
    refused.headers["Content-Type"] = content_type(accepted(connection.headers) or JSON)
    return refused
