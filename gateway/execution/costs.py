"""The cost of an operation: how many fields its answer can have, each list at its full size.

| what is selected              | costs                                                                   |
|-------------------------------|-------------------------------------------------------------------------|
| a field                       | 1, and what is selected in it                                           |
| `__typename`                  | nothing                                                                 |
| a field of `Mutation`         | `MUTATION`: it is decided, committed, and may ask a provider            |
| `nodes(ids:)`, `_entities`    | `LOOKUP` for each id, and what is selected in it                        |
| a field with a cost           | as much, and what is selected in it: `totalCount`, and `search` a hit   |
| a list                        | its size times as much                                                  |
| `nodes` and `edges` of a page | the page's size times as much                                           |
| `__schema`; `__type`          | 1000; 100, whatever is selected in it                                   |

A size is `first` or `last`; without either the argument's default, `DEFAULT_SIZE` for pages; for a field that takes a
list, the length of that list; for other lists `ASSUMED_SIZE`. It is an upper bound: fields skipped by @skip, and all
types of a union, are counted.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from graphql import (
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLField,
    GraphQLInterfaceType,
    GraphQLList,
    GraphQLNamedType,
    GraphQLNonNull,
    GraphQLObjectType,
    GraphQLSchema,
    GraphQLType,
    InlineFragmentNode,
    IntValueNode,
    ListValueNode,
    NamedTypeNode,
    NameNode,
    OperationDefinitionNode,
    OperationType,
    SelectionSetNode,
    ValueNode,
    VariableNode,
    get_named_type,
)

from gateway.execution.limits import Counting
from gateway.resolvers.permissions import DEFINITION
from gateway.schema.conventions.connections import DEFAULT_SIZE, MOST
from gateway.schema.conventions.costs import COST, LOOKUP

ASSUMED_SIZE = 10
"""The size of lists without a size argument: tiers, labels, refunds."""

MUTATION = 10
FREE_OR_FLAT = {"__typename": 0, "__schema": 1_000, "__type": 100}
"""Introspection costs the same whatever is selected in it: about what a client's full introspection query would."""

MOST_COST = 2**31 - 1
"""The highest cost that is reported: a GraphQL Int."""


@dataclass(frozen=True, slots=True)
class Multiplier:
    """A size given by variables: the greatest of them, or `otherwise` where none is given."""

    variables: tuple[str, ...]
    otherwise: int

    def value(self, variables: Mapping[str, object]) -> int:
        sizes = (_size_in(variables.get(name)) for name in self.variables)
        return max((size for size in sizes if size is not None), default=self.otherwise)


def _size_in(given: object) -> int | None:
    """The size in a variable's value; None where it has none, or coercion will refuse it."""
    if isinstance(given, list):
        return len(given)
    if isinstance(given, bool) or not isinstance(given, int | float) or given != given:  # not even NaN
        return None
    return int(min(max(given, 0), MOST))  # the resolver refuses more


@dataclass(frozen=True, slots=True, eq=False)
class Cost:
    """The cost of a selection: a fixed amount, and parts that are multiplied by sizes.

    Parts are shared and never written out: fragments that spread one another twice would double them each time.
    """

    fixed: int
    parts: tuple[tuple[int | Multiplier, "Cost"], ...] = ()

    def amount(self, variables: Mapping[str, object], known: dict[int, int]) -> int:
        """Args: known: the amounts of parts, by their id, within this calculation."""
        total = self.fixed
        for size, part in self.parts:
            if id(part) not in known:
                known[id(part)] = part.amount(variables, known)
            times = size.value(variables) if isinstance(size, Multiplier) else size
            total += times * known[id(part)]
        return min(total, MOST_COST)


def _times(price: Cost, size: int | Multiplier) -> Cost:
    if isinstance(size, int) and not price.parts:
        return Cost(min(price.fixed * size, MOST_COST))
    return Cost(0, ((size, price),))


