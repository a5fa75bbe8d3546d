"""Fields of a GraphQL type that wraps a core value: read from the value, or found by one of its keys.

Nothing is computed before a field is asked for. What is not in the value is a relation: the schema declares its type
and its key, `gateway.resolvers.relations` its look-up."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Generic, Protocol, Self, TypeVar, cast, get_args, get_origin, overload
from uuid import UUID

from strawberry import Private
from strawberry.types.base import StrawberryList, StrawberryOptional
from strawberry.types.field import StrawberryField
from strawberry.types.fields.resolver import StrawberryResolver

from gateway.schema.conventions.costs import COST

Value = TypeVar("Value")
Result = TypeVar("Result")
Key = TypeVar("Key")
Found = TypeVar("Found")


class HasId(Protocol):
    @property
    def id(self) -> UUID: ...


@dataclass(kw_only=True)
class Wraps(Generic[Value]):
    """A GraphQL type that wraps one value of the core."""

    value: Private[Value]

    @classmethod
    def of(cls, value: Value) -> Self:
        return cls(value=value)


def wrapped_by(graphql_type: object) -> Any:
    """The type of the values that a GraphQL type wraps."""
    [value_type] = [
        get_args(base)[0] for base in getattr(graphql_type, "__orig_bases__", ()) if get_origin(base) is Wraps
    ]
    return value_type


@dataclass(frozen=True, slots=True)
class Answer:
    """Makes what is answered of what was read: None of None, else what `of` makes of it, or of each item in it.

    `wraps`: the type where all that `of` does is to wrap the value, so that who knows the type can do without."""

    of: Callable[[Any], object]
    is_list: bool = False
    wraps: type[Wraps[Any]] | None = None

    def __call__(self, found: Any) -> object:
        if found is None:
            return None
        return [None if item is None else self.of(item) for item in found] if self.is_list else self.of(found)


@dataclass(frozen=True, slots=True)
class Made(Generic[Value, Result]):
    """Reads what is made of one attribute of a value.

    Args:
        of_stored: makes the same of what is stored, by its form: see `gateway.execution.plan.regions.sources`.
    """

    attribute: str
    read: Callable[[Value], Result]
    of_stored: Mapping[str, Callable[[Any], Result]]

    def __call__(self, value: Value) -> Result:
        return self.read(value)


def answer_as(declared_type: object) -> Answer:
    """Makes what a field is annotated as of what was read or found: what wraps it, optional or in a list.

    Raises:
        LookupError: the annotation is of another kind.
    """
    match declared_type:
        case StrawberryOptional():
            return answer_as(declared_type.of_type)
        case StrawberryList():
            each = answer_as(declared_type.of_type)
            return Answer(each.of, is_list=True, wraps=each.wraps)
        case type() if issubclass(declared_type, Wraps):
            return answered_by(declared_type.of)
        case _:
            raise LookupError(f"{declared_type} is not what a relation can be answered as")


def answered_by(of: Callable[[Any], object]) -> Answer:
    """Makes by `of` what is answered."""
    is_plain = getattr(of, "__func__", None) is vars(Wraps)["of"].__func__
    return Answer(of, wraps=getattr(of, "__self__", None) if is_plain else None)


class FieldsOf(Generic[Value]):
    """Declares fields of a type that wraps a value; what they read is checked against the value's type."""

    def field(self, description: str, read: Callable[[Value], Result], *, directives: Sequence[object] = ()) -> Result:
        """A field that is read from the value."""
        return cast(Result, Computed(description, read, directives))

    def wrapped(self, description: str, read: Callable[[Value], object], *, directives: Sequence[object] = ()) -> Any:
        """A field that is read from the value as a value that its annotated type wraps, None for nothing; or as a list
        of them: `Student`, `Money | None`, `list[CourseTier]`."""
        return Wrapped(description, read, directives)

    def field_now(self, description: str, read: Callable[[Value, datetime], Result]) -> Result:
        """A field that is read from the value and the time of the request."""
        return cast(Result, Timed(description, read))

    def relation(
        self,
        description: str,
        *,
        by: Callable[[Value], object],
        directives: Sequence[object] = (),
        cost: int | None = None,
    ) -> Any:
        """A field that is found by a key, None for nothing. Its annotation is its type in the API: `Course | None`.

        Args:
            cost: what finding it costs, where that is more than others; see `gateway.execution.costs`.
        """
        return Relation(description, by, directives, cost)


