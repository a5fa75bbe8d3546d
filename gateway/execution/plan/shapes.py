"""What an operation's answer looks like: its fields as graphql-core collects them, each with its step and its shape."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from graphql import (
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    GraphQLAbstractType,
    GraphQLField,
    GraphQLInterfaceType,
    GraphQLLeafType,
    GraphQLList,
    GraphQLNonNull,
    GraphQLObjectType,
    GraphQLOutputType,
    GraphQLSchema,
    OperationDefinitionNode,
    SelectionSetNode,
    VariableNode,
    is_abstract_type,
    is_leaf_type,
)
from graphql.execution.collect_fields import (
    CollectedFields,
    FieldDetails,
    FragmentDetails,
    collect_fields,
    collect_subfields,
)
from graphql.execution.values import VariableValues

from gateway.execution.plan.deviation import NotCovered
from gateway.resolvers.permissions import DEFINITION
from gateway.resolvers.steps import Step, roles_of, step_of

MOST_FIELDS = 1_000
"""Places of fields in one plan: several times the largest page. What has more takes graphql-core's way."""

SWITCHES = ("skip", "include")
TYPE_NAME = "__typename"


@dataclass(frozen=True, slots=True)
class Leaf:
    """A scalar or an enum."""

    type: GraphQLLeafType
    is_nullable: bool


@dataclass(frozen=True, slots=True)
class Items:
    """A list."""

    item: "Shape"
    is_nullable: bool


@dataclass(frozen=True, slots=True, eq=False)
class Object:
    """An object, of which fields are selected.

    `origin` is the class that declares its type; instances of it are taken for objects of the type. `is_judged`:
    whether graphql-core asks each object if it is of the type."""

    type_name: str
    origin: type
    is_judged: bool
    fields: tuple["Field", ...]
    is_nullable: bool


@dataclass(frozen=True, slots=True, eq=False)
class OneOf:
    """An object of one of several types, told by their classes."""

    objects: tuple[Object, ...]
    is_nullable: bool


Shape: TypeAlias = Leaf | Items | Object | OneOf


@dataclass(frozen=True, slots=True, eq=False)
class Field:
    """A field of the answer. Without a step it is `__typename`, and has no shape either."""

    name: str
    nodes: tuple[FieldNode, ...]
    parent_type: GraphQLObjectType
    definition: GraphQLField | None = None
    step: Step | None = None
    roles: tuple[frozenset[object], ...] = ()
    shape: Shape | None = None


def switches_of(document: DocumentNode) -> frozenset[str]:
    """The variables by which selections are skipped or included.

    Raises: NotCovered, where the document has other directives, or fragments with variables of their own.
    """
    names = set[str]()
    for definition in document.definitions:
        if isinstance(definition, FragmentDefinitionNode) and definition.variable_definitions:
            raise NotCovered("a fragment has variables")
        names.update(_switches(definition))
        selections = getattr(definition, "selection_set", None)
        for selection in _selections(selections):
            names.update(_switches(selection))
    return frozenset(names)


def _switches(node: Any) -> Iterator[str]:
    for directive in node.directives or ():
        if directive.name.value not in SWITCHES:
            raise NotCovered(f"the directive @{directive.name.value}")
        for argument in directive.arguments:
            if isinstance(argument.value, VariableNode):
                yield argument.value.name.value


def _selections(selections: SelectionSetNode | None) -> Iterator[Any]:
    for selection in selections.selections if selections else ():
        yield selection
        yield from _selections(getattr(selection, "selection_set", None))


@dataclass(slots=True)
class Shaping:
    """Makes the shape of one operation, for one set of values of its switches."""

    schema: GraphQLSchema
    document: DocumentNode
    operation: OperationDefinitionNode
    switches: Mapping[str, bool]
    _fragments: dict[str, FragmentDetails] = field(init=False)
    _values: VariableValues = field(init=False)
    _count: int = field(init=False, default=0)

    def __post_init__(self) -> None:
        self._values = VariableValues({}, dict(self.switches))
        self._fragments = {
            each.name.value: FragmentDetails(each)
            for each in self.document.definitions
            if isinstance(each, FragmentDefinitionNode)
        }

    def root(self) -> tuple[Field, ...]:
        """The fields at the operation's root. Raises: NotCovered."""
        root_type = self.schema.get_root_type(self.operation.operation)
        if root_type is None:
            raise NotCovered("the schema has no such operations")
        collected = collect_fields(self.schema, self._fragments, self._values, root_type, self.operation)
        return self._fields(root_type, collected)

    def _fields(self, parent: GraphQLObjectType, collected: CollectedFields) -> tuple[Field, ...]:
        if collected.new_defer_usages:
            raise NotCovered("a part that is deferred")
        return tuple(self._field(parent, name, details) for name, details in collected.grouped_field_set.items())

    def _field(self, parent: GraphQLObjectType, name: str, details: list[FieldDetails]) -> Field:
        self._count += 1
        if self._count > MOST_FIELDS:
            raise NotCovered(f"more than {MOST_FIELDS} fields")
        nodes = tuple(each.node for each in details)
        field_name = nodes[0].name.value
        if field_name == TYPE_NAME:
            return Field(name, nodes, parent)
        definition = parent.fields.get(field_name)
        step = step_of(definition) if definition else None
        if definition is None or step is None:
            raise NotCovered(f"nothing is known of how {parent.name}.{field_name} is answered but its resolver")
        shape = self._shape(definition.type, details, is_nullable=True)
        return Field(name, nodes, parent, definition, step, roles_of(definition), shape)

    def _shape(self, of: GraphQLOutputType, details: list[FieldDetails], *, is_nullable: bool) -> Shape:
        match of:
            case GraphQLNonNull():
                return self._shape(of.of_type, details, is_nullable=False)
            case GraphQLList():
                return Items(self._shape(of.of_type, details, is_nullable=True), is_nullable)
            case GraphQLObjectType():
                return self._object(of, details, is_nullable=is_nullable)
            case _ if is_leaf_type(of):
                return Leaf(of, is_nullable)
            case _ if is_abstract_type(of):
                return self._one_of(of, details, is_nullable=is_nullable)
            case _:
                raise NotCovered(f"{of} is no type of an answer")

    def _object(self, of: GraphQLObjectType, details: list[FieldDetails], *, is_nullable: bool) -> Object:
        definition = of.extensions.get(DEFINITION)
        if definition is None or definition.is_type_of is not None or issubclass(definition.origin, Exception):
            raise NotCovered(f"{of.name} judges by itself what is of its type")
        generic = definition.concrete_of
        collected = collect_subfields(self.schema, self._fragments, self._values, self.operation, of, details)
        return Object(
            of.name,
            generic.origin if generic else definition.origin,
            of.is_type_of is not None,
            self._fields(of, collected),
            is_nullable,
        )

    def _one_of(self, of: GraphQLAbstractType, details: list[FieldDetails], *, is_nullable: bool) -> OneOf:
        definition = of.extensions.get(DEFINITION)
        if isinstance(of, GraphQLInterfaceType) and (definition is None or definition.resolve_type is not None):
            raise NotCovered(f"{of.name} judges by itself what is of which type")
        objects = tuple(self._object(each, details, is_nullable=False) for each in self.schema.get_possible_types(of))
        origins = [each.origin for each in objects]
        if len(set(origins)) < len(origins):
            raise NotCovered(f"types of {of.name} share a class")
        return OneOf(objects, is_nullable)
