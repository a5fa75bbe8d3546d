"""The exception for a request that is refused."""

from collections.abc import Mapping

from graphql import GraphQLError
from starlette.exceptions import HTTPException

from gateway.schema.conventions.errors import ErrorCode


class Refused(HTTPException):
    """A request that is refused: raised anywhere in the HTTP rooms, and answered by `endpoints/errors` in the format of
    its route.

    Args:
        status: of HTTP.
        code: for programs.
        message: for people, one sentence.
        headers: further headers of the answer.
        extensions: further details for programs, where the format has a place for them.
    """

    def __init__(
        self,
        status: int,
        code: ErrorCode,
        message: str,
        headers: Mapping[str, str] | None = None,
        **extensions: object,
    ) -> None:
        super().__init__(status, message, headers)
        self.code = code
        self.extensions = extensions


def too_often(limited: GraphQLError) -> Refused:
    """429 for a request whose caller has to wait, as `rate_limited` says."""
    details = {name: value for name, value in (limited.extensions or {}).items() if name != "code"}
    retry = {"Retry-After": str(details["retryAfterSeconds"])}
    return Refused(429, ErrorCode.RATE_LIMITED, limited.message, retry, **details)
