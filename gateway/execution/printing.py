"""The schema's text for tools that know more of it: what fields cost, and what a router of Apollo Federation needs."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import replace

from graphql import (
    ConstDirectiveNode,
    DefinitionNode,
    DocumentNode,
    FieldDefinitionNode,
    GraphQLField,
    GraphQLNamedType,
    GraphQLSchema,
    InterfaceTypeDefinitionNode,
    ObjectTypeDefinitionNode,
    ScalarTypeDefinitionNode,
    parse,
    print_ast,
)

from gateway.execution.costs import own_cost, sizing_of
from gateway.schema.conventions.connections import MOST

FEDERATION = "https://specs.apollo.dev/federation/v2.9"
"""The first that has `@cost` and `@listSize`."""

LINK = f'extend schema @link(url: "{FEDERATION}", import: ["@key", "@shareable", "@cost", "@listSize"])'

COST_DIRECTIVES = '''
"What the field costs by itself, 1 where nothing is said, whatever its type. What is selected in it is added."
directive @cost(weight: String!) on FIELD_DEFINITION

"""
How long a list is taken to be, or those in the sized fields: what is selected in it costs so many times as much. The
greatest of the arguments says it, a list by its own length; where none is given, it is as assumed.
"""
directive @listSize(
  assumedSize: Int
  slicingArguments: [String!]
  sizedFields: [String!]
  requireOneSlicingArgument: Boolean = true
) on FIELD_DEFINITION
'''
"""Those of IBM's GraphQL Cost Directives specification, as far as we say something by them."""

PAGE_FIELDS = ("edges", "nodes")


def with_costs(sdl: str, schema: GraphQLSchema) -> str:
    """The schema's text with `@cost` and `@listSize`, by the very numbers that operations are priced by."""
    priced = [_priced(each, schema, is_federated=False) for each in parse(sdl).definitions]
    return _text(COST_DIRECTIVES.strip(), priced)


def subgraph(sdl: str, schema: GraphQLSchema, *, entities: Collection[str], shareable: Collection[str]) -> str:
    """The schema's text as a subgraph of Apollo Federation 2, with the same costs.

    Args:
        entities: types that other subgraphs may add to, each known by its `id`.
        shareable: types that other subgraphs may have as well, such as Relay's.
    """
    extra = {**dict.fromkeys(entities, '@key(fields: "id")'), **dict.fromkeys(shareable, "@shareable")}
    return _text(
        LINK,
        (_bearing(_priced(each, schema, is_federated=True), extra) for each in parse(sdl).definitions),
    )


def _bearing(definition: DefinitionNode, extra: Mapping[str, str]) -> DefinitionNode:
    """The definition with one more directive, where one is said for its name."""
    if not isinstance(definition, ObjectTypeDefinitionNode) or definition.name.value not in extra:
        return definition
    return replace(definition, directives=(*(definition.directives or ()), *_directives(extra[definition.name.value])))


def _priced(definition: DefinitionNode, schema: GraphQLSchema, *, is_federated: bool) -> DefinitionNode:
    """The definition, whose fields bear what they cost."""
    if not isinstance(definition, ObjectTypeDefinitionNode | InterfaceTypeDefinitionNode):
        return definition
    of = schema.type_map[definition.name.value]
    fields = (_field(each, of, schema, is_federated=is_federated) for each in definition.fields or ())
    return replace(definition, fields=tuple(fields))


def _field(
    definition: FieldDefinitionNode, of: GraphQLNamedType, schema: GraphQLSchema, *, is_federated: bool
) -> FieldDefinitionNode:
    field: GraphQLField = of.fields[definition.name.value]  # type: ignore[attr-defined]  # an object or interface
    said = [
        *_cost(own_cost(schema, of, field), is_federated=is_federated),
        *_list_size(of, field, is_federated=is_federated),
    ]
    return replace(definition, directives=(*(definition.directives or ()), *_directives(" ".join(said))))


def _cost(weight: int, *, is_federated: bool) -> Iterable[str]:
    """IBM's specification has text, for decimals; Apollo's a whole number."""
    if weight != 1:
        yield f"@cost(weight: {weight})" if is_federated else f'@cost(weight: "{weight}")'


def _list_size(of: GraphQLNamedType, field: GraphQLField, *, is_federated: bool) -> Iterable[str]:
    """Apollo's composition refuses an argument that says a size by its length, so that the longest stands there."""
    sizing = sizing_of(of, field)
    if sizing is None:
        return
    said = []
    if not sizing.by_length:
        said += [f"assumedSize: {sizing.assumed}"]
    elif is_federated:
        said += [f"assumedSize: {MOST}"]
    if sizing.arguments and not (sizing.by_length and is_federated):
        said += [f"slicingArguments: {_names(sizing.arguments)}"]
    if sizing.is_page:
        said += [f"sizedFields: {_names(PAGE_FIELDS)}"]
    yield f"@listSize({', '.join([*said, 'requireOneSlicingArgument: false'])})"


def _names(names: Iterable[str]) -> str:
    quoted = ", ".join(f'"{each}"' for each in names)
    return f"[{quoted}]"


def _directives(text: str) -> tuple[ConstDirectiveNode, ...]:
    [scalar] = parse(f"scalar Bearing {text}").definitions
    assert isinstance(scalar, ScalarTypeDefinitionNode)
    return scalar.directives or ()


def _text(head: str, definitions: Iterable[DefinitionNode]) -> str:
    return f"{head}\n\n{print_ast(DocumentNode(definitions=tuple(definitions)))}\n"
