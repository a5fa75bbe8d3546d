"""What an operation came to, as its caller sees it."""

from collections.abc import Iterable

from graphql import ExecutionResult, GraphQLError

from gateway.execution.masking import mask
from gateway.execution.operations import Payload, Result
from gateway.schema.conventions.errors import ErrorCode, coded

RETRY_AFTER_S = 1
"""Where too many operations are under way: they are short, so a second later there is room."""


def result_of(result: ExecutionResult, extensions: Payload, *, may_be_done: bool = False) -> Result:
    """Of what was executed.

    Args:
        may_be_done: whether it may have changed something before one of its errors.
    """
    if not result.errors:
        return Result(_payload(result.data, (), extensions))
    errors = mask(result.errors, is_before_execution=False, may_be_done=may_be_done)
    # Errors of execution have a path; those of a variable, or of a subscription's source, have none.
    is_nowhere = result.data is None and all(error.path is None for error in errors)
    return Result(_payload(result.data, errors, extensions), is_nowhere)


def refusal_of(errors: Iterable[GraphQLError], extensions: Payload | None = None) -> Result:
    """Of what is not executed."""
    return Result(_payload(None, mask(errors, is_before_execution=True), extensions or {}), is_refusal=True)


def refused(error: GraphQLError) -> Result:
    """The last result of an operation that has to end, for a reason of ours."""
    return Result(_payload(None, (error,), {}), is_refusal=True)


def busy() -> Result:
    """Where all together have too much under way."""
    return refused(_unavailable(ErrorCode.BUSY, "Too much is under way; make the same call again shortly."))


def timed_out() -> Result:
    message = "This took too long. A change may have been made all the same: make the same call again to see."
    return refused(_unavailable(ErrorCode.TIMED_OUT, message))


def as_graphql(error: Exception) -> GraphQLError:
    return error if isinstance(error, GraphQLError) else GraphQLError(str(error), original_error=error)


def _payload(data: object, errors: Iterable[GraphQLError], extensions: Payload) -> Payload:
    payload: Payload = {"data": data}
    if formatted := [error.formatted for error in errors]:
        payload["errors"] = formatted
    if extensions:
        payload["extensions"] = extensions
    return payload


def _unavailable(code: ErrorCode, message: str) -> GraphQLError:
    return coded(code, message, retryable=True, retryAfterSeconds=RETRY_AFTER_S)
