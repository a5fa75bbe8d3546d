"""An operation and its result, the same under every transport."""

from dataclasses import dataclass, field
from typing import Any

from graphql import OperationType

Payload = dict[str, Any]

ALL_OPERATIONS = frozenset(OperationType)


@dataclass(frozen=True, slots=True)
class Operation:
    """What a caller asks for. `allowed`: the kinds of operation that this transport may carry. `variables_bytes`: what
    came besides the document, of which nearly all is variables."""

    query: str | None
    variables: dict[str, Any] | None = field(default=None, hash=False)
    name: str | None = None
    extensions: dict[str, Any] | None = field(default=None, hash=False)
    allowed: frozenset[OperationType] = ALL_OPERATIONS
    variables_bytes: int = field(default=0, compare=False)


@dataclass(frozen=True, slots=True)
class Result:
    """One result, as its caller may see it. `is_refusal`: the operation was not executed, or its source failed; no
    other result follows."""

    payload: Payload = field(hash=False)
    is_refusal: bool = False


class NoOperation(Exception):
    """A request that does not say which operation to run. The text is for the caller."""


class NotAllowed(NoOperation):
    """An operation of a kind that this transport may not carry."""

    def __init__(self, kind: OperationType) -> None:
        kinds = {OperationType.QUERY: "queries", OperationType.MUTATION: "mutations"}
        super().__init__(f"{kinds.get(kind, 'subscriptions')} are not allowed")