@dataclass(frozen=True, slots=True)
class PricedOperation:
    """What is known of an operation before it runs. `root_fields`: how many queries or mutations it contains."""

    kind: OperationType
    root_fields: int
    price: Cost
    defaults: Mapping[str, object]
    fixed: int | None = None
    """What it costs where no size in it is a variable's."""

    def cost(self, variables: Mapping[str, object] | None) -> int:
        if self.fixed is not None:
            return self.fixed
        return self.price.amount({**self.defaults, **(variables or {})}, {})


def priced_operations(schema: GraphQLSchema, document: DocumentNode) -> Mapping[str | None, PricedOperation]:
    """The operations of a valid document by their names."""
    pricing, counting = _Pricing(schema, document), Counting(document)
    return {
        each.name.value if each.name else None: _priced(each, counting.operation(each).fields, pricing.operation(each))
        for each in document.definitions
        if isinstance(each, OperationDefinitionNode)
    }


def _priced(operation: OperationDefinitionNode, root_fields: int, price: Cost) -> PricedOperation:
    fixed = None if _is_variable(price, set()) else price.amount({}, {})
    return PricedOperation(operation.operation, root_fields, price, _defaults(operation), fixed)


def _is_variable(price: Cost, seen: set[int]) -> bool:
    """Whether a size in it is a variable's. `seen`: the parts that were looked at, by their id."""
    if id(price) in seen:
        return False
    seen.add(id(price))
    return any(isinstance(size, Multiplier) or _is_variable(part, seen) for size, part in price.parts)


def _defaults(operation: OperationDefinitionNode) -> dict[str, object]:
    """The default values of variables, as far as they may be sizes."""
    return {
        each.variable.name.value: _literal(each.default_value)
        for each in operation.variable_definitions or ()
        if each.default_value is not None
    }


def _literal(value: ValueNode) -> int | list[None] | None:
    """A literal size, or a list as long as the literal one."""
    if isinstance(value, IntValueNode):
        return int(value.value[:9])  # of more digits than that, all is over `MOST`
    return [None] * len(value.values) if isinstance(value, ListValueNode) else None


class _Pricing:
    """Prices one document: each fragment once for each page size that it is used with."""

    def __init__(self, schema: GraphQLSchema, document: DocumentNode) -> None:
        fragments = (each for each in document.definitions if isinstance(each, FragmentDefinitionNode))
        self._schema = schema
        self._fragments = {each.name.value: each for each in fragments}
        self._known: dict[tuple[str, int | Multiplier], Cost] = {}

    def operation(self, operation: OperationDefinitionNode) -> Cost:
        return self._set(operation.selection_set, self._schema.get_root_type(operation.operation), ASSUMED_SIZE)

    def _set(self, selections: SelectionSetNode | None, of: GraphQLNamedType | None, page: int | Multiplier) -> Cost:
        """What one object of the type costs. `page`: the size of its lists, where it is a page."""
        fixed, parts = 0, list[tuple[int | Multiplier, Cost]]()
        for selection in selections.selections if selections else ():
            match selection:
                case FieldNode():
                    price = self._field(selection, of, page)
                case FragmentSpreadNode():
                    price = self._fragment(selection.name.value, page)
                case InlineFragmentNode(type_condition=None):
                    price = self._set(selection.selection_set, of, page)
                case InlineFragmentNode(type_condition=NamedTypeNode(name=NameNode(value=name))):
                    price = self._set(selection.selection_set, self._schema.get_type(name), page)
                case _:
                    raise AssertionError(f"{selection.kind} is no selection")
            fixed += price.fixed
            if price.parts:
                parts.append((1, Cost(0, price.parts)))
        return Cost(min(fixed, MOST_COST), tuple(parts))

    def _fragment(self, name: str, page: int | Multiplier) -> Cost:
        if (name, page) not in self._known:
            definition = self._fragments[name]
            of = self._schema.get_type(definition.type_condition.name.value)
            self._known[name, page] = self._set(definition.selection_set, of, page)
        return self._known[name, page]

    def _field(self, node: FieldNode, of: GraphQLNamedType | None, page: int | Multiplier) -> Cost:
        name = node.name.value
        if name in FREE_OR_FLAT:
            return Cost(FREE_OR_FLAT[name])
        assert isinstance(of, GraphQLObjectType | GraphQLInterfaceType), "validation knows the field"
        field = of.fields[name]
        named, size = get_named_type(field.type), _size(node, field)
        inner = self._set(node.selection_set, named, size if _is_page(named) else ASSUMED_SIZE)
        one = Cost(own_cost(self._schema, of, field) + inner.fixed, inner.parts)
        return _times(one, page if _is_page(of) else size) if _is_list(field.type) else one


