"""An operation as it is asked for, and what it comes to: the same under every transport."""

from dataclasses import dataclass, field
from typing import Any

from graphql import OperationType

Payload = dict[str, Any]

ALL_OPERATIONS = frozenset(OperationType)


@dataclass(frozen=True, slots=True)
class Operation:
    """What a caller wants to have done. `allowed`: the kinds that may be done by the way that it was asked for."""

    query: str | None
    variables: dict[str, Any] | None = field(default=None, hash=False)
    name: str | None = None
    extensions: dict[str, Any] | None = field(default=None, hash=False)
    allowed: frozenset[OperationType] = ALL_OPERATIONS


@dataclass(frozen=True, slots=True)
class Result:
    """One result, as its caller may see it. `is_refusal` says that there was nothing to execute, or that its source
    failed: no other follows."""

    payload: Payload = field(hash=False)
    is_refusal: bool = False


class NoOperation(Exception):
    """A request that does not say which operation is to run. Its text is for the caller."""


class NotAllowed(NoOperation):
    """An operation of a kind that is not done by the way that it was asked for."""

    def __init__(self, kind: OperationType) -> None:
        kinds = {OperationType.QUERY: "queries", OperationType.MUTATION: "mutations"}
        super().__init__(f"{kinds.get(kind, 'subscriptions')} are not allowed")