def relation_by(
    graphql_type: object, description: str, answer: Callable[[Found], object], *, directives: Sequence[object] = ()
) -> Callable[[Callable[..., Key | None]], "RelationBy[Key, Found]"]:
    """A relation with arguments: its method returns the key, made from them.

    Args:
        answer: makes of what was found a value of the GraphQL type.
    """
    return lambda method: RelationBy(graphql_type, description, answer, method, directives)


class ValueField(StrawberryField):
    """A field that no constructor takes. Asked for on its class, it gives itself; only an operation can resolve it."""

    def __init__(self, description: str, directives: Sequence[object] = (), cost: int | None = None) -> None:
        metadata = None if cost is None else {COST: cost}
        super().__init__(description=description, directives=directives, metadata=metadata)
        self.init = self.compare = self.repr = False
        self.default = self  # so that the dataclass leaves it on the class

    def __set_name__(self, owner: type, name: str) -> None:
        """Nothing: a dataclass's field hands this on to its default, which is itself."""

    @overload
    def __get__(self, source: None, owner: type) -> Self: ...

    @overload
    def __get__(self, source: Wraps[Any], owner: type) -> object: ...

    def __get__(self, source: Wraps[Any] | None, owner: type) -> object:
        return self if source is None else self.read_in_python(source)

    def read_in_python(self, source: Wraps[Any]) -> object:
        raise AttributeError(f"only an operation resolves {type(source).__name__}.{self.python_name}")


class Computed(ValueField):
    """Read from the value, each time that it is asked for: by an operation, or in Python."""

    def __init__(self, description: str, read: Callable[[Any], object], directives: Sequence[object] = ()) -> None:
        super().__init__(description, directives)
        self.read = read

    def read_in_python(self, source: Wraps[Any]) -> object:
        return self.read(source.value)

    def __copy__(self) -> "Computed":
        """For each type that is made of a generic one."""
        copied = Computed(self.description or "", self.read, self.directives)
        copied.python_name, copied.origin, copied.type_annotation = self.python_name, self.origin, self.type_annotation
        return copied


class Wrapped(ValueField):
    """Read from the value as a value that the field's type wraps."""

    def __init__(self, description: str, read: Callable[[Any], object], directives: Sequence[object] = ()) -> None:
        super().__init__(description, directives)
        self.read = read

    def read_in_python(self, source: Wraps[Any]) -> object:
        return answer_as(self.type)(self.read(source.value))

    def __copy__(self) -> "Wrapped":
        """For each type that is made of a generic one."""
        copied = Wrapped(self.description or "", self.read, self.directives)
        copied.python_name, copied.origin, copied.type_annotation = self.python_name, self.origin, self.type_annotation
        return copied


class Timed(ValueField):
    """Read from the value as of an instant."""

    def __init__(self, description: str, read: Callable[[Any, datetime], object]) -> None:
        super().__init__(description)
        self.read = read


class Relation(ValueField):
    """Found by a key of the value. `declared`: itself, or what it was copied of for a type made of a generic one."""

    def __init__(
        self,
        description: str,
        by: Callable[[Any], object],
        directives: Sequence[object] = (),
        cost: int | None = None,
    ) -> None:
        super().__init__(description, directives, cost)
        self.by = by
        self.declared: Relation = self

    def __copy__(self) -> "Relation":
        """For each type that is made of a generic one."""
        copied = Relation(self.description or "", self.by, self.directives, self.metadata.get(COST))
        copied.declared = self.declared
        copied.python_name, copied.origin, copied.type_annotation = self.python_name, self.origin, self.type_annotation
        return copied


class RelationBy(ValueField, Generic[Key, Found]):
    """Found by a key that the field's arguments are part of."""

    def __init__(
        self,
        graphql_type: object,
        description: str,
        answer: Callable[[Found], object],
        by: Callable[..., Key | None],
        directives: Sequence[object],
    ) -> None:
        super().__init__(description, directives)
        self.type = graphql_type
        self.arguments = StrawberryResolver(by).arguments
        self.answer, self.by = answer, by
