"""Operations as clients write them: in fragments, under aliases, with variables and directives."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from random import Random

from graphql import (
    GraphQLInputObjectType,
    GraphQLInputType,
    GraphQLInterfaceType,
    GraphQLList,
    GraphQLNamedType,
    GraphQLNonNull,
    GraphQLSchema,
    OperationType,
    get_named_type,
    is_composite_type,
)
from graphql.utilities import do_types_overlap

from tests.execution.differential.drawing import Asked, On, Selection, fields_of
from tests.execution.differential.values import WRONG, Json, Values, literal

CONDITIONS = ("@include", "@skip")


@dataclass(frozen=True)
class Habits:
    """How often an operation has each of these, at each place where it can."""

    variable: float = 0.3
    wrong: float = 0.02
    directive: float = 0.08
    alias: float = 0.15
    twice: float = 0.15
    fragment: float = 0.2
    again: float = 0.05
    typename: float = 0.15
    second: float = 0.1


HABITS = Habits()


@dataclass(frozen=True)
class Drawn:
    """An operation that was drawn, as it is sent."""

    text: str
    variables: dict[str, Json]
    name: str | None = None
    again: dict[str, Json] | None = None
    """Other values of its variables, with which it is sent once more."""


@dataclass
class Writer:
    """Writes one operation."""

    schema: GraphQLSchema
    random: Random
    values: Values
    habits: Habits = HABITS
    variables: dict[str, Json] = field(default_factory=dict)
    again: dict[str, Json] = field(default_factory=dict)
    _declared: dict[str, tuple[str, str]] = field(default_factory=dict)
    """The type of each variable, and the rest of its declaration."""
    _fragments: dict[str, tuple[GraphQLNamedType, str]] = field(default_factory=dict)
    """The type and the text of each named fragment that is written to its end."""
    _heads: dict[int, str] = field(default_factory=dict)
    """How each field begins: the same whenever it is written again, or the two could not be one."""
    _kept: list[Asked] = field(default_factory=list)
    """Those fields, so that no other takes one's identity."""
    _numbers: int = 0

    def operation(self, kind: OperationType, selections: Sequence[Selection]) -> Drawn:
        root = self.schema.get_root_type(kind)
        assert root is not None
        body = self._set(selections, root)
        fragments = [f"fragment {name} on {on} {text}" for name, (on, text) in self._fragments.items()]
        has_second = self._may(self.habits.second)
        name = "Drawn" if has_second or self._may(0.5) else None
        parts = [f"{kind.value} {name or ''}{self._declarations()} {body}", *fragments]
        if has_second:
            parts.append(f"{kind.value} Second {{ __typename }}")
        if kind is OperationType.QUERY and not name and not self._declared:
            parts[0] = body
        self.random.shuffle(parts)
        return Drawn("\n".join(parts), dict(self.variables), name if has_second else None, dict(self.again))

    def _declarations(self) -> str:
        declared = [f"${name}: {kind}{rest}" for name, (kind, rest) in self._declared.items()]
        return f"({', '.join(declared)})" if declared else ""

    # ------------------------------------------------------------ selections

    def _set(self, selections: Sequence[Selection], kind: GraphQLNamedType, depth: int = 0) -> str:
        return f"{{ {' '.join(self._several(selections, kind, depth))} }}"

    def _several(self, selections: Sequence[Selection], kind: GraphQLNamedType, depth: int) -> Iterator[str]:
        """Some of them together in a fragment, others by themselves, and some twice."""
        waiting = list(selections)
        while waiting:
            if depth < 3 and self._may(self.habits.fragment):
                together = [waiting.pop(0) for _ in range(min(self.random.choice((1, 2, 3)), len(waiting)))]
                yield self._fragment(together, kind, depth)
            else:
                yield self._one(waiting.pop(0), kind)
            if self._may(self.habits.twice):
                again = self.random.choice(selections)
                waiting.insert(self.random.randint(0, len(waiting)), self._part_of(again, kind))
            if self._may(self.habits.typename):
                yield "__typename" if self._may(0.6) else f"is: __typename{self._directives()}"
            if self._may(self.habits.again):
                yield from self._spread_again(kind)

    def _part_of(self, selection: Selection, kind: GraphQLNamedType) -> Selection:
        """The same field, asked for less."""
        inner = selection.selections
        part = self.random.sample(inner, self.random.randint(1, len(inner))) if inner else []
        if isinstance(selection, On):
            return On(selection.type_name, part)
        copy = Asked(selection.name, selection.arguments, part, selection.key)
        self._heads[id(copy)] = self._heads.get(id(selection)) or self._head(selection, kind)
        self._kept.append(copy)
        return copy

    def _one(self, selection: Selection, kind: GraphQLNamedType) -> str:
        if isinstance(selection, On):
            inner = self.schema.type_map[selection.type_name]
            return f"... on {inner}{self._directives()} {self._set(selection.selections, inner)}"
        declared = fields_of(kind).get(selection.name)  # __typename is none of a type's own
        head = self._heads.get(id(selection)) or self._head(selection, kind)
        text = f"{head}{self._directives()}"
        if declared is not None and is_composite_type(get_named_type(declared.type)):
            text += f" {self._set(selection.selections, get_named_type(declared.type))}"
        return text

    def _head(self, asked: Asked, kind: GraphQLNamedType) -> str:
        declared = fields_of(kind).get(asked.name)
        given = (
            f"{name}: {self._value(value, declared.args[name].type, asked.name, name)}"
            for name, value in asked.arguments.items()
            if declared is not None
        )
        arguments = ", ".join(each for each in given)
        key = asked.key or (self._new("as") if self._may(self.habits.alias) else None)
        head = f"{f'{key}: ' if key else ''}{asked.name}{f'({arguments})' if arguments else ''}"
        self._heads[id(asked)] = head
        self._kept.append(asked)
        return head

    def _fragment(self, selections: Sequence[Selection], kind: GraphQLNamedType, depth: int) -> str:
        on = self._seen_as(selections, kind)
        body = f"{{ {' '.join(self._several(selections, on, depth + 1))} }}"
        if self._may(0.5):
            condition = "" if on is kind and self._may(0.5) else f" on {on}"
            return f"...{condition}{self._directives()} {body}"
        name = self._new("Part")
        self._fragments[name] = on, body
        return f"...{name}{self._directives()}"

    def _seen_as(self, selections: Sequence[Selection], kind: GraphQLNamedType) -> GraphQLNamedType:
        """The type itself, or an interface of its that has all these fields."""
        names = {each.name for each in selections if isinstance(each, Asked)} - {"__typename"}
        faces = [
            each
            for each in getattr(kind, "interfaces", ())
            if isinstance(each, GraphQLInterfaceType)
            and names <= fields_of(each).keys()
            and not any(isinstance(inner, On) for inner in selections)
        ]
        return self.random.choice([kind, *faces])

    def _spread_again(self, kind: GraphQLNamedType) -> Iterator[str]:
        fitting = [name for name, (on, _) in self._fragments.items() if self._overlap(on, kind)]
        if fitting:
            yield f"...{self.random.choice(fitting)}{self._directives()}"

    def _overlap(self, one: GraphQLNamedType, other: GraphQLNamedType) -> bool:
        return do_types_overlap(self.schema, one, other)  # type: ignore[arg-type]  # both are composite

    # ------------------------------------------------------------ directives and values

    def _directives(self) -> str:
        written = ""
        while self._may(self.habits.directive) and written.count("@") < 2:
            name = next(each for each in self.random.sample(CONDITIONS, 2) if each not in written)
            holds = self.random.random() < (0.8 if name == "@include" else 0.2)
            written += f" {name}(if: {self._condition(holds)})"
        return written

    def _condition(self, holds: bool) -> str:
        if self._may(0.4):
            return str(holds).lower()
        if self._may(0.3):
            return f"${self._declare('Boolean', f' = {str(holds).lower()}')}"
        name = self._declare("Boolean!", "")
        self.variables[name] = holds
        self.again[name] = self._may(0.5)
        return f"${name}"

    def _value(self, value: Json, kind: GraphQLInputType, owner: str, name: str) -> str:
        """The value, or a part of it, may come by a variable."""
        if self._may(self.habits.variable):
            return self._by_variable(value, kind, owner, name)
        inner = kind.of_type if isinstance(kind, GraphQLNonNull) else kind
        match inner:
            case GraphQLList() if isinstance(value, list):
                if len(value) == 1 and value[0] is not None and self._may(0.3):  # one stands for a list of one
                    return literal(value[0], inner.of_type)
                return f"[{', '.join(self._value(each, inner.of_type, owner, name) for each in value)}]"
            case GraphQLInputObjectType() if isinstance(value, dict):
                given = (
                    f"{key}: {self._value(each, inner.fields[key].type, inner.name, key)}"
                    for key, each in value.items()
                )
                return f"{{{', '.join(given)}}}"
        return literal(value, kind)

    def _by_variable(self, value: Json, kind: GraphQLInputType, owner: str, place: str) -> str:
        """Declared as the place has it, stricter, or laxer with a default; given, or left out where it may be."""
        if not isinstance(kind, GraphQLNonNull):
            declared = f"{kind}!" if value is not None and self._may(0.3) else str(kind)
            rest = f" = {literal(value, kind)}" if self._may(0.2) else ""
            may_lack = not declared.endswith("!") or bool(rest)
        elif value is not None and self._may(0.3):
            declared, rest, may_lack = str(kind.of_type), f" = {literal(value, kind)}", True
        else:
            declared, rest, may_lack = str(kind), "", False
        name = self._declare(declared, rest)
        if not (may_lack and self._may(0.2)):
            self.again[name] = self.values.of(kind, owner, place)
        if not (may_lack and self._may(0.3)):
            self.variables[name] = self.random.choice(WRONG) if self._may(self.habits.wrong) else value
        return f"${name}"

    def _declare(self, kind: str, rest: str) -> str:
        name = self._new("v")
        self._declared[name] = kind, rest
        return name

    def _new(self, start: str) -> str:
        self._numbers += 1
        return f"{start}{self._numbers}"

    def _may(self, often: float) -> bool:
        return self.random.random() < often
