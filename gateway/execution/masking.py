"""Errors as callers may see them: coded ones unchanged, unexpected ones replaced by an id that is in the log."""

from collections.abc import Iterable

import structlog
from graphql import GraphQLError, GraphQLSyntaxError
from uuid_utils.compat import uuid7

from gateway.schema.conventions.errors import ErrorCode, busy, damaged
from gateway.services.outages import Damaged, Unavailable

log = structlog.get_logger(__name__)


def mask(errors: Iterable[GraphQLError], *, is_before_execution: bool, may_be_done: bool = False) -> list[GraphQLError]:
    """The errors of an operation as its caller sees them, each with `extensions.code`.

    Args:
        may_be_done: whether it may have changed something before one of them.
    """
    return [_mask(error, is_before_execution, may_be_done) for error in errors]


def report(error: BaseException, path: object = None) -> str:
    """Log an unexpected error with its traceback; returns the id that the caller is given."""
    error_id = uuid7().hex
    log.error("unexpected error", error_id=error_id, path=path, exc_info=error)
    return error_id


def internal_message(error_id: str) -> str:
    """The message for a caller."""
    return f"Something went wrong on our side. Tell the operator this id: {error_id}"


def _mask(error: GraphQLError, is_before_execution: bool, may_be_done: bool) -> GraphQLError:
    cause = _cause(error)
    if is_before_execution and isinstance(cause, ValueError):  # a literal number of more digits than Python reads
        return _like(error, "A number in the document is too long.", ErrorCode.GRAPHQL_VALIDATION_FAILED)
    if isinstance(cause, Unavailable):
        return _at(error, busy(cause.retry_after_s, may_be_done=may_be_done))
    if isinstance(cause, Damaged):
        return _at(error, damaged())
    if not isinstance(cause, GraphQLError):
        error_id = report(cause, error.path)
        return _like(error, internal_message(error_id), ErrorCode.INTERNAL, errorId=error_id)
    if error.extensions and "code" in error.extensions:
        return error
    if isinstance(cause, GraphQLSyntaxError):
        return _like(error, error.message, ErrorCode.GRAPHQL_PARSE_FAILED)
    code = ErrorCode.GRAPHQL_VALIDATION_FAILED if is_before_execution else ErrorCode.BAD_USER_INPUT
    return _like(error, error.message, code)


def _cause(error: GraphQLError) -> BaseException:
    """The original cause of an error, which GraphQL wraps once or more."""
    cause: BaseException = error
    while isinstance(cause, GraphQLError) and cause.original_error is not None:
        cause = cause.original_error
    return cause


def _at(error: GraphQLError, told: GraphQLError) -> GraphQLError:
    """What a caller is told, at the place of the error."""
    extensions = told.extensions or {}
    code = ErrorCode(extensions["code"])
    return _like(error, told.message, code, **{name: extensions[name] for name in extensions if name != "code"})


def _like(error: GraphQLError, message: str, code: ErrorCode, **extensions: object) -> GraphQLError:
    return GraphQLError(
        message,
        nodes=error.nodes,
        source=error.source,
        positions=error.positions,
        path=error.path,
        extensions={"code": code.value, **extensions},
    )
