"""Selections, drawn from a schema by chance: which fields are asked for, with which arguments, and how deep."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from random import Random

from graphql import (
    DocumentNode,
    FieldNode,
    GraphQLField,
    GraphQLInterfaceType,
    GraphQLNamedType,
    GraphQLObjectType,
    GraphQLSchema,
    GraphQLUnionType,
    InlineFragmentNode,
    OperationDefinitionNode,
    SelectionSetNode,
    get_named_type,
    is_abstract_type,
    is_leaf_type,
    is_required_argument,
    value_from_ast_untyped,
)

from tests.execution.differential.values import Json, Values

DEEPEST, MOST_FIELDS = 7, 40
OPTIONAL_ARGUMENTS, REDRAWN, FROM_ONE_END = 0.4, 0.95, 0.95


@dataclass
class Asked:
    """A field that is asked for. `key`: its name in the answer, where that is another."""

    name: str
    arguments: dict[str, Json] = field(default_factory=dict)
    selections: "list[Selection]" = field(default_factory=list)
    key: str | None = None


@dataclass
class On:
    """What is asked of one type."""

    type_name: str
    selections: "list[Selection]"


Selection = Asked | On


def fields_of(kind: GraphQLNamedType) -> dict[str, GraphQLField]:
    """A union has none of its own."""
    return dict(kind.fields) if isinstance(kind, GraphQLObjectType | GraphQLInterfaceType) else {}


@dataclass
class Drawer:
    """Draws what an operation asks for."""

    schema: GraphQLSchema
    random: Random
    values: Values
    room: int = MOST_FIELDS
    """Fields that may still be asked for."""

    def selections(self, root: GraphQLObjectType, names: Sequence[str] | None = None) -> list[Selection]:
        """What is asked of a root, or of those of its fields."""
        self.room = self.random.choice((3, 8, 15, MOST_FIELDS))
        return [*self._fields(root, 0, names)]

    def _of(self, kind: GraphQLNamedType, depth: int) -> list[Selection]:
        selections: list[Selection] = [*self._fields(kind, depth)]
        if is_abstract_type(kind):
            shapes = {each.name: _shape(kind, each) for each in selections if isinstance(each, Asked)}
            selections += self._members(kind, depth, shapes)
        return selections or self._anything(kind, depth)

    def _fields(self, kind: GraphQLNamedType, depth: int, names: Sequence[str] | None = None) -> Iterator[Asked]:
        open_fields = [
            (name, each)
            for name, each in fields_of(kind).items()
            if self._leads_on(each, depth) and (names is None or name in names)
        ]
        most = self.random.choice((1, 2, 3, 5))
        for name, each in self.random.sample(open_fields, min(most, len(open_fields))):
            if self.room > 0:
                self.room -= 1
                yield self._asked(name, each, depth)

    def _asked(self, name: str, declared: GraphQLField, depth: int) -> Asked:
        arguments = {
            each: self.values.of(argument.type, name, each)
            for each, argument in declared.args.items()
            if is_required_argument(argument) or self.random.random() < OPTIONAL_ARGUMENTS
        }
        _make_one_page(arguments, self.random)
        kind = get_named_type(declared.type)
        return Asked(name, arguments, [] if is_leaf_type(kind) else self._of(kind, depth + 1))

    def _members(self, kind: GraphQLNamedType, depth: int, shapes: dict[str, str]) -> Iterator[On]:
        """What is asked of some of the types that it can be; two of them give one name to fields of one type only."""
        assert isinstance(kind, GraphQLUnionType | GraphQLInterfaceType)
        possible = list(self.schema.get_possible_types(kind))
        for member in self.random.sample(possible, min(self.random.choice((1, 2, 3, 12)), len(possible))):
            selections = [each for each in self._of(member, depth) if isinstance(each, Asked)]
            for asked in selections:
                shape = _shape(member, asked)
                if shapes.setdefault(asked.name, shape) != shape:
                    asked.key = f"{asked.name}Of{member.name}"
            yield On(member.name, [*selections])

    def _anything(self, kind: GraphQLNamedType, depth: int) -> list[Selection]:
        """The least that can be asked for."""
        leaves = [
            (name, each)
            for name, each in fields_of(kind).items()
            if is_leaf_type(get_named_type(each.type)) and not any(map(is_required_argument, each.args.values()))
        ]
        return [self._asked(*self.random.choice(leaves), depth)] if leaves else [Asked("__typename")]

    def _leads_on(self, declared: GraphQLField, depth: int) -> bool:
        return depth < DEEPEST or is_leaf_type(get_named_type(declared.type))


def _make_one_page(arguments: dict[str, Json], random: Random) -> None:
    """Mostly a list is asked for from one of its ends: from both at once it is refused."""
    if random.random() < FROM_ONE_END:
        for name in random.choice((("first", "after"), ("last", "before"))):
            arguments.pop(name, None)


def _shape(kind: GraphQLNamedType, asked: Asked) -> str:
    """What has to be the same for two fields to be one in the answer."""
    declared = fields_of(kind).get(asked.name)  # __typename is none of a type's own
    return f"{declared.type if declared else ''}{asked.arguments}"


def made_meaningful(
    selections: Sequence[Selection], schema: GraphQLSchema, values: Values, kind: GraphQLNamedType
) -> None:
    """Have most arguments say something to the database that is asked, in the place of any text or number."""
    for each in selections:
        if isinstance(each, On):
            made_meaningful(each.selections, schema, values, schema.type_map[each.type_name])
        elif declared := fields_of(kind).get(each.name):
            for name in each.arguments:
                if values.random.random() < REDRAWN:
                    each.arguments[name] = values.of(declared.args[name].type, each.name, name)
            _make_one_page(each.arguments, values.random)
            made_meaningful(each.selections, schema, values, get_named_type(declared.type))


def selections_in(document: DocumentNode) -> list[Selection]:
    """Those of a document that has one operation, and neither variables nor named fragments."""
    [operation] = document.definitions
    assert isinstance(operation, OperationDefinitionNode)
    return _read(operation.selection_set)


def _read(selections: SelectionSetNode | None) -> list[Selection]:
    return [_read_one(each) for each in (selections.selections if selections else ())]


def _read_one(node: object) -> Selection:
    match node:
        case FieldNode():
            arguments = {each.name.value: value_from_ast_untyped(each.value) for each in node.arguments or ()}
            key = node.alias.value if node.alias else None
            return Asked(node.name.value, arguments, _read(node.selection_set), key)
        case InlineFragmentNode(type_condition=condition) if condition:
            return On(condition.name.value, _read(node.selection_set))
    raise AssertionError(f"{node} is not drawn")
