"""Relay's server specification, over the whole schema: nodes, and every list a connection both ways."""

import pytest
from graphql import GraphQLField, GraphQLInterfaceType, GraphQLNamedType, GraphQLObjectType, get_named_type

from gateway.execution.schema import build_schema
from gateway.schema.conventions import ids

SCHEMA = build_schema()._schema
OBJECTS = {name: kind for name, kind in SCHEMA.type_map.items() if isinstance(kind, GraphQLObjectType)}
LISTS = {
    f"{name}.{field_name}": field
    for name, kind in OBJECTS.items()
    for field_name, field in kind.fields.items()
    if get_named_type(field.type).name.endswith("Connection")
}
CONNECTIONS = sorted(name for name in OBJECTS if name.endswith("Connection"))


def types_of(kind: GraphQLNamedType) -> dict[str, str]:
    assert isinstance(kind, GraphQLObjectType | GraphQLInterfaceType)
    return {name: str(field.type) for name, field in kind.fields.items()}


def test_everything_with_an_id_of_ours_is_a_node() -> None:
    node = SCHEMA.type_map["Node"]
    assert isinstance(node, GraphQLInterfaceType)
    assert types_of(node) == {"id": "ID!"}
    assert {kind.name for kind in SCHEMA.get_possible_types(node)} == {"Course", "Payment", "Purchase", "Refund", "Job"}
    assert len(SCHEMA.get_possible_types(node)) == len(ids.EXAMPLES)


def test_nodes_are_found_again_one_or_many() -> None:
    query = types_of(OBJECTS["Query"])
    assert (query["node"], query["nodes"]) == ("Node", "[Node]!")
    arguments = {
        name: str(OBJECTS["Query"].fields[name].args[of].type) for name, of in (("node", "id"), ("nodes", "ids"))
    }
    assert arguments == {"node": "ID!", "nodes": "[ID!]!"}


@pytest.mark.parametrize("field", LISTS.values(), ids=list(LISTS))
def test_a_list_is_paged_from_both_ends(field: GraphQLField) -> None:
    arguments = {name: str(argument.type) for name, argument in field.args.items()}
    assert arguments.items() >= {"first": "Int", "after": "String", "last": "Int", "before": "String"}.items()
    assert str(field.type).endswith("Connection!")


@pytest.mark.parametrize("name", CONNECTIONS)
def test_a_connection_has_edges_and_tells_where_its_page_lies(name: str) -> None:
    fields = types_of(OBJECTS[name])
    edge = types_of(get_named_type(OBJECTS[name].fields["edges"].type))
    told = {"pageInfo": "PageInfo!", "totalCount": "Count!"}
    assert fields == {"edges": fields["edges"], "nodes": f"[{edge['node']}]!", **told}
    assert fields["edges"].endswith("Edge!]!")
    assert edge == {"node": edge["node"], "cursor": "String!"}


def test_a_page_tells_of_both_sides() -> None:
    assert types_of(OBJECTS["PageInfo"]) == {
        "hasNextPage": "Boolean!",
        "hasPreviousPage": "Boolean!",
        "startCursor": "String",
        "endCursor": "String",
    }


def test_there_are_lists_to_look_at() -> None:
    assert {"Query.payments", "Viewer.purchases", "Purchase.history"} <= set(LISTS)
