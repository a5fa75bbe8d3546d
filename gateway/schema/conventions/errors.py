"""The coded GraphQL errors: what is wrong with a request as such, or with who makes it."""

from enum import StrEnum

from graphql import GraphQLError


class ErrorCode(StrEnum):
    """`extensions.code` of a top-level error. Expected failures of a mutation are data instead, see `Problem`."""

    GRAPHQL_PARSE_FAILED = "GRAPHQL_PARSE_FAILED"
    GRAPHQL_VALIDATION_FAILED = "GRAPHQL_VALIDATION_FAILED"
    BAD_USER_INPUT = "BAD_USER_INPUT"
    UNAUTHENTICATED = "UNAUTHENTICATED"
    AUTH_KEYS_UNAVAILABLE = "AUTH_KEYS_UNAVAILABLE"
    FORBIDDEN = "FORBIDDEN"
    RATE_LIMITED = "RATE_LIMITED"
    TIMED_OUT = "TIMED_OUT"
    NOT_FOUND = "NOT_FOUND"
    BUSY = "BUSY"
    PROVIDER_UNAVAILABLE = "PROVIDER_UNAVAILABLE"
    SUBSCRIPTION_LOST = "SUBSCRIPTION_LOST"
    INTERNAL = "INTERNAL"
    PERSISTED_QUERY_NOT_FOUND = "PERSISTED_QUERY_NOT_FOUND"
    PERSISTED_QUERY_NOT_SUPPORTED = "PERSISTED_QUERY_NOT_SUPPORTED"
    DOCUMENT_NOT_TRUSTED = "DOCUMENT_NOT_TRUSTED"


def coded(code: ErrorCode, message: str, **extensions: object) -> GraphQLError:
    return GraphQLError(message, extensions={"code": code.value, **extensions})


def bad_input(message: str) -> GraphQLError:
    return coded(ErrorCode.BAD_USER_INPUT, message)


def unauthenticated() -> GraphQLError:
    return coded(ErrorCode.UNAUTHENTICATED, "Send a bearer token in the Authorization header.")


def forbidden(roles: str) -> GraphQLError:
    return coded(ErrorCode.FORBIDDEN, f"This needs a token of role {roles}.")


def busy(retry_after_s: int, *, may_be_done: bool = False) -> GraphQLError:
    return coded(
        ErrorCode.BUSY,
        "It may have been done; make the same call again shortly, with the same idempotencyKey if it has one."
        if may_be_done
        else "Nothing was done; make the same call again shortly.",
        retryable=True,
        retryAfterSeconds=retry_after_s,
    )


def damaged() -> GraphQLError:
    """Not retryable: nothing changes before a person has mended the database. The log says when that began."""
    return coded(
        ErrorCode.INTERNAL, "A part of our database is damaged. Nothing was done; tell the operator.", retryable=False
    )


def rate_limited(
    retry_after_s: int, why: str = "These are more mutations than one caller may make at a time."
) -> GraphQLError:
    return coded(
        ErrorCode.RATE_LIMITED,
        f"{why} Nothing was done; make the same call later.",
        retryable=True,
        retryAfterSeconds=retry_after_s,
    )


def over_limit(name: str, most: int, message: str) -> GraphQLError:
    """A document that asks for more than one operation may.

    Args:
        name: which limit; the settings have it as `GATEWAY_LIMIT_…`.
    """
    return coded(ErrorCode.GRAPHQL_VALIDATION_FAILED, message, limit={"name": name, "most": most})


def provider_unavailable(retry_after_s: int) -> GraphQLError:
    return coded(
        ErrorCode.PROVIDER_UNAVAILABLE,
        "The payment provider does not answer; make the same call again, with the same idempotencyKey.",
        retryable=True,
        retryAfterSeconds=retry_after_s,
    )


def token_expired() -> GraphQLError:
    return coded(ErrorCode.UNAUTHENTICATED, "The token has expired. Subscribe again with a new one.")


def not_found(noun: str) -> GraphQLError:
    """Of a subscription, which has no null to answer."""
    return coded(ErrorCode.NOT_FOUND, f"There is no such {noun}.")


def subscription_lost(why: str) -> GraphQLError:
    """The end of a subscription that is not its subscriber's wish."""
    message = f"{why} Subscribe again: it begins with the present state."
    return coded(ErrorCode.SUBSCRIPTION_LOST, message, retryable=True)
