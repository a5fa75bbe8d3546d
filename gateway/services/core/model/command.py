"""The base of all commands: a value that knows its problems, the keys of its rows, and its decision."""

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from typing import ClassVar, final

from gateway.services.core.model.outcomes import FieldProblem
from gateway.services.core.model.records import IdempotencyKey
from gateway.services.core.model.state import Decision, Moment, RowKeys, State
from gateway.services.core.model.values import Actor

NOT_COMPARED: Mapping[str, bool] = {"is_compared": False}
"""The metadata of a field of a keyed command that two calls of the same key may differ in: an id that each call mints
anew, the scope of the key, or what the operator or the endpoint chose. They must agree in every other field."""


@dataclass(frozen=True, slots=True)
class BaseCommand(ABC):
    """A request to the service: a plain value that could cross a process border.

    A command carries the id of the row that it may make, so that a turn that is run again after a lost connection finds
    that row instead of making a second one.
    """

    precedence: ClassVar[int] = 1
    """The order in which the commands of one turn are decided, lower first; equal ones in the order they came."""

    waits_for_locks: ClassVar[bool] = True
    """Whether it is tried again for some seconds where somebody else holds a row locked that it needs. Else it is Busy
    at once: whoever submits it has something better to do than to wait, such as to ask for less."""

    @property
    def is_background(self) -> bool:
        """Whether nobody waits for its outcome, so that it lets the commands of callers go first."""
        return False

    @property
    def is_silent(self) -> bool:
        """Whether no subscriber is told of what it changes, for it brings in what happened before."""
        return False

    @abstractmethod
    def problems(self) -> list[FieldProblem]:
        """Each field that is wrong in itself, by its path in the API's input, before anything is looked up."""

    @abstractmethod
    def keys(self) -> RowKeys:
        """The keys of all rows that the decision may look at."""

    @abstractmethod
    def decide(self, state: State, moment: Moment) -> Decision:
        """The outcome and the changes. Pure: the same state and moment give the same decision, and neither is
        changed."""


@dataclass(frozen=True, slots=True)
class KeyedCommand(BaseCommand):
    """A command that its caller may repeat under a key: the same actor, operation and key have one result."""

    actor: Actor = field(metadata=NOT_COMPARED)
    key: str | None = field(default=None, kw_only=True, metadata=NOT_COMPARED)

    @property
    @abstractmethod
    def operation(self) -> str:
        """The mutation whose command this is; a key is unique within it. A `ClassVar` of each command."""

    @abstractmethod
    def own_keys(self) -> RowKeys:
        """The keys of the rows that the decision may look at, besides the record of its idempotency key."""

    @final
    def keys(self) -> RowKeys:
        if self.key is None:
            return self.own_keys()
        return self.own_keys() | RowKeys(idempotency_keys={(self.actor.id, self.operation, self.key)})

    @property
    def idempotency_key(self) -> IdempotencyKey | None:
        """The caller's key, scoped to the actor and the operation; None where the caller gave none."""
        return None if self.key is None else IdempotencyKey(self.actor.id, self.operation, self.key)

    def compared_fields(self) -> dict[str, object]:
        """By name, the fields that two calls must agree in to mean the same."""
        return {each.name: getattr(self, each.name) for each in fields(self) if each.metadata.get("is_compared", True)}
