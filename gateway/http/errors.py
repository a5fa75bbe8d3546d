"""What is raised where a request is refused before it is an operation."""

from collections.abc import Mapping

from starlette.exceptions import HTTPException

from gateway.schema.conventions.errors import ErrorCode


class Refused(HTTPException):
    """A request that is refused: raised anywhere at the rim, and written by `endpoints/errors` in the dialect of its
    route.

    Args:
        status: of HTTP.
        code: for programs.
        message: for people, one sentence.
        headers: of the answer, beside those of its dialect.
        extensions: what else programs are told, where the dialect has a place for it.
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