def own_cost(schema: GraphQLSchema, of: GraphQLNamedType, field: GraphQLField) -> int:
    """What the field costs without what is selected in it."""
    if of is schema.mutation_type:
        return MUTATION
    declared = field.extensions.get(DEFINITION)
    if declared is not None and COST in declared.metadata:
        cost: int = declared.metadata[COST]
        return cost
    is_by_ids = of is schema.query_type and any(_is_list(each.type) for each in field.args.values())
    return LOOKUP if is_by_ids else 1


@dataclass(frozen=True, slots=True)
class Sizing:
    """What says how long a list is, as `@listSize` has it.

    Attributes:
        arguments: the arguments that do, the greatest of them.
        by_length: whether they are lists, and their lengths do.
        assumed: how long it is where none is given.
        is_page: whether the list is in the `nodes` and `edges` of the field's object.
    """

    arguments: tuple[str, ...]
    by_length: bool
    assumed: int
    is_page: bool


def sizing_of(of: GraphQLNamedType, field: GraphQLField) -> Sizing | None:
    """That of a list or a page; None for other fields, and for those of a page, whose own field has it."""
    is_page = _is_page(get_named_type(field.type))
    if not is_page and (_is_page(of) or not _is_list(field.type)):
        return None
    asked, lists = _sizes(field)
    return Sizing(tuple(asked or lists), bool(lists and not asked), _default(field, asked, lists), is_page)


def _size(node: FieldNode, field: GraphQLField) -> int | Multiplier:
    """How many items the field has if it is a list, or its nodes and edges if it is a page."""
    given = {each.name.value: each.value for each in node.arguments or ()}
    asked, lists = _sizes(field)
    values = [given[name] for name in asked or lists if name in given]
    literals = [size for size in map(_size_in, map(_literal, values)) if size is not None]
    otherwise = max(literals, default=_default(field, asked, lists))
    variables = tuple(each.name.value for each in values if isinstance(each, VariableNode))
    return Multiplier(variables, otherwise) if variables else otherwise


def _sizes(field: GraphQLField) -> tuple[list[str], list[str]]:
    """The names of the arguments that ask for a size, and of those that are lists."""
    asked: list[str] = [name for name in ("first", "last") if name in field.args]
    return asked, [name for name, argument in field.args.items() if _is_list(argument.type)]


def _default(field: GraphQLField, asked: Sequence[str], lists: Sequence[str]) -> int:
    """The size where none is given."""
    if asked:
        return next((size for name in asked if isinstance(size := field.args[name].default_value, int)), DEFAULT_SIZE)
    return 1 if lists else ASSUMED_SIZE  # a single value stands for a list of one


def _is_page(of: GraphQLNamedType | None) -> bool:
    return isinstance(of, GraphQLObjectType) and {"edges", "pageInfo"} <= of.fields.keys()


def _is_list(of: GraphQLType) -> bool:
    return isinstance(of, GraphQLList) or (isinstance(of, GraphQLNonNull) and isinstance(of.of_type, GraphQLList))
